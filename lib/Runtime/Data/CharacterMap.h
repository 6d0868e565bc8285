// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rules of a sentencepiece normalizer: what characters become.

#ifndef MMC_LIB_RUNTIME_DATA_CHARACTERMAP_H
#define MMC_LIB_RUNTIME_DATA_CHARACTERMAP_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// A precompiled_charsmap: a double array of Darts-clone and the texts that its values point into.
class CharacterMap {
public:
  /// Takes a copy of the bytes; none are no rules. BadInput, which names no file, when a walk over
  /// the array could leave it or the texts: sentencepiece looks at neither while it walks.
  Status open(std::string_view bytes);

  struct Rule {
    /// What the beginning of a text becomes, and how many of its bytes that is; 0 for no rule.
    std::string_view text;
    size_t consumed;
  };
  /// The longest rule that `text` begins with. `shared`, when given, becomes the number of bytes
  /// that `text` has in common with the beginning of any rule.
  Rule find(std::string_view text, size_t *shared = nullptr) const;

private:
  Status checkArray() const;
  std::vector<uint32_t> units;
  /// Each is ended by a zero.
  std::string replacements;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_CHARACTERMAP_H
