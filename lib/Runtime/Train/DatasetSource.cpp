// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/DatasetSource.h"
#include "mmc/Runtime/Core/Log.h"

using namespace mmc;

StatusOr<std::unique_ptr<DatasetSource>>
DatasetSource::create(const Dataset &data, const BatcherOptions &options, PixelLoader pixels) {
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Batcher> batcher,
                       Batcher::create(data, options, std::move(pixels)));
  return std::unique_ptr<DatasetSource>(
      new DatasetSource(data, std::move(batcher), options.pack && options.shuffle));
}

StatusOr<MicroBatch> DatasetSource::next() {
  MMC_ASSIGN_OR_RETURN(Batch batch, batcher->next());
  MicroBatch result;
  for (const std::vector<std::string> &row : batch.ids)
    for (const std::string &id : row)
      result.name += (result.name.empty() ? "samples '" : ", '") + id + "'";
  for (const std::string &message : batch.skipped)
    if (++skipped <= 20 || skipped % 1000 == 0)
      warning(message + "; left out (" + std::to_string(skipped) + " so far)");
  result.tensors = std::move(batch.tensors);
  result.tokens = countTokens(result.tensors);
  return result;
}

StatusOr<int64_t> DatasetSource::batchesIn(int64_t epoch) {
  const Cursor place = batcher->cursor();
  if (!epochsDiffer || epoch == place.epoch)
    return batcher->batchesPerEpoch();
  MMC_RETURN_IF_ERROR(batcher->seek({epoch, 0}));
  int64_t count = batcher->batchesPerEpoch();
  MMC_RETURN_IF_ERROR(batcher->seek(place));
  return count;
}

nlohmann::json DatasetSource::fingerprint() const {
  return {{"kind", "samples"}, {"samples", data.size()}, {"ids_crc32c", data.idsChecksum()}};
}
