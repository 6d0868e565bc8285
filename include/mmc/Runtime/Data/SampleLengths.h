// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How long the samples of a data set are, and which of them it refuses.

#ifndef MMC_RUNTIME_DATA_SAMPLELENGTHS_H
#define MMC_RUNTIME_DATA_SAMPLELENGTHS_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/Sample.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mmc {

/// What is known of a sample without reading it again.
struct SampleLength {
  enum Flag : uint16_t { Refused = 1, Cut = 2, Mended = 4, NothingLearnt = 8 };
  uint32_t tokens = 0;
  uint16_t images = 0;
  uint16_t flags = 0;
  bool is(Flag flag) const { return (flags & flag) != 0; }
};

struct SampleLengths {
  std::vector<SampleLength> all;
  /// Samples with the flag Refused, ascending.
  std::vector<uint32_t> refused;
  /// What the first of them were refused for, at most 100: messages that name the sample.
  std::vector<std::string> reasons;

  /// Encodes every sample once, on so many threads (0: one for each core). A data set with a
  /// lengthsKey() has its lengths kept in the cache folder; with them nothing is encoded. Fails on
  /// what sample() fails on, unless the data set mayRefuse(); then only if every sample is refused,
  /// with the first reason.
  static StatusOr<SampleLengths> measure(const Dataset &data, unsigned threads = 0);
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_SAMPLELENGTHS_H
