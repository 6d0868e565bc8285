// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What becomes of two values: in logic, integer extremes, atomics and reductions alike.

#ifndef MMC_EMULATOR_INSTRUCTIONS_COMBINE_H
#define MMC_EMULATOR_INSTRUCTIONS_COMBINE_H

namespace mmc::emulator {

struct And {
  template <typename T>
  static T apply(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <typename T>
  static T apply(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <typename T>
  static T apply(T a, T b) {
    return a ^ b;
  }
};
/// Of integers; floating point has its own order (Floating.h).
struct Min {
  template <typename T>
  static T apply(T a, T b) {
    return b < a ? b : a;
  }
};
struct Max {
  template <typename T>
  static T apply(T a, T b) {
    return b > a ? b : a;
  }
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_COMBINE_H
