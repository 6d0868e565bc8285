// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of ready batches that tests make up.

#ifndef MMC_TEST_UNIT_TRAIN_BATCHFILES_H
#define MMC_TEST_UNIT_TRAIN_BATCHFILES_H

#include "mmc/Runtime/Core/Random.h"
#include "mmc/Runtime/Core/Safetensors.h"

#include <gtest/gtest.h>

namespace mmc::test {

/// input_ids and labels of `shape` with ids below `vocabulary`; label i is ignored where i % 4 == 3.
inline TensorMap randomBatches(const Shape &shape, int64_t vocabulary, uint64_t seed = 1) {
  TensorMap tensors;
  Tensor ids(DType::I32, shape), labels(DType::I32, shape);
  RandomStream random{seed, 0, 0};
  for (int64_t i = 0; i < ids.count(); ++i) {
    ids.as<int32_t>()[i] = static_cast<int32_t>(random.bits(i) % vocabulary);
    labels.as<int32_t>()[i] = i % 4 == 3 ? -100 : ids.as<int32_t>()[i];
  }
  tensors["input_ids"] = std::move(ids);
  tensors["labels"] = std::move(labels);
  return tensors;
}

inline void writeBatches(const std::string &path, const TensorMap &tensors) {
  std::vector<NamedTensorView> views;
  for (const auto &[name, tensor] : tensors)
    views.push_back({name, tensor.view()});
  Status status = writeSafetensors(path, views);
  ASSERT_TRUE(status.isOk()) << status.message();
}

} // namespace mmc::test

#endif // MMC_TEST_UNIT_TRAIN_BATCHFILES_H
