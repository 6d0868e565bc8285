// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chooses the next token from a row of logits: the likeliest, or at random by seed.

#ifndef MMC_RUNTIME_GENERATE_SAMPLER_H
#define MMC_RUNTIME_GENERATE_SAMPLER_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>

namespace mmc {

struct SamplerSettings {
  /// Logits are divided by it; 0: always the likeliest token.
  double temperature = 0;
  /// Only the k likeliest tokens; 0: all.
  int64_t topK = 0;
  /// Only the likeliest tokens whose probabilities first add up to p; 1: all.
  double topP = 1;
  uint64_t seed = 0;
};

/// A function of its settings: nothing is stored between calls.
class Sampler {
public:
  /// BadUsage for a temperature that is negative or not finite, a negative top-k, a top-p outside
  /// of (0, 1].
  static StatusOr<Sampler> create(const SamplerSettings &settings);

  /// One of 0 … count − 1, the `index`-th token that is chosen. Of equal logits the lower id comes
  /// first. With a temperature: softmax(logits / temperature), of its tokens in descending order
  /// the first topK, of those (made to sum to 1 again) each before which less than topP has been
  /// added up, as Hugging Face's warpers in that order. Depends on settings, logits and index only.
  /// BadInput when a logit is NaN or +∞, or all are −∞.
  StatusOr<int32_t> pick(const float *logits, int64_t count, int64_t index) const;

private:
  explicit Sampler(const SamplerSettings &settings) : settings(settings) {}
  SamplerSettings settings;
};

} // namespace mmc

#endif // MMC_RUNTIME_GENERATE_SAMPLER_H
