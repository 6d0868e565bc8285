// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/ImagePixels.h"

#include <cstring>

using namespace mmc;

Status ImagePixels::load(const std::string &file, float *pixels) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto found = cache.find(file); found != cache.end()) {
      std::memcpy(pixels, found->second.data(), found->second.bytes());
      return Status::ok();
    }
  }
  MMC_ASSIGN_OR_RETURN(std::string bytes, pictures.read(file));
  MMC_ASSIGN_OR_RETURN(Image image, decodeImage(bytes, file));
  StatusOr<Tensor> values = preprocess(image, transform);
  if (!values.isOk())
    return values.status().context(file);
  std::memcpy(pixels, values->data(), values->bytes());
  std::lock_guard<std::mutex> lock(mutex);
  if (usedBytes + values->bytes() <= cacheBytes && cache.count(file) == 0) {
    usedBytes += values->bytes();
    cache.emplace(file, std::move(*values));
  }
  return Status::ok();
}
