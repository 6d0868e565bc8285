// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// UTF-8 and Unicode properties.

#include "UnicodeText.h"

#include <cstdlib>
#include <memory>
#include <utf8proc.h>

using namespace mmc;

uint32_t mmc::nextCharacter(std::string_view text, size_t &position) {
  unsigned char lead = text[position];
  size_t bytes = characterBytes(lead);
  uint32_t character = bytes == 1 ? lead : lead & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i)
    character = character << 6 | (static_cast<unsigned char>(text[position + i]) & 0x3f);
  position += bytes;
  return character;
}

size_t mmc::previousCharacter(std::string_view text, size_t position) {
  do
    --position;
  while ((static_cast<unsigned char>(text[position]) & 0xc0) == 0x80);
  return position;
}

void mmc::appendUtf8(std::string &text, uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xc0 | c >> 6);
    text += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    text += static_cast<char>(0xe0 | c >> 12);
    text += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    text += static_cast<char>(0xf0 | c >> 18);
    text += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    text += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (c & 0x3f));
  }
}

/// Looks at the sequence at `position`: the bytes of a valid character, or the negative count of
/// bytes of the longest beginning of one (at least 1).
static int sequenceAt(std::string_view text, size_t position) {
  unsigned char lead = text[position];
  if (lead < 0x80)
    return 1;
  if (lead < 0xc2 || lead > 0xf4)
    return -1;
  int bytes = static_cast<int>(characterBytes(lead));
  for (int i = 1; i < bytes; ++i) {
    if (position + i >= text.size())
      return -i;
    unsigned char next = text[position + i];
    // The second byte's range is what keeps out overlong forms, surrogates and what is too large.
    unsigned low = 0x80, high = 0xbf;
    if (i == 1) {
      low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
      high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    }
    if (next < low || next > high)
      return -i;
  }
  return bytes;
}

bool mmc::isValidUtf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    int length = sequenceAt(bytes, i);
    if (length < 0)
      return false;
    i += length;
  }
  return true;
}

std::string mmc::toValidUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size();) {
    int length = sequenceAt(bytes, i);
    if (length > 0)
      text.append(bytes.substr(i, length));
    else
      text += "\xef\xbf\xbd";
    i += std::abs(length);
  }
  return text;
}

static bool isAscii(std::string_view text) {
  for (unsigned char byte : text)
    if (byte >= 0x80)
      return false;
  return true;
}

StatusOr<std::string> mmc::normalizeUnicode(std::string_view text, NormalForm form) {
  if (isAscii(text))
    return std::string(text);
  int options = UTF8PROC_STABLE;
  options |=
      form == NormalForm::C || form == NormalForm::KC ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  if (form == NormalForm::KC || form == NormalForm::KD)
    options |= UTF8PROC_COMPAT;
  utf8proc_uint8_t *raw = nullptr;
  utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t *>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &raw,
                                       static_cast<utf8proc_option_t>(options));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> result(raw, std::free);
  if (size < 0)
    return Status::internal("utf8proc cannot normalise a text of " + std::to_string(text.size()) +
                            " bytes: " + utf8proc_errmsg(size));
  return std::string(reinterpret_cast<char *>(result.get()), size);
}

std::string mmc::replaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (size_t found; (found = text.find(from)) != std::string_view::npos;
       text.remove_prefix(found + from.size()))
    result.append(text.substr(0, found)).append(to);
  return result.append(text);
}

bool mmc::isWhiteSpace(uint32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool mmc::isPythonSpace(uint32_t c) { return isWhiteSpace(c) || (c >= 0x1c && c <= 0x1f); }

std::string_view mmc::pythonStrip(std::string_view text, bool left, bool right) {
  size_t begin = 0, end = text.size();
  while (left && begin < end) {
    size_t next = begin;
    if (!isPythonSpace(nextCharacter(text, next)))
      break;
    begin = next;
  }
  while (right && end > begin) {
    size_t before = previousCharacter(text, end), at = before;
    if (!isPythonSpace(nextCharacter(text, at)))
      break;
    end = before;
  }
  return text.substr(begin, end - begin);
}

static utf8proc_category_t categoryOf(uint32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool mmc::isNumeric(uint32_t c) {
  auto category = categoryOf(c);
  return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_NO;
}

bool mmc::isPunctuation(uint32_t c) {
  if (c < 0x80)
    return (c > 0x20 && c < 0x30) || (c > 0x39 && c < 0x41) || (c > 0x5a && c < 0x61) ||
           (c > 0x7a && c < 0x7f);
  auto category = categoryOf(c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

bool mmc::isCombiningMark(uint32_t c) {
  auto category = categoryOf(c);
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

void mmc::appendLowercase(std::string &text, uint32_t c) {
  if (c == 0x130) {
    // Of all characters only this one has a lower case of two.
    text += "i\xcc\x87";
    return;
  }
  appendUtf8(text, static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}
