// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Image captions in LLaVA's JSON, by its "plain" template: what a connector is aligned with.

#ifndef MMC_RUNTIME_DATA_CAPTIONDATA_H
#define MMC_RUNTIME_DATA_CAPTIONDATA_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <memory>
#include <string>
#include <vector>

namespace mmc {

struct CaptionOptions {
  /// Tokens of a row, image tokens included; longer rows lose their end.
  int64_t seqLen = 2048;
  /// Rows that an image takes.
  int64_t imageTokens = 1;
  /// Where image names start from; empty: the folder of the JSON file.
  std::string imageRoot;
  /// Only entries whose field `split` is this; empty: all.
  std::string split;
  /// Whether a missing picture fails (false where only ids are looked at).
  bool checkImages = true;
};

/// `[{"id", "image", "conversations": [{"from", "value"}, {"from", "value"}]}]`: a first turn with
/// `<image>`, of which only the image is used, and a second turn with the caption. A row is
/// `[BOS] image… caption newline`, without EOS, as in LLaVA; the caption and its newline are
/// learnt.
class CaptionDataset final : public Dataset {
public:
  /// Reads `file`. `tokenizer` must outlive the data set. Fails on JSON of another form, on an
  /// empty list and on a missing picture. An entry that the template cannot take (other than two
  /// turns, no image, no `<image>` in the first turn or one in the second) fails in sample().
  static StatusOr<std::unique_ptr<CaptionDataset>>
  load(const std::string &file, const Tokenizer &tokenizer, const CaptionOptions &options);

  int64_t size() const override { return static_cast<int64_t>(items.size()); }
  std::string id(int64_t index) const override { return items[index].id; }
  StatusOr<Sample> sample(int64_t index) const override;

private:
  struct Item {
    std::string id, image;
    std::vector<std::string> turns;
  };
  CaptionDataset(const Tokenizer &tokenizer, CaptionOptions options)
      : tokens(tokenizer), settings(std::move(options)) {}

  const Tokenizer &tokens;
  CaptionOptions settings;
  std::vector<Item> items;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_CAPTIONDATA_H
