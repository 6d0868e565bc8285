// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A directory that lives as long as one test.

#ifndef MMC_TEST_UNIT_CORE_TEMPORARYDIRECTORY_H
#define MMC_TEST_UNIT_CORE_TEMPORARYDIRECTORY_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace mmc {

class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern = testing::TempDir() + "mmc-test-XXXXXX";
    root = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(root); }
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  const std::string &path() const { return root; }
  std::string operator/(const std::string &name) const { return root + "/" + name; }
  /// Names in the directory, hidden ones too, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(root))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

private:
  std::string root;
};

inline std::string readBytes(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeBytes(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace mmc

#endif // MMC_TEST_UNIT_CORE_TEMPORARYDIRECTORY_H
