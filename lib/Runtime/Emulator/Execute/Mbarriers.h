// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mbarrier objects of a block: phases, arrivals, bytes that are to come, and who waits in vain.

#ifndef MMC_EMULATOR_EXECUTE_MBARRIERS_H
#define MMC_EMULATOR_EXECUTE_MBARRIERS_H

#include "../Memory/Race.h"

#include <cstdint>
#include <map>
#include <vector>

namespace mmc::emulator {

struct Block;
struct Op;
struct Warp;
enum class AccessKind : uint8_t;

/// Something asynchronous that will arrive at an mbarrier. It is done when somebody waits for the
/// phase and not before: as late as a chip may let it be.
struct PendingArrival {
  uint32_t warp = 0, lane = 0, pc = 0; ///< who began it, and where
  bool isArrival =
      false; ///< cp.async.mbarrier.arrive: one arrival; a bulk copy: complete-tx of its bytes
  uint64_t copies = 0; ///< of an arrival: it stands for the lane's copies with smaller numbers
  uint32_t bytes = 0;  ///< of a bulk copy
  uint32_t offset = 0; ///< where they go in shared memory
  std::vector<uint8_t> data; ///< empty: to no place that it may write to
  Knowledge published;       ///< what was known when it began
};

/// Counts are those of the PTX manual: a phase is complete when none of its arrivals is pending and
/// as many bytes have come as were expected.
struct Mbarrier {
  static constexpr uint32_t maxCount = (1u << 20) - 1; ///< of arrivals, and of bytes either way
  uint32_t expected = 0, pending = 0;
  int64_t bytes =
      0; ///< expected and not yet there; negative when they came before they were expected
  uint32_t phase = 0;
  Stamp begin;                  ///< its initialisation, which must be known to who uses it
  Knowledge current, completed; ///< published by arrivals of this phase, and of all earlier ones
  std::vector<PendingArrival> underWay;
};

class Mbarriers {
public:
  void clear();
  /// Checks that `address` (as the operation has it) is one of an mbarrier object: aligned, within
  /// shared memory. False when that was reported; else its offset in shared memory.
  static bool locate(Warp &warp, const Op &op, unsigned lane, uint64_t address, AccessKind kind,
                     uint32_t &offset);
  /// The live object there, with the access checked against others; null when something was
  /// reported.
  Mbarrier *find(Warp &warp, unsigned lane, uint32_t offset, AccessKind kind);
  void initialize(Warp &warp, unsigned lane, uint32_t offset, uint32_t count);
  void invalidate(Warp &warp, unsigned lane, uint32_t offset);

  /// Takes `count` arrivals; `published` is what they release.
  void arrive(Warp &warp, uint32_t pc, unsigned lane, Mbarrier &mbarrier, uint32_t count,
              const Knowledge &published);
  /// Changes the count of bytes that are to come: positive expects, negative completes.
  void expectBytes(Warp &warp, uint32_t pc, unsigned lane, Mbarrier &mbarrier, int64_t bytes);
  void start(Mbarrier &mbarrier, PendingArrival arrival);
  /// Lets everything arrive that is under way to the object.
  void settle(Block &block, Mbarrier &mbarrier);

  /// A wait has found the phase incomplete. When all threads of the block have done nothing else
  /// for long, reports that, and lets somebody go.
  void waitFailed(Warp &warp, unsigned lane, uint32_t offset);

private:
  void completeIfDone(Mbarrier &mbarrier);
  bool isStuck(const Block &block) const;

  std::map<uint32_t, Mbarrier> objects; ///< by offset in shared memory
  uint64_t events = 0;                  ///< anything that a waiting thread may have waited for
  uint32_t forced = 0;
  /// Of each thread, when a wait first failed: how often since `events` last changed.
  struct Failures {
    uint64_t events = 0;
    uint32_t count = 0;
  };
  std::vector<Failures> failures;
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_MBARRIERS_H
