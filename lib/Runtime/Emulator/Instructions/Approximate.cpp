// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The approximations: computed in double precision and rounded, which is within every error that
// the PTX manual documents and the same on all machines with the same C library.

#include "Floating.h"

#include <cmath>
#include <limits>

namespace mmc::emulator {

namespace {

struct Sin {
  static float apply(float a) { return static_cast<float>(std::sin(static_cast<double>(a))); }
};
struct Cos {
  static float apply(float a) { return static_cast<float>(std::cos(static_cast<double>(a))); }
};
struct Log2 {
  static float apply(float a) { return static_cast<float>(std::log2(static_cast<double>(a))); }
};
struct Exp2 {
  static float apply(float a) { return static_cast<float>(std::exp2(static_cast<double>(a))); }
};
struct Tanh {
  static float apply(float a) { return static_cast<float>(std::tanh(static_cast<double>(a))); }
};
struct Rcp {
  static float apply(float a) { return static_cast<float>(1.0 / static_cast<double>(a)); }
};
struct Sqrt {
  static float apply(float a) { return static_cast<float>(std::sqrt(static_cast<double>(a))); }
};
struct Rsqrt {
  static float apply(float a) {
    return static_cast<float>(1.0 / std::sqrt(static_cast<double>(a)));
  }
};
struct DivFull {
  static float apply(float a, float b) { return static_cast<float>(static_cast<double>(a) / b); }
};
/// div.approx: for 2^126 < |b| < 2^128 the quotient is 0, of an infinite a NaN.
struct DivApproximate {
  static float apply(float a, float b) {
    float size = std::fabs(b);
    if (size > 0x1p126f && size <= std::numeric_limits<float>::max()) {
      if (std::isinf(a))
        return std::numeric_limits<float>::quiet_NaN();
      if (!std::isnan(a))
        return std::signbit(a) != std::signbit(b) ? -0.0f : 0.0f;
    }
    return DivFull::apply(a, b);
  }
};

template <typename F>
void build1(Builder &b, const Instruction &in) {
  takeUnary(b, Type::F32);
  b.run(in.has("ftz") ? unary<float, float, Wrapped<F, true, false>>
                      : unary<float, float, Wrapped<F, false, false>>);
}
template <typename F>
void build2(Builder &b, const Instruction &in) {
  takeBinary(b, Type::F32);
  b.run(in.has("ftz") ? binary<float, float, float, Wrapped<F, true, false>>
                      : binary<float, float, float, Wrapped<F, false, false>>);
}

/// rcp.approx.ftz.f64, rsqrt.approx.f64: of the upper half of the number, the lower half of the
/// result is zero; subnormals are flushed.
double upperHalf(double value) {
  return bitCast<double>(bitCast<uint64_t>(value) & 0xffffffff00000000u);
}
double flushDouble(double value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0, value) : value;
}
struct RcpDouble {
  static double apply(double a) { return upperHalf(flushDouble(1.0 / upperHalf(flushDouble(a)))); }
};
struct RsqrtDouble {
  static double apply(double a) { return upperHalf(1.0 / std::sqrt(upperHalf(a))); }
};
struct RsqrtDoubleFlush {
  static double apply(double a) { return upperHalf(1.0 / std::sqrt(upperHalf(flushDouble(a)))); }
};
template <typename F>
void buildDouble(Builder &b, const Instruction &in) {
  takeUnary(b, Type::F64);
  b.run(unary<double, double, F>);
}

} // namespace

void addApproximateRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Float;
  Rows mine = {
      {"div", "approx [ftz] f32", "d, a, b", c, build2<DivApproximate>},
      {"div", "full [ftz] f32", "d, a, b", c, build2<DivFull>},
      {"rcp", "approx [ftz] f32", "d, a", c, build1<Rcp>},
      {"rcp", "approx ftz f64", "d, a", c, buildDouble<RcpDouble>},
      {"sqrt", "approx [ftz] f32", "d, a", c, build1<Sqrt>},
      {"rsqrt", "approx [ftz] f32", "d, a", c, build1<Rsqrt>},
      {"rsqrt", "approx f64", "d, a", c, buildDouble<RsqrtDouble>},
      {"rsqrt", "approx ftz f64", "d, a", c, buildDouble<RsqrtDoubleFlush>},
      {"sin", "approx [ftz] f32", "d, a", c, build1<Sin>},
      {"cos", "approx [ftz] f32", "d, a", c, build1<Cos>},
      {"lg2", "approx [ftz] f32", "d, a", c, build1<Log2>},
      {"ex2", "approx [ftz] f32", "d, a", c, build1<Exp2>},
      {"tanh", "approx f32", "d, a", c, build1<Tanh>},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
