// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Viterbi's algorithm over the pieces of a Unigram model.

#include "UnigramModel.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

using namespace mmc;
using Type = SentencePieceModel::PieceType;

/// What a character without a piece costs below the least score.
static constexpr float kUnknownPenalty = 10;
/// Sums of a greater size start again from zero.
static constexpr float kGreatestSum = 100000;

/// A user-defined piece wins over all others.
static float userDefinedScore(size_t bytes) {
  return static_cast<float>(0.1 * (static_cast<int>(bytes) - 1));
}

UnigramModel::UnigramModel(const SentencePieceModel &model) : unknown(model) {
  float least = FLT_MAX;
  std::vector<std::pair<std::string_view, int32_t>> keys;
  for (size_t i = 0; i < model.pieces.size(); ++i) {
    const SentencePieceModel::Piece &piece = model.pieces[i];
    bool userDefined = piece.type == Type::UserDefined;
    scores.push_back(userDefined ? userDefinedScore(piece.text.size()) : piece.score);
    unused.push_back(piece.type == Type::Unused);
    if (piece.type == Type::Normal)
      least = std::min(least, piece.score);
    if (piece.isText())
      keys.push_back({piece.text, static_cast<int32_t>(i)});
  }
  unknownScore = least - kUnknownPenalty;
  trie = ByteTrie(std::move(keys));
}

void UnigramModel::encode(std::string_view text, std::vector<int32_t> &ids) const {
  auto steps = scratches.borrow();
  int32_t size = static_cast<int32_t>(text.size());
  steps->assign(text.size() + 1, {-1, -1, 0});
  Step *best = steps->data();
  auto offer = [&](int32_t begin, int32_t end, int32_t id, float score) {
    Step &step = best[end];
    if (step.begin < 0 || score > step.score)
      step = {id, begin, score};
  };
  int32_t furthest = 0;
  for (int32_t begin = 0; begin < size;) {
    float sum = best[begin].score;
    if (std::fabs(sum) > kGreatestSum) {
      for (int32_t i = begin; i <= furthest; ++i)
        if (i == begin || best[i].begin >= 0)
          best[i].score -= sum;
      sum = 0;
    }
    int32_t next = std::min(begin + sentencePieceCharacterSize(text[begin]), size);
    bool isPiece = false;
    ByteTrie::Node node = ByteTrie::kRoot;
    for (int32_t end = begin; end < size && trie.step(node, text[end]);) {
      ++end;
      int32_t id = trie.value(node);
      if (id == ByteTrie::kNone || unused[id])
        continue;
      furthest = std::max(furthest, end);
      offer(begin, end, id, scores[id] + sum);
      isPiece |= end == next;
    }
    if (!isPiece) {
      furthest = std::max(furthest, next);
      offer(begin, next, unknown.id, unknownScore + sum);
    }
    begin = next;
  }
  size_t first = ids.size();
  for (int32_t end = size; end > 0; end = best[end].begin) {
    const Step &step = best[end];
    if (step.id != unknown.id)
      ids.push_back(step.id);
    else if (unknown.byteFallback)
      for (int32_t i = end; i > step.begin; --i)
        ids.push_back(unknown.byteIds[static_cast<unsigned char>(text[i - 1])]);
    // Neighbouring unknown characters are one.
    else if (ids.size() == first || ids.back() != unknown.id)
      ids.push_back(unknown.id);
  }
  std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end());
}
