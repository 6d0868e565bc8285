// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/SyntheticSource.h"
#include "mmc/Runtime/Core/Random.h"

using namespace mmc;

StatusOr<std::unique_ptr<SyntheticSource>> SyntheticSource::create(const BatchLayout &layout,
                                                                   int64_t seqLen, uint64_t seed) {
  int64_t filled = layout.imagesPerRow * layout.tokensPerImage + layout.modality;
  if (filled >= seqLen)
    return Status::badInput("synthetic data: a row of " + std::to_string(seqLen) +
                            " tokens has no text beside " + std::to_string(filled) +
                            " image and modality tokens; use a longer --seq-len");
  if (layout.vocabSize < 1)
    return Status::badInput("synthetic data needs the model's vocabulary, and the model has no "
                            "token embedding");
  return std::unique_ptr<SyntheticSource>(new SyntheticSource(layout, seqLen, seed));
}

StatusOr<MicroBatch> SyntheticSource::next() {
  RandomStream tokens{deriveSeed(seed, "tokens"), static_cast<uint32_t>(place.batch), 0};
  RandomStream pixels{deriveSeed(seed, "pixels"), static_cast<uint32_t>(place.batch), 0};
  std::vector<std::vector<Sample>> rows(layout.batchSize);
  const int64_t images = layout.imagesPerRow * layout.tokensPerImage;
  for (int64_t row = 0; row < layout.batchSize; ++row) {
    Sample &sample = rows[row].emplace_back();
    sample.id = std::to_string(place.batch) + "." + std::to_string(row);
    sample.modality = layout.modality ? layout.imagesPerRow > 0 : -1;
    sample.images.resize(layout.imagesPerRow);
    for (int64_t t = 0; t < seqLen; ++t) {
      bool isModality = layout.modality && t == 0;
      int64_t slot = t - layout.modality;
      bool isText = !isModality && slot >= images;
      int32_t id =
          isText ? static_cast<int32_t>(tokens.bits(row * seqLen + t) % layout.vocabSize) : 0;
      sample.inputIds.push_back(id);
      sample.labels.push_back(isText ? id : kIgnoredLabel);
      sample.positionIds.push_back(static_cast<int32_t>(t));
      sample.segmentIds.push_back(layout.modality && !isModality ? 2 : 1);
      sample.imageSlots.push_back(isText || isModality ? -1 : static_cast<int32_t>(slot));
    }
  }
  uint64_t image = 0;
  auto paint = [&](const std::string &, float *values) {
    uint64_t size = 3 * layout.imageHeight * layout.imageWidth;
    for (uint64_t i = 0; i < size; ++i)
      values[i] = static_cast<float>(pixels.normal(image * size + i));
    ++image;
    return Status::ok();
  };
  MMC_ASSIGN_OR_RETURN(Batch batch, makeBatch(layout, seqLen, rows, paint));
  MicroBatch result;
  result.tensors = std::move(batch.tensors);
  result.tokens = countTokens(result.tensors);
  result.name = "synthetic batch " + std::to_string(place.batch);
  ++place.batch;
  return result;
}

Status SyntheticSource::seek(Cursor cursor) {
  if (cursor.epoch != 0 || cursor.batch < 0)
    return Status::badInput("synthetic data has one epoch, got: a cursor in epoch " +
                            std::to_string(cursor.epoch));
  place = cursor;
  return Status::ok();
}

nlohmann::json SyntheticSource::fingerprint() const {
  return {{"kind", "synthetic"}, {"seed", seed}};
}
