// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer arithmetic that several files need: it wraps.

#ifndef MMC_EMULATOR_INSTRUCTIONS_INTEGER_H
#define MMC_EMULATOR_INSTRUCTIONS_INTEGER_H

#include "Alu.h"

#include <limits>
#include <type_traits>

namespace mmc::emulator::integer {

/// Arithmetic that wraps, done in an unsigned type that is not promoted to int.
template <typename T>
using Wrap = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

struct Add {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(Wrap<T>(a) + Wrap<T>(b));
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(Wrap<T>(a) - Wrap<T>(b));
  }
};
struct MulLow {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(Wrap<T>(a) * Wrap<T>(b));
  }
};

template <typename T>
using Wider = std::conditional_t<
    sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>,
    std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>,
                       std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;

struct MulHigh {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>((Wider<T>(a) * Wider<T>(b)) >> (8 * sizeof(T)));
  }
};
inline int32_t saturate(int64_t value) {
  if (value > std::numeric_limits<int32_t>::max())
    return std::numeric_limits<int32_t>::max();
  if (value < std::numeric_limits<int32_t>::min())
    return std::numeric_limits<int32_t>::min();
  return static_cast<int32_t>(value);
}

} // namespace mmc::emulator::integer

#endif // MMC_EMULATOR_INSTRUCTIONS_INTEGER_H
