// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The folder of things that can be made again.

#include "ByteTable.h"

#include "mmc/Runtime/Data/JsonRows.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace fs = std::filesystem;

std::string mmc::cacheFolder() {
  fs::path folder;
  if (const char *own = std::getenv("MMC_CACHE_DIR"); own && *own)
    folder = own;
  else if (const char *common = std::getenv("XDG_CACHE_HOME"); common && *common)
    folder = fs::path(common) / "mmc";
  else if (const char *home = std::getenv("HOME"); home && *home)
    folder = fs::path(home) / ".cache" / "mmc";
  else
    return "";
  std::error_code error;
  fs::create_directories(folder, error);
  return fs::is_directory(folder, error) ? folder.string() : "";
}

std::string mmc::cacheFile(const std::string &key, const char *kind) {
  std::string folder = cacheFolder();
  if (folder.empty())
    return "";
  char name[24];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(hashBytes(key)));
  return folder + "/" + name + kind;
}
