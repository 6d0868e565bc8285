// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Half precision, f16 and bf16, single and in pairs. Everything is computed in double precision, in
// which products are exact and sums keep what is cut off, and rounded once.

#include "Floating.h"

#include <cmath>

namespace mmc::emulator {

namespace {

enum HalfFlags : uint8_t { halfFtz = 1, halfSat = 2, halfRelu = 4, halfNan = 8, halfXorSign = 16 };

struct F16 {
  static constexpr Format format = formatF16;
  static double widen(uint16_t bits) { return fromF16(bits); }
  static constexpr uint16_t exponent = 0x7c00;
};
struct Bf16 {
  static constexpr Format format = formatBf16;
  static double widen(uint16_t bits) { return fromBf16(bits); }
  static constexpr uint16_t exponent = 0x7f80;
};

template <typename H>
uint16_t flushHalf(uint16_t bits) {
  return (bits & H::exponent) == 0 ? bits & 0x8000 : bits;
}

struct Add {
  static double apply(double a, double b, double) { return addOdd(a, b); }
};
struct Sub {
  static double apply(double a, double b, double) { return addOdd(a, -b); }
};
struct Mul {
  static double apply(double a, double b, double) { return a * b; }
};
struct Fma {
  static double apply(double a, double b, double c) { return addOdd(a * b, c); }
};
struct Exp2 {
  static double apply(double a, double, double) { return std::exp2(a); }
};
struct Tanh {
  static double apply(double a, double, double) { return std::tanh(a); }
};

template <typename H, typename F>
uint16_t compute(uint16_t a, uint16_t b, uint16_t c, uint8_t flags) {
  if (flags & halfFtz)
    a = flushHalf<H>(a), b = flushHalf<H>(b), c = flushHalf<H>(c);
  double value = F::apply(H::widen(a), H::widen(b), H::widen(c));
  if (flags & halfSat)
    value = saturateUnit(value);
  if ((flags & halfRelu) && value < 0)
    value = 0;
  uint16_t bits = static_cast<uint16_t>(encodeDouble(H::format, value, Rounding::Nearest));
  if ((flags & halfRelu) && bits == 0x8000)
    bits = 0;
  return flags & halfFtz ? flushHalf<H>(bits) : bits;
}

template <typename H, bool maximum>
uint16_t extreme(uint16_t a, uint16_t b, uint8_t flags) {
  if (flags & halfFtz)
    a = flushHalf<H>(a), b = flushHalf<H>(b);
  uint16_t sign = (a ^ b) & 0x8000;
  if (flags & halfXorSign)
    a &= 0x7fff, b &= 0x7fff;
  bool nanA = (a & 0x7fff) > H::exponent, nanB = (b & 0x7fff) > H::exponent;
  uint16_t value;
  if (nanA || nanB) {
    value = (flags & halfNan) || (nanA && nanB) ? 0x7fff : nanA ? b : a;
  } else {
    // Bits in the order of the numbers, -0 before +0.
    auto rank = [](uint16_t bits) { return bits & 0x8000 ? 0xffff - bits : bits + 0x8000; };
    value = (rank(a) < rank(b)) == maximum ? b : a;
  }
  if (flags & halfXorSign)
    value = static_cast<uint16_t>((value & 0x7fff) | sign);
  return value;
}

template <typename H, bool negate>
uint16_t changeSign(uint16_t a, uint8_t flags) {
  if (flags & halfFtz)
    a = flushHalf<H>(a);
  return negate ? a ^ 0x8000 : a & 0x7fff;
}

/// f for a half or both halves of a pair.
template <bool pair, typename F>
Step lanes(Warp &warp, const Op &op, uint32_t mask, F f) {
  using T = std::conditional_t<pair, uint32_t, uint16_t>;
  const T *a = warp.source<T>(op.a), *b = warp.source<T>(op.b), *c = warp.source<T>(op.c);
  store(warp.destination<T>(op.dst), mask, [&](unsigned lane) {
    uint32_t value = f(static_cast<uint16_t>(a[lane]), static_cast<uint16_t>(b[lane]),
                       static_cast<uint16_t>(c[lane]));
    if constexpr (pair)
      value |= static_cast<uint32_t>(f(static_cast<uint16_t>(a[lane] >> 16),
                                       static_cast<uint16_t>(b[lane] >> 16),
                                       static_cast<uint16_t>(c[lane] >> 16)))
               << 16;
    return static_cast<T>(value);
  });
  return Step::Next;
}

template <typename H, typename F, bool pair>
Step arithmetic(Warp &warp, const Op &op, uint32_t mask) {
  return lanes<pair>(warp, op, mask, [&](uint16_t a, uint16_t b, uint16_t c) {
    return compute<H, F>(a, b, c, op.flags);
  });
}
template <typename H, bool maximum, bool pair>
Step extremes(Warp &warp, const Op &op, uint32_t mask) {
  return lanes<pair>(warp, op, mask, [&](uint16_t a, uint16_t b, uint16_t) {
    return extreme<H, maximum>(a, b, op.flags);
  });
}
template <typename H, bool negate, bool pair>
Step signs(Warp &warp, const Op &op, uint32_t mask) {
  return lanes<pair>(warp, op, mask, [&](uint16_t a, uint16_t, uint16_t) {
    return changeSign<H, negate>(a, op.flags);
  });
}

/// Operands; those that there are not read the first.
void take(Builder &b, const Instruction &in, size_t count) {
  Op &op = b.op();
  op.dst = b.destination(0, in.type());
  op.a = op.b = op.c = b.source(1, in.type());
  if (count > 1)
    op.b = b.source(2, in.type());
  if (count > 2)
    op.c = b.source(3, in.type());
  op.flags = (in.has("ftz") ? halfFtz : 0) | (in.has("sat") ? halfSat : 0) |
             (in.has("relu") ? halfRelu : 0) | (in.has("NaN") ? halfNan : 0) |
             (in.has("xorsign") ? halfXorSign : 0);
}

template <typename F, size_t count>
void build(Builder &b, const Instruction &in) {
  take(b, in, count);
  switch (in.type()) {
  case Type::F16:
    return b.run(arithmetic<F16, F, false>);
  case Type::F16x2:
    return b.run(arithmetic<F16, F, true>);
  case Type::BF16:
    return b.run(arithmetic<Bf16, F, false>);
  default:
    return b.run(arithmetic<Bf16, F, true>);
  }
}
template <bool maximum>
void buildExtreme(Builder &b, const Instruction &in) {
  take(b, in, 2);
  switch (in.type()) {
  case Type::F16:
    return b.run(extremes<F16, maximum, false>);
  case Type::F16x2:
    return b.run(extremes<F16, maximum, true>);
  case Type::BF16:
    return b.run(extremes<Bf16, maximum, false>);
  default:
    return b.run(extremes<Bf16, maximum, true>);
  }
}
template <bool negate>
void buildSign(Builder &b, const Instruction &in) {
  take(b, in, 1);
  switch (in.type()) {
  case Type::F16:
    return b.run(signs<F16, negate, false>);
  case Type::F16x2:
    return b.run(signs<F16, negate, true>);
  case Type::BF16:
    return b.run(signs<Bf16, negate, false>);
  default:
    return b.run(signs<Bf16, negate, true>);
  }
}

} // namespace

void addHalfRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Half;
  Rows mine = {
      {"add", "[rn] [ftz] [sat] <f16|f16x2>", "d, a, b", c, build<Add, 2>},
      {"add", "[rn] <bf16|bf16x2>", "d, a, b", c, build<Add, 2>, 90},
      {"sub", "[rn] [ftz] [sat] <f16|f16x2>", "d, a, b", c, build<Sub, 2>},
      {"sub", "[rn] <bf16|bf16x2>", "d, a, b", c, build<Sub, 2>, 90},
      {"mul", "[rn] [ftz] [sat] <f16|f16x2>", "d, a, b", c, build<Mul, 2>},
      {"mul", "[rn] <bf16|bf16x2>", "d, a, b", c, build<Mul, 2>, 90},
      {"fma", "rn [ftz] [sat] <f16|f16x2>", "d, a, b, c", c, build<Fma, 3>},
      {"fma", "rn [ftz] relu <f16|f16x2>", "d, a, b, c", c, build<Fma, 3>},
      {"fma", "rn [relu] <bf16|bf16x2>", "d, a, b, c", c, build<Fma, 3>},
      {"min", "[ftz] [NaN] <f16|f16x2>", "d, a, b", c, buildExtreme<false>},
      {"min", "[ftz] [NaN] xorsign abs <f16|f16x2>", "d, a, b", c, buildExtreme<false>, 86},
      {"min", "[NaN] <bf16|bf16x2>", "d, a, b", c, buildExtreme<false>},
      {"min", "[NaN] xorsign abs <bf16|bf16x2>", "d, a, b", c, buildExtreme<false>, 86},
      {"max", "[ftz] [NaN] <f16|f16x2>", "d, a, b", c, buildExtreme<true>},
      {"max", "[ftz] [NaN] xorsign abs <f16|f16x2>", "d, a, b", c, buildExtreme<true>, 86},
      {"max", "[NaN] <bf16|bf16x2>", "d, a, b", c, buildExtreme<true>},
      {"max", "[NaN] xorsign abs <bf16|bf16x2>", "d, a, b", c, buildExtreme<true>, 86},
      {"abs", "[ftz] <f16|f16x2>", "d, a", c, buildSign<false>},
      {"abs", "<bf16|bf16x2>", "d, a", c, buildSign<false>},
      {"neg", "[ftz] <f16|f16x2>", "d, a", c, buildSign<true>},
      {"neg", "<bf16|bf16x2>", "d, a", c, buildSign<true>},
      {"ex2", "approx <f16|f16x2>", "d, a", c, build<Exp2, 1>},
      {"ex2", "approx ftz <bf16|bf16x2>", "d, a", c, build<Exp2, 1>, 90},
      {"tanh", "approx <f16|f16x2>", "d, a", c, build<Tanh, 1>},
      {"tanh", "approx <bf16|bf16x2>", "d, a", c, build<Tanh, 1>, 90},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
