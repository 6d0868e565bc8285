// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the data tests share.

#include "Golden.h"

#include "mmc/Runtime/Core/Safetensors.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>

namespace mmc::test {

std::string golden(const std::string &path) { return std::string(MMC_TEST_DATA) + "/" + path; }

static std::string readAll(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

nlohmann::json goldenJson(const std::string &path) {
  nlohmann::json value = nlohmann::json::parse(readAll(golden(path)), nullptr, false);
  EXPECT_FALSE(value.is_discarded()) << path;
  return value;
}

std::map<std::string, IntRows> goldenRows(const std::string &path) {
  std::map<std::string, IntRows> result;
  auto file = SafetensorsFile::open(golden(path));
  EXPECT_TRUE(file.isOk()) << file.status().message();
  if (!file.isOk())
    return result;
  for (const std::string &name : file->names()) {
    std::optional<TensorView> tensor = file->find(name);
    if (!tensor || tensor->dtype != DType::I32)
      continue;
    const int32_t *data = tensor->as<int32_t>();
    int64_t columns = tensor->shape.size() > 1 ? tensor->shape[1] : 1;
    result[name] = {tensor->shape[0], columns, {data, data + tensor->count()}};
  }
  return result;
}

std::unique_ptr<Tokenizer> loadGolden(const std::string &path) {
  auto tokenizer = Tokenizer::load(golden(path));
  EXPECT_TRUE(tokenizer.isOk()) << tokenizer.status().message();
  return tokenizer.isOk() ? std::move(*tokenizer) : nullptr;
}

const Tokenizer &llamaTokenizer() {
  static std::unique_ptr<Tokenizer> tokenizer = loadGolden("tokenizer/spm-llama/model");
  return *tokenizer;
}

std::vector<int32_t> values(const TensorMap &tensors, const std::string &name) {
  auto found = tensors.find(name);
  if (found == tensors.end()) {
    ADD_FAILURE() << "no tensor " << name;
    return {};
  }
  EXPECT_EQ(found->second.dtype(), DType::I32) << name;
  const int32_t *data = found->second.as<int32_t>();
  return {data, data + found->second.count()};
}

Sample textSample(const std::string &id, int32_t first, int64_t length) {
  Sample sample;
  sample.id = id;
  sample.inputIds.resize(length);
  std::iota(sample.inputIds.begin(), sample.inputIds.end(), first);
  sample.labels = sample.inputIds;
  sample.positionIds.resize(length);
  std::iota(sample.positionIds.begin(), sample.positionIds.end(), 0);
  sample.segmentIds.assign(length, 1);
  sample.imageSlots.assign(length, -1);
  return sample;
}

TempDir::TempDir() {
  std::string name = ::testing::TempDir() + "mmc-data-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  root = name;
  setenv("MMC_CACHE_DIR", path("cache").c_str(), 1);
}

TempDir::~TempDir() {
  std::error_code error;
  std::filesystem::remove_all(root, error);
}

std::string TempDir::path(const std::string &name) const {
  return name.empty() ? root : root + "/" + name;
}

void TempDir::write(const std::string &name, const std::string &content) const {
  std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  std::ofstream(path(name), std::ios::binary) << content;
}

void TempDir::copy(const std::string &from, const std::string &name) const {
  write(name, readAll(from));
}

} // namespace mmc::test
