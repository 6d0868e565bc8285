// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// metrics.jsonl and event files read back by decoders of the test's own, and the progress line.

#include "mmc/Runtime/Train/Metrics.h"
#include "../Core/TemporaryDirectory.h"
#include "mmc/Runtime/Train/EventFile.h"
#include "mmc/Runtime/Train/Progress.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>
#include <limits>
#include <sstream>
#include <sys/resource.h>

using namespace mmc;
using nlohmann::json;

namespace {

StepMetrics metricsOf(int64_t step) {
  StepMetrics metrics;
  metrics.step = step;
  metrics.epoch = step / 8.0;
  metrics.loss = 2.5 - 0.1 * step;
  metrics.learningRate = 1e-4;
  metrics.gradNorm = 0.75;
  metrics.tokens = 512;
  metrics.labels = 100;
  metrics.stepSeconds = 0.25;
  metrics.tokensPerSecond = 2048;
  metrics.peakBytes = int64_t(5) << 30;
  return metrics;
}

std::vector<json> linesOf(const std::string &path) {
  std::istringstream in(readBytes(path));
  std::vector<json> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(json::parse(line, nullptr, false));
  return lines;
}

TEST(Metrics, OneObjectPerLine) {
  TemporaryDirectory directory;
  std::string path = directory / "metrics.jsonl";
  auto file = MetricsFile::open(path);
  ASSERT_TRUE(file.isOk()) << file.status().message();
  ASSERT_TRUE(file->write(metricsOf(1)).isOk());
  EXPECT_EQ(readBytes(path),
            R"({"step":1,"epoch":0.125,"loss":2.4,"lr":0.0001,"grad_norm":0.75,"tokens":512,)"
            R"("labels":100,"step_seconds":0.25,"tokens_per_second":2048.0,)"
            R"("peak_bytes":5368709120})"
            "\n")
      << "each line is there at once";
  ASSERT_TRUE(file->write(EvalMetrics{1, 0.125, 1.5, std::nullopt}).isOk());
  ASSERT_TRUE(file->write(EvalMetrics{1, 0.125, 1.5, 0.5}).isOk());
  StepMetrics broken = metricsOf(2);
  broken.loss = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(file->write(broken).isOk());
  std::vector<json> lines = linesOf(path);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[1], json({{"step", 1}, {"epoch", 0.125}, {"eval_loss", 1.5}}));
  EXPECT_EQ(lines[2]["eval_accuracy"], 0.5);
  EXPECT_TRUE(lines[3]["loss"].is_null());
}

TEST(Metrics, ResumeCutsWhatComesAfter) {
  TemporaryDirectory directory;
  std::string path = directory / "metrics.jsonl";
  {
    auto file = MetricsFile::open(path);
    ASSERT_TRUE(file.isOk());
    for (int step = 1; step <= 5; ++step) {
      ASSERT_TRUE(file->write(metricsOf(step)).isOk());
      ASSERT_TRUE(file->write(EvalMetrics{step, 0, 1, std::nullopt}).isOk());
    }
  }
  std::string whole = readBytes(path);
  auto resume = [&](const std::string &before, int64_t step) {
    writeBytes(path, before);
    auto file = MetricsFile::open(path, step);
    EXPECT_TRUE(file.isOk());
    EXPECT_TRUE(file->write(metricsOf(step + 1)).isOk());
    return linesOf(path);
  };
  std::vector<json> lines = resume(whole, 3);
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[5]["step"], 3);
  EXPECT_TRUE(lines[5].contains("eval_loss"));
  EXPECT_EQ(lines[6]["step"], 4);
  EXPECT_TRUE(lines[6].contains("loss"));
  EXPECT_EQ(readBytes(path).compare(0, 100, whole, 0, 100), 0);

  EXPECT_EQ(resume(whole.substr(0, whole.size() - 5), 7).size(), 10u) << "a line cut short goes";
  EXPECT_EQ(resume(whole, 0).size(), 1u);
  EXPECT_EQ(resume(whole, 100).size(), 11u);
  EXPECT_EQ(resume("garbage\n" + whole, 100).size(), 1u);
  EXPECT_EQ(resume("[]\n", 100).size(), 1u);
  EXPECT_EQ(resume("", 100).size(), 1u);
  std::filesystem::remove(path);
  EXPECT_TRUE(MetricsFile::open(path, 3).isOk());
  EXPECT_TRUE(MetricsFile::open(path).isOk());
  EXPECT_EQ(MetricsFile::open(directory / "absent/metrics.jsonl").status().code(), StatusCode::Io);
}

TEST(Metrics, FullDiskIsReported) {
  // A limit on the file size fails like a full disk.
  TemporaryDirectory directory;
  auto file = MetricsFile::open(directory / "metrics.jsonl");
  auto events = EventFile::create(directory.path());
  ASSERT_TRUE(file.isOk() && events.isOk());
  struct rlimit before, small;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 60;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Status fileStatus = file->write(metricsOf(1)), eventStatus = events->write(1, {{"loss", 1.0}});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(fileStatus.code(), StatusCode::Io);
  EXPECT_EQ(eventStatus.code(), StatusCode::Io);
}

/// CRC-32C bit by bit, as the polynomial says: independent of the tables under test.
uint32_t bitwiseCrc(const std::string &bytes) {
  uint32_t crc = ~0u;
  for (unsigned char byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      bool odd = (crc ^ byte >> bit) & 1;
      crc = crc >> 1 ^ (odd ? 0x82f63b78 : 0);
    }
  return ~crc;
}

/// A decoded protobuf message: field number to values in order, varints and fixed ones as bits.
struct Fields {
  std::multimap<int, uint64_t> numbers;
  std::multimap<int, std::string> strings;

  explicit Fields(const std::string &text) { decode(text); }

private:
  void decode(const std::string &text) {
    size_t at = 0;
    auto varint = [&] {
      uint64_t value = 0;
      for (int shift = 0; at < text.size(); shift += 7) {
        unsigned char byte = text[at++];
        value |= uint64_t(byte & 0x7f) << shift;
        if (byte < 0x80)
          return value;
      }
      ADD_FAILURE() << "varint runs over the end";
      return value;
    };
    while (at < text.size()) {
      uint64_t tag = varint();
      int field = tag >> 3, wire = tag & 7;
      size_t size = wire == 1 ? 8 : wire == 5 ? 4 : wire == 2 ? varint() : 0;
      ASSERT_LE(at + size, text.size());
      uint64_t bits = 0;
      if (wire == 0)
        numbers.insert({field, varint()});
      else if (wire == 2)
        strings.insert({field, text.substr(at, size)});
      else if (wire == 1 || wire == 5)
        numbers.insert({field, (std::memcpy(&bits, text.data() + at, size), bits)});
      else
        FAIL() << "wire type " << wire;
      at += size;
    }
  }
};

template <typename T, typename Bits>
T bitCast(Bits bits) {
  T value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

std::vector<Fields> readEvents(const std::string &path) {
  std::string bytes = readBytes(path);
  std::vector<Fields> events;
  auto checked = [&](size_t at, size_t size) {
    std::string part = bytes.substr(at, size);
    uint32_t crc = bitwiseCrc(part), stored;
    std::memcpy(&stored, bytes.data() + at + size, 4);
    EXPECT_EQ(stored, ((crc >> 15) | (crc << 17)) + 0xa282ead8u);
    return part;
  };
  for (size_t at = 0; at < bytes.size();) {
    uint64_t length;
    std::memcpy(&length, checked(at, 8).data(), 8);
    if (at + 16 + length > bytes.size()) {
      ADD_FAILURE() << "record runs over the end";
      break;
    }
    events.emplace_back(checked(at + 12, length));
    at += 16 + length;
  }
  return events;
}

TEST(EventFile, DecodesToWhatWasWritten) {
  ASSERT_EQ(bitwiseCrc("123456789"), 0xe3069283u);
  TemporaryDirectory directory;
  double before = static_cast<double>(std::time(nullptr));
  auto file = EventFile::create(directory.path());
  ASSERT_TRUE(file.isOk()) << file.status().message();
  const std::string longName(300, 'n');
  ASSERT_TRUE(file->write(3, scalarsOf(metricsOf(3))).isOk());
  ASSERT_TRUE(file->write(int64_t(1) << 40, {{longName, 0.1}}).isOk());
  ASSERT_EQ(directory.names().size(), 1u);
  EXPECT_EQ(directory.names()[0].find("events.out.tfevents."), 0u);
  EXPECT_EQ(directory / directory.names()[0], file->path());

  std::vector<Fields> events = readEvents(file->path());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].strings.find(3)->second, "brain.Event:2");
  for (const Fields &event : events) {
    double time = bitCast<double>(event.numbers.find(1)->second);
    EXPECT_TRUE(time >= before && time < before + 60) << time;
  }
  EXPECT_EQ(events[1].numbers.find(2)->second, 3u);
  Fields summary(events[1].strings.find(5)->second);
  std::map<std::string, float> scalars;
  for (auto [it, end] = summary.strings.equal_range(1); it != end; ++it) {
    Fields value(it->second);
    scalars[value.strings.find(1)->second] =
        bitCast<float>(static_cast<uint32_t>(value.numbers.find(2)->second));
  }
  EXPECT_EQ(scalars, (std::map<std::string, float>{{"loss", 2.2f},
                                                   {"lr", 1e-4f},
                                                   {"grad_norm", 0.75f},
                                                   {"tokens", 512.0f},
                                                   {"labels", 100.0f},
                                                   {"step_seconds", 0.25f},
                                                   {"tokens_per_second", 2048.0f},
                                                   {"peak_bytes", 5368709120.0f}}));
  EXPECT_EQ(events[2].numbers.find(2)->second, uint64_t(1) << 40);
  Fields other(events[2].strings.find(5)->second);
  EXPECT_EQ(Fields(other.strings.find(1)->second).strings.find(1)->second, longName);
}

TEST(EventFile, ResumeStartsASession) {
  TemporaryDirectory directory;
  auto first = EventFile::create(directory.path());
  auto second = EventFile::create(directory.path(), 7);
  ASSERT_TRUE(first.isOk() && second.isOk());
  EXPECT_NE(first->path(), second->path());
  std::vector<Fields> events = readEvents(second->path());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].numbers.find(2)->second, 8u);
  EXPECT_EQ(Fields(events[1].strings.find(7)->second).numbers.find(1)->second, 1u);
  EXPECT_EQ(EventFile::create(directory / "absent").status().code(), StatusCode::Io);
}

class ProgressTest : public testing::Test {
protected:
  TemporaryDirectory directory;
  std::string path = directory / "out";
  std::FILE *stream = std::fopen(path.c_str(), "w");
  ~ProgressTest() override { std::fclose(stream); }
};

TEST_F(ProgressTest, RedrawsOneLineOnATerminal) {
  {
    Progress progress(stream, /*isTerminal=*/true, 102, 2);
    progress.update(12, 1.23456, 1e-4, 999.7, 20);
    progress.update(102, 0.5, 0, 1000, 200);
  }
  EXPECT_EQ(readBytes(path),
            "\rstep 12/102  loss 1.2346  lr 0.0001  1000 tokens/s  3:00 left\x1b[K"
            "\rstep 102/102  loss 0.5000  lr 0  1000 tokens/s  3:20 in all\x1b[K\n");
}

TEST_F(ProgressTest, PlainLinesNowAndThen) {
  {
    Progress progress(stream, /*totalSteps=*/100);
    for (int step = 1; step <= 100; ++step)
      progress.update(step, 1, 1, 1, step * 0.25);
  }
  std::istringstream in(readBytes(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line.substr(0, line.find("  ")));
  EXPECT_EQ(lines,
            (std::vector<std::string>{"step 1/100", "step 41/100", "step 81/100", "step 100/100"}));
}

TEST(Progress, Durations) {
  EXPECT_EQ(formatDuration(6.6), "0:07");
  EXPECT_EQ(formatDuration(754), "12:34");
  EXPECT_EQ(formatDuration(10921), "3:02:01");
  EXPECT_EQ(formatDuration(5 * 86400 + 10921), "5 d 03:02:01");
  EXPECT_EQ(formatDuration(std::nan("")), "?");
  EXPECT_EQ(formatDuration(HUGE_VAL), "?");
}

} // namespace
