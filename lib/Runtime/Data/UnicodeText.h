// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// UTF-8 and the few Unicode properties that tokenizers ask for; the tables are utf8proc's.

#ifndef MMC_LIB_RUNTIME_DATA_UNICODETEXT_H
#define MMC_LIB_RUNTIME_DATA_UNICODETEXT_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mmc {

/// The character at `position` of valid UTF-8, which moves on behind it.
uint32_t nextCharacter(std::string_view text, size_t &position);
/// Bytes of the character that begins with `lead`, in valid UTF-8.
inline size_t characterBytes(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
/// Where the character before `position` > 0 begins.
size_t previousCharacter(std::string_view text, size_t position);
void appendUtf8(std::string &text, uint32_t character);

/// Whether `bytes` are valid UTF-8 (no surrogates, nothing overlong, nothing above U+10FFFF).
bool isValidUtf8(std::string_view bytes);
/// `bytes` with each maximal part of a broken sequence replaced by U+FFFD (Unicode 15, section 3.9,
/// table 3-8), as Rust's from_utf8_lossy and Python's errors="replace" do.
std::string toValidUtf8(std::string_view bytes);

enum class NormalForm { C, D, KC, KD };
/// Unicode normalisation of valid UTF-8. Internal if the library runs out of memory.
StatusOr<std::string> normalizeUnicode(std::string_view text, NormalForm form);

/// Python's text.replace(from, to), in time that grows with the text alone; `from` is not empty.
std::string replaceAll(std::string_view text, std::string_view from, std::string_view to);

/// The property White_Space.
bool isWhiteSpace(uint32_t character);
/// What Python's str.strip() takes off: White_Space and U+001C…U+001F.
bool isPythonSpace(uint32_t character);
/// Python's text.lstrip(), text.rstrip() or text.strip() of valid UTF-8.
std::string_view pythonStrip(std::string_view text, bool left = true, bool right = true);
/// General category N: Nd, Nl or No.
bool isNumeric(uint32_t character);
/// Punctuation as BERT's tokenizers have it: ASCII punctuation and general category P.
bool isPunctuation(uint32_t character);
/// General category M: Mn, Mc or Me.
bool isCombiningMark(uint32_t character);

/// Appends the lower case of `character`: its full mapping, without regard to its neighbours.
void appendLowercase(std::string &text, uint32_t character);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_UNICODETEXT_H
