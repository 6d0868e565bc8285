// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the image goldens: files, and expected tensors of a case.

#ifndef MMC_TEST_UNIT_DATA_IMAGEGOLDENS_H
#define MMC_TEST_UNIT_DATA_IMAGEGOLDENS_H

#include "mmc/Runtime/Core/Tensor.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace mmc::test {

inline std::filesystem::path imageGoldens() {
  return std::filesystem::path(MMC_TEST_DATA) / "image";
}

inline std::string readBytes(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  EXPECT_TRUE(stream) << "cannot read " << path;
  return bytes.str();
}

/// Every file of the goldens, good and bad, by name.
inline std::vector<std::string> imageFiles() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(imageGoldens() / "files"))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

inline std::string imageFile(const std::string &name) {
  return (imageGoldens() / "files" / name).string();
}

/// The files that must be refused.
inline nlohmann::json refusedFiles() {
  return nlohmann::json::parse(readBytes(imageGoldens() / "errors" / "case.json"), nullptr,
                               false)["files"];
}

/// The U8 and F32 tensors of a case's expected.safetensors. Read here and not by mmc, so that the
/// expectations do not pass through the code under test.
inline TensorMap expectedTensors(const std::string &name) {
  std::string bytes = readBytes(imageGoldens() / name / "expected.safetensors");
  uint64_t headerSize = 0;
  std::memcpy(&headerSize, bytes.data(), 8);
  auto header = nlohmann::json::parse(bytes.substr(8, headerSize), nullptr, false);
  TensorMap tensors;
  for (const auto &[key, value] : header.items()) {
    if (key == "__metadata__")
      continue;
    bool isBytes = value["dtype"] == "U8";
    EXPECT_TRUE(isBytes || value["dtype"] == "F32") << key;
    Tensor tensor(isBytes ? DType::U8 : DType::F32, value["shape"].get<Shape>());
    std::memcpy(tensor.data(),
                bytes.data() + 8 + headerSize + value["data_offsets"][0].get<size_t>(),
                tensor.bytes());
    tensors.emplace(key, std::move(tensor));
  }
  return tensors;
}

} // namespace mmc::test

#endif // MMC_TEST_UNIT_DATA_IMAGEGOLDENS_H
