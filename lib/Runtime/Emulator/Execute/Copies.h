// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Asynchronous copies of a thread that are under way.

#ifndef MMC_EMULATOR_EXECUTE_COPIES_H
#define MMC_EMULATOR_EXECUTE_COPIES_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mmc::emulator {

struct Warp;

/// Bytes that cp.async will write to shared memory.
struct PendingCopy {
  uint32_t offset = 0;
  uint8_t bytes = 0;
  uint64_t number = 0; ///< of the copies of the lane
  std::array<uint8_t, 16> data;
};

/// A bulk copy to global memory, or a reduction into it. Its bytes were taken when it was issued;
/// they are written when the thread waits for them.
struct BulkStore {
  uint32_t pc = 0;
  uint64_t to = 0;     ///< in global memory
  uint32_t from = 0;   ///< in shared memory
  bool isRead = false; ///< the source may be written again
  std::vector<uint8_t> data;
};

/// Asynchronous copies of a lane: groups of copies, the last not yet committed.
struct LaneCopies {
  std::vector<std::vector<PendingCopy>> groups{1};
  std::vector<std::vector<BulkStore>> bulkGroups{1};
  uint64_t issued = 0; ///< copies so far
};

LaneCopies &copiesOf(Warp &warp, unsigned lane);
/// Whether a cp.async of the lane is under way whose number is below `end`.
bool hasCopiesBefore(const Warp &warp, unsigned lane, uint64_t end);
/// Puts the bytes of copies into shared memory, where they may be read from now on.
void deliver(Warp &warp, const std::vector<PendingCopy> &copies);
/// Does so with all copies of the lane whose number is below `end`.
void deliverBefore(Warp &warp, unsigned lane, uint64_t end);
/// Completes the lane's bulk stores but for the last `keep` groups; with `onlyReads`, they have
/// only been read. (Bulk.cpp)
void completeBulkStores(Warp &warp, unsigned lane, std::size_t keep, bool onlyReads);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_COPIES_H
