// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs the normalizer of a sentencepiece model.

#include "SentencePieceNormalizer.h"

#include <algorithm>
#include <cstring>

using namespace mmc;

static constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";

// An entry of Darts-clone's array: label, offset to its children, whether a value hangs below it.
static uint32_t labelOf(uint32_t unit) { return unit & (1u << 31 | 0xff); }
static uint32_t offsetOf(uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }
static bool hasValue(uint32_t unit) { return unit >> 8 & 1; }
static uint32_t valueOf(uint32_t unit) { return unit & ~(1u << 31); }

/// Bytes of the valid character that `text` begins with, or 0.
static size_t validCharacter(std::string_view text) {
  unsigned char lead = text[0];
  if (lead < 0x80)
    return 1;
  size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size == 0 || size > text.size())
    return 0;
  for (size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
      return 0;
  unsigned char second = text[1];
  bool wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) ||
               (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90);
  return wrong ? 0 : size;
}

Status SentencePieceNormalizer::open(const SentencePieceModel &model) {
  addDummyPrefix = model.addDummyPrefix;
  blankIsSuffix = model.blankIsSuffix;
  removeExtraBlanks = model.removeExtraBlanks;
  blank = model.escapeBlanks ? kSentencePieceBlank : std::string_view(" ");
  if (const std::string &map = model.characterMap; !map.empty()) {
    // The size of the array in bytes, the array, the replacements.
    uint32_t bytes = 0;
    if (map.size() > sizeof(bytes))
      std::memcpy(&bytes, map.data(), sizeof(bytes));
    if (bytes == 0 || bytes % sizeof(uint32_t) != 0 || bytes >= map.size() - sizeof(bytes) ||
        map.back() != '\0')
      return Status::badInput("its precompiled_charsmap is damaged");
    rules.resize(bytes / sizeof(uint32_t));
    std::memcpy(rules.data(), map.data() + sizeof(bytes), bytes);
    replacements = map.substr(sizeof(bytes) + bytes);
  }
  std::vector<std::pair<std::string_view, int32_t>> fixed;
  for (const SentencePieceModel::Piece &piece : model.pieces)
    if (piece.type == SentencePieceModel::PieceType::UserDefined)
      fixed.push_back({piece.text, 0});
  userDefined = ByteTrie(std::move(fixed));
  for (char first = 1; first != static_cast<char>(0x80); ++first) {
    char pair[2] = {first, 0};
    ByteTrie::Node node = ByteTrie::kRoot;
    bool &stays = plain[static_cast<unsigned char>(first)];
    stays = first != ' ' && !hasRule({pair, 1}) &&
            (userDefined.isEmpty() || !userDefined.step(node, first));
    for (pair[1] = 1; stays && pair[1] != static_cast<char>(0x80); ++pair[1])
      stays = !hasRule({pair, 2});
  }
  return Status::ok();
}

SentencePieceNormalizer::Step SentencePieceNormalizer::rule(std::string_view text) const {
  Step longest{{}, 0};
  if (rules.empty())
    return longest;
  size_t at = offsetOf(rules[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = text[i];
    at ^= byte;
    if (at >= rules.size() || labelOf(rules[at]) != byte)
      break;
    uint32_t unit = rules[at];
    at ^= offsetOf(unit);
    if (!hasValue(unit))
      continue;
    if (at >= rules.size() || valueOf(rules[at]) >= replacements.size())
      break;
    longest = {replacements.data() + valueOf(rules[at]), i + 1};
  }
  return longest;
}

SentencePieceNormalizer::Step SentencePieceNormalizer::step(std::string_view text) const {
  if (!userDefined.isEmpty()) {
    size_t longest = 0;
    ByteTrie::Node node = ByteTrie::kRoot;
    for (size_t i = 0; i < text.size() && userDefined.step(node, text[i]); ++i)
      if (userDefined.value(node) != ByteTrie::kNone)
        longest = i + 1;
    if (longest)
      return {text.substr(0, longest), longest};
  }
  if (Step found = rule(text); found.consumed != 0)
    return found;
  if (size_t size = validCharacter(text))
    return {text.substr(0, size), size};
  return {kReplacementCharacter, 1};
}

void SentencePieceNormalizer::normalize(std::string_view text, std::string &normalized) const {
  normalized.clear();
  if (removeExtraBlanks)
    while (!text.empty()) {
      Step first = step(text);
      if (first.text != " ")
        break;
      text.remove_prefix(first.consumed);
    }
  if (text.empty())
    return;
  normalized.reserve(text.size() + text.size() / 2);
  if (addDummyPrefix && !blankIsSuffix)
    normalized += blank;
  bool behindBlank = removeExtraBlanks;
  for (size_t at = 0; at < text.size();) {
    size_t run = at;
    while (run < text.size() && static_cast<unsigned char>(text[run]) < 0x80 &&
           plain[static_cast<unsigned char>(text[run])] &&
           (run + 1 == text.size() || static_cast<unsigned char>(text[run + 1]) < 0x80))
      ++run;
    if (run > at) {
      normalized += text.substr(at, run - at);
      behindBlank = false;
      at = run;
      continue;
    }
    Step next = step(text.substr(at));
    at += next.consumed;
    std::string_view made = next.text;
    while (behindBlank && !made.empty() && made[0] == ' ')
      made.remove_prefix(1);
    for (char character : made)
      if (character == ' ')
        normalized += blank;
      else
        normalized += character;
    if (!made.empty())
      behindBlank = removeExtraBlanks && made.back() == ' ';
  }
  if (removeExtraBlanks)
    while (normalized.size() >= blank.size() &&
           std::string_view(normalized).substr(normalized.size() - blank.size()) == blank)
      normalized.resize(normalized.size() - blank.size());
  if (addDummyPrefix && blankIsSuffix)
    normalized += blank;
}
