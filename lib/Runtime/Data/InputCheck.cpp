// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Data/InputCheck.h"
#include "mmc/Runtime/Data/Sample.h"

#include <cmath>
#include <string>

using namespace mmc;

static const Tensor *find(const TensorMap &batch, const char *name, DType dtype) {
  auto found = batch.find(name);
  return found != batch.end() && found->second.dtype() == dtype ? &found->second : nullptr;
}

/// "name[2, 5]" of flat index `i`.
static std::string place(const char *name, const Tensor &tensor, int64_t i) {
  Shape index(tensor.shape().size());
  for (size_t d = index.size(); d-- > 0; i /= tensor.shape()[d])
    index[d] = i % tensor.shape()[d];
  return name + toString(index);
}

static Status outside(const char *name, const Tensor &tensor, int64_t i, const std::string &rule,
                      const char *hint) {
  return Status::badInput(place(name, tensor, i) + " must " + rule +
                          ", got: " + std::to_string(tensor.as<int32_t>()[i]) + hint);
}

static std::string range(int64_t low, int64_t limit) {
  return "lie in [" + std::to_string(low) + ", " + std::to_string(limit) + ")";
}

Status mmc::checkInputs(TensorMap &batch, const InputLimits &limits) {
  constexpr const char *kTokenizer = "; tokenizer and model do not belong together";
  const Tensor *slots = find(batch, "image_slots", DType::I32);
  const Tensor *modality = find(batch, "modality", DType::I32);
  if (auto found = batch.find("input_ids");
      found != batch.end() && limits.vocabSize > 0 && found->second.dtype() == DType::I32) {
    Tensor &ids = found->second;
    int32_t *values = ids.as<int32_t>();
    int64_t columns = ids.shape().empty() ? 1 : ids.shape().back();
    for (int64_t i = 0; i < ids.count(); ++i) {
      if (values[i] >= 0 && values[i] < limits.vocabSize)
        continue;
      bool filled = (slots && slots->count() == ids.count() && slots->as<int32_t>()[i] >= 0) ||
                    (modality && i % columns == 0);
      if (!filled)
        return outside("input_ids", ids, i, range(0, limits.vocabSize), kTokenizer);
      values[i] = 0;
    }
  }
  if (const Tensor *labels = find(batch, "labels", DType::I32); labels && limits.vocabSize > 0)
    for (int64_t i = 0; i < labels->count(); ++i) {
      int32_t label = labels->as<int32_t>()[i];
      if (label != kIgnoredLabel && (label < 0 || label >= limits.vocabSize))
        return outside("labels", *labels, i, "be -100 or " + range(0, limits.vocabSize),
                       kTokenizer);
    }
  if (slots && limits.featureRows > 0)
    for (int64_t i = 0; i < slots->count(); ++i)
      if (int32_t slot = slots->as<int32_t>()[i]; slot < -1 || slot >= limits.featureRows)
        return outside("image_slots", *slots, i, range(-1, limits.featureRows), "");
  if (modality)
    for (int64_t i = 0; i < modality->count(); ++i)
      if (int32_t value = modality->as<int32_t>()[i]; value != 0 && value != 1)
        return outside("modality", *modality, i, "be 0 (text) or 1 (image)", "");
  if (const Tensor *pixels = find(batch, "pixel_values", DType::F32))
    for (int64_t i = 0; i < pixels->count(); ++i)
      if (!std::isfinite(pixels->as<float>()[i]))
        return Status::badInput(place("pixel_values", *pixels, i) +
                                " must be finite, got: " + std::to_string(pixels->as<float>()[i]));
  return Status::ok();
}
