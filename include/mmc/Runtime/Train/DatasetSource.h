// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A data set of samples as a source of micro-batches.

#ifndef MMC_RUNTIME_TRAIN_DATASETSOURCE_H
#define MMC_RUNTIME_TRAIN_DATASETSOURCE_H

#include "mmc/Runtime/Train/DataSource.h"

#include <memory>

namespace mmc {

class DatasetSource final : public DataSource {
public:
  /// `data` must outlive the source. Fails as Batcher::create.
  static StatusOr<std::unique_ptr<DatasetSource>>
  create(const Dataset &data, const BatcherOptions &options, PixelLoader pixels);

  StatusOr<MicroBatch> next() override;
  Cursor cursor() const override { return batcher->cursor(); }
  Status seek(Cursor cursor) override { return batcher->seek(cursor); }
  StatusOr<int64_t> batchesIn(int64_t epoch) override;
  nlohmann::json fingerprint() const override;
  /// Which samples take no part; empty where nothing was measured.
  const SampleLengths &sampleLengths() const { return batcher->sampleLengths(); }

private:
  DatasetSource(const Dataset &data, std::unique_ptr<Batcher> batcher, bool epochsDiffer)
      : data(data), batcher(std::move(batcher)), epochsDiffer(epochsDiffer) {}

  const Dataset &data;
  std::unique_ptr<Batcher> batcher;
  /// Packed samples fill another number of batches in each order.
  bool epochsDiffer;
  /// Samples left out because of their pictures so far.
  int64_t skipped = 0;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_DATASETSOURCE_H
