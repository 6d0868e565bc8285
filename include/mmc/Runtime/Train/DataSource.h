// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where micro-batches come from.

#ifndef MMC_RUNTIME_TRAIN_DATASOURCE_H
#define MMC_RUNTIME_TRAIN_DATASOURCE_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"
#include "mmc/Runtime/Data/Batcher.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mmc {

struct MicroBatch {
  /// Batch inputs by their mmc.name.
  TensorMap tensors;
  /// Tokens that are not padding (segment 0).
  int64_t tokens = 0;
  /// For messages: "batch 3 of FILE", "samples '12', '7'".
  std::string name;
};

/// A sequence of micro-batches in epochs. What next() gives is a function of the cursor.
class DataSource {
public:
  virtual ~DataSource() = default;
  /// The micro-batch at the cursor, which moves on. Fails at the end of a source that has one.
  virtual StatusOr<MicroBatch> next() = 0;
  virtual Cursor cursor() const = 0;
  /// Goes to a cursor of an earlier run.
  virtual Status seek(Cursor cursor) = 0;
  /// Micro-batches of an epoch; 0: the source has no end and no epochs.
  virtual StatusOr<int64_t> batchesIn(int64_t epoch) = 0;
  /// Micro-batches per step that the data itself says; 0: it does not.
  virtual int64_t accumulation() const { return 0; }
  /// Whether reading beyond the first epoch must be asked for.
  virtual bool isSequence() const { return false; }
  /// What tells this data from other data, for the comparison on resume.
  virtual nlohmann::json fingerprint() const = 0;
};

/// Counts tokens outside of segment 0; without segment_ids all of input_ids.
int64_t countTokens(const TensorMap &batch);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_DATASOURCE_H
