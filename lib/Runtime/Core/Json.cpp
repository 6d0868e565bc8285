// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counts brackets before the parser sees them.

#include "mmc/Runtime/Core/Json.h"

#include <algorithm>

using nlohmann::json;

bool mmc::isNestedTooDeep(std::string_view text, bool comments) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        i += text[i] == '\\';
    } else if (comments && c == '/' && text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
    } else if (comments && c == '/' && text.substr(i, 2) == "/*") {
      // The parser's comment ends at the first "*/" behind its beginning.
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 1;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepestJson)
        return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

json mmc::parseJson(std::string_view text, bool comments) {
  if (isNestedTooDeep(text, comments))
    return json(json::value_t::discarded);
  return json::parse(text, nullptr, /*allow_exceptions=*/false, comments);
}
