// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks a data set in batches: order, sequence-length buckets, packing, and where to go on.

#include "mmc/Runtime/Data/Batcher.h"

#include "mmc/Runtime/Core/Random.h"

#include <algorithm>

using namespace mmc;

StatusOr<std::unique_ptr<Batcher>> Batcher::create(const Dataset &data, BatcherOptions options,
                                                   PixelLoader pixels) {
  const BatchLayout &layout = options.layout;
  if (data.size() == 0)
    return Status::badInput("the data set is empty");
  if (layout.batchSize < 1)
    return Status::badUsage("batch-size must be positive, got: " +
                            std::to_string(layout.batchSize));
  for (size_t i = 0; i < std::max<size_t>(options.seqLens.size(), 1); ++i)
    if (options.seqLens.empty() || options.seqLens[i] < 1 ||
        (i > 0 && options.seqLens[i] <= options.seqLens[i - 1]))
      return Status::badUsage("sequence lengths must be positive and ascending");
  if (options.pack && layout.modality)
    return Status::badUsage("rows with a modality token cannot be packed");
  if (layout.imagesPerRow > 0 && !pixels)
    return Status::internal("a layout with images needs a way to load pixels");
  std::unique_ptr<Batcher> batcher(new Batcher(data, std::move(options), std::move(pixels)));
  MMC_RETURN_IF_ERROR(batcher->measure());
  batcher->planEpoch(0);
  if (batcher->plan.empty())
    return Status::badInput(
        "the data set fills no batch of " + std::to_string(batcher->settings.layout.batchSize) +
        " rows, got: " + std::to_string(data.size()) + " samples; use a smaller batch size");
  return batcher;
}

Status Batcher::measure() {
  // One sequence length and one sample a row: the plan is the same whatever the lengths are.
  if (!settings.pack && settings.seqLens.size() == 1)
    return Status::ok();
  for (int64_t i = 0; i < data.size(); ++i) {
    MMC_ASSIGN_OR_RETURN(Sample sample, data.sample(i));
    if (sample.length() > settings.seqLens.back())
      return Status::badInput("sample '" + sample.id + "': the longest sequence length is " +
                              std::to_string(settings.seqLens.back()) +
                              ", got: " + std::to_string(sample.length()));
    extents.push_back({sample.length(), static_cast<int64_t>(sample.images.size())});
  }
  return Status::ok();
}

int64_t Batcher::bucketOf(int64_t tokens) const {
  const std::vector<int64_t> &lens = settings.seqLens;
  return std::lower_bound(lens.begin(), lens.end() - 1, tokens) - lens.begin();
}

void Batcher::planEpoch(int64_t epoch) {
  plan.clear();
  std::vector<int64_t> order(data.size());
  Permutation permutation(data.size(),
                          deriveSeed(settings.seed, "shuffle " + std::to_string(epoch)));
  for (int64_t i = 0; i < data.size(); ++i)
    order[i] = settings.shuffle ? static_cast<int64_t>(permutation(i)) : i;
  if (settings.pack)
    planPacked(order);
  else
    planBuckets(order);
}

/// One sample a row. Each bucket collects rows until they fill a batch; what is left of a bucket
/// at the end of the epoch moves up to the next longer one, so at most B - 1 rows are dropped.
void Batcher::planBuckets(const std::vector<int64_t> &order) {
  size_t batchSize = settings.layout.batchSize;
  std::vector<std::vector<std::vector<int64_t>>> open(settings.seqLens.size());
  auto flush = [&](size_t bucket) {
    plan.push_back({settings.seqLens[bucket], std::move(open[bucket])});
    open[bucket].clear();
  };
  for (int64_t index : order) {
    size_t bucket = extents.empty() ? 0 : bucketOf(extents[index].tokens);
    open[bucket].push_back({index});
    if (open[bucket].size() == batchSize)
      flush(bucket);
  }
  for (size_t bucket = 0; bucket < open.size(); ++bucket) {
    bool last = bucket + 1 == open.size();
    if (last) {
      if (!open[bucket].empty() && !settings.dropLast)
        flush(bucket);
      continue;
    }
    for (std::vector<int64_t> &row : open[bucket]) {
      open[bucket + 1].push_back(std::move(row));
      if (open[bucket + 1].size() == batchSize)
        flush(bucket + 1);
    }
  }
}

/// Several samples a row: each goes to the first of the batch's open rows with room for its tokens
/// and images; a sample that fits nowhere closes the batch.
void Batcher::planPacked(const std::vector<int64_t> &order) {
  int64_t capacity = settings.seqLens.back();
  std::vector<std::vector<int64_t>> rows;
  std::vector<Extent> used;
  auto flush = [&] {
    int64_t longest = 0;
    for (const Extent &extent : used)
      longest = std::max(longest, extent.tokens);
    plan.push_back({settings.seqLens[bucketOf(longest)], std::move(rows)});
    rows.clear();
    used.clear();
  };
  for (int64_t index : order) {
    Extent need = extents[index];
    size_t row = 0;
    while (row < rows.size() && (used[row].tokens + need.tokens > capacity ||
                                 used[row].images + need.images > settings.layout.imagesPerRow))
      ++row;
    if (row == static_cast<size_t>(settings.layout.batchSize)) {
      flush();
      row = 0;
    }
    if (row == rows.size()) {
      rows.emplace_back();
      used.push_back({0, 0});
    }
    rows[row].push_back(index);
    used[row].tokens += need.tokens;
    used[row].images += need.images;
  }
  // A batch with fewer rows than B is incomplete; one whose rows merely have room left is not.
  if (!rows.empty() &&
      (!settings.dropLast || rows.size() == static_cast<size_t>(settings.layout.batchSize)))
    flush();
}

StatusOr<Batch> Batcher::next() {
  if (place.batch == batchesPerEpoch()) {
    place = {place.epoch + 1, 0};
    planEpoch(place.epoch);
    if (plan.empty())
      return Status::badInput("epoch " + std::to_string(place.epoch) +
                              " fills no batch; use a smaller batch size");
  }
  const Planned &planned = plan[place.batch];
  std::vector<std::vector<Sample>> rows;
  for (const std::vector<int64_t> &indices : planned.rows) {
    rows.emplace_back();
    for (int64_t index : indices) {
      MMC_ASSIGN_OR_RETURN(Sample sample, data.sample(index));
      rows.back().push_back(std::move(sample));
    }
  }
  MMC_ASSIGN_OR_RETURN(Batch batch, makeBatch(settings.layout, planned.seqLen, rows, loadPixels));
  ++place.batch;
  return batch;
}

Status Batcher::seek(Cursor cursor) {
  if (cursor.epoch < 0 || cursor.batch < 0)
    return Status::badInput("a data cursor cannot be negative, got: epoch " +
                            std::to_string(cursor.epoch) + ", batch " +
                            std::to_string(cursor.batch));
  planEpoch(cursor.epoch);
  place = {cursor.epoch, 0};
  if (cursor.batch > batchesPerEpoch())
    return Status::badInput("epoch " + std::to_string(cursor.epoch) + " has " +
                            std::to_string(batchesPerEpoch()) + " batches, got: a cursor at " +
                            std::to_string(cursor.batch) +
                            "; data set or batch size differ from the run that is resumed");
  place = cursor;
  return Status::ok();
}
