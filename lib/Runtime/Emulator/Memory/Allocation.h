// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One allocation of global memory with its shadow.

#ifndef MMC_EMULATOR_MEMORY_ALLOCATION_H
#define MMC_EMULATOR_MEMORY_ALLOCATION_H

#include "Race.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

namespace mmc::emulator {

/// Device addresses begin here.
constexpr uint64_t globalBegin = uint64_t(1) << 49;
/// And those of the next device so much further on: a device that has given out as many is out of
/// memory.
constexpr uint64_t globalStride = uint64_t(1) << 43;

class SpinLock {
public:
  void lock() {
    for (unsigned tries = 0; flag.exchange(true, std::memory_order_acquire); ++tries)
      if (tries > 64)
        std::this_thread::yield();
  }
  void unlock() { flag.store(false, std::memory_order_release); }

private:
  std::atomic<bool> flag{false};
};

/// The part of an allocation that one lock guards: its bytes, their state and their accesses.
struct MemoryChunk {
  static constexpr unsigned shift = 16;
  static constexpr uint64_t bytes = uint64_t(1) << shift;
  SpinLock lock;
  uint32_t generation = 0; ///< of the launch that last put stamps into the cells
  RaceCells cells;
};

/// Live while somebody holds it; a freed allocation stays in the table as one without data.
struct Allocation {
  uint64_t base = 0, bytes = 0;
  std::string name;
  bool isHost = false, isFreed = false, isConstant = false;
  bool isHeap = false; ///< of kernels' malloc: `initialized` has the states of KernelHeap.h
  uint8_t *data = nullptr;
  uint8_t *initialized = nullptr; ///< one per byte, 1: written; null: all are
  std::unique_ptr<MemoryChunk[]> chunks;

  Allocation() = default;
  Allocation(const Allocation &) = delete;
  ~Allocation() {
    if (!isHost)
      std::free(data);
    std::free(initialized);
  }
  uint64_t end() const { return base + bytes; }
  /// Chunks are cut at addresses, not offsets: an aligned access never lies in two.
  uint64_t chunkCount() const {
    return ((end() - 1) >> MemoryChunk::shift) - (base >> MemoryChunk::shift) + 1;
  }
  MemoryChunk &chunk(uint64_t address) const {
    return chunks[(address >> MemoryChunk::shift) - (base >> MemoryChunk::shift)];
  }
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_MEMORY_ALLOCATION_H
