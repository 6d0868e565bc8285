// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A model small enough to be written by hand: the logits of the next token are a row of a table.

#ifndef MMC_TEST_UNIT_TRAIN_BIGRAMMODEL_H
#define MMC_TEST_UNIT_TRAIN_BIGRAMMODEL_H

#include "mmc/Runtime/Core/Random.h"
#include "mmc/Runtime/Train/TrainModel.h"

#include <cmath>
#include <functional>

namespace mmc::test {

/// logits[b, t] = table[input_ids[b, t]] + bias, cross-entropy of labels[b, t + 1]; AdamW with weight
/// decay 0.01 on the table, in f32 as compiled code has it.
class BigramModel final : public TrainModel {
public:
  explicit BigramModel(int64_t vocabulary) : vocabulary(vocabulary) {
    addParameter("bigram.table", {vocabulary, vocabulary});
    addParameter("bigram.bias", {vocabulary});
    RandomStream random{7, 0, 0};
    for (int64_t i = 0; i < vocabulary * vocabulary; ++i)
      parameters[0].value[i] = static_cast<float>(random.normal(i));
  }

  /// Called with the gradient of each micro-batch: what a test spoils.
  std::function<void(int64_t call, LossSum &, GradientSum &)> afterGradients;
  std::vector<RandomKey> keys;
  std::vector<std::string> batches;
  double beta1 = 0.9, beta2 = 0.999, decay = 0.01;

  StatusOr<LossSum> gradients(MicroBatch &batch, RandomKey key, GradientSum &sum) override {
    keys.push_back(key);
    batches.push_back(batch.name);
    auto *table = static_cast<float *>(sum.gradient(0)), *bias = static_cast<float *>(sum.gradient(1));
    std::fill(table, table + vocabulary * vocabulary, 0.0f);
    std::fill(bias, bias + vocabulary, 0.0f);
    LossSum loss = run(batch, table, bias);
    if (afterGradients)
      afterGradients(static_cast<int64_t>(keys.size()) - 1, loss, sum);
    return loss;
  }

  void update(const UpdateNumbers &n, GradientSum &sum) override {
    for (size_t p = 0; p < parameters.size(); ++p) {
      Trainable &parameter = parameters[p];
      const auto *gradient = static_cast<const float *>(sum.sum(p));
      float *first = parameter.first.as<float>(), *second = parameter.second.as<float>();
      for (int64_t i = 0; i < elementCount(parameter.shape); ++i) {
        const double g = gradient[i] * n.gradientScale;
        double value = parameter.value[i];
        if (parameter.shape.size() >= 2)
          value *= 1 - n.learningRate * decay;
        first[i] = static_cast<float>(beta1 * first[i] + (1 - beta1) * g);
        second[i] = static_cast<float>(beta2 * second[i] + (1 - beta2) * g * g);
        parameter.value[i] = static_cast<float>(
            value - n.learningRate / n.correction1 * first[i] /
                        (std::sqrt(second[i]) / std::sqrt(n.correction2) + 1e-8));
      }
    }
  }

  StatusOr<LossSum> loss(MicroBatch &batch) override { return run(batch, nullptr, nullptr); }

  StatusOr<Tensor> logits(MicroBatch &batch,
                          const std::vector<std::array<int64_t, 2>> &positions) override {
    const Tensor &ids = batch.tensors.at("input_ids");
    Tensor rows(DType::F32, {static_cast<int64_t>(positions.size()), vocabulary});
    for (size_t i = 0; i < positions.size(); ++i) {
      int32_t id = ids.as<int32_t>()[positions[i][0] * ids.shape()[1] + positions[i][1]];
      for (int64_t v = 0; v < vocabulary; ++v)
        rows.as<float>()[i * vocabulary + v] = logit(id, v);
    }
    return rows;
  }

  int64_t peakBytes() const override { return 4242; }

  float logit(int64_t id, int64_t next) const {
    return parameters[0].value[id * vocabulary + next] + parameters[1].value[next];
  }

private:
  void addParameter(const char *name, const Shape &shape) {
    storage.emplace_back(DType::F32, shape);
    parameters.push_back({name, "", shape, storage.back().as<float>(), Tensor(DType::F32, shape),
                          Tensor(DType::F32, shape)});
  }

  LossSum run(MicroBatch &batch, float *table, float *bias) const {
    const Tensor &ids = batch.tensors.at("input_ids"), &labels = batch.tensors.at("labels");
    const int64_t columns = ids.shape()[1];
    LossSum result;
    for (int64_t i = 0; i < ids.count(); ++i) {
      if (i % columns == columns - 1 || labels.as<int32_t>()[i + 1] < 0)
        continue;
      const int64_t id = ids.as<int32_t>()[i], label = labels.as<int32_t>()[i + 1];
      double total = 0;
      for (int64_t v = 0; v < vocabulary; ++v)
        total += std::exp(logit(id, v));
      result.sum += std::log(total) - logit(id, label);
      ++result.labels;
      for (int64_t v = 0; table && v < vocabulary; ++v) {
        const auto g = static_cast<float>(std::exp(logit(id, v)) / total - (v == label));
        table[id * vocabulary + v] += g;
        bias[v] += g;
      }
    }
    return result;
  }

  int64_t vocabulary;
  std::vector<Tensor> storage;
};

} // namespace mmc::test

#endif // MMC_TEST_UNIT_TRAIN_BIGRAMMODEL_H
