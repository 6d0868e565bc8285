// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One training sample as token ids and labels, and what every data set offers.

#ifndef MMC_RUNTIME_DATA_SAMPLE_H
#define MMC_RUNTIME_DATA_SAMPLE_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mmc {

/// A label that the loss ignores.
constexpr int32_t kIgnoredLabel = -100;

/// One sample, cut to its data set's sequence length and not padded. The five vectors have the
/// same length L.
struct Sample {
  /// What messages call it: the data set's own id.
  std::string id;
  /// Token ids; 0 where an image token or the modality token stands.
  std::vector<int32_t> inputIds;
  /// Unshifted labels; kIgnoredLabel where the loss looks away. The first is always ignored, since
  /// nothing before it predicts it (and in a packed row another sample stands there).
  std::vector<int32_t> labels;
  /// Rotary positions.
  std::vector<int32_t> positionIds;
  /// Attention stays within equal ids; from 1 up.
  std::vector<int32_t> segmentIds;
  /// -1: a text token; else image * tokensPerImage + token, `image` counted in `images`.
  std::vector<int32_t> imageSlots;
  /// Files of its images.
  std::vector<std::string> images;
  /// LaVIN: 0 text only, 1 with image; -1 for models without modality token.
  int32_t modality = -1;
  /// Tokens of the prompt (what the label mask covers) and of the whole sample before the cut,
  /// without image and modality tokens: what `mmc-data inspect` tells people.
  int64_t promptTokens = 0;
  int64_t uncutTokens = 0;
  /// Whether the original program's rules contradict themselves for it, so that the labels here are
  /// those that it meant.
  bool mended = false;

  int64_t length() const { return static_cast<int64_t>(inputIds.size()); }
};

/// A finite sequence of samples that can be asked for in any order, from several threads.
/// Const members may be called from several threads at once.
class Dataset {
public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  /// What messages call the sample at `index`, also one that sample() refuses.
  virtual std::string id(int64_t index) const = 0;
  /// The sample at `index` in [0, size). A failure names the sample.
  virtual StatusOr<Sample> sample(int64_t index) const = 0;
  /// Whether sample() may refuse a sample that training is to go on without.
  virtual bool mayRefuse() const { return false; }
  /// What the lengths of the samples depend on, in words: lengths that are kept under this key hold
  /// as long as it stays the same. "": they are not kept.
  virtual std::string lengthsKey() const { return ""; }
  /// CRC-32C of the ids in order, each ended by a zero byte: what tells the data set on resume.
  virtual uint32_t idsChecksum() const;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_SAMPLE_H
