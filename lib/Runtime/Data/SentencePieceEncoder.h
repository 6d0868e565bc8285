// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sentencepiece's encoding: Unigram, word and character models, and BPE by words that are
// remembered.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECEENCODER_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECEENCODER_H

#include "ByteTable.h"
#include "ScratchPool.h"
#include "SentencePieceBpe.h"
#include "SentencePieceNormalizer.h"
#include "UnigramModel.h"
#include "WholePieceModel.h"

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <memory>
#include <sentencepiece_processor.h>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// Const members may be called from several threads at once.
class SentencePieceEncoder {
public:
  /// Takes a serialised model. BadInput with the library's reason.
  Status open(const std::string &model);
  const sentencepiece::SentencePieceProcessor &library() const { return processor; }

  /// The ids that sentencepiece 0.2.3 gives. A BPE model whose pieces have blanks only in front
  /// treats each word by itself: then words come from a cache. A Unigram model does not, because a
  /// sum's rounding depends on what came before.
  StatusOr<std::vector<int32_t>> encode(std::string_view text) const;

private:
  struct Scratch {
    std::string text, word;
    /// Words to offset << 16 | count in `ids`.
    ByteTable words;
    std::vector<int32_t> ids;
  };
  void encodeWord(std::string_view word, Scratch &scratch, std::vector<int32_t> &ids) const;

  sentencepiece::SentencePieceProcessor processor;
  SentencePieceNormalizer normalizer;
  /// One of them.
  std::unique_ptr<UnigramModel> unigram;
  std::unique_ptr<SentencePieceBpe> bpe;
  std::unique_ptr<WholePieceModel> whole;
  /// The normalizer without its prefix, where words are cut out before anything is normalized.
  SentencePieceNormalizer wordNormalizer;
  bool wordsAsTheyAre = false, dummyPrefix = true;
  mutable ScratchPool<Scratch> scratches{[] { return std::make_unique<Scratch>(); }};
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECEENCODER_H
