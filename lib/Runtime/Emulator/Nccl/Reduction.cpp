// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Reduction.h"

#include "mmc/Runtime/Core/DType.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace mmc::emulator::nccl {
namespace {

struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};

/// What elements of a type are computed in. Integers: unsigned, as they must wrap.
template <typename T>
struct Arithmetic {
  using Type = std::conditional_t<std::is_floating_point_v<T>, T, uint64_t>;
  static Type load(T value) { return static_cast<Type>(value); }
  static T store(Type value) { return static_cast<T>(value); }
};
template <>
struct Arithmetic<Half> {
  using Type = float;
  static float load(Half value) { return floatFromF16(value.bits); }
  static Half store(float value) { return {f16FromFloat(value)}; }
};
template <>
struct Arithmetic<BFloat> {
  using Type = float;
  static float load(BFloat value) { return floatFromBf16(value.bits); }
  static BFloat store(float value) { return {bf16FromFloat(value)}; }
};

/// The larger or smaller of two elements. uint64_t holds what an element of T was widened to.
template <typename T, typename Type>
Type extreme(Type a, Type b, bool larger) {
  if constexpr (std::is_floating_point_v<Type>)
    return larger ? std::fmax(a, b) : std::fmin(a, b);
  else
    return (static_cast<T>(a) < static_cast<T>(b)) == larger ? b : a;
}

template <typename T, typename Type>
Type divided(Type sum, size_t ranks) {
  if constexpr (std::is_floating_point_v<Type>)
    return sum / static_cast<Type>(ranks);
  else if constexpr (std::is_signed_v<T>)
    return static_cast<Type>(static_cast<int64_t>(static_cast<T>(sum)) /
                             static_cast<int64_t>(ranks));
  else
    return static_cast<T>(sum) / ranks;
}

template <typename T>
T elementOf(uint64_t bits) {
  T element;
  std::memcpy(&element, &bits, sizeof element);
  return element;
}

template <typename T>
void reduceElements(const Reduction &reduction, const std::vector<const void *> &sources,
                    void *destination, size_t count) {
  using Type = typename Arithmetic<T>::Type;
  constexpr size_t blockSize = 1024;
  Type block[blockSize];
  for (size_t first = 0; first < count; first += blockSize) {
    const size_t length = std::min(blockSize, count - first);
    for (size_t rank = 0; rank < sources.size(); ++rank) {
      const T *source = static_cast<const T *>(sources[rank]) + first;
      const Type factor =
          reduction.isScaled ? Arithmetic<T>::load(elementOf<T>(reduction.factors[rank])) : Type(1);
      for (size_t i = 0; i < length; ++i) {
        Type value = Arithmetic<T>::load(source[i]);
        if (reduction.isScaled)
          value *= factor;
        if (rank == 0)
          block[i] = value;
        else if (reduction.op == ncclSum || reduction.op == ncclAvg)
          block[i] += value;
        else if (reduction.op == ncclProd)
          block[i] *= value;
        else
          block[i] = extreme<T, Type>(block[i], value, reduction.op == ncclMax);
      }
    }
    T *target = static_cast<T *>(destination) + first;
    for (size_t i = 0; i < length; ++i)
      target[i] = Arithmetic<T>::store(
          reduction.op == ncclAvg ? divided<T, Type>(block[i], sources.size()) : block[i]);
  }
}

} // namespace

size_t bytesOf(ncclDataType_t type) {
  switch (type) {
  case ncclInt8:
  case ncclUint8:
  case ncclFloat8e4m3:
  case ncclFloat8e5m2:
    return 1;
  case ncclFloat16:
  case ncclBfloat16:
    return 2;
  case ncclInt32:
  case ncclUint32:
  case ncclFloat32:
    return 4;
  case ncclInt64:
  case ncclUint64:
  case ncclFloat64:
    return 8;
  case ncclNumTypes:
    break;
  }
  return 0;
}

std::string nameOf(ncclDataType_t type) {
  static const char *const names[] = {"ncclInt8",     "ncclUint8",      "ncclInt32",
                                      "ncclUint32",   "ncclInt64",      "ncclUint64",
                                      "ncclFloat16",  "ncclFloat32",    "ncclFloat64",
                                      "ncclBfloat16", "ncclFloat8e4m3", "ncclFloat8e5m2"};
  return bytesOf(type) ? names[type] : "data type " + std::to_string(type);
}

void reduce(const Reduction &reduction, ncclDataType_t type,
            const std::vector<const void *> &sources, void *destination, size_t count) {
  switch (type) {
  case ncclInt8:
    return reduceElements<int8_t>(reduction, sources, destination, count);
  case ncclUint8:
    return reduceElements<uint8_t>(reduction, sources, destination, count);
  case ncclInt32:
    return reduceElements<int32_t>(reduction, sources, destination, count);
  case ncclUint32:
    return reduceElements<uint32_t>(reduction, sources, destination, count);
  case ncclInt64:
    return reduceElements<int64_t>(reduction, sources, destination, count);
  case ncclUint64:
    return reduceElements<uint64_t>(reduction, sources, destination, count);
  case ncclFloat16:
    return reduceElements<Half>(reduction, sources, destination, count);
  case ncclFloat32:
    return reduceElements<float>(reduction, sources, destination, count);
  case ncclFloat64:
    return reduceElements<double>(reduction, sources, destination, count);
  case ncclBfloat16:
    return reduceElements<BFloat>(reduction, sources, destination, count);
  case ncclFloat8e4m3:
  case ncclFloat8e5m2:
  case ncclNumTypes:
    return;
  }
}

} // namespace mmc::emulator::nccl
