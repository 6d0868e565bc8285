// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Samples as the fixed-size tensors that a compiled module takes.

#ifndef MMC_RUNTIME_DATA_BATCH_H
#define MMC_RUNTIME_DATA_BATCH_H

#include "mmc/Runtime/Core/ProgramTensor.h"
#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"
#include "mmc/Runtime/Data/Sample.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mmc {

/// The shapes of a model's batch inputs.
struct BatchLayout {
  /// Rows B.
  int64_t batchSize = 1;
  /// Places for images per row K; the batch has N = B * K of them. LaVIN: 1. 0: no image inputs.
  int64_t imagesPerRow = 0;
  /// Rows of the flattened image features per image.
  int64_t tokensPerImage = 0;
  int64_t imageHeight = 0, imageWidth = 0;
  /// Whether the model has LaVIN's modality input.
  bool modality = false;
  /// What padding is made of. LaVIN lets padding attend in segment 2, which changes nothing that
  /// is learnt; segment 0 lets kernels skip it.
  int32_t padId = 0, padSegment = 0;
  /// Token ids and labels must be below this; 0: not checked.
  int64_t vocabSize = 0;
};

/// The layout that a model's batch inputs ask for: makeBatch() makes tensors of these shapes. The
/// batch size is that of input_ids, the vocabulary what it indexes; a model without input_ids has
/// one row and no vocabulary. BadInput, with the input's name and both shapes, for
///   input_ids                                       not [B, T], or without a row
///   labels, position_ids, segment_ids, image_slots  of another shape than input_ids
///   modality                                        not [B]
///   pixel_values                                    not [N, 3, H, W] with as many images for each
///   row
/// and for image slots that count other rows than as many for each image.
StatusOr<BatchLayout> layoutOf(const std::vector<ProgramTensor> &inputs);

/// Writes the pixels of an image file, [3, H, W] f32 as the layout says, preprocessed.
using PixelLoader = std::function<Status(const std::string &file, float *pixels)>;

/// One batch.
struct Batch {
  /// `input_ids`, `labels`, `position_ids`, `segment_ids` [B, T] i32; with image places also
  /// `image_slots` [B, T] i32 and `pixel_values` [N, 3, H, W] f32; `modality` [B] i32 for LaVIN.
  TensorMap tensors;
  /// T.
  int64_t seqLen = 0;
  /// Ids of the samples of each row, in order. Rows that only fill up the batch have none.
  std::vector<std::vector<std::string>> ids;
  /// Samples that were left out because a picture of theirs could not be read: messages that name
  /// the sample and the picture.
  std::vector<std::string> skipped;
};

/// Makes a batch of at most B rows, each of one sample or of several packed one after the other:
/// segments of a row stay distinct, positions are each sample's own, image slots point to the
/// sample's images (image j of row b is image b * K + j). Padding and missing rows are padId,
/// label -100, padSegment, slot -1 and positions that count on; image places without an image are
/// zeros, as LaVIN has it for text-only samples. Fails on a row longer than `seqLen`, more images
/// than places, ids outside of the vocabulary, a modality that does not fit the layout, and what
/// `pixels` fails on; each failure names the sample. With `skipBadImages` a sample whose pixels
/// fail by BadInput or Io is left out, as if it had never been in its row.
StatusOr<Batch> makeBatch(const BatchLayout &layout, int64_t seqLen,
                          const std::vector<std::vector<Sample>> &rows, const PixelLoader &pixels,
                          bool skipBadImages = false);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_BATCH_H
