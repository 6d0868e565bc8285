// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How mmc-data writes JSON: a list with one element per line.

#include "JsonOutput.h"

#include "mmc/Runtime/Core/File.h"

namespace mmc::data {

Status writeJsonRows(const nlohmann::json &rows, const std::string &path) {
  std::string text = "[";
  for (const nlohmann::json &row : rows)
    text += (text.size() > 1 ? ",\n" : "\n") +
            row.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
  text += "\n]\n";
  return path != "-" ? writeFile(path, text) : writeStandardOutput(text);
}

} // namespace mmc::data
