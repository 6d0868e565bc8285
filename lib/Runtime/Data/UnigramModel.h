// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sentencepiece's Unigram model: the most probable way to cut a text into pieces.

#ifndef MMC_LIB_RUNTIME_DATA_UNIGRAMMODEL_H
#define MMC_LIB_RUNTIME_DATA_UNIGRAMMODEL_H

#include "ByteTrie.h"
#include "ScratchPool.h"
#include "SentencePieceModel.h"

namespace mmc {

/// Kudo, "Subword Regularization" (2018), section 3.2, with Viterbi's algorithm in single precision
/// and in the order of sentencepiece 0.2.3, so that equal sums are told apart as there. Earlier
/// versions, the installed one among them, compare sums in double precision and cut such texts
/// otherwise ("000" as "00", "0" or as "0", "00"). Const members may be called from several threads
/// at once.
class UnigramModel {
public:
  explicit UnigramModel(const SentencePieceModel &model);

  /// Appends the ids of a normalized text of less than 2^31 bytes.
  void encode(std::string_view normalized, std::vector<int32_t> &ids) const;

private:
  /// The best way to get to a place in the text: its last piece, and where that begins.
  struct Step {
    int32_t id, begin;
    float score;
  };
  ByteTrie trie;
  std::vector<float> scores;
  std::vector<bool> unused;
  UnknownPiece unknown;
  float unknownScore;
  mutable ScratchPool<std::vector<Step>> scratches{
      [] { return std::make_unique<std::vector<Step>>(); }};
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_UNIGRAMMODEL_H
