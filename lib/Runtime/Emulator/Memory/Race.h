// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Who accessed which bytes last, and the order between accesses that barriers and fences make.
//
// Every warp has a clock that moves on at each synchronisation. An access is stamped with its
// thread and the clock of its warp; a later access by another thread is ordered behind it when that
// thread knows of a later clock of the warp: by a barrier, a warp barrier, or a fence and an
// atomic.

#ifndef MMC_EMULATOR_MEMORY_RACE_H
#define MMC_EMULATOR_MEMORY_RACE_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace mmc::emulator {

constexpr uint32_t maxClock = (1u << 19) - 1;
constexpr uint32_t blockMask = (1u << 22) - 1; ///< of a block's number, what stamps have of it

/// One access, in 64 bits; 0 is none. Threads of a block are numbered along x, y, z.
struct Stamp {
  uint64_t bits = 0;
  static constexpr unsigned threadShift = 24;
  static constexpr uint64_t asyncBit = uint64_t(1) << 22; ///< by the async proxy: a bulk copy
  static constexpr uint64_t blockScopeBit = uint64_t(1)
                                            << 21; ///< strong for threads of its block only
  static constexpr unsigned sizeShift = 19;

  static Stamp make(uint32_t generation, uint32_t block, uint32_t thread, bool strong,
                    uint32_t clock) {
    return {uint64_t(generation & 0xff) << 56 | uint64_t(block & blockMask) << 34 |
            uint64_t(thread & 0x3ff) << threadShift | uint64_t(strong) << 23 | clock};
  }
  /// What an atomic of one value of so many bytes adds: 0 for other accesses, which may be of
  /// several.
  static constexpr uint64_t sizeBits(unsigned bytes) {
    return uint64_t(bytes <= 2 ? 1 : bytes == 4 ? 2 : 3) << sizeShift;
  }
  uint32_t generation() const { return bits >> 56; }
  uint32_t block() const { return bits >> 34 & blockMask; }
  uint32_t thread() const { return bits >> threadShift & 0x3ff; }
  bool isStrong() const { return bits >> 23 & 1; }
  bool isAsync() const { return bits & asyncBit; }
  bool isBlockScoped() const { return bits & blockScopeBit; }
  /// Both strong, each within the other's scope, and not atomics of different sizes.
  bool areStrong(Stamp other) const {
    unsigned size = bits >> sizeShift & 3, otherSize = other.bits >> sizeShift & 3;
    return isStrong() && other.isStrong() && (size == otherSize || !size || !otherSize) &&
           (block() == other.block() || (!isBlockScoped() && !other.isBlockScoped()));
  }
  uint32_t clock() const { return bits & maxClock; }
  /// Same launch, block and thread.
  bool sameThread(Stamp other) const { return (bits ^ other.bits) >> threadShift == 0; }
  bool sameLaunch(Stamp other) const { return (bits ^ other.bits) >> 56 == 0; }
};

/// The last write and two reads that are not ordered with one another. Strong writes leave the
/// plain write before them and the reads: a later strong access may conflict with those only.
struct RaceCell {
  Stamp write, reads[2];
  Stamp plainWrite; ///< means something only while `write` is strong
};

/// Cells of a range of memory. A cell is of four bytes until something smaller is accessed.
class RaceCells {
public:
  /// The cells of [offset, offset + size), made finer if need be. `bytes` is the whole range.
  RaceCell *find(uint64_t offset, unsigned size, uint64_t bytes, unsigned &count) {
    unsigned low = static_cast<unsigned>(offset | size) & 3;
    if (cells.empty() || (low & ((1u << shift) - 1)))
      refine(low & 1 ? 0 : low & 2 ? 1 : 2, bytes);
    count = size >> shift;
    return &cells[offset >> shift];
  }
  void clear() {
    cells.clear();
    shift = 2;
  }
  /// Forgets the accesses of [offset, offset + size).
  void forget(uint64_t offset, uint64_t size) {
    for (uint64_t i = offset >> shift; i < cells.size() && i << shift < offset + size; ++i)
      cells[i] = RaceCell();
  }
  bool isEmpty() const { return cells.empty(); }
  unsigned granule() const { return 1u << shift; }
  const std::vector<RaceCell> &all() const { return cells; }

private:
  void refine(unsigned newShift, uint64_t bytes);
  std::vector<RaceCell> cells;
  unsigned shift = 2;
};

/// What is known of the clocks of the warps of blocks: everything before them has happened.
using BlockClocks = std::array<uint32_t, 32>;
/// The same of the lanes of one warp.
using LaneClocks = std::array<uint32_t, 32>;
struct Knowledge {
  std::map<uint32_t, BlockClocks> blocks;
  /// The same of single lanes, where more is known of some than of their warp: by block and warp.
  std::map<std::pair<uint32_t, uint32_t>, LaneClocks> lanes;

  uint32_t clock(uint32_t block, uint32_t warp) const {
    auto found = blocks.find(block);
    return found == blocks.end() ? 0 : found->second[warp];
  }
  uint32_t clockOfThread(uint32_t block, uint32_t thread) const {
    auto found = lanes.empty() ? lanes.end() : lanes.find({block, thread / 32});
    uint32_t ofLane = found == lanes.end() ? 0 : found->second[thread % 32];
    return std::max(clock(block, thread / 32), ofLane);
  }
  void join(const Knowledge &other);
  /// Whether joining `other` would change nothing.
  bool covers(const Knowledge &other) const;
};

/// What atomics and volatile accesses have published, by address. One of a launch for global
/// memory, one of a block for shared memory.
class SyncTable {
public:
  void release(uint64_t address, const Knowledge &knowledge);
  /// What has been published at `address`; null if nothing has since `version`, which is updated.
  /// Blocks that poll an address ask often: nothing is copied.
  std::shared_ptr<const Knowledge> acquire(uint64_t address, uint64_t &version);
  void clear() { published.clear(); }

private:
  std::mutex mutex;
  struct Published {
    std::shared_ptr<const Knowledge> knowledge;
    uint64_t version = 0;
  };
  std::unordered_map<uint64_t, Published> published;
  uint64_t lastVersion = 0;
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_MEMORY_RACE_H
