// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Generate/Prompt.h"

#include "mmc/Runtime/Data/LavinRow.h"

#include <algorithm>
#include <numeric>

using namespace mmc;

StatusOr<BatchLayout> mmc::promptLayout(const std::vector<ProgramTensor> &inputs) {
  bool takesText = std::any_of(inputs.begin(), inputs.end(), [](const ProgramTensor &input) {
    return input.name == "input_ids";
  });
  if (!takesText)
    return Status::badInput("the model must take text to generate any: @logits has no input_ids");
  MMC_ASSIGN_OR_RETURN(BatchLayout layout, layoutOf(inputs));
  if (layout.imageHeight != layout.imageWidth)
    return Status::badInput(
        "pictures of the model must be square, got: " + std::to_string(layout.imageHeight) + " x " +
        std::to_string(layout.imageWidth));
  // Pictures that no token stands for are none of the prompt's.
  if (layout.tokensPerImage == 0)
    layout.imagesPerRow = 0;
  return layout;
}

StatusOr<Sample> mmc::encodePrompt(const Tokenizer &tokenizer, const std::string &prompt,
                                   const std::string &imageFile, const BatchLayout &layout) {
  if (!imageFile.empty() && layout.imagesPerRow == 0)
    return Status::badInput("the model takes no pictures, got: --image=" + imageFile);
  if (layout.modality) {
    LavinRowOptions options;
    options.seqLen = INT64_MAX;
    options.imageTokens = layout.tokensPerImage;
    return encodeLavinRow(tokenizer, prompt, "", imageFile, options, /*forGeneration=*/true);
  }
  MMC_ASSIGN_OR_RETURN(std::vector<int32_t> text, tokenizer.encode(prompt));
  Sample row;
  if (tokenizer.bosId() != Tokenizer::kNone)
    row.inputIds.push_back(tokenizer.bosId());
  const size_t images = row.inputIds.size();
  if (!imageFile.empty()) {
    row.images.push_back(imageFile);
    row.inputIds.insert(row.inputIds.end(), layout.tokensPerImage, 0);
  }
  const size_t begin = row.inputIds.size();
  row.inputIds.insert(row.inputIds.end(), text.begin(), text.end());
  if (row.inputIds.empty())
    return Status::badInput("the prompt must have a token, got: none");
  row.labels.assign(row.inputIds.size(), kIgnoredLabel);
  row.imageSlots.assign(row.inputIds.size(), -1);
  std::iota(row.imageSlots.begin() + images, row.imageSlots.begin() + begin, 0);
  row.positionIds.resize(row.inputIds.size());
  std::iota(row.positionIds.begin(), row.positionIds.end(), 0);
  row.segmentIds.assign(row.inputIds.size(), 1);
  row.promptTokens = row.uncutTokens = row.length();
  return row;
}
