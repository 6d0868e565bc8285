// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The patterns of tokenizer.json files: literals, and regular expressions in Oniguruma's syntax.

#ifndef MMC_LIB_RUNTIME_DATA_SPLITPATTERN_H
#define MMC_LIB_RUNTIME_DATA_SPLITPATTERN_H

#include "mmc/Runtime/Core/Status.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// Bytes [begin, end) of a text.
struct TextSpan {
  size_t begin, end;
};

/// A compiled pattern. Const members may be called from several threads at once.
class SplitPattern {
public:
  /// Matches `text` itself, which must not be empty.
  static StatusOr<SplitPattern> literal(const std::string &text);
  /// A regular expression as Hugging Face's tokenizers library reads it (Oniguruma, Ruby's syntax,
  /// UTF-8), run by PCRE2. Where the two understand the same letters differently (white space, word
  /// characters, line anchors) it is translated; BadInput for what cannot be (class intersections,
  /// \h, \R, \X, \G, \K, absent operators) and for what does not compile.
  static StatusOr<SplitPattern> regex(const std::string &pattern);

  SplitPattern(SplitPattern &&) noexcept;
  SplitPattern &operator=(SplitPattern &&) noexcept;
  ~SplitPattern();

  /// All matches in `text` (valid UTF-8) from left to right, put into `matches`. Empty matches are
  /// left out when they touch the match before, as in Oniguruma's iteration. BadInput if the match
  /// takes more steps or memory than PCRE2 allows.
  Status findAll(std::string_view text, std::vector<TextSpan> &matches) const;

private:
  SplitPattern();
  struct Compiled;
  std::string word;
  std::unique_ptr<Compiled> compiled;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SPLITPATTERN_H
