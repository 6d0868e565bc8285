// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The normalizer of a sentencepiece model: text to what its pieces are looked for in.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECENORMALIZER_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECENORMALIZER_H

#include "ByteTrie.h"
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

  /// The text as valid UTF-8: bytes that are none become U+FFFD each.
  void normalize(std::string_view text, std::string &normalized) const;

private:
  /// What the beginning of a text becomes, and how many bytes of the text that was.
  struct Step {
    std::string_view text;
    size_t consumed;
  };
  Step step(std::string_view text) const;
  /// The longest rule that `text` begins with; consumed is 0 where there is none.
  Step rule(std::string_view text) const;
  bool hasRule(std::string_view text) const { return rule(text).consumed != 0; }

  bool addDummyPrefix = true, blankIsSuffix = false, removeExtraBlanks = true;
  std::string_view blank = " ";
  /// The double array of Darts-clone and the texts that its values point into, each ended by a
  /// zero.
  std::vector<uint32_t> rules;
  std::string replacements;
  ByteTrie userDefined;
  /// ASCII characters that stay as they are when another ASCII character or nothing follows.
  std::array<bool, 128> plain{};
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECENORMALIZER_H
