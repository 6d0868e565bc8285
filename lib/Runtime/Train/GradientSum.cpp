// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/GradientSum.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mmc;

/// Elements of a block of the norm: fixed, so that sums are grouped the same for any thread count.
static constexpr int64_t kBlock = 1 << 14;

/// Eight sums side by side, which the compiler keeps in vector registers.
static double blockSquares(const float *values, int64_t count) {
  double lanes[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int64_t lane = 0; lane < 8; ++lane)
      lanes[lane] += static_cast<double>(values[i + lane]) * values[i + lane];
  for (; i < count; ++i)
    lanes[0] += static_cast<double>(values[i]) * values[i];
  double sum = 0;
  for (double lane : lanes)
    sum += lane;
  return sum;
}

double mmc::sumOfSquares(const float *values, int64_t count, int threads) {
  const int64_t blocks = (count + kBlock - 1) / kBlock;
  std::vector<double> partial(blocks);
#pragma omp parallel for schedule(static) num_threads(threads) if (blocks > 4)
  for (int64_t block = 0; block < blocks; ++block)
    partial[block] =
        blockSquares(values + block * kBlock, std::min(kBlock, count - block * kBlock));
  double sum = 0;
  for (double part : partial)
    sum += part;
  return sum;
}

GradientSum::GradientSum(const std::vector<std::string> &names, const std::vector<Shape> &shapes,
                         int64_t microBatches, MicroBatchAverage average)
    : names(names), average(average) {
  for (const Shape &shape : shapes) {
    gradients.emplace_back(DType::F32, shape);
    if (microBatches > 1)
      sums.emplace_back(DType::F32, shape);
  }
}

void GradientSum::begin() {
  first = true;
  lossSum = meanLoss = meanNorm = meanScale = 0;
  totalLabels = withLabels = 0;
}

Status GradientSum::add(const LossSum &loss, int threads) {
  if (!std::isfinite(loss.sum))
    return Status::badInput("the loss is not finite, got: " + std::to_string(loss.sum));
  if (loss.labels < 0)
    return Status::internal("a negative label count: " + std::to_string(loss.labels));
  const bool means = average == MicroBatchAverage::Means;
  const double weight = loss.labels == 0 ? 0 : means ? 1.0 / static_cast<double>(loss.labels) : 1;
  totalLabels += loss.labels;
  withLabels += loss.labels > 0;
  if (weight > 0)
    lossSum += loss.sum * weight;
  if (sums.empty()) {
    meanScale = weight;
    return Status::ok();
  }
  const auto factor = static_cast<float>(weight);
  for (size_t p = 0; p < gradients.size(); ++p) {
    const float *from = gradients[p].as<float>();
    float *to = sums[p].as<float>();
    const int64_t count = gradients[p].count();
    const bool start = first;
    // Without labels the gradient is 0 by definition, whatever the buffer holds.
    if (factor == 0) {
      if (start)
        std::memset(to, 0, sums[p].bytes());
      continue;
    }
#pragma omp parallel for schedule(static) num_threads(threads) if (count > 4 * kBlock)
    for (int64_t i = 0; i < count; ++i)
      to[i] = start ? from[i] * factor : to[i] + from[i] * factor;
  }
  first = false;
  return Status::ok();
}

Status GradientSum::finish(int threads) {
  if (totalLabels == 0)
    return Status::badInput("none of its tokens has a label: there is nothing to learn from; are "
                            "samples cut before their answer? use a longer --seq-len");
  const bool means = average == MicroBatchAverage::Means;
  const double divisor = static_cast<double>(means ? withLabels : totalLabels);
  meanLoss = lossSum / divisor;
  meanScale = (sums.empty() && means ? meanScale : 1) / divisor;
  double squares = 0;
  for (size_t p = 0; p < gradients.size(); ++p) {
    const Tensor &tensor = (sums.empty() ? gradients : sums)[p];
    const double own = sumOfSquares(tensor.as<float>(), tensor.count(), threads);
    if (!std::isfinite(own))
      return Status::badInput("the gradient of " + names[p] + " is not finite");
    squares += own;
  }
  meanNorm = std::sqrt(squares) * meanScale;
  return Status::ok();
}

double GradientSum::scale(double maxNorm) const {
  return maxNorm > 0 ? meanScale * std::min(1.0, maxNorm / (meanNorm + 1e-6)) : meanScale;
}
