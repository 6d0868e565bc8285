// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The heap of malloc and free in kernels: parts of one allocation.

#ifndef MMC_EMULATOR_MEMORY_KERNELHEAP_H
#define MMC_EMULATOR_MEMORY_KERNELHEAP_H

#include "Allocation.h"

#include <map>
#include <mutex>

namespace mmc::emulator {

/// Bytes of the heap have these states where others are 0 (not written) or 1 (written).
enum HeapState : uint8_t {
  heapNone = 0, ///< never given to anybody
  heapWritten = 1,
  heapUnwritten = 2,
  heapFreed = 3,
};

/// All functions may be called from several threads.
class KernelHeap {
public:
  /// Takes the allocation, none of whose bytes must have been written.
  explicit KernelHeap(std::shared_ptr<Allocation> memory);

  /// Bytes at a multiple of 16, or 0 when none are left, or none are wanted. What has been freed is
  /// given anew as late as can be.
  uint64_t allocate(uint64_t bytes);
  /// False unless the address is that of a part which is not yet free.
  bool free(uint64_t address);
  uint64_t bytes() const { return memory->bytes; }

private:
  /// Of the bytes, and forgets who accessed them.
  void setState(uint64_t address, uint64_t bytes, HeapState state);

  std::shared_ptr<Allocation> memory;
  std::mutex mutex;
  std::map<uint64_t, uint64_t> parts; ///< given: bytes by address
  std::map<uint64_t, uint64_t> gaps;  ///< free
  uint64_t next = 0;                  ///< the search for a gap begins here
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_MEMORY_KERNELHEAP_H
