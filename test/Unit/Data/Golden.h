// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the data tests share: golden files, and a tokenizer whose ids can be read off the text.

#ifndef MMC_TEST_UNIT_DATA_GOLDEN_H
#define MMC_TEST_UNIT_DATA_GOLDEN_H

#include "mmc/Runtime/Core/Tensor.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace mmc::test {

/// A file of test/golden.
std::string golden(const std::string &path);
/// A golden JSON file; a test failure and null when it cannot be read.
nlohmann::json goldenJson(const std::string &path);

/// An i32 tensor of a golden safetensors file: [rows, columns], or [rows, 1].
struct IntRows {
  int64_t rows = 0, columns = 0;
  std::vector<int32_t> values;
  std::vector<int32_t> row(int64_t index) const {
    return {values.begin() + index * columns, values.begin() + (index + 1) * columns};
  }
};
std::map<std::string, IntRows> goldenRows(const std::string &path);

/// The golden tokenizer of LLaMA's kind.
const Tokenizer &llamaTokenizer();
/// The golden tokenizer at `path` of test/golden.
std::unique_ptr<Tokenizer> loadGolden(const std::string &path);

/// The values of an i32 tensor of a batch.
std::vector<int32_t> values(const TensorMap &tensors, const std::string &name);

/// Text sample `id` of `length` tokens first, first + 1, …, all labelled.
Sample textSample(const std::string &id, int32_t first, int64_t length);

/// Samples that a test makes up.
class ListDataset final : public Dataset {
public:
  std::vector<Sample> samples;
  int64_t size() const override { return samples.size(); }
  std::string id(int64_t index) const override { return samples[index].id; }
  StatusOr<Sample> sample(int64_t index) const override { return samples[index]; }
};

/// A fresh directory under the test's temporary directory; write() puts a file into it. What is
/// kept in the cache folder is kept in it too.
class TempDir {
public:
  TempDir();
  ~TempDir();
  std::string path(const std::string &name = "") const;
  void write(const std::string &name, const std::string &content) const;
  void copy(const std::string &from, const std::string &name) const;

private:
  std::string root;
};

} // namespace mmc::test

#endif // MMC_TEST_UNIT_DATA_GOLDEN_H
