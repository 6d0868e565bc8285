// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whether the numbers of a batch may be given to compiled code, which does not look.

#ifndef MMC_RUNTIME_DATA_INPUTCHECK_H
#define MMC_RUNTIME_DATA_INPUTCHECK_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"

#include <cstdint>

namespace mmc {

/// What indices of a batch count; 0: not known, not checked.
struct InputLimits {
  /// Rows of the embedding table: `input_ids` and `labels` lie below it.
  int64_t vocabSize = 0;
  /// Rows of the flattened image features [N·tokens_per_image, D]: `image_slots` lie below it.
  int64_t featureRows = 0;
};

/// BadInput that names tensor, row and token for
///   input_ids     outside of [0, vocabSize), where the token is not filled from elsewhere
///   labels        neither -100 nor in [0, vocabSize)
///   image_slots   outside of [-1, featureRows)
///   modality      neither 0 nor 1
///   pixel_values  not finite
/// Ids of image tokens and of LaVIN's modality token (column 0) may be anything; those out of
/// range become 0, so that no kernel reads beyond its table.
Status checkInputs(TensorMap &batch, const InputLimits &limits);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_INPUTCHECK_H
