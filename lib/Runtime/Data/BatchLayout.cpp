// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Data/Batch.h"

#include <algorithm>
#include <array>

using namespace mmc;

static Status wrongShape(const ProgramTensor &input, const std::string &rule) {
  return Status::badInput(input.name + " of the model must be " + rule +
                          ", got: " + toString(input.shape));
}

static const ProgramTensor *find(const std::vector<ProgramTensor> &inputs, std::string_view name) {
  auto found = std::find_if(inputs.begin(), inputs.end(),
                            [&](const ProgramTensor &input) { return input.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

/// Whether all inputs of a row lie beside its tokens.
static Status checkTokens(const std::vector<ProgramTensor> &inputs, const ProgramTensor &ids) {
  if (ids.shape.size() != 2 || ids.shape[0] < 1)
    return wrongShape(ids, "[B, T] with a row or more");
  constexpr std::array<const char *, 4> kOfTokens = {"labels", "position_ids", "segment_ids",
                                                     "image_slots"};
  for (const char *name : kOfTokens)
    if (const ProgramTensor *input = find(inputs, name); input && input->shape != ids.shape)
      return wrongShape(*input, "as input_ids, " + toString(ids.shape));
  const ProgramTensor *modality = find(inputs, "modality");
  if (modality && modality->shape != Shape{ids.shape[0]})
    return wrongShape(*modality, "[B] for input_ids " + toString(ids.shape));
  return Status::ok();
}

StatusOr<BatchLayout> mmc::layoutOf(const std::vector<ProgramTensor> &inputs) {
  BatchLayout layout;
  if (const ProgramTensor *ids = find(inputs, "input_ids")) {
    MMC_RETURN_IF_ERROR(checkTokens(inputs, *ids));
    layout.batchSize = ids->shape[0];
    layout.vocabSize = ids->limit;
  }
  layout.modality = find(inputs, "modality") != nullptr;
  const ProgramTensor *pixels = find(inputs, "pixel_values");
  if (!pixels)
    return layout;
  if (pixels->shape.size() != 4 || pixels->shape[1] != 3)
    return wrongShape(*pixels, "[N, 3, H, W]");
  const int64_t images = pixels->shape[0];
  layout.imageHeight = pixels->shape[2];
  layout.imageWidth = pixels->shape[3];
  if (images % layout.batchSize != 0)
    return wrongShape(*pixels, "[N, 3, H, W] with as many images for each of " +
                                   std::to_string(layout.batchSize) + " rows");
  layout.imagesPerRow = images / layout.batchSize;
  const ProgramTensor *slots = find(inputs, "image_slots");
  if (!slots || images == 0)
    return layout;
  if (slots->limit % images != 0)
    return Status::badInput("image_slots of the model must count as many rows of features for each "
                            "image, got: " +
                            std::to_string(slots->limit) + " rows for " + std::to_string(images) +
                            " images of pixel_values");
  layout.tokensPerImage = slots->limit / images;
  return layout;
}
