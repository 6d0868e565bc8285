// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Generate/Sampler.h"

#include "mmc/Runtime/Core/Random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace mmc;

StatusOr<Sampler> Sampler::create(const SamplerSettings &settings) {
  if (!(settings.temperature >= 0) || !std::isfinite(settings.temperature))
    return Status::badUsage("--temperature must be finite and not negative, got: " +
                            std::to_string(settings.temperature));
  if (settings.topK < 0)
    return Status::badUsage("--top-k must not be negative, got: " + std::to_string(settings.topK));
  if (!(settings.topP > 0 && settings.topP <= 1))
    return Status::badUsage("--top-p must be above 0 and at most 1, got: " +
                            std::to_string(settings.topP));
  return Sampler(settings);
}

StatusOr<int32_t> Sampler::pick(const float *logits, int64_t count, int64_t index) const {
  int64_t best = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(logits[i]) || logits[i] == INFINITY)
      return Status::badInput("the model's logits must be finite, got: " +
                              std::to_string(logits[i]) + " for token " + std::to_string(i));
    if (logits[i] > logits[best])
      best = i;
  }
  if (count < 1 || logits[best] == -INFINITY)
    return Status::badInput("the model's logits must allow some token, got: none");
  if (settings.temperature == 0)
    return static_cast<int32_t>(best);

  std::vector<int32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  auto likelier = [&](int32_t a, int32_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  };
  const int64_t kept = settings.topK > 0 ? std::min(settings.topK, count) : count;
  std::partial_sort(order.begin(), order.begin() + kept, order.end(), likelier);
  std::vector<double> weights(kept);
  const double highest = logits[best];
  for (int64_t i = 0; i < kept; ++i)
    weights[i] = std::exp((logits[order[i]] - highest) / settings.temperature);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0;
  size_t end = 0;
  while (end < weights.size() && (end == 0 || sum < settings.topP * total))
    sum += weights[end++];

  const RandomStream random{deriveSeed(settings.seed, "generate"), static_cast<uint32_t>(index)};
  double rest = random.uniformF64(0) * sum;
  for (size_t i = 0; i + 1 < end; ++i) {
    if (rest < weights[i])
      return order[i];
    rest -= weights[i];
  }
  return order[end - 1];
}
