// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks a data set in batches: order, sequence-length buckets, packing, and where to go on.

#ifndef MMC_RUNTIME_DATA_BATCHER_H
#define MMC_RUNTIME_DATA_BATCHER_H

#include "mmc/Runtime/Data/Batch.h"
#include "mmc/Runtime/Data/BatchPlan.h"
#include "mmc/Runtime/Data/SampleLengths.h"

#include <memory>

namespace mmc {

struct BatcherOptions {
  BatchLayout layout;
  /// Sequence lengths that modules are compiled for, ascending; a batch takes the shortest that
  /// holds its rows.
  std::vector<int64_t> seqLens = {512};
  /// Whether several samples may share a row.
  bool pack = false;
  /// See PlanOptions.
  bool groupByModality = false;
  /// A new order in each epoch, by this seed; false: the data set's order.
  bool shuffle = true;
  uint64_t seed = 0;
  /// What becomes of the last rows of an epoch that fill no batch: dropped (training) or filled up
  /// with empty rows (evaluation).
  bool dropLast = true;
  /// What a picture does that cannot be read: end the work, or leave its sample out (Batch::skipped
  /// says which).
  bool skipBadImages = false;
};

/// Where a batcher stands: `batch` batches of `epoch` have been handed out.
struct Cursor {
  int64_t epoch = 0, batch = 0;
  bool operator==(const Cursor &other) const {
    return epoch == other.epoch && batch == other.batch;
  }
};

/// Hands out batches, epoch after epoch. The batches of an epoch depend on the data set, the
/// options and the epoch only, never on earlier epochs: seek() to a saved cursor goes on exactly.
class Batcher {
public:
  /// `data` must outlive the batcher. With packing, grouping or several sequence lengths, and for a
  /// data set that may refuse samples, their lengths are measured first (SampleLengths). Refused
  /// samples take no part. Fails on an empty data set, on fewer samples than a batch when the last
  /// rows are dropped, and on what SampleLengths::measure fails on.
  static StatusOr<std::unique_ptr<Batcher>> create(const Dataset &data, BatcherOptions options,
                                                   PixelLoader pixels = nullptr);

  /// The next batch; the cursor moves on, into the next epoch at the end of one.
  StatusOr<Batch> next();

  Cursor cursor() const { return place; }
  /// Goes to a cursor of an earlier run; fails when the epoch has fewer batches.
  Status seek(Cursor cursor);

  /// Batches of the epoch that the cursor is in. The same in every epoch unless samples are packed.
  int64_t batchesPerEpoch() const { return plan->batches(); }

  /// What was refused; empty where nothing was measured.
  const SampleLengths &sampleLengths() const { return lengths; }

private:
  Batcher(const Dataset &data, BatcherOptions options, PixelLoader pixels)
      : data(data), settings(std::move(options)), loadPixels(std::move(pixels)) {}

  Status measure();
  void planEpoch(int64_t epoch);

  const Dataset &data;
  BatcherOptions settings;
  PixelLoader loadPixels;
  SampleLengths lengths;
  std::unique_ptr<BatchPlan> plan;
  Cursor place;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_BATCHER_H
