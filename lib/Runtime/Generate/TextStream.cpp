// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Generate/TextStream.h"

using namespace mmc;

/// Bytes without the replacement characters at the end: they may yet become one character.
static size_t settledLength(const std::string &text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  size_t length = text.size();
  while (length >= kReplacement.size() &&
         text.compare(length - kReplacement.size(), kReplacement.size(), kReplacement) == 0)
    length -= kReplacement.size();
  return length;
}

StatusOr<std::string> TextStream::add(int32_t token) {
  tokens.push_back(token);
  MMC_ASSIGN_OR_RETURN(std::string text, tokenizer.decode(tokens, /*skipSpecials=*/true));
  const size_t settled = settledLength(text);
  if (settled <= handed)
    return std::string();
  std::string piece = text.substr(handed, settled - handed);
  handed = settled;
  return piece;
}

StatusOr<std::string> TextStream::finish() {
  MMC_ASSIGN_OR_RETURN(std::string text, tokenizer.decode(tokens, /*skipSpecials=*/true));
  std::string piece = text.size() > handed ? text.substr(handed) : std::string();
  handed = text.size();
  return piece;
}
