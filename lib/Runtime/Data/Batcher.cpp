// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks a data set in batches: order, sequence-length buckets, packing, and where to go on.

#include "mmc/Runtime/Data/Batcher.h"

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
  if (options.pack && options.groupByModality)
    return Status::badUsage("samples are either packed or grouped by modality, got: both");
  if (options.pack && layout.modality)
    return Status::badUsage("rows with a modality token cannot be packed");
  if (layout.imagesPerRow > 0 && !pixels)
    return Status::internal("a layout with images needs a way to load pixels");
  std::unique_ptr<Batcher> batcher(new Batcher(data, std::move(options), std::move(pixels)));
  MMC_RETURN_IF_ERROR(batcher->measure());
  batcher->planEpoch(0);
  if (batcher->batchesPerEpoch() == 0)
    return Status::badInput(
        "the data set fills no batch of " + std::to_string(batcher->settings.layout.batchSize) +
        " rows, got: " + std::to_string(data.size()) + " samples" +
        (batcher->lengths.refused.empty()
             ? ""
             : ", " + std::to_string(batcher->lengths.refused.size()) + " of them refused") +
        "; use a smaller batch size");
  return batcher;
}

static PlanOptions planOptions(const BatcherOptions &settings) {
  PlanOptions options;
  options.batchSize = settings.layout.batchSize;
  options.imagesPerRow = settings.layout.imagesPerRow;
  options.seqLens = settings.seqLens;
  options.pack = settings.pack;
  options.groupByModality = settings.groupByModality;
  options.shuffle = settings.shuffle;
  options.dropLast = settings.dropLast;
  options.packWindow = std::max<int64_t>(options.packWindow, settings.layout.batchSize);
  options.seed = settings.seed;
  return options;
}

Status Batcher::measure() {
  // One sequence length and one sample a row: the plan is the same whatever the lengths are.
  if (BatchPlan::isLazy(planOptions(settings)) && !data.mayRefuse())
    return Status::ok();
  MMC_ASSIGN_OR_RETURN(lengths, SampleLengths::measure(data));
  for (size_t i = 0; i < lengths.all.size(); ++i)
    if (int64_t tokens = lengths.all[i].tokens; tokens > settings.seqLens.back())
      return Status::badInput(
          "sample '" + data.id(static_cast<int64_t>(i)) + "': the longest sequence length is " +
          std::to_string(settings.seqLens.back()) + ", got: " + std::to_string(tokens));
  return Status::ok();
}

void Batcher::planEpoch(int64_t epoch) {
  plan = std::make_unique<BatchPlan>(planOptions(settings), data.size(), lengths, epoch);
}

StatusOr<Batch> Batcher::next() {
  if (place.batch == batchesPerEpoch()) {
    place = {place.epoch + 1, 0};
    planEpoch(place.epoch);
    if (batchesPerEpoch() == 0)
      return Status::badInput("epoch " + std::to_string(place.epoch) +
                              " fills no batch; use a smaller batch size");
  }
  const BatchPlan::Planned planned = plan->batch(place.batch);
  std::vector<std::vector<Sample>> rows;
  for (const std::vector<int64_t> &indices : planned.rows) {
    rows.emplace_back();
    for (int64_t index : indices) {
      MMC_ASSIGN_OR_RETURN(Sample sample, data.sample(index));
      rows.back().push_back(std::move(sample));
    }
  }
  MMC_ASSIGN_OR_RETURN(Batch batch, makeBatch(settings.layout, planned.seqLen, rows, loadPixels,
                                              settings.skipBadImages));
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
