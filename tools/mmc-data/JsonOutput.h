// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How mmc-data writes JSON: a list with one element per line.

#ifndef MMC_TOOLS_MMC_DATA_JSONOUTPUT_H
#define MMC_TOOLS_MMC_DATA_JSONOUTPUT_H

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

namespace mmc::data {

/// Writes the elements of the list `rows`, one per line, to the file `path`; "-" is standard
/// output. Bytes that are not UTF-8 become U+FFFD.
Status writeJsonRows(const nlohmann::json &rows, const std::string &path);

} // namespace mmc::data

#endif // MMC_TOOLS_MMC_DATA_JSONOUTPUT_H
