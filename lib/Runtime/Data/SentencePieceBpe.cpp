// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Merges the neighbours of a text by the scores of their pieces.

#include "SentencePieceBpe.h"

#include <algorithm>

using namespace mmc;
using Type = SentencePieceModel::PieceType;

/// Unused pieces come apart in so many steps at most.
static constexpr int kDeepest = 100;

/// Whether a blank stands in a piece behind another character.
static bool reachesOverBlanks(std::string_view piece) {
  constexpr std::string_view blank = kSentencePieceBlank;
  for (size_t at = piece.find(blank, 1); at != std::string_view::npos;
       at = piece.find(blank, at + blank.size()))
    if (at < blank.size() || piece.substr(at - blank.size(), blank.size()) != blank)
      return true;
  return false;
}

SentencePieceBpe::SentencePieceBpe(const SentencePieceModel &model) : unknown(model) {
  std::vector<std::pair<std::string_view, int32_t>> fixed;
  bool blankIsPiece = false;
  for (size_t i = 0; i < model.pieces.size(); ++i) {
    const SentencePieceModel::Piece &piece = model.pieces[i];
    scores.push_back(piece.score);
    unused.push_back(piece.type == Type::Unused);
    if (!piece.isText())
      continue;
    table.add(piece.text, static_cast<int64_t>(i));
    if (piece.type == Type::UserDefined)
      fixed.push_back({piece.text, static_cast<int32_t>(i)});
    blankIsPiece |= piece.text == kSentencePieceBlank;
    wordsAlone &= piece.type != Type::Unused && !reachesOverBlanks(piece.text);
  }
  wordsAlone &= blankIsPiece && !model.blankIsSuffix && model.escapeBlanks;
  userDefined = ByteTrie(std::move(fixed));
}

void SentencePieceBpe::offer(std::string_view text, int32_t left, int32_t right,
                             Scratch &scratch) const {
  if (left < 0 || right < 0)
    return;
  const Symbol &a = scratch.symbols[left], &b = scratch.symbols[right];
  if (a.frozen || b.frozen)
    return;
  std::string_view piece = text.substr(a.begin, a.size + b.size);
  int64_t id = table.find(piece);
  if (id < 0)
    return;
  scratch.agenda.push_back({scores[id], left, right, a.size + b.size});
  if (unused[id])
    scratch.parts[piece] = {text.substr(a.begin, a.size), text.substr(b.begin, b.size)};
}

void SentencePieceBpe::putOut(std::string_view piece, const Scratch &scratch, int depth,
                              size_t first, std::vector<int32_t> &ids) const {
  int64_t id = table.find(piece);
  if (id >= 0 && (!unused[id] || depth > kDeepest)) {
    ids.push_back(static_cast<int32_t>(id));
    return;
  }
  if (id >= 0)
    if (auto found = scratch.parts.find(piece); found != scratch.parts.end()) {
      putOut(found->second.first, scratch, depth + 1, first, ids);
      putOut(found->second.second, scratch, depth + 1, first, ids);
      return;
    }
  if (unknown.byteFallback)
    for (unsigned char byte : piece)
      ids.push_back(unknown.byteIds[byte]);
  // Neighbouring unknown characters are one.
  else if (ids.size() == first || ids.back() != unknown.id)
    ids.push_back(unknown.id);
}

void SentencePieceBpe::encode(std::string_view text, std::vector<int32_t> &ids) const {
  if (text.empty())
    return;
  auto scratch = scratches.borrow();
  std::vector<Symbol> &symbols = scratch->symbols;
  std::vector<Pair> &agenda = scratch->agenda;
  symbols.clear();
  agenda.clear();
  scratch->parts.clear();
  for (int32_t begin = 0, size = 0; begin < static_cast<int32_t>(text.size()); begin += size) {
    size = 0;
    ByteTrie::Node node = ByteTrie::kRoot;
    if (!userDefined.isEmpty())
      for (size_t end = begin; end < text.size() && userDefined.step(node, text[end]); ++end)
        if (userDefined.value(node) != ByteTrie::kNone)
          size = static_cast<int32_t>(end + 1) - begin;
    bool frozen = size > 0;
    if (!frozen)
      size = std::min<int32_t>(sentencePieceCharacterSize(text[begin]),
                               static_cast<int32_t>(text.size()) - begin);
    int32_t at = static_cast<int32_t>(symbols.size());
    symbols.push_back({begin, size, at - 1, at + 1, frozen});
  }
  symbols.back().next = -1;
  for (int32_t right = 1; right < static_cast<int32_t>(symbols.size()); ++right)
    offer(text, right - 1, right, *scratch);
  std::make_heap(agenda.begin(), agenda.end());
  while (!agenda.empty()) {
    std::pop_heap(agenda.begin(), agenda.end());
    Pair top = agenda.back();
    agenda.pop_back();
    Symbol &left = symbols[top.left], &right = symbols[top.right];
    // One of the two has been merged with another since.
    if (left.size == 0 || right.size == 0 || left.size + right.size != top.size)
      continue;
    left.size += right.size;
    right.size = 0;
    left.next = right.next;
    if (right.next >= 0)
      symbols[right.next].previous = top.left;
    for (auto [a, b] : {std::pair(left.previous, top.left), std::pair(top.left, left.next)}) {
      size_t before = agenda.size();
      offer(text, a, b, *scratch);
      if (agenda.size() > before)
        std::push_heap(agenda.begin(), agenda.end());
    }
  }
  size_t first = ids.size();
  for (int32_t at = 0; at >= 0; at = symbols[at].next)
    putOut(text.substr(symbols[at].begin, symbols[at].size), *scratch, 0, first, ids);
}
