// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a prompt and a picture to the row that generation starts from.

#ifndef MMC_RUNTIME_GENERATE_PROMPT_H
#define MMC_RUNTIME_GENERATE_PROMPT_H

#include "mmc/Runtime/Data/Batch.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <string>
#include <vector>

namespace mmc {

/// What the inputs of @logits, made for one row, say about rows and images. BadInput for what
/// layoutOf() refuses, for a model without input_ids, and for one whose pictures are not square.
StatusOr<BatchLayout> promptLayout(const std::vector<ProgramTensor> &inputs);

/// The row of a prompt, as training with the same kind of model sees it: for LaVIN (a model with
/// `modality`) encodeLavinRow's; with a picture `[BOS] image… prompt`, the captions' template; else
/// `[BOS] prompt`. `imageFile` empty: none. BadInput for a picture and a model that takes none, and
/// for an empty row.
StatusOr<Sample> encodePrompt(const Tokenizer &tokenizer, const std::string &prompt,
                              const std::string &imageFile, const BatchLayout &layout);

} // namespace mmc

#endif // MMC_RUNTIME_GENERATE_PROMPT_H
