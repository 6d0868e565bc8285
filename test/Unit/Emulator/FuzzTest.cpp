// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mutated kernels: an error or a run, never a crash or a hang. MMC_FUZZ_INPUTS says how many
// (default 4000), MMC_FUZZ_SEED which, MMC_FUZZ_KEEP where each is written before it is tried. How
// to try many under the sanitizers: lib/Runtime/Emulator/README.md.

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace mmc::emulator::test {

/// The kernels of the corpus, each with the head of its file.
static std::vector<std::string> seeds() {
  std::vector<std::string> list;
  std::vector<std::string> paths;
  for (const char *folder : {"/corpus", "/violations"})
    for (const auto &entry :
         std::filesystem::directory_iterator(std::string(MMC_TEST_PTX) + folder))
      if (entry.path().extension() == ".ptx")
        paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  for (const std::string &path : paths) {
    StatusOr<std::string> text = readFile(path);
    size_t first = text->find("address_size 64");
    std::string head = text->substr(0, first + 16);
    for (size_t at = text->find(".visible .entry"); at != std::string::npos;) {
      size_t next = text->find(".visible .entry", at + 1), end = text->find("\n}\n", at);
      if (end != std::string::npos && end - at < 3000)
        list.push_back(head + text->substr(at, end + 3 - at));
      at = next;
    }
  }
  return list;
}

class Mutator {
public:
  explicit Mutator(unsigned seed) : random(seed) {}

  std::string operator()(const std::string &seed, const std::string &other) {
    std::string text = seed;
    for (size_t count = random() % 3 ? 1 : 2 + random() % 3; count > 0; --count)
      once(text, other);
    return text;
  }

private:
  size_t below(size_t bound) { return bound ? random() % bound : 0; }

  /// [begin, end) of a word, a number or a sign.
  std::pair<size_t, size_t> token(const std::string &text) {
    size_t at = below(text.size());
    auto isWord = [&](size_t i) {
      return std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_' || text[i] == '%';
    };
    size_t begin = at, end = at + 1;
    if (isWord(at)) {
      while (begin > 0 && isWord(begin - 1))
        --begin;
      while (end < text.size() && isWord(end))
        ++end;
    }
    return {begin, end};
  }

  void once(std::string &text, const std::string &other) {
    static const char *const words[] = {"0",
                                        "-1",
                                        "4294967295",
                                        "18446744073709551615",
                                        "0x7fffffffffffffff",
                                        "32",
                                        "%tid.x",
                                        "%r1",
                                        "%rd1",
                                        "%p1",
                                        "%f1",
                                        "s32",
                                        "b64",
                                        "pred",
                                        ".v4",
                                        "{",
                                        "}",
                                        ";",
                                        "[",
                                        "]",
                                        "(",
                                        ")",
                                        "ret",
                                        "bra",
                                        "exit",
                                        "bar.sync 0;",
                                        "call",
                                        ".shared",
                                        ".local",
                                        ".param",
                                        "0f7FC00000",
                                        "_",
                                        "@%p1",
                                        "//",
                                        "/*",
                                        "\"",
                                        "<100>",
                                        "+-8",
                                        "|",
                                        "!"};
    if (text.empty())
      return;
    auto [begin, end] = token(text);
    switch (random() % 8) {
    case 0: // a character
      text[below(text.size())] =
          static_cast<char>(random() % 3 ? ' ' + random() % 95 : random() % 256);
      break;
    case 1:
      text.erase(begin, end - begin);
      break;
    case 2:
      text.insert(begin, text.substr(begin, end - begin) + " ");
      break;
    case 3:
      text.replace(begin, end - begin, words[below(std::size(words))]);
      break;
    case 4: { // a token of another kernel
      auto [from, to] = token(other);
      text.replace(begin, end - begin, other.substr(from, to - from));
      break;
    }
    case 5: { // one line instead of another
      size_t a = text.find('\n', below(text.size())), b = text.find('\n', below(text.size()));
      if (a == std::string::npos || b == std::string::npos)
        return;
      size_t endA = text.find('\n', a + 1), endB = text.find('\n', b + 1);
      if (endA == std::string::npos || endB == std::string::npos)
        return;
      text.replace(a, endA - a, text.substr(b, endB - b));
      break;
    }
    case 6: // a line goes
      if (size_t a = text.find('\n', begin); a != std::string::npos)
        text.erase(begin, a - begin);
      break;
    case 7: // the end goes
      if (random() % 16 == 0)
        text.resize(below(text.size()));
      else
        text.insert(begin, other.substr(below(other.size()), below(40)));
      break;
    }
  }
  std::mt19937 random;
};

TEST(Fuzz, MutatedKernelsAreRefusedOrRun) {
  const char *wanted = std::getenv("MMC_FUZZ_INPUTS"), *first = std::getenv("MMC_FUZZ_SEED");
  long count = wanted ? std::atol(wanted) : 4000;
  std::vector<std::string> kernels = seeds();
  ASSERT_GT(kernels.size(), 50u);
  unsigned seed = first ? static_cast<unsigned>(std::atol(first)) : 1;
  Mutator mutate(seed);
  std::mt19937 random(seed + 1);
  long refused = 0, ran = 0;
  StatusOr<const Chip *> chip = findChip("sm_90");
  auto device = std::make_unique<Device>(**chip);
  for (long i = 0; i < count; ++i) {
    std::string text =
        mutate(kernels[random() % kernels.size()], kernels[random() % kernels.size()]);
    if (const char *path = std::getenv("MMC_FUZZ_KEEP"))
      std::ofstream(path) << text; // what a crash leaves behind
    StatusOr<std::shared_ptr<Module>> module = device->load(text, "fuzz");
    if (!module.isOk()) {
      ++refused;
      // Every message says where.
      ASSERT_TRUE(module.status().message().rfind("fuzz:", 0) == 0) << module.status().message();
      continue;
    }
    for (const Kernel &kernel : (*module)->kernels()) {
      std::vector<uint8_t> zeros(1 << 16);
      std::vector<const void *> arguments(kernel.parameters.size(), zeros.data());
      LaunchConfig config;
      config.block.x = kernel.requiredBlock[0] ? kernel.requiredBlock[0] : 48;
      LaunchOptions options;
      options.threads = 1;
      options.maxInstructions = 3000;
      (void)device->launch(kernel, config, arguments, options);
      ++ran;
    }
  }
  std::printf("%ld refused, %ld kernels run\n", refused, ran);
  EXPECT_GT(refused, count / 10);
  EXPECT_GT(ran, count / 20);
}

} // namespace mmc::emulator::test
