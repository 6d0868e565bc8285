// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which samples stand in which batch of an epoch.

#ifndef MMC_RUNTIME_DATA_BATCHPLAN_H
#define MMC_RUNTIME_DATA_BATCHPLAN_H

#include "mmc/Runtime/Core/Random.h"
#include "mmc/Runtime/Data/SampleLengths.h"

#include <cstdint>
#include <vector>

namespace mmc {

/// What a plan is made by.
struct PlanOptions {
  int64_t batchSize = 1;
  /// Places for images of a row; negative: any number.
  int64_t imagesPerRow = -1;
  /// Ascending; a batch takes the shortest that holds its rows.
  std::vector<int64_t> seqLens;
  bool pack = false, shuffle = true, dropLast = true;
  /// Rows that are open at a time while samples are packed.
  int64_t packWindow = 64;
  /// LLaVA's group_by_modality_length: the samples of a batch all have pictures or none, and are of
  /// similar length; such batches come in random order, what is left over in a mixed one at the
  /// end.
  bool groupByModality = false;
  uint64_t seed = 0;
};

/// The batches of one epoch, a function of options, lengths and epoch only. Without packing,
/// several sequence lengths or grouping nothing is stored: where a batch's samples lie in the
/// permutation of the epoch is computed.
class BatchPlan {
public:
  /// `samples`: of the data set. `lengths` may be empty where isLazy(); it must outlive the plan.
  BatchPlan(const PlanOptions &options, int64_t samples, const SampleLengths &lengths,
            int64_t epoch);

  /// Whether plans by these options need no lengths.
  static bool isLazy(const PlanOptions &options) {
    return !options.pack && !options.groupByModality && options.seqLens.size() == 1;
  }

  int64_t batches() const { return count; }
  struct Planned {
    int64_t seqLen = 0;
    /// Indices of samples, row by row.
    std::vector<std::vector<int64_t>> rows;
  };
  Planned batch(int64_t index) const;

private:
  /// The sample at `position` of the epoch's order.
  int64_t ordered(int64_t position) const;
  void planBuckets();
  void planPacked();
  void planGroups();
  void addBatch(int64_t seqLen, const std::vector<std::vector<uint32_t>> &rows);
  int64_t bucketOf(int64_t tokens) const;

  PlanOptions options;
  const SampleLengths &lengths;
  /// Samples that are not refused.
  int64_t usable;
  Permutation permutation;
  int64_t epoch;
  int64_t count = 0;
  /// Batch i has rows [firstRow[i], firstRow[i + 1]), row r samples [firstSample[r], …).
  std::vector<uint32_t> firstRow, firstSample, samples, batchSeqLens;
};

/// Samples in rows of `capacity` tokens, best fit: each goes to the open row in which it leaves the
/// least room (the oldest of several); when none has room for it and `window` rows are open, the
/// fullest is closed. Rows in the order in which they were closed, at the end those still open in
/// the order in which they were opened.
std::vector<std::vector<uint32_t>> packRows(const std::vector<uint32_t> &order,
                                            const std::vector<SampleLength> &lengths,
                                            int64_t capacity, int64_t imagesPerRow, int64_t window);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_BATCHPLAN_H
