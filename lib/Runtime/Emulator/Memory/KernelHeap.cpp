// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// malloc and free in kernels.

#include "KernelHeap.h"

#include <algorithm>
#include <cstring>

namespace mmc::emulator {

static constexpr uint64_t unit = 16;
static constexpr uint64_t guard = 16; ///< bytes behind a part, to notice what runs over

KernelHeap::KernelHeap(std::shared_ptr<Allocation> allocation) : memory(std::move(allocation)) {
  memory->isHeap = true;
  gaps[memory->base] = memory->bytes;
  next = memory->base;
}

void KernelHeap::setState(uint64_t address, uint64_t bytes, HeapState state) {
  while (bytes) {
    uint64_t chunkEnd = ((address >> MemoryChunk::shift) + 1) << MemoryChunk::shift;
    uint64_t here = std::min(bytes, chunkEnd - address);
    MemoryChunk &chunk = memory->chunk(address);
    std::lock_guard<SpinLock> lock(chunk.lock);
    std::memset(memory->initialized + (address - memory->base), state, here);
    chunk.cells.forget(address & (MemoryChunk::bytes - 1), here);
    address += here;
    bytes -= here;
  }
}

uint64_t KernelHeap::allocate(uint64_t bytes) {
  if (!bytes || bytes > memory->bytes)
    return 0;
  uint64_t taken = (bytes + unit - 1) / unit * unit + guard;
  std::lock_guard<std::mutex> lock(mutex);
  auto fits = [&](const auto &gap) { return gap.second >= taken; };
  auto from = gaps.lower_bound(next);
  auto gap = std::find_if(from, gaps.end(), fits);
  if (gap == gaps.end()) {
    gap = std::find_if(gaps.begin(), from, fits);
    if (gap == from)
      return 0;
  }
  auto [address, size] = *gap;
  gaps.erase(gap);
  if (size > taken)
    gaps[address + taken] = size - taken;
  next = address + taken;
  parts[address] = bytes;
  setState(address, bytes, heapUnwritten);
  return address;
}

bool KernelHeap::free(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto part = parts.find(address);
  if (part == parts.end())
    return false;
  setState(address, part->second, heapFreed);
  uint64_t end = address + (part->second + unit - 1) / unit * unit + guard;
  parts.erase(part);
  // Gaps that touch become one.
  auto after = gaps.lower_bound(address);
  if (after != gaps.begin()) {
    auto before = std::prev(after);
    if (before->first + before->second == address) {
      address = before->first;
      gaps.erase(before);
    }
  }
  if (after != gaps.end() && after->first == end) {
    end += after->second;
    gaps.erase(after);
  }
  gaps[address] = end - address;
  return true;
}

} // namespace mmc::emulator
