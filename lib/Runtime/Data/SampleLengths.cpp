// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Measures the samples of a data set, or finds that it was done before.

#include "mmc/Runtime/Data/SampleLengths.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/StartThread.h"
#include "mmc/Runtime/Data/JsonRows.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>

using namespace mmc;

namespace {

/// Of a file of lengths. Behind it: the key, the lengths, and the reasons, each ended by a zero
/// byte.
struct Header {
  char magic[8];
  uint64_t keyBytes, samples, reasonBytes;
  uint32_t checksum, reserved;
};

constexpr char kMagic[8] = {'m', 'm', 'c', 'l', 'e', 'n', 's', '1'};
constexpr size_t kMostReasons = 100;

} // namespace

static SampleLength lengthOf(const Sample &sample, int64_t imageTokens) {
  SampleLength length;
  length.tokens = static_cast<uint32_t>(sample.length());
  length.images = static_cast<uint16_t>(std::min<size_t>(sample.images.size(), UINT16_MAX));
  // The modality token and image tokens are not counted in uncutTokens.
  int64_t own = sample.length() - imageTokens - (sample.modality >= 0);
  if (own < sample.uncutTokens)
    length.flags |= SampleLength::Cut;
  if (sample.mended)
    length.flags |= SampleLength::Mended;
  if (std::all_of(sample.labels.begin(), sample.labels.end(),
                  [](int32_t label) { return label == kIgnoredLabel; }))
    length.flags |= SampleLength::NothingLearnt;
  return length;
}

static void findRefused(SampleLengths &lengths) {
  for (size_t i = 0; i < lengths.all.size(); ++i)
    if (lengths.all[i].is(SampleLength::Refused))
      lengths.refused.push_back(static_cast<uint32_t>(i));
}

static bool load(const std::string &file, const std::string &key, int64_t samples,
                 SampleLengths &lengths) {
  std::error_code error;
  if (file.empty() || !std::filesystem::is_regular_file(file, error))
    return false;
  auto content = readFile(file);
  if (!content.isOk() || content->size() < sizeof(Header))
    return false;
  Header header;
  std::memcpy(&header, content->data(), sizeof header);
  std::string_view rest = std::string_view(*content).substr(sizeof header);
  uint64_t bytes = static_cast<uint64_t>(samples) * sizeof(SampleLength);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.keyBytes != key.size() ||
      header.samples != static_cast<uint64_t>(samples) || header.reasonBytes > rest.size() ||
      rest.size() != key.size() + bytes + header.reasonBytes ||
      crc32c(rest.data(), rest.size()) != header.checksum || rest.substr(0, key.size()) != key)
    return false;
  lengths.all.resize(samples);
  std::memcpy(lengths.all.data(), rest.data() + key.size(), bytes);
  std::string_view reasons = rest.substr(key.size() + bytes);
  while (!reasons.empty()) {
    size_t end = std::min(reasons.find('\0'), reasons.size() - 1);
    lengths.reasons.emplace_back(reasons.substr(0, end));
    reasons.remove_prefix(end + 1);
  }
  findRefused(lengths);
  return true;
}

static void save(const std::string &file, const std::string &key, const SampleLengths &lengths) {
  if (file.empty())
    return;
  std::string content = key;
  content.append(reinterpret_cast<const char *>(lengths.all.data()),
                 lengths.all.size() * sizeof(SampleLength));
  size_t before = content.size();
  for (const std::string &reason : lengths.reasons)
    content += reason + '\0';
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.keyBytes = key.size();
  header.samples = lengths.all.size();
  header.reasonBytes = content.size() - before;
  header.checksum = crc32c(content.data(), content.size());
  content.insert(0, reinterpret_cast<const char *>(&header), sizeof header);
  // Without it the next run measures again.
  (void)writeFile(file, content).isOk();
}

namespace {

/// Encodes the samples of a data set on several threads, a run of samples at a time.
class Measurement {
public:
  Measurement(const Dataset &data, SampleLengths &lengths) : data(data), lengths(lengths) {}

  Status run(unsigned threads) {
    lengths.all.resize(data.size());
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads && startThread(others, [this] { work(); }); ++i) {
    }
    work();
    for (std::thread &other : others)
      other.join();
    if (failedAt < data.size())
      return failure;
    std::sort(reasons.begin(), reasons.end());
    for (size_t i = 0; i < std::min(reasons.size(), kMostReasons); ++i)
      lengths.reasons.push_back(std::move(reasons[i].second));
    return Status::ok();
  }

private:
  void work() {
    // A thread's runs ascend, so its first reasons hold all that can be among the first of all.
    std::vector<std::pair<int64_t, std::string>> own;
    for (int64_t begin; (begin = next.fetch_add(kRun)) < data.size();)
      for (int64_t i = begin; i < std::min(begin + kRun, data.size()); ++i)
        if (!measure(i, own))
          return;
    std::lock_guard<std::mutex> lock(mutex);
    reasons.insert(reasons.end(), own.begin(), own.end());
  }

  /// False where the data set cannot be measured.
  bool measure(int64_t i, std::vector<std::pair<int64_t, std::string>> &own) {
    StatusOr<Sample> sample = data.sample(i);
    if (sample.isOk()) {
      int64_t imageTokens = std::count_if(sample->imageSlots.begin(), sample->imageSlots.end(),
                                          [](int32_t slot) { return slot >= 0; });
      lengths.all[i] = lengthOf(*sample, imageTokens);
      return true;
    }
    if (data.mayRefuse() && sample.status().code() == StatusCode::BadInput) {
      lengths.all[i].flags = SampleLength::Refused;
      if (own.size() < kMostReasons)
        own.emplace_back(i, sample.status().message());
      return true;
    }
    // Runs before this one are still finished, so that the first failure is always the same one.
    next = data.size();
    std::lock_guard<std::mutex> lock(mutex);
    if (i < failedAt) {
      failedAt = i;
      failure = sample.status();
    }
    return false;
  }

  static constexpr int64_t kRun = 256;
  const Dataset &data;
  SampleLengths &lengths;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::vector<std::pair<int64_t, std::string>> reasons;
  int64_t failedAt = INT64_MAX;
  Status failure = Status::ok();
};

} // namespace

StatusOr<SampleLengths> SampleLengths::measure(const Dataset &data, unsigned threads) {
  SampleLengths lengths;
  std::string key = data.lengthsKey();
  std::string file = key.empty() ? "" : cacheFile("lengths " + key, ".lengths");
  if (load(file, key, data.size(), lengths)) {
    if (lengths.refused.size() < lengths.all.size())
      return lengths;
    lengths = {};
  }
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  MMC_RETURN_IF_ERROR(Measurement(data, lengths).run(threads));
  findRefused(lengths);
  if (!lengths.all.empty() && lengths.refused.size() == lengths.all.size())
    return Status::badInput("every sample is refused, the first: " + lengths.reasons[0]);
  save(file, key, lengths);
  return lengths;
}
