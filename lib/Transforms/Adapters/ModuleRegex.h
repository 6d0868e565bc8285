// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Regular expressions as PEFT's configurations write them: Python's syntax, as far as ECMAScript has it too, and
// Python's named groups.

#ifndef MMC_LIB_TRANSFORMS_ADAPTERS_MODULEREGEX_H
#define MMC_LIB_TRANSFORMS_ADAPTERS_MODULEREGEX_H

#include <memory>
#include <optional>
#include <string>

namespace mmc {

/// A compiled expression. llvm::Regex will not do: POSIX knows neither `\d` nor `(?:…)`, which such
/// configurations are full of.
class ModuleRegex {
public:
  /// Nothing, and the reason in `error`, when the text is not an expression.
  static std::optional<ModuleRegex> create(const std::string &text, std::string &error);

  /// Whether all of `name` matches.
  bool matches(const std::string &name) const;
  /// What the last group holds when all of `name` matches.
  std::optional<std::string> lastGroup(const std::string &name) const;

private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled;
};

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_ADAPTERS_MODULEREGEX_H
