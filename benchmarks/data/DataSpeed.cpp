// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Times one thing that the data side does, on one thread; benchmarks/data/compare.py puts it beside
// others.
//
//   DataSpeed encode TOKENIZER TEXTS.json    all texts with special tokens
//   DataSpeed pixels PICTURE SIZE COUNT      CLIP's preprocessing of a decoded picture
//   DataSpeed open ROWS.json                 opens (or indexes) a list and reads a row
//
// Prints seconds of processor time (the least of several repeats), for open seconds of the clock
// and for open megabytes of memory.

#include "mmc/Runtime/Data/ImageTransform.h"
#include "mmc/Runtime/Data/JsonFile.h"
#include "mmc/Runtime/Data/JsonRows.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>

using namespace mmc;

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static int fail(const Status &status) {
  std::fprintf(stderr, "DataSpeed: %s\n", status.message().c_str());
  return 1;
}

/// What other programs do on the same cores does not count.
static double processorTime() { return double(std::clock()) / CLOCKS_PER_SEC; }

static int encode(const char *path, const char *file) {
  auto tokenizer = Tokenizer::load(path);
  if (!tokenizer.isOk())
    return fail(tokenizer.status());
  nlohmann::json list;
  if (Status status = readJsonFile(file, list); !status.isOk())
    return fail(status);
  std::vector<std::string> texts;
  for (const nlohmann::json &text : list)
    texts.push_back(*text.get_ptr<const std::string *>());
  double best = 1e9;
  size_t tokens = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    double start = processorTime();
    tokens = 0;
    for (const std::string &text : texts)
      tokens += (*tokenizer)->encodeWithSpecials(text)->size();
    best = std::min(best, processorTime() - start);
  }
  std::printf("%.6f s, %zu tokens\n", best, tokens);
  return 0;
}

static int pixels(const char *file, int64_t size, int count) {
  auto image = readImage(file);
  auto transform = imageTransform("clip", size);
  if (!image.isOk() || !transform.isOk())
    return fail(image.isOk() ? transform.status() : image.status());
  double best = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    double start = processorTime();
    for (int i = 0; i < count; ++i)
      if (auto values = preprocess(*image, *transform); !values.isOk())
        return fail(values.status());
    best = std::min(best, processorTime() - start);
  }
  std::printf("%.6f s\n", best);
  return 0;
}

/// The most memory that this program had. getrusage would tell of the one that started it, if that
/// had more.
static long peakKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0)
      return std::atol(line.c_str() + 6);
  return 0;
}

static int open(const char *file) {
  double start = now();
  auto rows = JsonRows::open(file);
  if (!rows.isOk())
    return fail(rows.status());
  auto row = (*rows)->row((*rows)->size() / 2);
  if (!row.isOk())
    return fail(row.status());
  double seconds = now() - start;
  std::printf("%.6f %.1f\n", seconds, double(peakKilobytes()) / 1024);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && std::strcmp(argv[1], "encode") == 0)
    return encode(argv[2], argv[3]);
  if (argc == 5 && std::strcmp(argv[1], "pixels") == 0)
    return pixels(argv[2], std::atoll(argv[3]), std::atoi(argv[4]));
  if (argc == 3 && std::strcmp(argv[1], "open") == 0)
    return open(argv[2]);
  std::fprintf(stderr, "usage: DataSpeed encode TOKENIZER TEXTS.json | pixels PICTURE SIZE COUNT | "
                       "open ROWS.json\n");
  return 2;
}
