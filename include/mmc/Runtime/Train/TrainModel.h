// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What training needs of a compiled model; ProgramModel is the one, tests have a small one of their
// own.

#ifndef MMC_RUNTIME_TRAIN_TRAINMODEL_H
#define MMC_RUNTIME_TRAIN_TRAINMODEL_H

#include "mmc/Runtime/Core/Tensor.h"
#include "mmc/Runtime/Train/DataSource.h"
#include "mmc/Runtime/Train/GradientSum.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace mmc {

/// A trainable parameter, its value and its moments: all f32 of one shape, all updated in place.
struct Trainable {
  std::string name;
  std::string group; ///< adapters, connector, llm, vision or empty
  Shape shape;
  float *value = nullptr;
  Tensor first, second;
};

/// What the update is told: learning rate, 1 - beta1^n and 1 - beta2^n of its n-th step (from 1),
/// and what gradients are multiplied with.
struct UpdateNumbers {
  double learningRate = 0, correction1 = 1, correction2 = 1, gradientScale = 1;
};

/// Names the dropout of one micro-batch.
struct RandomKey {
  int64_t seed = 0, step = 0;
};

class TrainModel {
public:
  virtual ~TrainModel() = default;

  std::vector<Trainable> &trainables() { return parameters; }

  /// Loss of a micro-batch and, into sum.gradient(i), the gradient of its loss sum by
  /// trainables()[i]. BadInput for tensors that no compiled shape takes or numbers out of range.
  virtual StatusOr<LossSum> gradients(MicroBatch &batch, RandomKey key, GradientSum &sum) = 0;
  /// Updates every trainable's value and moments from sum.sum(i).
  virtual void update(const UpdateNumbers &numbers, GradientSum &sum) = 0;
  /// Loss of a batch, without dropout.
  virtual StatusOr<LossSum> loss(MicroBatch &batch) = 0;
  /// Logits [B, T, V] in f32 at [row, column] of each position, [positions, V].
  virtual StatusOr<Tensor> logits(MicroBatch &batch,
                                  const std::vector<std::array<int64_t, 2>> &positions) = 0;
  /// The exact peak of planned memory of the step that the last gradients() belonged to.
  virtual int64_t peakBytes() const = 0;

protected:
  std::vector<Trainable> parameters;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_TRAINMODEL_H
