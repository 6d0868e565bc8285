// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// add, sub and fma of f32 with operands of f16 and bf16, which are widened.

#include "Floating.h"

namespace mmc::emulator {

namespace {

/// Exact: every number of both formats is one of f32. NaN stays NaN.
template <bool isBf16>
float widen(uint16_t bits) {
  return isBf16 ? bitCast<float>(uint32_t(bits) << 16) : static_cast<float>(fromF16(bits));
}

template <bool isBf16, bool sat>
struct MixedAdd {
  static float apply(uint16_t a, float c) {
    return Wrapped<void, false, sat>::out(widen<isBf16>(a) + c);
  }
};
template <bool isBf16, bool sat>
struct MixedSub {
  static float apply(uint16_t a, float c) {
    return Wrapped<void, false, sat>::out(widen<isBf16>(a) - c);
  }
};
template <bool isBf16, bool sat>
struct MixedFma {
  static float apply(uint16_t a, uint16_t b, float c) {
    return Wrapped<void, false, sat>::out(__builtin_fmaf(widen<isBf16>(a), widen<isBf16>(b), c));
  }
};

template <template <bool, bool> class F>
void buildSum(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::F32);
  b.op().a = b.source(1, in.types[1]);
  b.op().b = b.source(2, Type::F32);
  bool sat = in.has("sat");
  if (in.types[1] == Type::BF16)
    b.run(sat ? binary<float, uint16_t, float, F<true, true>>
              : binary<float, uint16_t, float, F<true, false>>);
  else
    b.run(sat ? binary<float, uint16_t, float, F<false, true>>
              : binary<float, uint16_t, float, F<false, false>>);
  setRounding(b, in);
}

template <bool isBf16, bool sat>
constexpr OpFn fused = ternary<float, uint16_t, uint16_t, float, MixedFma<isBf16, sat>>;

void buildFma(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::F32);
  b.op().a = b.source(1, in.types[1]);
  b.op().b = b.source(2, in.types[1]);
  b.op().c = b.source(3, Type::F32);
  bool sat = in.has("sat");
  if (in.types[1] == Type::BF16)
    b.run(sat ? fused<true, true> : fused<true, false>);
  else
    b.run(sat ? fused<false, true> : fused<false, false>);
  setRounding(b, in);
}

} // namespace

void addMixedRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Float;
  Rows mine = {
      {"add", "[rn|rz|rm|rp] [sat] f32 <f16|bf16>", "d, a, c", c, buildSum<MixedAdd>, 100},
      {"sub", "[rn|rz|rm|rp] [sat] f32 <f16|bf16>", "d, a, c", c, buildSum<MixedSub>, 100},
      {"fma", "<rn|rz|rm|rp> [sat] f32 <f16|bf16>", "d, a, b, c", c, buildFma, 100},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
