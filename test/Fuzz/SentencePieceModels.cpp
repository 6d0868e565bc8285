// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the protocol buffers of random sentencepiece models.

#include "SentencePieceModels.h"

#include <cstdio>
#include <cstring>
#include <iterator>
#include <limits>

namespace mmc::test {

static std::string varint(uint64_t value) {
  std::string bytes;
  for (; value > 0x7f; value >>= 7)
    bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
static std::string field(unsigned number, uint64_t value) {
  return varint(number << 3) + varint(value);
}
static std::string field(unsigned number, const std::string &text) {
  return varint(number << 3 | 2) + varint(text.size()) + text;
}
static std::string floatField(unsigned number, float value) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &value, 4);
  return varint(number << 3 | 5) + bytes;
}

static std::string joined(Dice &dice, uint64_t most, bool odd) {
  static const char *const parts[] = {"a", "b", "ab", "c", "▁", "▁▁", "é", "中", "<", ">", "."};
  static const std::string oddParts[] = {std::string(1, '\0'), "\xff", "\xe2\x96", " ",
                                         "\xc0\x80",           "\n",   "\xf0\x9f", "\xed\xa0\x80"};
  std::string text;
  for (uint64_t count = dice.below(most + 1); count > 0; --count)
    text += odd && dice.below(8) == 0 ? oddParts[dice.below(std::size(oddParts))]
                                      : parts[dice.below(std::size(parts))];
  return text;
}

/// A double array of Darts-clone whose entries hang together at random: real rules, circles, and
/// with `wild` places outside.
static std::string characterMap(Dice &dice, bool wild) {
  std::string replacements = std::string("…\0 \0\0ab \0", 10) + joined(dice, 20, true);
  replacements += '\0';
  std::vector<uint32_t> units(256 * (1 + dice.below(2)));
  for (uint32_t i = 0; i < units.size(); ++i)
    units[i] = (i ^ 1) & 0xff;
  std::vector<uint32_t> bases{static_cast<uint32_t>(1 + dice.below(255))};
  auto unit = [](uint32_t label, uint32_t offset, bool value) {
    return offset << 10 | static_cast<uint32_t>(value) << 8 | label;
  };
  units[0] = unit(0, bases[0], false);
  for (uint64_t count = dice.below(40); count > 0; --count) {
    static const unsigned char bytes[] = {'a', 'b', '.', ' ', 0xe2, 0x96, 0x81, 0xc3, 0xa9, 0, '<'};
    uint32_t base = bases[dice.below(bases.size())], byte = bytes[dice.below(std::size(bytes))];
    uint32_t at = base ^ byte;
    if (at == 0 || at >= units.size())
      continue;
    // A base that is there makes a circle or a shared rest.
    uint32_t next = static_cast<uint32_t>(1 + dice.below(units.size() - 1));
    if (dice.below(8) == 0)
      next = bases[dice.below(bases.size())];
    bases.push_back(next);
    bool ends = dice.below(2);
    units[at] = unit(byte, at ^ next, ends);
    if (ends && next != 0)
      units[next] = 1u << 31 | static_cast<uint32_t>(dice.below(replacements.size()));
    if (wild && dice.below(8) == 0)
      units[dice.below(2) ? at : next] = static_cast<uint32_t>(dice.next());
  }
  uint32_t size = static_cast<uint32_t>(units.size() * 4);
  std::string map(reinterpret_cast<const char *>(units.data()), size);
  if (wild && dice.below(8) == 0)
    size = static_cast<uint32_t>(dice.below(2) ? dice.next() : dice.below(2 * size));
  map.insert(0, reinterpret_cast<const char *>(&size), 4);
  map += replacements;
  return wild && dice.below(4) == 0 ? mutated(dice, map) : map;
}

static float score(Dice &dice, bool odd) {
  static const float numbers[] = {std::numeric_limits<float>::quiet_NaN(),
                                  std::numeric_limits<float>::infinity(),
                                  -std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::max(),
                                  -std::numeric_limits<float>::max(),
                                  1e-40f,
                                  -99999,
                                  100001};
  if (odd && dice.below(8) == 0)
    return numbers[dice.below(std::size(numbers))];
  // Halves: ties are frequent.
  return -0.5f * static_cast<float>(dice.below(20));
}

std::string randomSentencePieceModel(Dice &dice) {
  enum { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };
  const bool odd = dice.below(2), byteFallback = dice.below(3) == 0;
  std::string model;
  auto piece = [&](const std::string &text, float value, uint64_t type) {
    model += field(1, field(1, text) + floatField(2, value) + field(3, type));
  };
  auto maybe = [&] { return !odd || dice.below(16) != 0; };
  if (maybe())
    piece(dice.below(4) ? "<unk>" : "a", 0, Unknown);
  if (!maybe())
    piece("<unk2>", 0, Unknown);
  piece("<s>", 0, Control);
  piece("</s>", 0, Control);
  if (byteFallback && maybe())
    for (int byte = 0; byte < 256; ++byte) {
      char name[8];
      std::snprintf(name, sizeof name, "<0x%02X>", byte);
      if (maybe() || dice.below(64))
        piece(name, 0, Byte);
    }
  std::vector<std::string> texts;
  for (uint64_t count = dice.below(60); count > 0; --count) {
    std::string text = joined(dice, 4, odd && dice.below(4) == 0);
    bool known = text.empty();
    for (const std::string &other : texts)
      known |= other == text;
    if (known && (!odd || dice.below(64)))
      continue;
    texts.push_back(text);
    static const uint64_t types[] = {Normal, Normal, Normal, Normal, UserDefined, Unused, Control};
    piece(text, score(dice, odd), types[dice.below(std::size(types))]);
  }
  if (dice.below(64) == 0) {
    // Pieces that begin with each other.
    std::string run;
    for (uint64_t count = dice.below(100); count > 0; --count)
      piece(run += 'z', -1, UserDefined);
  }
  static const uint64_t kinds[] = {1, 1, 1, 2, 2, 2, 3, 4};
  model += field(2, field(3, kinds[dice.below(std::size(kinds))]) + field(24, dice.below(2)) +
                        field(35, byteFallback) +
                        (dice.below(8) ? "" : field(45, joined(dice, 2, true))));
  std::string rules;
  if (dice.below(2))
    rules += field(2, characterMap(dice, odd));
  for (unsigned flag = 3; flag <= 5; ++flag)
    if (dice.below(2))
      rules += field(flag, dice.below(2));
  model += field(3, rules);
  if (dice.below(8) == 0)
    model += field(5, field(2, characterMap(dice, odd)));
  if (dice.below(8) == 0)
    model += field(4, field(1, field(1, randomSentencePieceText(dice)) + field(2, "a b")));
  return odd && dice.below(4) == 0 ? mutated(dice, model) : model;
}

std::string randomSentencePieceText(Dice &dice) {
  switch (dice.below(8)) {
  case 0:
    return std::string(dice.below(200), ' ');
  case 1:
    return randomText(dice, true);
  case 2:
    return joined(dice, 40, false);
  default: {
    std::string text = joined(dice, 40, true);
    for (size_t at = text.find("▁"); dice.below(2) && at != std::string::npos; at = text.find("▁"))
      text.replace(at, 3, " ");
    return text;
  }
  }
}

} // namespace mmc::test
