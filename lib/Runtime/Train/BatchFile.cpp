// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/BatchFile.h"
#include "mmc/Runtime/Core/Crc32c.h"

#include <algorithm>
#include <cstring>

using namespace mmc;

int64_t mmc::countTokens(const TensorMap &batch) {
  if (auto segments = batch.find("segment_ids"); segments != batch.end()) {
    const int32_t *ids = segments->second.as<int32_t>();
    return std::count_if(ids, ids + segments->second.count(), [](int32_t id) { return id != 0; });
  }
  auto ids = batch.find("input_ids");
  return ids == batch.end() ? 0 : ids->second.count();
}

StatusOr<std::unique_ptr<BatchFile>> BatchFile::open(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(SafetensorsFile file, SafetensorsFile::open(path));
  std::unique_ptr<BatchFile> batches(new BatchFile(std::move(file)));
  const SafetensorsFile &content = batches->file;
  std::optional<TensorView> ids = content.find("input_ids");
  if (!ids || (ids->shape.size() != 3 && ids->shape.size() != 4))
    return Status::badInput(
        path + ": a file of batches has input_ids [steps, B, T] or [steps, " +
        "micro-batches, B, T], got: " + (ids ? toString(ids->shape) : "no input_ids"));
  const size_t leading = ids->shape.size() - 2;
  const Shape steps(ids->shape.begin(), ids->shape.begin() + leading);
  for (const std::string &name : content.names()) {
    std::optional<TensorView> tensor = content.find(name);
    if (!tensor)
      return Status::badInput(path + ": " + name + " has the type " +
                              content.foreignDType(name).value_or("?") +
                              ", which no batch input has");
    const Shape &shape = tensor->shape;
    if (shape.size() < leading || !std::equal(steps.begin(), steps.end(), shape.begin()))
      return Status::badInput(path + ": all tensors begin with the dimensions " + toString(steps) +
                              " of input_ids, got: " + name + " " + toString(shape));
    if (name == "segment_ids" && tensor->dtype != DType::I32)
      return Status::badInput(
          path + ": segment_ids must be I32, got: " + std::string(nameOf(tensor->dtype)));
    batches->inputShapes[name] = Shape(shape.begin() + leading, shape.end());
  }
  batches->total = elementCount(steps);
  batches->perStep = leading == 2 ? steps[1] : 0;
  if (batches->total == 0 || ids->count() == 0)
    return Status::badInput(path + ": has no batch: input_ids is " + toString(ids->shape));
  return batches;
}

StatusOr<MicroBatch> BatchFile::next() {
  if (place.batch == total)
    place = {place.epoch + 1, 0};
  MicroBatch batch;
  for (const auto &[name, shape] : inputShapes) {
    TensorView all = *file.find(name);
    Tensor &tensor = batch.tensors.emplace(name, Tensor(all.dtype, shape)).first->second;
    std::memcpy(tensor.data(), all.as<char>() + place.batch * tensor.bytes(), tensor.bytes());
  }
  batch.tokens = countTokens(batch.tensors);
  batch.name = "micro-batch " + std::to_string(place.batch) + " of " + file.path();
  ++place.batch;
  return batch;
}

Status BatchFile::seek(Cursor cursor) {
  if (cursor.epoch < 0 || cursor.batch < 0 || cursor.batch > total)
    return Status::badInput(file.path() + " has " + std::to_string(total) +
                            " micro-batches, got: a cursor at " + std::to_string(cursor.batch));
  place = cursor;
  return Status::ok();
}

nlohmann::json BatchFile::fingerprint() const {
  uint32_t crc = 0;
  for (const auto &[name, shape] : inputShapes) {
    TensorView tensor = *file.find(name);
    crc = crc32c(name.data(), name.size(), crc);
    crc = crc32c(tensor.data, tensor.bytes(), crc);
  }
  return {{"kind", "batches"}, {"micro_batches", total}, {"crc32c", crc}};
}
