// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The search for added tokens.

#include "AddedTokens.h"

#include "UnicodeText.h"

#include <algorithm>
#include <utf8proc.h>

using namespace mmc;

int32_t WordFinder::childOf(int32_t node, unsigned char byte) const {
  for (auto [key, child] : nodes[node].children)
    if (key == byte)
      return child;
  return -1;
}

void WordFinder::add(std::string_view word, int32_t index) {
  if (word.empty())
    return;
  if (nodes.empty())
    nodes.emplace_back();
  begins[static_cast<unsigned char>(word[0])] = true;
  int32_t at = 0;
  for (unsigned char byte : word) {
    int32_t child = childOf(at, byte);
    if (child < 0) {
      child = static_cast<int32_t>(nodes.size());
      nodes[at].children.push_back({byte, child});
      nodes.emplace_back();
    }
    at = child;
  }
  if (nodes[at].index < 0)
    nodes[at].index = index;
}

WordFinder::Match WordFinder::next(std::string_view text, size_t from) const {
  if (nodes.empty())
    return {text.size(), text.size(), -1};
  for (size_t begin = from; begin < text.size(); ++begin) {
    if (!begins[static_cast<unsigned char>(text[begin])])
      continue;
    Match match{begin, begin, -1};
    int32_t at = 0;
    for (size_t i = begin; i < text.size(); ++i) {
      at = childOf(at, text[i]);
      if (at < 0)
        break;
      if (nodes[at].index >= 0)
        match = {begin, i + 1, nodes[at].index};
    }
    if (match.index >= 0)
      return match;
  }
  return {text.size(), text.size(), -1};
}

/// What Rust's regular expressions call \w: Alphabetic, M, Nd, Pc and Join_Control.
static bool isWordCharacter(uint32_t c) {
  if (c < 0x80)
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  if (c == 0x200c || c == 0x200d)
    return true;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO:
  case UTF8PROC_CATEGORY_MN:
  case UTF8PROC_CATEGORY_MC:
  case UTF8PROC_CATEGORY_ME:
  case UTF8PROC_CATEGORY_ND:
  case UTF8PROC_CATEGORY_NL:
  case UTF8PROC_CATEGORY_PC:
    return true;
  default: // Alphabetic outside of these: circled and squared letters
    return (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149) ||
           (c >= 0x1f150 && c <= 0x1f169) || (c >= 0x1f170 && c <= 0x1f189);
  }
}

static bool touchesWord(std::string_view text, size_t begin, size_t end) {
  if (begin > 0) {
    size_t before = previousCharacter(text, begin);
    if (isWordCharacter(nextCharacter(text, before)))
      return true;
  }
  return end < text.size() && isWordCharacter(nextCharacter(text, end));
}

std::vector<TextPart> mmc::splitAtTokens(std::string_view text, const WordFinder &finder,
                                         const std::vector<AddedToken> &tokens) {
  std::vector<TextPart> parts;
  size_t done = 0, from = 0;
  while (from < text.size()) {
    WordFinder::Match match = finder.next(text, from);
    if (match.index < 0)
      break;
    from = match.end;
    const AddedToken &token = tokens[match.index];
    if (token.singleWord && touchesWord(text, match.begin, match.end))
      continue;
    size_t begin = match.begin, end = match.end;
    if (token.leftStrip) {
      while (begin > 0) {
        size_t before = previousCharacter(text, begin), next = before;
        if (!isWhiteSpace(nextCharacter(text, next)))
          break;
        begin = before;
      }
      // The token before may have taken that white space already.
      begin = std::max(begin, done);
    }
    if (token.rightStrip)
      while (end < text.size()) {
        size_t next = end;
        if (!isWhiteSpace(nextCharacter(text, next)))
          break;
        end = next;
      }
    if (done < begin)
      parts.push_back({-1, done, begin});
    parts.push_back({token.id, begin, end});
    done = end;
  }
  if (done < text.size())
    parts.push_back({-1, done, text.size()});
  return parts;
}
