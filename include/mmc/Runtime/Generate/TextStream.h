// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text that comes token by token, handed on as soon as it can no longer change.

#ifndef MMC_RUNTIME_GENERATE_TEXTSTREAM_H
#define MMC_RUNTIME_GENERATE_TEXTSTREAM_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mmc {

/// Every piece put together is the text of all tokens. A character may come in several tokens, byte
/// by byte, so bytes that make no character yet wait for the next token.
class TextStream {
public:
  /// `tokenizer` must outlive it.
  explicit TextStream(const Tokenizer &tokenizer) : tokenizer(tokenizer) {}

  /// The text that `token` adds; may be empty.
  StatusOr<std::string> add(int32_t token);
  /// What still waited.
  StatusOr<std::string> finish();

private:
  const Tokenizer &tokenizer;
  std::vector<int32_t> tokens;
  size_t handed = 0; ///< bytes of the text so far
};

} // namespace mmc

#endif // MMC_RUNTIME_GENERATE_TEXTSTREAM_H
