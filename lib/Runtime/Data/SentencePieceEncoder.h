// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sentencepiece's encoding, with words that were seen before remembered.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECEENCODER_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECEENCODER_H

#include "ByteTable.h"
#include "ScratchPool.h"

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

  /// The ids that the library gives. A BPE model whose pieces have blanks only in front, and that
  /// leaves text as it is, treats each word by itself: then words come from a cache.
  StatusOr<std::vector<int32_t>> encode(std::string_view text) const;

private:
  struct Scratch {
    /// Words to offset << 16 | count in `ids`.
    ByteTable words;
    std::vector<int32_t> ids;
  };
  Status encodeWord(std::string_view word, Scratch &scratch, std::vector<int32_t> &ids) const;

  sentencepiece::SentencePieceProcessor processor;
  /// The same model without its dummy prefix, where words can be encoded one by one; else null.
  std::unique_ptr<sentencepiece::SentencePieceProcessor> words;
  bool dummyPrefix = true;
  mutable ScratchPool<Scratch> scratches{[] { return std::make_unique<Scratch>(); }};
};

/// Appended to a serialised model, this sets normalizer_spec.add_dummy_prefix to false.
std::string withoutDummyPrefix(std::string model);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECEENCODER_H
