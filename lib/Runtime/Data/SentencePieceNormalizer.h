// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The normalizer of a sentencepiece model: text to what its pieces are looked for in.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECENORMALIZER_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECENORMALIZER_H

#include "ByteTrie.h"
#include "CharacterMap.h"
#include "SentencePieceModel.h"

#include "mmc/Runtime/Core/Status.h"

#include <array>

namespace mmc {

/// Rules of the model's character map (the longest that matches), user-defined pieces left alone,
/// blanks removed and escaped as sentencepiece 0.2.3 does it.
class SentencePieceNormalizer {
public:
  /// BadInput when the character map is damaged. Keeps a copy of what it needs.
  Status open(const SentencePieceModel &model);

  /// The text as valid UTF-8: bytes that are none become U+FFFD each. False when the rules make
  /// more than 64 bytes of one.
  [[nodiscard]] bool normalize(std::string_view text, std::string &normalized) const;

private:
  /// What the beginning of a text becomes.
  CharacterMap::Rule step(std::string_view text) const;

  bool addDummyPrefix = true, blankIsSuffix = false, removeExtraBlanks = true;
  std::string_view blank = " ";
  CharacterMap rules;
  ByteTrie userDefined;
  /// ASCII characters that stay as they are when another ASCII character or nothing follows: no
  /// rule begins with the two.
  std::array<bool, 128> plain{};
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECENORMALIZER_H
