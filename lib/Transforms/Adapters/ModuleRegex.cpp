// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// std::regex reports errors by exceptions; none leaves this file.

#include "ModuleRegex.h"

#include <regex>

using namespace mmc;

struct ModuleRegex::Compiled {
  std::regex regex;
};

/// `(?P<name>…)` as `(…)`: what a group is called makes no difference to what matches.
static std::string withoutGroupNames(const std::string &text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size())
      result += text[i++];
    else if (size_t end; text.compare(i, 4, "(?P<") == 0 && (end = text.find('>', i)) != std::string::npos) {
      result += '(';
      i = end;
      continue;
    }
    result += text[i];
  }
  return result;
}

std::optional<ModuleRegex> ModuleRegex::create(const std::string &text, std::string &error) {
  try {
    ModuleRegex result;
    result.compiled = std::make_shared<Compiled>(Compiled{std::regex(withoutGroupNames(text), std::regex::ECMAScript)});
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

std::optional<std::string> ModuleRegex::lastGroup(const std::string &name) const {
  try {
    std::smatch match;
    if (std::regex_match(name, match, compiled->regex) && match.size() > 1)
      return match[match.size() - 1].str();
  } catch (const std::regex_error &) {
    return std::nullopt;
  }
  return std::nullopt;
}
