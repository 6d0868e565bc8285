// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The global memory of an emulated device: allocations, and which of their bytes have been written.

#ifndef MMC_RUNTIME_EMULATOR_MEMORY_H
#define MMC_RUNTIME_EMULATOR_MEMORY_H

#include "mmc/Runtime/Core/Status.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mmc::emulator {

struct Allocation;

/// What an allocation is for: data begins uninitialised, variables of modules as zeros.
enum class MemoryUse : uint8_t { Data, Variable, Constant };

/// Allocations by base address, freed ones among them. What a launch works on.
using AllocationTable = std::vector<std::shared_ptr<Allocation>>;

/// What is known of one allocation, for messages and leak reports.
struct AllocationInfo {
  uint64_t address = 0, bytes = 0;
  std::string name;
  bool host = false; ///< host memory that the device may access
};

/// Bytes of a live allocation, for code that computes on them in place. Nobody else must access
/// them meanwhile.
struct MemoryView {
  uint8_t *data = nullptr;
  uint8_t *initialized = nullptr;    ///< one per byte, 1: written; null: all are
  std::shared_ptr<Allocation> owner; ///< keeps them, even when the allocation is freed
};

/// The memory of one device. Device addresses lie where no process has memory (bit 49 set), so that
/// host code that follows one stops at once; they are never used twice, and the same sequence of
/// calls gives the same addresses. All functions may be called from several threads.
class DeviceMemory {
public:
  /// `capacity` bytes can be allocated at a time. Addresses of devices with different ordinals
  /// differ.
  explicit DeviceMemory(uint64_t capacity, unsigned ordinal = 0);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  /// `bytes` > 0 bytes, none of them initialised, at a multiple of `alignment` (a power of two).
  /// BadInput when the capacity is exceeded. Variables begin as zeros, and kernels may
  /// not write to constants.
  StatusOr<uint64_t> allocate(uint64_t bytes, std::string name, uint64_t alignment = 256,
                              MemoryUse use = MemoryUse::Data);
  /// Lets the device access `bytes` of host memory at their own address; all count as initialised.
  /// `alias` is the same memory at another address, which the device then uses.
  Status mapHost(void *pointer, uint64_t bytes, std::string name, void *alias = nullptr);
  /// Frees an allocation or unmaps host memory. BadInput unless `address` is the begin of a live
  /// one. Later accesses of kernels are reported as use after free.
  Status free(uint64_t address);

  /// Copies within one allocation each. BadInput, naming the nearest allocation, when the bytes do
  /// not lie in a live allocation. write and fill initialise; copy moves what is initialised too.
  Status write(uint64_t address, const void *source, uint64_t bytes);
  Status read(uint64_t address, void *destination, uint64_t bytes) const;
  Status copy(uint64_t destination, uint64_t source, uint64_t bytes);
  /// Writes `pattern`'s `width` (1, 2 or 4) low bytes `count` times.
  Status fill(uint64_t address, uint32_t pattern, unsigned width, uint64_t count);
  /// The bytes themselves. BadInput as for copies.
  StatusOr<MemoryView> view(uint64_t address, uint64_t bytes) const;
  /// Makes the bytes count as written.
  Status markInitialized(uint64_t address, uint64_t bytes);
  /// BadInput when [address, address + bytes) is not within a live allocation.
  Status check(uint64_t address, uint64_t bytes) const;
  /// Number of bytes of the range that nobody has written, and the first of them.
  uint64_t countUninitialized(uint64_t address, uint64_t bytes, uint64_t *first = nullptr) const;

  uint64_t bytesInUse() const;
  uint64_t capacity() const { return limit; }
  /// The live allocation that contains `address`; nothing if none does.
  std::optional<AllocationInfo> find(uint64_t address) const;
  /// All live allocations: at exit, what leaks.
  std::vector<AllocationInfo> live() const;
  /// "16 bytes past the end of 'x' (64 bytes at 0x2000000000100)".
  std::string describe(uint64_t address) const;

  /// The state at this moment. Memory freed later stays readable through it.
  std::shared_ptr<const AllocationTable> snapshot() const;

private:
  struct State;
  std::unique_ptr<State> state;
  uint64_t limit;
};

} // namespace mmc::emulator

#endif // MMC_RUNTIME_EMULATOR_MEMORY_H
