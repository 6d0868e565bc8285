// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks and walks the double arrays of Darts-clone.

#include "CharacterMap.h"

#include <algorithm>
#include <cstring>

using namespace mmc;

/// sentencepiece keeps so many of the rules that a text begins with, and reads on behind them.
static constexpr int kMostNested = 32;

// An entry of the array: label, offset to its children, whether a value hangs below it.
static uint32_t labelOf(uint32_t unit) { return unit & (1u << 31 | 0xff); }
static uint32_t offsetOf(uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }
static bool hasValue(uint32_t unit) { return unit >> 8 & 1; }
static uint32_t valueOf(uint32_t unit) { return unit & ~(1u << 31); }

Status CharacterMap::open(std::string_view bytes) {
  if (bytes.empty())
    return Status::ok();
  // The size of the array in bytes, the array, the replacements.
  uint32_t arrayBytes = 0;
  if (bytes.size() > sizeof(arrayBytes))
    std::memcpy(&arrayBytes, bytes.data(), sizeof(arrayBytes));
  if (arrayBytes == 0 || arrayBytes % sizeof(uint32_t) != 0 ||
      arrayBytes >= bytes.size() - sizeof(arrayBytes) || bytes.back() != '\0')
    return Status::badInput("its precompiled_charsmap is damaged: it must hold the size of an "
                            "array, the array, and texts that end with a zero byte, got: " +
                            std::to_string(bytes.size()) + " bytes, an array of " +
                            std::to_string(arrayBytes));
  units.resize(arrayBytes / sizeof(uint32_t));
  std::memcpy(units.data(), bytes.data() + sizeof(arrayBytes), arrayBytes);
  replacements = bytes.substr(sizeof(arrayBytes) + arrayBytes);
  return checkArray();
}

Status CharacterMap::checkArray() const {
  auto damaged = [](size_t at, const std::string &what) {
    return Status::badInput("its precompiled_charsmap is damaged: entry " + std::to_string(at) +
                            " of the array " + what);
  };
  // Rules that lie on the longest way down from an entry. Entries may share what is below them.
  constexpr int8_t kUnseen = -1, kOpen = -2;
  std::vector<int8_t> nested(units.size(), kUnseen);
  struct Visit {
    size_t at;
    uint32_t byte;
    int8_t below;
  };
  std::vector<Visit> way{{0, 0, 0}};
  nested[0] = kOpen;
  while (!way.empty()) {
    Visit &visit = way.back();
    uint32_t unit = units[visit.at];
    size_t base = (visit.at == 0 ? 0 : visit.at) ^ offsetOf(unit);
    bool ends = visit.at != 0 && hasValue(unit);
    if (visit.byte == 0) {
      // Any byte may be looked for.
      if ((base | 0xff) >= units.size())
        return damaged(visit.at, "leads to entry " + std::to_string(base | 0xff) + " of " +
                                     std::to_string(units.size()));
      if (ends && valueOf(units[base]) >= replacements.size())
        return damaged(base, "points at byte " + std::to_string(valueOf(units[base])) + " of " +
                                 std::to_string(replacements.size()) + " bytes of texts");
    }
    while (visit.byte < 256 && labelOf(units[base ^ visit.byte]) != visit.byte)
      ++visit.byte;
    if (visit.byte < 256) {
      size_t child = base ^ visit.byte;
      if (nested[child] == kOpen)
        return damaged(child, "leads back to itself");
      if (nested[child] == kUnseen) {
        nested[child] = kOpen;
        way.push_back({child, 0, 0});
        continue;
      }
      visit.below = std::max(visit.below, nested[child]);
      // The next byte; the checks above need not be made again.
      ++visit.byte;
      continue;
    }
    if (visit.below + ends > kMostNested)
      return damaged(visit.at, "has more than " + std::to_string(kMostNested) +
                                   " rules that begin with each other");
    nested[visit.at] = static_cast<int8_t>(visit.below + ends);
    way.pop_back();
  }
  return Status::ok();
}

CharacterMap::Rule CharacterMap::find(std::string_view text, size_t *shared) const {
  Rule longest{{}, 0};
  if (shared)
    *shared = 0;
  if (units.empty())
    return longest;
  // What open() has checked keeps the walk within the array.
  size_t at = offsetOf(units[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = text[i];
    at ^= byte;
    uint32_t unit = units[at];
    if (labelOf(unit) != byte)
      break;
    if (shared)
      *shared = i + 1;
    at ^= offsetOf(unit);
    if (hasValue(unit))
      longest = {replacements.data() + valueOf(units[at]), i + 1};
  }
  return longest;
}
