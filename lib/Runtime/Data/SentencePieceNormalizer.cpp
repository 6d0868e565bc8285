// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs the normalizer of a sentencepiece model.

#include "SentencePieceNormalizer.h"

using namespace mmc;

static constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";
/// Unicode's normal forms make at most 18 characters, of 33 bytes, of one. A text may become so
/// many times as long, and a short one so long: small files must not fill the memory.
static constexpr size_t kMostGrowth = 64, kLeastRoom = 1 << 16;

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
  MMC_RETURN_IF_ERROR(rules.open(model.characterMap));
  std::vector<std::pair<std::string_view, int32_t>> fixed;
  for (const SentencePieceModel::Piece &piece : model.pieces)
    if (piece.type == SentencePieceModel::PieceType::UserDefined)
      fixed.push_back({piece.text, 0});
  userDefined = ByteTrie(std::move(fixed));
  for (char first = 1; first != static_cast<char>(0x80); ++first) {
    char pair[2] = {first, 0};
    ByteTrie::Node node = ByteTrie::kRoot;
    bool &stays = plain[static_cast<unsigned char>(first)];
    stays = first != ' ' && rules.find({pair, 1}).consumed == 0 &&
            (userDefined.isEmpty() || !userDefined.step(node, first));
    // Not even the beginning of a longer rule ("...").
    for (pair[1] = 1; stays && pair[1] != static_cast<char>(0x80); ++pair[1]) {
      size_t shared = 0;
      rules.find({pair, 2}, &shared);
      stays = shared < 2;
    }
  }
  return Status::ok();
}

CharacterMap::Rule SentencePieceNormalizer::step(std::string_view text) const {
  if (!userDefined.isEmpty()) {
    size_t longest = 0;
    ByteTrie::Node node = ByteTrie::kRoot;
    for (size_t i = 0; i < text.size() && userDefined.step(node, text[i]); ++i)
      if (userDefined.value(node) != ByteTrie::kNone)
        longest = i + 1;
    if (longest)
      return {text.substr(0, longest), longest};
  }
  if (CharacterMap::Rule found = rules.find(text); found.consumed != 0)
    return found;
  if (size_t size = validCharacter(text))
    return {text.substr(0, size), size};
  return {kReplacementCharacter, 1};
}

bool SentencePieceNormalizer::normalize(std::string_view text, std::string &normalized) const {
  normalized.clear();
  const size_t most = kLeastRoom + kMostGrowth * text.size();
  if (removeExtraBlanks)
    while (!text.empty()) {
      CharacterMap::Rule first = step(text);
      if (first.text != " ")
        break;
      text.remove_prefix(first.consumed);
    }
  if (text.empty())
    return true;
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
    CharacterMap::Rule next = step(text.substr(at));
    at += next.consumed;
    std::string_view made = next.text;
    while (behindBlank && !made.empty() && made[0] == ' ')
      made.remove_prefix(1);
    if (normalized.size() + blank.size() * made.size() > most)
      return false;
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
  return true;
}
