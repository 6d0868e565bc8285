// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

using namespace mmc;

bool run::belongsTo(const std::string &entry, const std::string &name) {
  bool isLoss = name == "loss_sum" || name == "label_count" || name == "loss";
  if (entry == "loss")
    return isLoss;
  if (entry == "gradients")
    return isLoss || name.rfind("grad:", 0) == 0;
  return name == entry || name.rfind(entry + ".", 0) == 0;
}

static std::vector<double> toDoubles(const TensorView &view) {
  std::vector<double> values(view.count());
  if (!convert(view.dtype, view.data, DType::F64, values.data(), values.size()))
    values.assign(values.size(), std::nan(""));
  return values;
}

namespace {
/// Largest difference and largest expected magnitude; an infinite difference when a value is NaN.
struct Difference {
  double worst = 0, scale = 0;
};
} // namespace

static Difference compare(const TensorView &got, const TensorView &want) {
  std::vector<double> a = toDoubles(got), b = toDoubles(want);
  Difference difference;
  for (size_t i = 0; i < a.size(); ++i) {
    double error = std::abs(a[i] - b[i]);
    if (!(error <= difference.worst))
      difference.worst = std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
    difference.scale = std::max(difference.scale, std::abs(b[i]));
  }
  return difference;
}

Status run::check(const std::string &entry, const TensorMap &results,
                  const SafetensorsFile &expected, double rtol, double atol) {
  std::string failures;
  size_t compared = 0;
  for (const std::string &name : expected.names())
    if (belongsTo(entry, name) && !results.count(name))
      failures += "\n  " + name + " is expected and not computed";
  for (const auto &[name, tensor] : results) {
    std::optional<TensorView> want = expected.find(name);
    if (!want) {
      failures += "\n  " + name + " is computed and not expected";
      continue;
    }
    if (want->shape != tensor.shape()) {
      failures += "\n  " + name + " has another shape, got: " + toString(tensor.shape()) +
                  " != " + toString(want->shape);
      continue;
    }
    Difference difference = compare(tensor.view(), *want);
    double relative = difference.worst / std::max(difference.scale, 1e-300);
    std::printf("%-60s max |expected| %.4g, worst error %.3g, relative %.3g\n", name.c_str(),
                difference.scale, difference.worst, relative);
    double allowed = atol + rtol * difference.scale;
    if (!(difference.worst <= allowed)) {
      char text[160];
      std::snprintf(text, sizeof(text),
                    " is off, got: error %.3g > %.3g (atol + rtol * max|expected| %.4g)",
                    difference.worst, allowed, difference.scale);
      failures += "\n  " + name + text;
    }
    ++compared;
  }
  if (!failures.empty())
    return Status::badInput("the results differ from " + expected.path() + ":" + failures);
  std::printf("%zu tensors agree with %s\n", compared, expected.path().c_str());
  return Status::ok();
}
