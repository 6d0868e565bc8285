// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A hash table from byte strings to a number, for vocabularies and caches.

#ifndef MMC_LIB_RUNTIME_DATA_BYTETABLE_H
#define MMC_LIB_RUNTIME_DATA_BYTETABLE_H

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// A 64-bit hash of bytes; the same in every run.
inline uint64_t hashBytes(std::string_view bytes) {
  uint64_t hash = 0x9e3779b97f4a7c15 ^ bytes.size();
  const char *at = bytes.data();
  size_t left = bytes.size();
  auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  };
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  if (left) {
    uint64_t word = 0;
    std::memcpy(&word, at, left);
    mix(word);
  }
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 29;
}

/// Open addressing; keys lie in one arena. Values are not negative.
class ByteTable {
public:
  /// The value of `key`, or -1.
  int64_t find(std::string_view key, uint64_t hash) const {
    if (slots.empty())
      return -1;
    for (size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot &slot = slots[at];
      if (slot.value < 0)
        return -1;
      if (slot.hash == static_cast<uint32_t>(hash >> 32) && slot.size == key.size() &&
          std::memcmp(arena.data() + slot.offset, key.data(), key.size()) == 0)
        return slot.value;
    }
  }
  int64_t find(std::string_view key) const { return find(key, hashBytes(key)); }

  /// Adds a key that is not there yet.
  void add(std::string_view key, uint64_t hash, int64_t value) {
    if (2 * (count + 1) > slots.size())
      grow();
    place(
        {value, arena.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(hash >> 32)},
        hash);
    arena.append(key);
    ++count;
  }
  void add(std::string_view key, int64_t value) { add(key, hashBytes(key), value); }

  size_t size() const { return count; }
  size_t bytes() const { return arena.size(); }
  void clear() {
    slots.clear();
    arena.clear();
    count = 0;
  }

private:
  struct Slot {
    int64_t value = -1;
    size_t offset = 0;
    uint32_t size = 0, hash = 0;
  };
  size_t mask() const { return slots.size() - 1; }
  void place(const Slot &slot, uint64_t hash) {
    size_t at = hash & mask();
    while (slots[at].value >= 0)
      at = (at + 1) & mask();
    slots[at] = slot;
  }
  void grow() {
    std::vector<Slot> old(slots.empty() ? 64 : 2 * slots.size());
    old.swap(slots);
    for (const Slot &slot : old)
      if (slot.value >= 0)
        place(slot, hashBytes({arena.data() + slot.offset, slot.size}));
  }
  std::vector<Slot> slots;
  std::string arena;
  size_t count = 0;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_BYTETABLE_H
