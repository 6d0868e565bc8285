// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaVIN's row: modality token, BOS, image prefix, image tokens, prompt and answer.

#ifndef MMC_RUNTIME_DATA_LAVINROW_H
#define MMC_RUNTIME_DATA_LAVINROW_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <cstdint>
#include <string>

namespace mmc {

struct LavinRowOptions {
  /// Tokens of a row, modality and image tokens included; longer rows lose their end.
  int64_t seqLen = 512;
  /// Rows that an image takes (6 class tokens in LaVIN).
  int64_t imageTokens = 6;
  /// What stands between BOS and the rest of the prompt, with and without image.
  std::string imagePrefix = "Image: ";
  std::string textPrefix = "Image: N/A";
  /// LaVIN's ignored label is 0, which is also unk: real unk tokens of an answer are not learnt.
  /// False learns them.
  bool ignoreUnknown = true;
};

/// `[modality] [BOS] prefix [image…] prompt answer [EOS]`, cut at the sequence length. The modality
/// token is segment 1 and the rest segment 2 (LaVIN: it sees itself only and nobody sees it),
/// positions count from 0. Labels are the tokens of the answer and EOS; what counts as prompt is
/// the length of the *separately* tokenised prompt, while prompt and answer are tokenised in one
/// piece. With an empty `answer` and `forGeneration` the row is what decoding starts from: no
/// EOS, no label. `imageFile` empty: a text-only row.
StatusOr<Sample> encodeLavinRow(const Tokenizer &tokenizer, const std::string &prompt,
                                const std::string &answer, const std::string &imageFile,
                                const LavinRowOptions &options, bool forGeneration = false);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_LAVINROW_H
