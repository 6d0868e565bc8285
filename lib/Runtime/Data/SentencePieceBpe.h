// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sentencepiece's BPE model: the best-scored neighbours merge first.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECEBPE_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECEBPE_H

#include "ByteTable.h"
#include "ByteTrie.h"
#include "ScratchPool.h"
#include "SentencePieceModel.h"

#include <unordered_map>

namespace mmc {

/// The rules of sentencepiece 0.2.3. Const members may be called from several threads at once.
class SentencePieceBpe {
public:
  explicit SentencePieceBpe(const SentencePieceModel &model);

  /// Appends the ids of a normalized text of less than 2^31 bytes.
  void encode(std::string_view normalized, std::vector<int32_t> &ids) const;

  /// Whether words that begin with a blank can be encoded one by one: no piece goes on behind a
  /// blank within it, a blank is a piece, and how one word was merged does not matter to another.
  bool treatsWordsAlone() const { return wordsAlone; }

private:
  /// A part of the text, in a list; merged into its left neighbour it is empty.
  struct Symbol {
    int32_t begin, size, previous, next;
    bool frozen;
  };
  struct Pair {
    float score;
    int32_t left, right, size;
    bool operator<(const Pair &other) const {
      return score < other.score || (score == other.score && left > other.left);
    }
  };
  struct Scratch {
    std::vector<Symbol> symbols;
    std::vector<Pair> agenda;
    /// What pieces of type Unused were merged from, which they come apart into again.
    std::unordered_map<std::string_view, std::pair<std::string_view, std::string_view>> parts;
  };
  void offer(std::string_view text, int32_t left, int32_t right, Scratch &scratch) const;
  /// Appends the ids of a piece; `first` is where those of this text begin.
  void putOut(std::string_view piece, const Scratch &scratch, int depth, size_t first,
              std::vector<int32_t> &ids) const;

  /// Pieces of text: normal, user-defined and unused ones.
  ByteTable table;
  std::vector<float> scores;
  std::vector<bool> unused;
  ByteTrie userDefined;
  UnknownPiece unknown;
  bool wordsAlone = true;
  mutable ScratchPool<Scratch> scratches{[] { return std::make_unique<Scratch>(); }};
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECEBPE_H
