// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A safetensors file of ready batches.

#ifndef MMC_RUNTIME_TRAIN_BATCHFILE_H
#define MMC_RUNTIME_TRAIN_BATCHFILE_H

#include "mmc/Runtime/Core/Safetensors.h"
#include "mmc/Runtime/Train/DataSource.h"

#include <map>
#include <memory>
#include <string>

namespace mmc {

/// Every tensor of the file is a batch input with leading dimensions [S] (steps) or [S, A] (steps
/// and micro-batches); `input_ids`, which must be there, says which: it has three or four
/// dimensions. With [S] and gradient accumulation A, A of them after one another make a step. The
/// whole file is one epoch.
class BatchFile final : public DataSource {
public:
  /// BadInput when leading dimensions differ, there is no batch, or a tensor is of a type that mmc
  /// does not have.
  static StatusOr<std::unique_ptr<BatchFile>> open(const std::string &path);

  /// Shapes of the batch inputs, without the leading dimensions.
  const std::map<std::string, Shape> &shapes() const { return inputShapes; }

  StatusOr<MicroBatch> next() override;
  Cursor cursor() const override { return place; }
  Status seek(Cursor cursor) override;
  StatusOr<int64_t> batchesIn(int64_t) override { return total; }
  int64_t accumulation() const override { return perStep; }
  bool isSequence() const override { return true; }
  nlohmann::json fingerprint() const override;

private:
  explicit BatchFile(SafetensorsFile file) : file(std::move(file)) {}

  SafetensorsFile file;
  std::map<std::string, Shape> inputShapes;
  int64_t total = 0;   ///< micro-batches
  int64_t perStep = 0; ///< A, or 0 for a file without that dimension
  Cursor place;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_BATCHFILE_H
