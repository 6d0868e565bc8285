// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs one op as a model of its own and compares its results with a formula in plain loops.

#ifndef MMC_TEST_UNIT_EXECUTION_EXECUTION_H
#define MMC_TEST_UNIT_EXECUTION_EXECUTION_H

#include "Real.h"

#include "mmc/Runtime/Core/Tensor.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mmc::test {

/// The type of an operand or a result.
enum class Kind {
  Element, ///< the program's: f64, f32 or bf16
  Wide,    ///< the program's, f32 where that is narrower
  Single,  ///< f32; as an operand f64 in a program of f64, which widens all that it is given
  Index,   ///< i32
  Counter, ///< i64
};

/// What the op is given: random numbers, normal ones or integers in [low, high], unless `values` says which.
struct Operand {
  std::string name;
  Shape shape;
  Kind kind = Kind::Element;
  int64_t low = 0, high = 0;
  std::vector<double> values = {};
};

struct Result {
  Shape shape;
  Kind kind = Kind::Element;
  /// Computed in f64 whatever the program's type.
  bool precise = false;
};

/// A row-major tensor of Reals.
class Array {
public:
  Array() = default;
  explicit Array(Shape shape) : dims(std::move(shape)), elements(elementCount(dims)) {}
  const Shape &shape() const { return dims; }
  int64_t dim(int d) const { return d < 0 ? dims[dims.size() + d] : dims[d]; }
  int64_t count() const { return elements.size(); }
  /// Product of all dimensions but the last.
  int64_t rows() const { return count() / dim(-1); }
  Real &operator[](int64_t flat) { return elements[flat]; }
  const Real &operator[](int64_t flat) const { return elements[flat]; }
  template <typename... Is>
  Real &operator()(Is... is) {
    return elements[flatOf({static_cast<int64_t>(is)...})];
  }
  template <typename... Is>
  const Real &operator()(Is... is) const {
    return elements[flatOf({static_cast<int64_t>(is)...})];
  }

private:
  int64_t flatOf(std::initializer_list<int64_t> index) const {
    int64_t flat = 0, d = 0;
    for (int64_t i : index)
      flat = flat * dims[d++] + i;
    return flat;
  }
  Shape dims;
  std::vector<Real> elements;
};

/// An integer that stands in an array.
inline int64_t whole(const Real &x) { return static_cast<int64_t>(x.value); }

using Arrays = std::map<std::string, Array>;

/// One op with operands of one shape.
struct Case {
  std::string op; ///< "linear"
  /// What follows the op's name, with $x for the type of operand x, $0 for that of result 0, $E for the element type.
  std::string text;
  std::vector<Operand> operands;
  std::vector<Result> results;
  /// The results, from the operands as the program gets them (rounded to its types).
  std::function<std::vector<Array>(const Arrays &)> reference;
  /// Operands that follow from others (an output of the forward pass), by the same kind of formula.
  std::function<void(Arrays &)> derive = {};
};

/// Runs all cases as entries of one program of type `dtype`, on one thread and on three; fails the current test where
/// a result is further from the reference than twice its error bound (a sum in another order may be off by twice what
/// the reference's order may) and one rounding to its type, where an exact one is not equal, and where threads change a
/// bit.
void checkExecution(const std::vector<Case> &cases, DType dtype);

/// The tables, each of a family of ops.
std::vector<Case> tensorCases();
std::vector<Case> shapeCases();
std::vector<Case> layerCases();
std::vector<Case> placeCases();
std::vector<Case> attentionCases();
std::vector<Case> trainCases();
std::vector<Case> layerGradientCases();
std::vector<Case> placeGradientCases();

} // namespace mmc::test

#endif // MMC_TEST_UNIT_EXECUTION_EXECUTION_H
