// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// min and max of f32 and f64, of two and of three.

#include "Floating.h"

namespace mmc::emulator {

namespace {

/// Of three; with `magnitudes` of their absolute values.
template <bool maximum, bool propagate, bool magnitudes>
struct ExtremeOfThree {
  static float apply(float a, float b, float c) {
    if (magnitudes)
      a = Abs::apply(a), b = Abs::apply(b), c = Abs::apply(c);
    using Two = Extreme<maximum, propagate>;
    return Two::apply(Two::apply(a, b), c);
  }
};

template <typename F>
OpFn ofTwo(bool ftz) {
  using T = float;
  return ftz ? binary<T, T, T, Wrapped<F, true, false>> : binary<T, T, T, Wrapped<F, false, false>>;
}
template <typename F>
OpFn ofThree(bool ftz) {
  using T = float;
  return ftz ? ternary<T, T, T, T, Wrapped<F, true, false>>
             : ternary<T, T, T, T, Wrapped<F, false, false>>;
}

template <bool maximum>
void buildExtreme(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  if (in.type() == Type::F64)
    return b.run(binary<double, double, double, Extreme<maximum, false>>);
  bool ftz = in.has("ftz"), nan = in.has("NaN");
  if (in.has("xorsign"))
    return b.run(nan ? ofTwo<XorSignExtreme<maximum, true>>(ftz)
                     : ofTwo<XorSignExtreme<maximum, false>>(ftz));
  b.run(nan ? ofTwo<Extreme<maximum, true>>(ftz) : ofTwo<Extreme<maximum, false>>(ftz));
}

template <bool maximum>
void buildExtremeOfThree(Builder &b, const Instruction &in) {
  takeTernary(b, in.type());
  bool ftz = in.has("ftz"), nan = in.has("NaN");
  if (in.has("abs"))
    return b.run(nan ? ofThree<ExtremeOfThree<maximum, true, true>>(ftz)
                     : ofThree<ExtremeOfThree<maximum, false, true>>(ftz));
  b.run(nan ? ofThree<ExtremeOfThree<maximum, true, false>>(ftz)
            : ofThree<ExtremeOfThree<maximum, false, false>>(ftz));
}

} // namespace

void addExtremeRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Float;
  Rows mine = {
      {"min", "[ftz] [NaN] f32", "d, a, b", c, buildExtreme<false>},
      {"min", "[ftz] [NaN] xorsign abs f32", "d, a, b", c, buildExtreme<false>, 86},
      {"min", "[ftz] [NaN] [abs] f32", "d, a, b, c", c, buildExtremeOfThree<false>, 100},
      {"min", "f64", "d, a, b", c, buildExtreme<false>},
      {"max", "[ftz] [NaN] f32", "d, a, b", c, buildExtreme<true>},
      {"max", "[ftz] [NaN] xorsign abs f32", "d, a, b", c, buildExtreme<true>, 86},
      {"max", "[ftz] [NaN] [abs] f32", "d, a, b, c", c, buildExtremeOfThree<true>, 100},
      {"max", "f64", "d, a, b", c, buildExtreme<true>},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
