// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The gradient of a step out of those of its micro-batches, its norm, and clipping.

#ifndef MMC_RUNTIME_TRAIN_GRADIENTSUM_H
#define MMC_RUNTIME_TRAIN_GRADIENTSUM_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mmc {

/// The loss of one micro-batch: a sum and the number of labels that it is over.
struct LossSum {
  double sum = 0;
  int64_t labels = 0;
};

/// How micro-batches make a step.
enum class MicroBatchAverage {
  Labels, ///< the mean over all labels of the step
  Means,  ///< the mean of each micro-batch's mean, over the micro-batches that have labels
};

/// Collects a step. A micro-batch without labels adds nothing.
class GradientSum {
public:
  /// Buffers for gradients of these names and shapes (f32), allocated here and never again. With
  /// one micro-batch per step sums and gradients are the same memory.
  GradientSum(const std::vector<std::string> &names, const std::vector<Shape> &shapes,
              int64_t microBatches, MicroBatchAverage average);

  /// Where the micro-batch's gradient of its loss sum is to be written.
  void *gradient(size_t index) { return gradients[index].data(); }
  /// The sum: read by the update, times scale().
  void *sum(size_t index) { return (sums.empty() ? gradients : sums)[index].data(); }

  /// Forgets the step before.
  void begin();
  /// Adds what gradient() holds. BadInput if the loss is not finite.
  Status add(const LossSum &loss, int threads);

  /// Closes the step: BadInput when it has no label at all, or, naming the first such tensor, when
  /// a gradient is not finite. The norm is computed in f64, in an order that does not depend on the
  /// threads.
  Status finish(int threads);

  /// After finish(): mean loss, labels, and the L2 norm of the mean gradient.
  double loss() const { return meanLoss; }
  int64_t labels() const { return totalLabels; }
  double norm() const { return meanNorm; }
  /// What the sum is multiplied with to be the mean gradient, clipped to `maxNorm` (0: not clipped)
  /// by min(1, maxNorm / (norm + 1e-6)).
  double scale(double maxNorm) const;

private:
  std::vector<std::string> names;
  std::vector<Tensor> gradients, sums;
  MicroBatchAverage average;
  bool first = true;
  double lossSum = 0, meanLoss = 0, meanNorm = 0, meanScale = 0;
  int64_t totalLabels = 0, withLabels = 0;
};

/// Sum of squares of f32 values in f64: by blocks of a fixed size, whose sums are then added in
/// order.
double sumOfSquares(const float *values, int64_t count, int threads);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_GRADIENTSUM_H
