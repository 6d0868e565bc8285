// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaVIN's row: modality token, BOS, image prefix, image tokens, prompt and answer.

#include "mmc/Runtime/Data/LavinRow.h"

#include <algorithm>
#include <numeric>

using namespace mmc;

StatusOr<Sample> mmc::encodeLavinRow(const Tokenizer &tokenizer, const std::string &prompt,
                                     const std::string &answer, const std::string &imageFile,
                                     const LavinRowOptions &options, bool forGeneration) {
  if (tokenizer.bosId() == Tokenizer::kNone || tokenizer.eosId() == Tokenizer::kNone)
    return Status::badInput("LaVIN's rows need a tokenizer with BOS and EOS, got: bos " +
                            std::to_string(tokenizer.bosId()) + ", eos " +
                            std::to_string(tokenizer.eosId()));
  if (options.seqLen < 1 || options.imageTokens < 0)
    return Status::badUsage(
        "a row has at least one token and an image at least none, got: seq-len " +
        std::to_string(options.seqLen) + ", image tokens " + std::to_string(options.imageTokens));
  bool hasImage = !imageFile.empty();
  MMC_ASSIGN_OR_RETURN(std::vector<int32_t> whole, tokenizer.encode(prompt + answer));
  MMC_ASSIGN_OR_RETURN(std::vector<int32_t> masked, tokenizer.encode(prompt));
  MMC_ASSIGN_OR_RETURN(std::vector<int32_t> prefix,
                       tokenizer.encode(hasImage ? options.imagePrefix : options.textPrefix));
  if (!forGeneration)
    whole.push_back(tokenizer.eosId());

  Sample row;
  row.modality = hasImage;
  row.promptTokens = static_cast<int64_t>(masked.size()) + 1;
  row.uncutTokens = static_cast<int64_t>(whole.size()) + 1;
  if (hasImage)
    row.images.push_back(imageFile);
  auto append = [&](int32_t id, int32_t label, int32_t slot) {
    row.inputIds.push_back(id);
    row.labels.push_back(label);
    row.imageSlots.push_back(slot);
  };
  append(0, kIgnoredLabel, -1); // the modality token: its embedding is not in the vocabulary
  append(tokenizer.bosId(), kIgnoredLabel, -1);
  for (int32_t id : prefix)
    append(id, kIgnoredLabel, -1);
  for (int64_t token = 0; hasImage && token < options.imageTokens; ++token)
    append(0, kIgnoredLabel, static_cast<int32_t>(token));
  for (size_t i = 0; i < whole.size(); ++i) {
    bool learnt = !forGeneration && i >= masked.size() &&
                  !(options.ignoreUnknown && whole[i] == tokenizer.unkId());
    append(whole[i], learnt ? whole[i] : kIgnoredLabel, -1);
  }

  // LaVIN cuts tokens, then tokens with insertions, then the row: each keeps the front, so one cut
  // of the whole does the same.
  size_t length = std::min(row.inputIds.size(), static_cast<size_t>(options.seqLen));
  row.inputIds.resize(length);
  row.labels.resize(length);
  row.imageSlots.resize(length);
  row.positionIds.resize(length);
  std::iota(row.positionIds.begin(), row.positionIds.end(), 0);
  row.segmentIds.assign(length, 2);
  row.segmentIds[0] = 1;
  return row;
}
