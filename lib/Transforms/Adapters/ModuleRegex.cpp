// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// std::regex reports errors by exceptions; none leaves this file.

#include "ModuleRegex.h"

#include <regex>

using namespace mmc;

struct ModuleRegex::Compiled {
  std::regex regex;
};

std::optional<ModuleRegex> ModuleRegex::create(const std::string &text, std::string &error) {
  try {
    ModuleRegex result;
    result.compiled = std::make_shared<Compiled>(Compiled{std::regex(text, std::regex::ECMAScript)});
    return result;
  } catch (const std::regex_error &failure) {
    error = failure.what();
    return std::nullopt;
  }
}

bool ModuleRegex::matches(const std::string &name) const {
  try {
    return std::regex_match(name, compiled->regex);
  } catch (const std::regex_error &) {
    // Matching gives up on patterns that backtrack without end: they match nothing.
    return false;
  }
}

std::optional<std::string> ModuleRegex::firstGroup(const std::string &name) const {
  try {
    std::smatch match;
    if (std::regex_match(name, match, compiled->regex) && match.size() > 1)
      return match[1].str();
  } catch (const std::regex_error &) {
    return std::nullopt;
  }
  return std::nullopt;
}
