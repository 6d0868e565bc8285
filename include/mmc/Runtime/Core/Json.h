// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parsing JSON of other people's files.

#ifndef MMC_RUNTIME_CORE_JSON_H
#define MMC_RUNTIME_CORE_JSON_H

#include <nlohmann/json.hpp>

#include <string_view>

namespace mmc {

/// Objects and lists may lie in each other so deep. Copying, comparing and printing recurse: a file
/// of a megabyte could overflow the stack, and no file that is read has more than a dozen levels.
constexpr int kDeepestJson = 512;

/// Whether brackets outside of strings (and of comments, with `comments`) are nested deeper than
/// that. The text need not be JSON.
bool isNestedTooDeep(std::string_view text, bool comments = false);

/// The JSON value; discarded where the text is none or is nested too deep.
nlohmann::json parseJson(std::string_view text, bool comments = false);

} // namespace mmc

#endif // MMC_RUNTIME_CORE_JSON_H
