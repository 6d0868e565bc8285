// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/DatasetSource.h"
#include "mmc/Runtime/Core/Crc32c.h"

using namespace mmc;

StatusOr<std::unique_ptr<DatasetSource>> DatasetSource::create(const Dataset &data,
                                                               const BatcherOptions &options,
                                                               PixelLoader pixels) {
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
  uint32_t crc = 0;
  for (int64_t i = 0; i < data.size(); ++i) {
    const std::string id = data.id(i);
    crc = crc32c(id.data(), id.size() + 1, crc);
  }
  return {{"kind", "samples"}, {"samples", data.size()}, {"ids_crc32c", crc}};
}
