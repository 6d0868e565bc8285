// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data inspect: samples for people, and what the whole data set is like.

#include "Command.h"
#include "DataOptions.h"
#include "SampleText.h"

#include "mmc/Runtime/Core/Random.h"
#include "mmc/Runtime/Data/BatchPlan.h"
#include "mmc/Runtime/Data/SampleLengths.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <numeric>
#include <unistd.h>

namespace mmc::data {

static std::string percent(double part, double whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", whole > 0 ? 100 * part / whole : 0.0);
  return text;
}

static void showSample(const OpenedDataset &opened, int64_t index, bool colors) {
  StatusOr<Sample> sample = opened.data->sample(index);
  if (!sample.isOk()) {
    std::printf("\nrefused: %s\n", sample.status().message().c_str());
    return;
  }
  int64_t imageTokens = std::count_if(sample->imageSlots.begin(), sample->imageSlots.end(),
                                      [](int32_t slot) { return slot >= 0; });
  int64_t labels = std::count_if(sample->labels.begin(), sample->labels.end(),
                                 [](int32_t label) { return label != kIgnoredLabel; });
  int64_t own = sample->length() - imageTokens - (sample->modality >= 0);
  std::printf("\nsample '%s': %" PRId64 " tokens (%" PRId64 " of pictures), %" PRId64 " labels",
              sample->id.c_str(), sample->length(), imageTokens, labels);
  if (own < sample->uncutTokens)
    std::printf(", cut: %" PRId64 " tokens of text are lost", sample->uncutTokens - own);
  if (sample->mended)
    std::printf(", labels as they were meant (the original would mask all of it)");
  if (labels == 0)
    std::printf(", nothing is learnt");
  std::printf("\n");
  for (const std::string &image : sample->images)
    std::printf("picture: %s\n", image.c_str());
  std::printf("%s\n", renderSample(*sample, *opened.tokenizer, colors).c_str());
}

/// Lengths in up to twelve classes of equal width.
static void showHistogram(const SampleLengths &lengths) {
  uint32_t longest = 1;
  uint64_t total = 0, samples = 0;
  for (const SampleLength &length : lengths.all) {
    longest = std::max(longest, length.tokens);
    total += length.tokens;
    samples += !length.is(SampleLength::Refused);
  }
  uint32_t width = (longest + 11) / 12;
  std::vector<uint64_t> counts((longest + width - 1) / width);
  for (const SampleLength &length : lengths.all)
    if (!length.is(SampleLength::Refused))
      ++counts[(std::max(length.tokens, 1u) - 1) / width];
  uint64_t most = *std::max_element(counts.begin(), counts.end());
  std::printf("\nlengths: %.1f tokens on average, %u at most\n",
              samples ? double(total) / double(samples) : 0.0, longest);
  for (size_t i = 0; i < counts.size(); ++i) {
    int bar = static_cast<int>((counts[i] * 40 + most - 1) / std::max<uint64_t>(most, 1));
    std::printf("  %6zu-%-6zu %8" PRIu64 " %s\n", i * width + 1, (i + 1) * width, counts[i],
                std::string(bar, '#').c_str());
  }
}

static void showPacking(const SampleLengths &lengths, const InspectOptions &options) {
  std::vector<uint32_t> order;
  uint64_t tokens = 0;
  for (size_t i = 0; i < lengths.all.size(); ++i)
    if (!lengths.all[i].is(SampleLength::Refused)) {
      order.push_back(static_cast<uint32_t>(i));
      tokens += lengths.all[i].tokens;
    }
  int64_t capacity = options.seqLen;
  for (const SampleLength &length : lengths.all)
    capacity = std::max<int64_t>(capacity, length.tokens);
  int64_t images = options.imagesPerRow > 0 ? options.imagesPerRow : -1;
  size_t rows = packRows(order, lengths.all, capacity, images, PlanOptions().packWindow).size();
  std::printf("\nrows of %" PRId64
              " tokens: one sample a row fills %s; packed, %zu samples need %zu "
              "rows, which are filled to %s\n",
              capacity, percent(double(tokens), double(order.size()) * double(capacity)).c_str(),
              order.size(), rows, percent(double(tokens), double(rows) * double(capacity)).c_str());
}

static Status showStatistics(const OpenedDataset &opened, const InspectOptions &options) {
  MMC_ASSIGN_OR_RETURN(SampleLengths lengths, SampleLengths::measure(*opened.data));
  auto count = [&](SampleLength::Flag flag) {
    return std::count_if(lengths.all.begin(), lengths.all.end(),
                         [&](const SampleLength &length) { return length.is(flag); });
  };
  uint64_t pictures = 0;
  for (const SampleLength &length : lengths.all)
    pictures += length.images;
  std::printf("\n%zu samples, %" PRIu64 " pictures; cut: %td; labels mended: %td; nothing learnt: "
              "%td; refused: %zu\n",
              lengths.all.size(), pictures, count(SampleLength::Cut), count(SampleLength::Mended),
              count(SampleLength::NothingLearnt), lengths.refused.size());
  for (const std::string &reason : lengths.reasons)
    std::printf("  refused: %s\n", reason.c_str());
  if (lengths.refused.size() > lengths.reasons.size())
    std::printf("  … %zu more\n", lengths.refused.size() - lengths.reasons.size());
  showHistogram(lengths);
  showPacking(lengths, options);
  return Status::ok();
}

static Status run() {
  InspectOptions options = inspectOptions();
  if (options.count < 0)
    return Status::badUsage("--count must not be negative, got: " + std::to_string(options.count));
  if (options.color != "auto" && options.color != "always" && options.color != "never")
    return Status::badUsage("--color must be auto, always or never, got: '" + options.color + "'");
  bool colors = options.color == "always" || (options.color == "auto" && isatty(STDOUT_FILENO));
  MMC_ASSIGN_OR_RETURN(OpenedDataset opened, openDataset());
  int64_t size = opened.data->size();
  Permutation permutation(std::max<int64_t>(size, 1),
                          deriveSeed(static_cast<uint64_t>(options.seed), "shuffle 0"));
  for (int64_t i = 0; i < std::min(options.count, size); ++i)
    showSample(opened, options.order ? static_cast<int64_t>(permutation(i)) : i, colors);
  return options.histogram && size > 0 ? showStatistics(opened, options) : Status::ok();
}

Command inspectCommand() { return {&inspectSubCommand, run}; }

} // namespace mmc::data
