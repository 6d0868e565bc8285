// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Order, sequence-length buckets, packing and grouping of an epoch's samples.

#include "mmc/Runtime/Data/BatchPlan.h"

#include <algorithm>

using namespace mmc;

/// Batches that are sorted by length together when samples are grouped.
static constexpr int64_t kMegabatch = 32;

BatchPlan::BatchPlan(const PlanOptions &options, int64_t sampleCount, const SampleLengths &lengths,
                     int64_t epoch)
    : options(options), lengths(lengths),
      usable(sampleCount - static_cast<int64_t>(lengths.refused.size())),
      permutation(usable, deriveSeed(options.seed, "shuffle " + std::to_string(epoch))),
      epoch(epoch) {
  if (isLazy(options)) {
    count = options.dropLast ? usable / options.batchSize
                             : (usable + options.batchSize - 1) / options.batchSize;
    return;
  }
  firstRow.push_back(0);
  firstSample.push_back(0);
  if (options.pack)
    planPacked();
  else if (options.groupByModality)
    planGroups();
  else
    planBuckets();
  count = static_cast<int64_t>(batchSeqLens.size());
}

int64_t BatchPlan::ordered(int64_t position) const {
  int64_t index = options.shuffle ? static_cast<int64_t>(permutation(position)) : position;
  // The index-th sample that is not refused: as many refused ones lie before it as there are r with
  // refused[r] - r <= index.
  const std::vector<uint32_t> &refused = lengths.refused;
  size_t low = 0, high = refused.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (static_cast<int64_t>(refused[middle]) - static_cast<int64_t>(middle) <= index)
      low = middle + 1;
    else
      high = middle;
  }
  return index + static_cast<int64_t>(low);
}

BatchPlan::Planned BatchPlan::batch(int64_t index) const {
  Planned planned;
  if (isLazy(options)) {
    planned.seqLen = options.seqLens[0];
    int64_t begin = index * options.batchSize;
    for (int64_t i = begin; i < std::min(begin + options.batchSize, usable); ++i)
      planned.rows.push_back({ordered(i)});
    return planned;
  }
  planned.seqLen = batchSeqLens[index];
  for (uint32_t row = firstRow[index]; row < firstRow[index + 1]; ++row)
    planned.rows.emplace_back(samples.begin() + firstSample[row],
                              samples.begin() + firstSample[row + 1]);
  return planned;
}

void BatchPlan::addBatch(int64_t seqLen, const std::vector<std::vector<uint32_t>> &rows) {
  for (const std::vector<uint32_t> &row : rows) {
    samples.insert(samples.end(), row.begin(), row.end());
    firstSample.push_back(static_cast<uint32_t>(samples.size()));
  }
  firstRow.push_back(static_cast<uint32_t>(firstSample.size() - 1));
  batchSeqLens.push_back(static_cast<uint32_t>(seqLen));
}

int64_t BatchPlan::bucketOf(int64_t tokens) const {
  const std::vector<int64_t> &lens = options.seqLens;
  return std::lower_bound(lens.begin(), lens.end() - 1, tokens) - lens.begin();
}

/// One sample a row. Each bucket collects rows until they fill a batch; what is left of a bucket
/// at the end of the epoch moves up to the next longer one, so at most B - 1 rows are dropped.
void BatchPlan::planBuckets() {
  size_t batchSize = options.batchSize;
  std::vector<std::vector<std::vector<uint32_t>>> open(options.seqLens.size());
  auto flush = [&](size_t bucket) {
    addBatch(options.seqLens[bucket], open[bucket]);
    open[bucket].clear();
  };
  for (int64_t i = 0; i < usable; ++i) {
    int64_t index = ordered(i);
    size_t bucket = bucketOf(lengths.all[index].tokens);
    open[bucket].push_back({static_cast<uint32_t>(index)});
    if (open[bucket].size() == batchSize)
      flush(bucket);
  }
  for (size_t bucket = 0; bucket < open.size(); ++bucket) {
    if (bucket + 1 == open.size()) {
      if (!open[bucket].empty() && !options.dropLast)
        flush(bucket);
      continue;
    }
    for (std::vector<uint32_t> &row : open[bucket]) {
      open[bucket + 1].push_back(std::move(row));
      if (open[bucket + 1].size() == batchSize)
        flush(bucket + 1);
    }
  }
}

std::vector<std::vector<uint32_t>> mmc::packRows(const std::vector<uint32_t> &order,
                                                 const std::vector<SampleLength> &lengths,
                                                 int64_t capacity, int64_t imagesPerRow,
                                                 int64_t window) {
  struct Open {
    int64_t room, images;
    std::vector<uint32_t> row;
  };
  std::vector<Open> open;
  std::vector<std::vector<uint32_t>> closed;
  auto close = [&](size_t at) {
    closed.push_back(std::move(open[at].row));
    open.erase(open.begin() + at);
  };
  for (uint32_t index : order) {
    SampleLength need = lengths[index];
    size_t best = open.size();
    for (size_t i = 0; i < open.size(); ++i)
      if (open[i].room >= need.tokens &&
          (imagesPerRow < 0 || open[i].images + need.images <= imagesPerRow) &&
          (best == open.size() || open[i].room < open[best].room))
        best = i;
    if (best == open.size()) {
      if (static_cast<int64_t>(open.size()) >= window) {
        auto fullest = std::min_element(
            open.begin(), open.end(), [](const Open &a, const Open &b) { return a.room < b.room; });
        close(fullest - open.begin());
      }
      best = open.size();
      open.push_back({capacity, 0, {}});
    }
    open[best].row.push_back(index);
    open[best].room -= need.tokens;
    open[best].images += need.images;
    if (open[best].room == 0)
      close(best);
  }
  while (!open.empty())
    close(0);
  return closed;
}

void BatchPlan::planPacked() {
  std::vector<uint32_t> order(usable);
  for (int64_t i = 0; i < usable; ++i)
    order[i] = static_cast<uint32_t>(ordered(i));
  std::vector<std::vector<uint32_t>> batch;
  int64_t longest = 0;
  auto flush = [&] {
    addBatch(options.seqLens[bucketOf(longest)], batch);
    batch.clear();
    longest = 0;
  };
  for (std::vector<uint32_t> &row : packRows(order, lengths.all, options.seqLens.back(),
                                             options.imagesPerRow, options.packWindow)) {
    int64_t tokens = 0;
    for (uint32_t index : row)
      tokens += lengths.all[index].tokens;
    longest = std::max(longest, tokens);
    batch.push_back(std::move(row));
    if (static_cast<int64_t>(batch.size()) == options.batchSize)
      flush();
  }
  // A batch with fewer rows than B is incomplete; one whose rows merely have room left is not.
  if (!batch.empty() && !options.dropLast)
    flush();
}

void BatchPlan::planGroups() {
  std::vector<uint32_t> byKind[2];
  for (int64_t i = 0; i < usable; ++i) {
    int64_t index = ordered(i);
    byKind[lengths.all[index].images > 0].push_back(static_cast<uint32_t>(index));
  }
  const size_t batchSize = options.batchSize, together = batchSize * kMegabatch;
  std::vector<std::vector<uint32_t>> batches;
  std::vector<uint32_t> rest;
  for (std::vector<uint32_t> &kind : byKind) {
    for (size_t begin = 0; begin < kind.size(); begin += together) {
      auto first = kind.begin() + begin,
           last = kind.begin() + std::min(begin + together, kind.size());
      std::sort(first, last, [&](uint32_t a, uint32_t b) {
        uint32_t lengthA = lengths.all[a].tokens, lengthB = lengths.all[b].tokens;
        return lengthA != lengthB ? lengthA > lengthB : a < b;
      });
    }
    size_t whole = kind.size() / batchSize * batchSize;
    for (size_t begin = 0; begin < whole; begin += batchSize)
      batches.emplace_back(kind.begin() + begin, kind.begin() + begin + batchSize);
    rest.insert(rest.end(), kind.begin() + whole, kind.end());
  }
  auto add = [&](const std::vector<uint32_t> &batch) {
    std::vector<std::vector<uint32_t>> rows;
    int64_t longest = 0;
    for (uint32_t index : batch) {
      longest = std::max<int64_t>(longest, lengths.all[index].tokens);
      rows.push_back({index});
    }
    addBatch(options.seqLens[bucketOf(longest)], rows);
  };
  Permutation order(batches.size(), deriveSeed(options.seed, "groups " + std::to_string(epoch)));
  for (size_t i = 0; i < batches.size(); ++i)
    add(batches[options.shuffle ? order(i) : i]);
  for (size_t begin = 0; begin < rest.size(); begin += batchSize) {
    size_t end = std::min(begin + batchSize, rest.size());
    if (end - begin == batchSize || !options.dropLast)
      add({rest.begin() + begin, rest.begin() + end});
  }
}
