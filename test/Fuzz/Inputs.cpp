// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes random texts and damages files.

#include "Inputs.h"

#include "UnicodeText.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace mmc::test {

std::string randomText(Dice &dice, bool bytes) {
  static const char *const words[] = {
      "the ",  " picture", "Frog",     "'s",         "don't",     "12345", "\n",
      "\n\n",  "\t",       "  ",       "    ",       "<image>",   "</s>",  "<s>",
      "<unk>", "▁",        "Ġ",        "é",          "e\xcc\x81", "中文",  "😀",
      "\r\n",  "…",        "<|user|>", "<|im_end|>", "<word>",    "ab"};
  std::string text;
  for (uint64_t parts = dice.below(24); parts > 0; --parts)
    switch (dice.below(bytes ? 5 : 4)) {
    case 0:
    case 1:
      text += words[dice.below(std::size(words))];
      break;
    case 2: {
      uint32_t character = static_cast<uint32_t>(dice.below(0x110000));
      appendUtf8(text, character >= 0xd800 && character < 0xe000 ? 0xfffd : character);
      break;
    }
    case 3:
      appendUtf8(text, static_cast<uint32_t>(dice.below(0x500)));
      break;
    default:
      text += static_cast<char>(dice.below(256));
    }
  return text;
}

std::string mutated(Dice &dice, std::string seed) {
  for (uint64_t changes = 1 + dice.below(6); changes > 0 && !seed.empty(); --changes) {
    // Headers decide the most.
    size_t range = dice.below(2) ? std::min<size_t>(seed.size(), 64) : seed.size();
    size_t at = dice.below(range);
    size_t length = std::min<size_t>(1 + dice.below(8), seed.size() - at);
    switch (dice.below(7)) {
    case 0:
      seed[at] = static_cast<char>(dice.below(256));
      break;
    case 1:
      seed[at] = static_cast<char>(seed[at] ^ 1 << dice.below(8));
      break;
    case 2:
      seed.erase(at, length);
      break;
    case 3:
      seed.insert(at, seed.substr(at, length));
      break;
    case 4:
      seed.replace(at, length, seed.substr(dice.below(seed.size()), length));
      break;
    case 5:
      for (size_t i = 0; i < length; ++i)
        seed[at + i] = static_cast<char>(dice.below(2) ? 0xff : 0);
      break;
    default:
      if (dice.below(4) == 0)
        seed.resize(at);
    }
  }
  return seed;
}

std::string goldenFile(const std::string &name) {
  std::ifstream file(std::string(MMC_TEST_DATA) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> goldenFolder(const std::string &name) {
  std::vector<std::string> names, contents;
  for (const auto &entry :
       std::filesystem::directory_iterator(std::string(MMC_TEST_DATA) + "/" + name))
    if (entry.is_regular_file())
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  for (const std::string &file : names)
    contents.push_back(goldenFile(name + "/" + file));
  return contents;
}

} // namespace mmc::test
