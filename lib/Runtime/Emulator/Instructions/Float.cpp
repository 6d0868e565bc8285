// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Single and double precision: add, sub, mul, fma, div, rcp, sqrt, abs, neg, copysign, testp.

#include "Floating.h"

#include <cmath>
#include <immintrin.h>

namespace mmc::emulator {

namespace {

struct Add {
  template <typename T>
  static T apply(T a, T b) {
    return a + b;
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b) {
    return a - b;
  }
};
struct Mul {
  template <typename T>
  static T apply(T a, T b) {
    return a * b;
  }
};
struct Div {
  template <typename T>
  static T apply(T a, T b) {
    return a / b;
  }
};
struct Fma {
  static float apply(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static double apply(double a, double b, double c) { return __builtin_fma(a, b, c); }
};
struct Rcp {
  template <typename T>
  static T apply(T a) {
    return T(1) / a;
  }
};
struct Sqrt {
  static float apply(float a) { return __builtin_sqrtf(a); }
  static double apply(double a) { return __builtin_sqrt(a); }
};

struct Neg {
  template <typename T>
  static T apply(T a) {
    return bitCast<T>(bitCast<Bits<T>>(a) ^ signBit<T>);
  }
};
/// The sign of a with the magnitude of b.
struct CopySign {
  template <typename T>
  static T apply(T a, T b) {
    return bitCast<T>((bitCast<Bits<T>>(a) & signBit<T>) | (bitCast<Bits<T>>(b) & ~signBit<T>));
  }
};

template <typename F>
OpFn singles1(bool ftz, bool sat) {
  if (sat)
    return ftz ? unary<float, float, Wrapped<F, true, true>>
               : unary<float, float, Wrapped<F, false, true>>;
  return ftz ? unary<float, float, Wrapped<F, true, false>>
             : unary<float, float, Wrapped<F, false, false>>;
}
template <typename F>
OpFn singles2(bool ftz, bool sat) {
  using T = float;
  if (sat)
    return ftz ? binary<T, T, T, Wrapped<F, true, true>> : binary<T, T, T, Wrapped<F, false, true>>;
  return ftz ? binary<T, T, T, Wrapped<F, true, false>> : binary<T, T, T, Wrapped<F, false, false>>;
}
template <typename F>
OpFn singles3(bool ftz, bool sat) {
  using T = float;
  if (sat)
    return ftz ? ternary<T, T, T, T, Wrapped<F, true, true>>
               : ternary<T, T, T, T, Wrapped<F, false, true>>;
  return ftz ? ternary<T, T, T, T, Wrapped<F, true, false>>
             : ternary<T, T, T, T, Wrapped<F, false, false>>;
}

template <typename F>
void build1(Builder &b, const Instruction &in) {
  takeUnary(b, in.type());
  b.run(in.type() == Type::F64 ? unary<double, double, Wrapped<F, false, false>>
                               : singles1<F>(in.has("ftz"), false));
  setRounding(b, in);
}
template <typename F>
void build2(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  b.run(in.type() == Type::F64 ? binary<double, double, double, Wrapped<F, false, false>>
                               : singles2<F>(in.has("ftz"), in.has("sat")));
  setRounding(b, in);
}
template <typename F>
void build3(Builder &b, const Instruction &in) {
  takeTernary(b, in.type());
  b.run(in.type() == Type::F64 ? ternary<double, double, double, double, Wrapped<F, false, false>>
                               : singles3<F>(in.has("ftz"), in.has("sat")));
  setRounding(b, in);
}

/// Without .ftz only the sign changes: NaNs keep their bits.
void buildAbsNeg(Builder &b, const Instruction &in) {
  bool isAbs = in.opcode == "abs";
  takeUnary(b, in.type());
  if (in.type() == Type::F64)
    return b.run(isAbs ? unary<double, double, Abs> : unary<double, double, Neg>);
  if (in.has("ftz"))
    return b.run(isAbs ? singles1<Abs>(true, false) : singles1<Neg>(true, false));
  b.run(isAbs ? unary<float, float, Abs> : unary<float, float, Neg>);
}
void buildCopySign(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  b.run(in.type() == Type::F64 ? binary<double, double, double, CopySign>
                               : binary<float, float, float, CopySign>);
}

/// f32x2: two numbers in 64 bits.
template <typename F, bool ftz>
struct Pair {
  static float part(uint64_t bits, unsigned i) {
    return bitCast<float>(static_cast<uint32_t>(bits >> 32 * i));
  }
  static uint64_t join(float low, float high) {
    return bitCast<uint32_t>(low) | uint64_t(bitCast<uint32_t>(high)) << 32;
  }
  template <typename... U>
  static uint64_t apply(U... values) {
    return join(Wrapped<F, ftz, false>::apply(part(values, 0)...),
                Wrapped<F, ftz, false>::apply(part(values, 1)...));
  }
};
template <typename F>
void buildPair2(Builder &b, const Instruction &in) {
  takeBinary(b, Type::B64);
  using T = uint64_t;
  b.run(in.has("ftz") ? binary<T, T, T, Pair<F, true>> : binary<T, T, T, Pair<F, false>>);
  setRounding(b, in);
}
template <typename F>
void buildPair3(Builder &b, const Instruction &in) {
  takeTernary(b, Type::B64);
  using T = uint64_t;
  b.run(in.has("ftz") ? ternary<T, T, T, T, Pair<F, true>> : ternary<T, T, T, T, Pair<F, false>>);
  setRounding(b, in);
}

enum class Test : uint8_t { Finite, Infinite, Number, NotANumber, Normal, Subnormal };

template <typename T>
Step testProperty(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a);
  uint32_t result = 0;
  for (unsigned lane = 0; lane < 32; ++lane) {
    int kind = std::fpclassify(a[lane]);
    bool is = false;
    switch (static_cast<Test>(op.flags)) {
    case Test::Finite:
      is = kind != FP_NAN && kind != FP_INFINITE;
      break;
    case Test::Infinite:
      is = kind == FP_INFINITE;
      break;
    case Test::Number:
      is = kind != FP_NAN;
      break;
    case Test::NotANumber:
      is = kind == FP_NAN;
      break;
    case Test::Normal:
      is = kind == FP_NORMAL || kind == FP_ZERO;
      break;
    case Test::Subnormal:
      is = kind == FP_SUBNORMAL;
      break;
    }
    result |= uint32_t(is) << lane;
  }
  warp.setPredicate(op.dst, result, mask);
  return Step::Next;
}

void buildTest(Builder &b, const Instruction &in) {
  static constexpr std::string_view names[] = {"finite",     "infinite", "number",
                                               "notanumber", "normal",   "subnormal"};
  b.op().dst = b.predicateDestination(in.operands[0]);
  b.op().a = b.source(1, in.type());
  for (uint8_t i = 0; i < 6; ++i)
    if (in.has(names[i]))
      b.op().flags = i;
  b.run(in.type() == Type::F64 ? testProperty<double> : testProperty<float>);
}

/// Computes with another rounding. The operation's own handler is in imm, called through a pointer
/// so that the compiler cannot move its arithmetic across the change.
Step rounded(Warp &warp, const Op &op, uint32_t mask) {
  unsigned control = _mm_getcsr();
  _mm_setcsr((control & ~0x6000u) | static_cast<unsigned>(op.target) << 13);
  OpFn volatile inner = reinterpret_cast<OpFn>(op.imm);
  Step step = inner(warp, op, mask);
  _mm_setcsr(control);
  return step;
}

} // namespace

Rounding roundingOf(const Instruction &in) {
  for (std::string_view modifier : in.modifiers) {
    if (modifier == "rz" || modifier == "rzi")
      return Rounding::Zero;
    if (modifier == "rm" || modifier == "rmi")
      return Rounding::Down;
    if (modifier == "rp" || modifier == "rpi")
      return Rounding::Up;
    if (modifier == "rna")
      return Rounding::NearestAway;
  }
  return Rounding::Nearest;
}

void setRounding(Builder &b, const Instruction &in) {
  Rounding rounding = roundingOf(in);
  if (rounding == Rounding::Nearest)
    return;
  // The numbers that the control register has.
  b.op().target = rounding == Rounding::Down ? 1 : rounding == Rounding::Up ? 2 : 3;
  b.op().imm = reinterpret_cast<int64_t>(b.op().run);
  b.op().run = rounded;
}

void addFloatRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Float;
  Rows mine = {
      {"add", "[rn|rz|rm|rp] [ftz] [sat] f32", "d, a, b", c, build2<Add>},
      {"add", "[rn|rz|rm|rp] f64", "d, a, b", c, build2<Add>},
      {"add", "[rn|rz|rm|rp] [ftz] f32x2", "d, a, b", c, buildPair2<Add>, 100},
      {"sub", "[rn|rz|rm|rp] [ftz] [sat] f32", "d, a, b", c, build2<Sub>},
      {"sub", "[rn|rz|rm|rp] f64", "d, a, b", c, build2<Sub>},
      {"sub", "[rn|rz|rm|rp] [ftz] f32x2", "d, a, b", c, buildPair2<Sub>, 100},
      {"mul", "[rn|rz|rm|rp] [ftz] [sat] f32", "d, a, b", c, build2<Mul>},
      {"mul", "[rn|rz|rm|rp] f64", "d, a, b", c, build2<Mul>},
      {"mul", "[rn|rz|rm|rp] [ftz] f32x2", "d, a, b", c, buildPair2<Mul>, 100},
      {"fma", "<rn|rz|rm|rp> [ftz] [sat] f32", "d, a, b, c", c, build3<Fma>},
      {"fma", "<rn|rz|rm|rp> f64", "d, a, b, c", c, build3<Fma>},
      {"fma", "<rn|rz|rm|rp> [ftz] f32x2", "d, a, b, c", c, buildPair3<Fma>, 100},
      {"mad", "<rn|rz|rm|rp> [ftz] [sat] f32", "d, a, b, c", c, build3<Fma>},
      {"mad", "<rn|rz|rm|rp> f64", "d, a, b, c", c, build3<Fma>},
      {"div", "<rn|rz|rm|rp> [ftz] f32", "d, a, b", c, build2<Div>},
      {"div", "<rn|rz|rm|rp> f64", "d, a, b", c, build2<Div>},
      {"rcp", "<rn|rz|rm|rp> [ftz] f32", "d, a", c, build1<Rcp>},
      {"rcp", "<rn|rz|rm|rp> f64", "d, a", c, build1<Rcp>},
      {"sqrt", "<rn|rz|rm|rp> [ftz] f32", "d, a", c, build1<Sqrt>},
      {"sqrt", "<rn|rz|rm|rp> f64", "d, a", c, build1<Sqrt>},
      {"abs", "[ftz] f32", "d, a", c, buildAbsNeg},
      {"abs", "f64", "d, a", c, buildAbsNeg},
      {"neg", "[ftz] f32", "d, a", c, buildAbsNeg},
      {"neg", "f64", "d, a", c, buildAbsNeg},
      {"copysign", "<f32|f64>", "d, a, b", c, buildCopySign},
      {"testp", "<finite|infinite|number|notanumber|normal|subnormal> <f32|f64>", "p, a", c,
       buildTest},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
