// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The sentencepiece kinds of tokenizer.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECETOKENIZER_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECETOKENIZER_H

#include "SpecialTokens.h"

#include "mmc/Runtime/Data/Tokenizer.h"

namespace mmc {

/// Reads a sentencepiece model file; the library's own rules.
StatusOr<std::unique_ptr<Tokenizer>> loadSentencePiece(const std::string &file);

/// Reads a sentencepiece model file; transformers' LlamaTokenizer (4.37, "slow") around it.
StatusOr<std::unique_ptr<Tokenizer>> loadLlamaTokenizer(const std::string &file,
                                                        SpecialTokens tokens);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECETOKENIZER_H
