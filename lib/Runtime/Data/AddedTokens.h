// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tokens that are found in a text as they stand, before any model sees it.

#ifndef MMC_LIB_RUNTIME_DATA_ADDEDTOKENS_H
#define MMC_LIB_RUNTIME_DATA_ADDEDTOKENS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// One added token, with the flags that Hugging Face gives it.
struct AddedToken {
  int32_t id = -1;
  std::string content;
  /// Matches only where no word character touches it.
  bool singleWord = false;
  /// White space on that side belongs to the token.
  bool leftStrip = false, rightStrip = false;
  /// Looked for in the normalised text instead of the raw one.
  bool normalized = false;
  bool special = false;
};

/// Finds words in a text: from left to right, at each place the longest.
class WordFinder {
public:
  /// `index` is what matches report; an empty word is ignored, of equal words the first counts.
  void add(std::string_view word, int32_t index);
  bool empty() const { return nodes.empty(); }

  struct Match {
    size_t begin, end;
    int32_t index;
  };
  /// The first match that begins at `from` or later; index -1 when there is none.
  Match next(std::string_view text, size_t from) const;

private:
  struct Node {
    int32_t index = -1;
    /// Children of a byte are few: pairs of byte and node.
    std::vector<std::pair<unsigned char, int32_t>> children;
  };
  int32_t childOf(int32_t node, unsigned char byte) const;
  std::vector<Node> nodes;
  /// Whether a word begins with the byte.
  bool begins[256] = {};
};

/// A part of a text: an added token, or (id -1) what lies between.
struct TextPart {
  int32_t id;
  size_t begin, end;
};

/// Splits `text` (valid UTF-8) at the tokens of `finder`, whose indices count in `tokens`, by the
/// rules of the tokenizers library's AddedVocabulary for single_word, lstrip and rstrip.
std::vector<TextPart> splitAtTokens(std::string_view text, const WordFinder &finder,
                                    const std::vector<AddedToken> &tokens);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_ADDEDTOKENS_H
