// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Samples as the fixed-size tensors that a compiled module takes.

#include "mmc/Runtime/Data/Batch.h"

#include <algorithm>

using namespace mmc;

/// What of a sample can break a kernel's memory: checked before anything is copied.
static Status checkSample(const BatchLayout &layout, const Sample &sample, bool alone) {
  size_t length = sample.inputIds.size();
  if (sample.labels.size() != length || sample.positionIds.size() != length ||
      sample.segmentIds.size() != length || sample.imageSlots.size() != length)
    return Status::internal("ids, labels, positions, segments and slots differ in length");
  int64_t images = static_cast<int64_t>(sample.images.size());
  if (images > 0 && layout.imagesPerRow == 0)
    return Status::badInput("it has an image, but the model takes none");
  if (layout.modality != (sample.modality >= 0))
    return Status::badInput(layout.modality
                                ? "the model has a modality token, the sample has none; use "
                                  "LaVIN's rows"
                                : "the sample has a modality token, the model has none");
  if (layout.modality && !alone)
    return Status::badUsage("a modality token speaks for its whole row; do not pack such samples");
  for (size_t i = 0; i < length; ++i) {
    int32_t id = sample.inputIds[i], label = sample.labels[i], slot = sample.imageSlots[i];
    if (id < 0 || (layout.vocabSize > 0 && id >= layout.vocabSize))
      return Status::badInput("token ids must lie in [0, " + std::to_string(layout.vocabSize) +
                              "), got: " + std::to_string(id) + " at token " + std::to_string(i) +
                              "; tokenizer and model do not belong together");
    if (label != kIgnoredLabel &&
        (label < 0 || (layout.vocabSize > 0 && label >= layout.vocabSize)))
      return Status::badInput(
          "labels must be -100 or lie in [0, " + std::to_string(layout.vocabSize) +
          "), got: " + std::to_string(label) + " at token " + std::to_string(i));
    if (slot < -1 || slot >= images * layout.tokensPerImage)
      return Status::badInput(
          "image tokens must lie in [0, " + std::to_string(images * layout.tokensPerImage) + ") (" +
          std::to_string(images) + " images of " + std::to_string(layout.tokensPerImage) +
          "), got: " + std::to_string(slot) + " at token " + std::to_string(i));
    if (sample.segmentIds[i] < 1)
      return Status::internal("segments count from 1, got: " +
                              std::to_string(sample.segmentIds[i]));
  }
  return Status::ok();
}

namespace {

/// The tensors of a batch while they are filled.
class BatchWriter {
public:
  BatchWriter(const BatchLayout &layout, int64_t seqLen, const PixelLoader &pixels,
              bool skipBadImages)
      : layout(layout), seqLen(seqLen), loadPixels(pixels), skipBadImages(skipBadImages) {
    Shape tokens = {layout.batchSize, seqLen};
    ids = add("input_ids", tokens);
    labels = add("labels", tokens);
    positions = add("position_ids", tokens);
    segments = add("segment_ids", tokens);
    if (layout.modality)
      modality = add("modality", {layout.batchSize});
    if (layout.imagesPerRow == 0)
      return;
    slots = add("image_slots", tokens);
    Tensor &values =
        batch.tensors
            .emplace("pixel_values", Tensor(DType::F32, {layout.batchSize * layout.imagesPerRow, 3,
                                                         layout.imageHeight, layout.imageWidth}))
            .first->second;
    pixelValues = values.as<float>();
  }

  Status row(int64_t row, const std::vector<Sample> &samples) {
    int64_t column = 0, images = 0;
    int32_t lastSegment = 0;
    batch.ids.emplace_back();
    for (const Sample &sample : samples) {
      Status status = checkSample(layout, sample, samples.size() == 1);
      if (status.isOk())
        status = checkRoom(sample, column, images);
      if (status.isOk() && !sample.images.empty()) {
        status = readPixels(row, sample, images);
        bool bad = status.code() == StatusCode::BadInput || status.code() == StatusCode::Io;
        if (bad && skipBadImages) {
          batch.skipped.push_back("sample '" + sample.id + "': " + status.message());
          continue;
        }
      }
      if (status.isOk())
        append(row, sample, column, images, lastSegment);
      if (!status.isOk())
        return status.context("sample '" + sample.id + "'");
      batch.ids.back().push_back(sample.id);
    }
    pad(row, column);
    return Status::ok();
  }

  Batch take() {
    batch.seqLen = seqLen;
    return std::move(batch);
  }

private:
  int32_t *add(const char *name, Shape shape) {
    return batch.tensors.emplace(name, Tensor(DType::I32, std::move(shape)))
        .first->second.as<int32_t>();
  }

  Status checkRoom(const Sample &sample, int64_t column, int64_t images) const {
    int64_t length = sample.length(), count = static_cast<int64_t>(sample.images.size());
    if (column + length > seqLen)
      return Status::badInput(
          "a row holds " + std::to_string(seqLen) + " tokens, got: " + std::to_string(column) +
          " + " + std::to_string(length) + "; cut samples at the longest sequence length");
    if (images + count > layout.imagesPerRow)
      return Status::badInput("a row holds " + std::to_string(layout.imagesPerRow) +
                              " images, got: " + std::to_string(images) + " + " +
                              std::to_string(count));
    return Status::ok();
  }

  /// Into the row's places from `images` on; what a failure leaves there is cleared.
  Status readPixels(int64_t row, const Sample &sample, int64_t images) {
    int64_t imageSize = 3 * layout.imageHeight * layout.imageWidth;
    float *first = pixelValues + (row * layout.imagesPerRow + images) * imageSize;
    for (size_t i = 0; i < sample.images.size(); ++i) {
      Status status = loadPixels(sample.images[i], first + i * imageSize);
      if (!status.isOk()) {
        std::fill(first, first + (i + 1) * imageSize, 0.0f);
        return status;
      }
    }
    return Status::ok();
  }

  void append(int64_t row, const Sample &sample, int64_t &column, int64_t &images,
              int32_t &lastSegment) {
    int64_t length = sample.length(), count = static_cast<int64_t>(sample.images.size());
    int64_t base = row * seqLen + column;
    int64_t firstImage = row * layout.imagesPerRow + images;
    int32_t highest = lastSegment;
    for (int64_t i = 0; i < length; ++i) {
      ids[base + i] = sample.inputIds[i];
      labels[base + i] = i == 0 ? kIgnoredLabel : sample.labels[i];
      positions[base + i] = sample.positionIds[i];
      segments[base + i] = lastSegment + sample.segmentIds[i];
      highest = std::max(highest, segments[base + i]);
      if (slots)
        slots[base + i] =
            sample.imageSlots[i] < 0
                ? -1
                : static_cast<int32_t>(firstImage * layout.tokensPerImage + sample.imageSlots[i]);
    }
    if (modality)
      modality[row] = sample.modality;
    column += length;
    images += count;
    lastSegment = highest;
  }

  /// Fills the row from `column` on.
  void pad(int64_t row, int64_t column) {
    int64_t base = row * seqLen;
    int32_t position = column ? positions[base + column - 1] + 1 : 0;
    for (int64_t i = base + column; i < base + seqLen; ++i) {
      ids[i] = layout.padId;
      labels[i] = kIgnoredLabel;
      positions[i] = position++;
      segments[i] = layout.padSegment;
      if (slots)
        slots[i] = -1;
    }
  }

  const BatchLayout &layout;
  int64_t seqLen;
  const PixelLoader &loadPixels;
  bool skipBadImages;
  Batch batch;
  int32_t *ids, *labels, *positions, *segments;
  int32_t *slots = nullptr, *modality = nullptr;
  float *pixelValues = nullptr;
};

} // namespace

StatusOr<Batch> mmc::makeBatch(const BatchLayout &layout, int64_t seqLen,
                               const std::vector<std::vector<Sample>> &rows,
                               const PixelLoader &pixels, bool skipBadImages) {
  if (static_cast<int64_t>(rows.size()) > layout.batchSize)
    return Status::internal("a batch holds " + std::to_string(layout.batchSize) +
                            " rows, got: " + std::to_string(rows.size()));
  BatchWriter writer(layout, seqLen, pixels, skipBadImages);
  static const std::vector<Sample> kEmpty;
  for (int64_t row = 0; row < layout.batchSize; ++row)
    MMC_RETURN_IF_ERROR(
        writer.row(row, row < static_cast<int64_t>(rows.size()) ? rows[row] : kEmpty));
  return writer.take();
}
