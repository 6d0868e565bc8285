// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Looks words and characters up.

#include "WholePieceModel.h"

#include <algorithm>

using namespace mmc;
using Type = SentencePieceModel::PieceType;

WholePieceModel::WholePieceModel(const SentencePieceModel &model)
    : words(model.kind == SentencePieceModel::Kind::Word), unknown(model) {
  std::vector<std::pair<std::string_view, int32_t>> fixed;
  for (size_t i = 0; i < model.pieces.size(); ++i) {
    const SentencePieceModel::Piece &piece = model.pieces[i];
    if (piece.type == Type::Normal || piece.type == Type::UserDefined)
      table.add(piece.text, static_cast<int64_t>(i));
    if (piece.type == Type::UserDefined)
      fixed.push_back({piece.text, static_cast<int32_t>(i)});
  }
  userDefined = ByteTrie(std::move(fixed));
}

size_t WholePieceModel::firstPart(std::string_view text) const {
  size_t end = std::min<size_t>(sentencePieceCharacterSize(text[0]), text.size());
  if (words) {
    while (end < text.size() && text.substr(end, kSentencePieceBlank.size()) != kSentencePieceBlank)
      end += sentencePieceCharacterSize(text[end]);
    return std::min(end, text.size());
  }
  ByteTrie::Node node = ByteTrie::kRoot;
  size_t longest = 0;
  if (!userDefined.isEmpty())
    for (size_t i = 0; i < text.size() && userDefined.step(node, text[i]); ++i)
      if (userDefined.value(node) != ByteTrie::kNone)
        longest = i + 1;
  return longest ? longest : end;
}

void WholePieceModel::encode(std::string_view text, std::vector<int32_t> &ids) const {
  for (size_t first = ids.size(), size; !text.empty(); text.remove_prefix(size)) {
    size = firstPart(text);
    std::string_view part = text.substr(0, size);
    if (int64_t id = table.find(part); id >= 0)
      ids.push_back(static_cast<int32_t>(id));
    else if (unknown.byteFallback)
      for (unsigned char byte : part)
        ids.push_back(unknown.byteIds[byte]);
    // Neighbouring unknown parts are one.
    else if (ids.size() == first || ids.back() != unknown.id)
      ids.push_back(unknown.id);
  }
}
