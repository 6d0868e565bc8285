// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GPT-2's byte alphabet: each byte as a printable character.

#ifndef MMC_LIB_RUNTIME_DATA_BYTEALPHABET_H
#define MMC_LIB_RUNTIME_DATA_BYTEALPHABET_H

#include <string>
#include <string_view>

namespace mmc {

/// `bytes` in the alphabet: printable Latin-1 stands for itself, the other 68 bytes are U+0100 on.
std::string toByteAlphabet(std::string_view bytes);
/// Appends the bytes that valid UTF-8 `text` stands for; false, and nothing appended, if a
/// character of it does not belong to the alphabet.
bool appendFromByteAlphabet(std::string_view text, std::string &bytes);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_BYTEALPHABET_H
