// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the program has allocated, and in which context.

#ifndef MMC_EMULATOR_DRIVER_ALLOCATIONS_H
#define MMC_EMULATOR_DRIVER_ALLOCATIONS_H

#include "Context.h"

namespace mmc::emulator::driver {

/// Device memory, or host memory that was allocated or registered.
struct Allocated {
  Context *context = nullptr;
  uint64_t address = 0, bytes = 0;
  std::string name; ///< "cuMemAlloc 3": the entry point and which call of the process
  bool isHost = false, isRegistered = false;
  unsigned flags = 0;    ///< as cuMemHostAlloc got them
  void *alias = nullptr; ///< of host memory that is watched: where the driver has it
  uint64_t id = 0;       ///< CU_POINTER_ATTRIBUTE_BUFFER_ID
};

/// CUDA_ERROR_OUT_OF_MEMORY when the device has too little left.
CUresult allocateDevice(Context &context, const char *entry, uint64_t bytes, uint64_t alignment,
                        uint64_t &address);
/// The live one that contains the address.
std::optional<Allocated> findAllocated(uint64_t address);
/// Forgets the one that begins there, so that nobody else frees it; nothing if there is none of
/// that sort.
std::optional<Allocated> takeAllocated(uint64_t address, bool isHost);
/// Frees what takeAllocated() has returned.
void release(const Allocated &allocated);
/// Pinned memory: CUDA_ERROR_OUT_OF_MEMORY.
CUresult allocateHost(Context &context, const char *entry, uint64_t bytes, unsigned flags,
                      void *&pointer);
/// CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED when some of it is pinned.
CUresult registerHost(Context &context, void *pointer, uint64_t bytes, unsigned flags);
/// The memory that an address is looked up in: host memory is in that of every device.
DeviceMemory &memoryOf(uint64_t address);
/// Whether the range is pinned host memory, all of it.
bool isPinned(uint64_t address, uint64_t bytes);

/// One `leak` for everything that the context still has.
void reportLeaks(Context &context);
/// Frees it, after reporting it where asked to.
void endAllocations(Context &context, bool isLeak);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_ALLOCATIONS_H
