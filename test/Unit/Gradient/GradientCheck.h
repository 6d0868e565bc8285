// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compares the gradients that Autodiff builds with central differences, in f64.

#ifndef MMC_TEST_UNIT_GRADIENT_GRADIENTCHECK_H
#define MMC_TEST_UNIT_GRADIENT_GRADIENTCHECK_H

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

/// A tiny model around one op.
struct GradientCase {
  std::string name;
  /// Ops that define %y; parameters to differentiate are `mmc.param trainable`. All in f64.
  std::string body;
  /// Shape of %y, "2x3x7"; empty for a scalar. The loss is its inner product with a frozen parameter.
  std::string shape;
  /// Integer arguments %<name> of @loss: shape and values.
  struct Integers {
    std::string shape;
    std::vector<int32_t> values;
  };
  std::map<std::string, Integers> integers = {};
};

inline void PrintTo(const GradientCase &c, std::ostream *stream) { *stream << c.name; }

/// Compiles the case for dtype f64 and fails the current test where @loss and @gradients do not agree on the
/// loss, or a gradient differs from the central difference by more than 1e-7 · max(1, |gradient|).
void checkGradients(const GradientCase &c);

#endif // MMC_TEST_UNIT_GRADIENT_GRADIENTCHECK_H
