// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers that know how far a computed value may lie from them.

#ifndef MMC_TEST_UNIT_EXECUTION_REAL_H
#define MMC_TEST_UNIT_EXECUTION_REAL_H

#include <algorithm>
#include <cmath>

namespace mmc::test {

/// A number with a running error bound (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.3), so that
/// a formula written down once gives the expected value and the tolerance that goes with it.
struct Real {
  /// In 80 bits: exact as far as f64 can tell.
  long double value = 0;
  /// Sum of the absolute values of the terms it was added up from: what a sum in any order may reach.
  long double size = 0;
  /// Bound on the error of a machine that evaluates the same formula, in units of its roundoff. Zero: nothing is
  /// computed, the value is exact.
  long double error = 0;
  /// The same for values on the way that are rounded to the tensors' type, in units of that type's roundoff.
  long double stored = 0;

  Real() = default;
  Real(long double value) : value(value), size(std::fabs(value)) {}
  Real(long double value, long double size, long double error, long double stored)
      : value(value), size(size), error(error), stored(stored) {}
};

/// x where the formula rounds it to the tensors' type.
inline Real narrowed(Real x) { return {x.value, x.size, x.error, x.stored + x.size}; }

/// Error of exp, log, tanh, erf, sin and cos for exact arguments, in units of roundoff. libm (f64) is within 2; the
/// polynomials that MLIR expands them to in f32 are Cephes' and Eigen's, within 4 ulp, 8 units.
constexpr long double kFunctionError = 8;

inline Real operator-(Real a) { return {-a.value, a.size, a.error, a.stored}; }
inline Real operator+(Real a, Real b) {
  if (a.size == 0 && a.error == 0)
    return b;
  if (b.size == 0 && b.error == 0)
    return a;
  return {a.value + b.value, a.size + b.size, a.error + b.error + a.size + b.size, a.stored + b.stored};
}
inline Real operator-(Real a, Real b) { return a + -b; }
inline Real operator*(Real a, Real b) {
  return {a.value * b.value, a.size * b.size, a.size * b.error + b.size * a.error + a.size * b.size,
          a.size * b.stored + b.size * a.stored};
}
inline Real operator/(Real a, Real b) {
  long double size = a.size / std::fabs(b.value);
  return {a.value / b.value, size, (a.error + size * b.error) / std::fabs(b.value) + size,
          (a.stored + size * b.stored) / std::fabs(b.value)};
}
inline Real &operator+=(Real &a, Real b) { return a = a + b; }
inline Real &operator*=(Real &a, Real b) { return a = a * b; }

/// A function of one argument from its value and its derivative there.
inline Real function(Real x, long double value, long double derivative) {
  long double size = std::fabs(value);
  derivative = std::fabs(derivative);
  return {value, size, x.error * derivative + kFunctionError * size, x.stored * derivative};
}
inline Real exp(Real x) { return function(x, std::exp(x.value), std::exp(x.value)); }
inline Real log(Real x) { return function(x, std::log(x.value), 1 / x.value); }
inline Real sqrt(Real x) { return function(x, std::sqrt(x.value), 0.5L / std::sqrt(x.value)); }
inline Real tanh(Real x) {
  long double y = std::tanh(x.value);
  return function(x, y, 1 - y * y);
}
inline Real erf(Real x) {
  return function(x, std::erf(x.value), 2 / std::sqrt(M_PIl) * std::exp(-x.value * x.value));
}
inline Real sin(Real x) { return function(x, std::sin(x.value), std::cos(x.value)); }
inline Real cos(Real x) { return function(x, std::cos(x.value), std::sin(x.value)); }
inline Real pow(Real x, Real y) { return exp(y * log(x)); }
inline Real sigmoid(Real x) { return Real(1) / (Real(1) + exp(-x)); }
inline Real max(Real a, Real b) {
  return {std::max(a.value, b.value), std::max(a.size, b.size), std::max(a.error, b.error),
          std::max(a.stored, b.stored)};
}

} // namespace mmc::test

#endif // MMC_TEST_UNIT_EXECUTION_REAL_H
