// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JSON files of data sets: reading with a position on error, and fields with a type.

#ifndef MMC_RUNTIME_DATA_JSONFILE_H
#define MMC_RUNTIME_DATA_JSONFILE_H

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <string>

namespace mmc {

/// Parses `path` into `result`. A syntax error names the file, the byte (counted from 1) and
/// what the parser expected there.
Status readJsonFile(const std::string &path, nlohmann::json &result);

/// The string `key` of `object`; absent and null give `fallback`, any other type an error.
StatusOr<std::string> stringField(const nlohmann::json &object, const char *key,
                                  const std::string &fallback);
/// The string `key` of `object`, which must be there.
StatusOr<std::string> requiredString(const nlohmann::json &object, const char *key);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_JSONFILE_H
