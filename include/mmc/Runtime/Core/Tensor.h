// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Host tensors: a view that owns nothing and a tensor that owns its bytes.

#ifndef MMC_RUNTIME_CORE_TENSOR_H
#define MMC_RUNTIME_CORE_TENSOR_H

#include "mmc/Runtime/Core/DType.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mmc {

using Shape = std::vector<int64_t>;

/// Number of elements; 1 for a scalar (empty shape).
int64_t elementCount(const Shape &shape);
/// "2x3xf32"-like text for messages: "[2, 3]".
std::string toString(const Shape &shape);

/// Row-major elements that somebody else owns (a mapped file, a tensor, an arena).
struct TensorView {
  DType dtype = DType::F32;
  Shape shape;
  const void *data = nullptr;

  int64_t count() const { return elementCount(shape); }
  size_t bytes() const { return count() * sizeOf(dtype); }
  template <typename T>
  const T *as() const {
    return static_cast<const T *>(data);
  }
};

/// Row-major elements, 64-byte aligned, zero on creation. Moves; copies only by clone().
class Tensor {
public:
  Tensor() = default;
  Tensor(DType dtype, Shape shape);

  DType dtype() const { return elementType; }
  const Shape &shape() const { return dims; }
  int64_t count() const { return elementCount(dims); }
  size_t bytes() const { return count() * sizeOf(elementType); }
  void *data() { return storage.get(); }
  const void *data() const { return storage.get(); }
  template <typename T>
  T *as() {
    return static_cast<T *>(storage.get());
  }
  template <typename T>
  const T *as() const {
    return static_cast<const T *>(storage.get());
  }
  TensorView view() const { return {elementType, dims, storage.get()}; }
  Tensor clone() const;

private:
  struct Free {
    void operator()(void *pointer) const;
  };
  DType elementType = DType::F32;
  Shape dims;
  std::unique_ptr<void, Free> storage;
};

/// Tensors by name, in the order of their names.
using TensorMap = std::map<std::string, Tensor>;

} // namespace mmc

#endif // MMC_RUNTIME_CORE_TENSOR_H
