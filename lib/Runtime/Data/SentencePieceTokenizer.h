// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The sentencepiece kind of tokenizer.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECETOKENIZER_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECETOKENIZER_H

#include "mmc/Runtime/Data/Tokenizer.h"

namespace mmc {

/// Opens a sentencepiece model file.
StatusOr<std::unique_ptr<Tokenizer>> loadSentencePiece(const std::string &file);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECETOKENIZER_H
