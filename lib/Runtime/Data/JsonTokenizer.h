// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tokenizer.json kind of tokenizer.

#ifndef MMC_LIB_RUNTIME_DATA_JSONTOKENIZER_H
#define MMC_LIB_RUNTIME_DATA_JSONTOKENIZER_H

#include "mmc/Runtime/Data/Tokenizer.h"

namespace mmc {

/// Reads a tokenizer.json, and the special tokens' names in the files beside it.
StatusOr<std::unique_ptr<Tokenizer>> loadTokenizerJson(const std::string &file);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_JSONTOKENIZER_H
