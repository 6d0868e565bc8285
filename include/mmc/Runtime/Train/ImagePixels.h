// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Image files as a model's pixels, kept in memory as far as they fit.

#ifndef MMC_RUNTIME_TRAIN_IMAGEPIXELS_H
#define MMC_RUNTIME_TRAIN_IMAGEPIXELS_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/Batch.h"
#include "mmc/Runtime/Data/ImageTransform.h"
#include "mmc/Runtime/Data/PictureStore.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace mmc {

class ImagePixels {
public:
  /// Keeps at most `cacheBytes` of pixels. Images are read once an epoch in a random order, where
  /// the least recently used is as good a guess as any: what came first stays.
  explicit ImagePixels(const ImageTransform &transform, size_t cacheBytes = size_t{1} << 30)
      : transform(transform), cacheBytes(cacheBytes) {}

  /// Writes the pixels of `file`, [3, size, size]; may be called from several threads at once.
  Status load(const std::string &file, float *pixels);
  /// load() as the batcher wants it; this object must outlive it.
  PixelLoader loader() {
    return [this](const std::string &file, float *pixels) { return load(file, pixels); };
  }
  size_t cachedImages() const { return cache.size(); }

private:
  ImageTransform transform;
  PictureStore pictures;
  /// Guards what follows.
  std::mutex mutex;
  size_t cacheBytes, usedBytes = 0;
  std::unordered_map<std::string, Tensor> cache;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_IMAGEPIXELS_H
