// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Core/Tensor.h"

#include <cstdlib>
#include <cstring>

namespace mmc {

int64_t elementCount(const Shape &shape) {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

std::string toString(const Shape &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

void Tensor::Free::operator()(void *pointer) const { std::free(pointer); }

Tensor::Tensor(DType dtype, Shape shape) : elementType(dtype), dims(std::move(shape)) {
  constexpr size_t alignment = 64;
  size_t size = (bytes() + alignment - 1) / alignment * alignment;
  storage.reset(std::aligned_alloc(alignment, size ? size : alignment));
  std::memset(storage.get(), 0, size);
}

Tensor Tensor::clone() const {
  Tensor copy(elementType, dims);
  std::memcpy(copy.data(), data(), bytes());
  return copy;
}

} // namespace mmc
