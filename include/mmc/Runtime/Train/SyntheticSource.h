// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random batches, for trying speed and memory.

#ifndef MMC_RUNTIME_TRAIN_SYNTHETICSOURCE_H
#define MMC_RUNTIME_TRAIN_SYNTHETICSOURCE_H

#include "mmc/Runtime/Train/DataSource.h"

#include <cstdint>

namespace mmc {

/// Rows full of random tokens, all labelled except image and modality tokens; with image places,
/// one random image per place at the start of its row. Needs the layout's vocabSize. Has no end and
/// no epochs.
class SyntheticSource final : public DataSource {
public:
  /// BadInput for a row that does not hold its image tokens.
  static StatusOr<std::unique_ptr<SyntheticSource>> create(const BatchLayout &layout,
                                                           int64_t seqLen, uint64_t seed);

  StatusOr<MicroBatch> next() override;
  Cursor cursor() const override { return place; }
  Status seek(Cursor cursor) override;
  StatusOr<int64_t> batchesIn(int64_t) override { return int64_t{0}; }
  nlohmann::json fingerprint() const override;

private:
  SyntheticSource(const BatchLayout &layout, int64_t seqLen, uint64_t seed)
      : layout(layout), seqLen(seqLen), seed(seed) {}

  BatchLayout layout;
  int64_t seqLen;
  uint64_t seed;
  Cursor place;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_SYNTHETICSOURCE_H
