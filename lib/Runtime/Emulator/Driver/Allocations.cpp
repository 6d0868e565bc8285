// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Device memory and pinned host memory, each known by its first address.

#include "Allocations.h"

#include "../Memory/Allocation.h"
#include "../Memory/Describe.h"
#include "Hazards.h"
#include "HostWatch.h"
#include "Try.h"

#include <sys/mman.h>
#include <unistd.h>

namespace mmc::emulator::driver {

namespace {
struct Table {
  std::mutex mutex;
  std::map<uint64_t, Allocated> live;
  uint64_t last = 0;
};
Table &table() {
  static Table &all = *new Table;
  return all;
}
} // namespace

static uint64_t pageBytes() {
  static const uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

static uint64_t roundToPages(uint64_t bytes) {
  return (bytes + pageBytes() - 1) & ~(pageBytes() - 1);
}

/// Names the allocation after the call that makes it.
static Allocated named(Context &context, const char *entry, uint64_t bytes) {
  Table &all = table();
  std::lock_guard<std::mutex> lock(all.mutex);
  Allocated allocated;
  allocated.context = &context;
  allocated.bytes = bytes;
  allocated.id = ++all.last;
  allocated.name = std::string(entry) + " " + std::to_string(allocated.id);
  return allocated;
}

static void insert(const Allocated &allocated) {
  std::lock_guard<std::mutex> lock(table().mutex);
  table().live[allocated.address] = allocated;
}

CUresult allocateDevice(Context &context, const char *entry, uint64_t bytes, uint64_t alignment,
                        uint64_t &address) {
  Allocated allocated = named(context, entry, bytes);
  auto found = context.gpu.device.memory().allocate(bytes, allocated.name, alignment);
  if (!found.isOk())
    return CUDA_ERROR_OUT_OF_MEMORY;
  allocated.address = address = *found;
  insert(allocated);
  return CUDA_SUCCESS;
}

std::optional<Allocated> findAllocated(uint64_t address) {
  Table &all = table();
  std::lock_guard<std::mutex> lock(all.mutex);
  auto place = all.live.upper_bound(address);
  if (place == all.live.begin())
    return std::nullopt;
  --place;
  if (address - place->second.address >= place->second.bytes)
    return std::nullopt;
  return place->second;
}

std::optional<Allocated> takeAllocated(uint64_t address, bool isHost) {
  Table &all = table();
  std::lock_guard<std::mutex> lock(all.mutex);
  auto found = all.live.find(address);
  if (found == all.live.end() || found->second.isHost != isHost)
    return std::nullopt;
  Allocated allocated = found->second;
  all.live.erase(found);
  return allocated;
}

void release(const Allocated &allocated) {
  forgetAccesses(allocated.address, allocated.bytes);
  if (!allocated.isHost) {
    (void)allocated.context->gpu.device.memory().free(allocated.address);
    return;
  }
  for (const auto &gpu : gpus())
    (void)gpu->device.memory().free(allocated.address);
  if (allocated.isRegistered)
    return;
  void *pointer = reinterpret_cast<void *>(allocated.address);
  removeWatched(pointer);
  munmap(pointer, roundToPages(allocated.bytes));
  if (allocated.alias)
    munmap(allocated.alias, roundToPages(allocated.bytes));
}

/// Maps host memory into all devices. False when some device has memory there.
static bool mapIntoDevices(const Allocated &allocated) {
  void *pointer = reinterpret_cast<void *>(allocated.address);
  for (size_t i = 0; i < gpus().size(); ++i) {
    if (gpus()[i]
            ->device.memory()
            .mapHost(pointer, allocated.bytes, allocated.name, allocated.alias)
            .isOk())
      continue;
    while (i-- > 0)
      (void)gpus()[i]->device.memory().free(allocated.address);
    return false;
  }
  return true;
}

CUresult allocateHost(Context &context, const char *entry, uint64_t bytes, unsigned flags,
                      void *&pointer) {
  Allocated allocated = named(context, entry, bytes);
  allocated.isHost = true;
  allocated.flags = flags;
  // What is pinned is not swapped out.
  static const uint64_t installed = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * pageBytes();
  if (bytes > installed)
    return CUDA_ERROR_OUT_OF_MEMORY;
  uint64_t size = roundToPages(bytes);
  // The program and the driver have the same pages at different addresses: those of the program can
  // be protected.
  int file = settings().watchHost ? memfd_create("mmc-pinned", MFD_CLOEXEC) : -1;
  void *memory = MAP_FAILED, *alias = MAP_FAILED;
  if (file >= 0 && ftruncate(file, static_cast<off_t>(size)) == 0) {
    memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    alias = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (file >= 0)
    close(file);
  if (memory == MAP_FAILED || alias == MAP_FAILED) {
    if (memory != MAP_FAILED)
      munmap(memory, size);
    if (alias != MAP_FAILED)
      munmap(alias, size);
    alias = MAP_FAILED;
    memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  if (memory == MAP_FAILED)
    return CUDA_ERROR_OUT_OF_MEMORY;
  allocated.address = reinterpret_cast<uint64_t>(memory);
  allocated.alias = alias == MAP_FAILED ? nullptr : alias;
  if (allocated.alias)
    addWatched(memory, alias, bytes);
  if (!mapIntoDevices(allocated)) {
    release(allocated);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  insert(allocated);
  pointer = memory;
  return CUDA_SUCCESS;
}

/// Whether the program has memory at all of the addresses: to pin them would find out.
static bool isMapped(uint64_t address, uint64_t bytes) {
  constexpr uint64_t pagesAtOnce = 4096;
  unsigned char residence[pagesAtOnce];
  const uint64_t end = address + bytes, step = pagesAtOnce * pageBytes();
  for (uint64_t at = address & ~(pageBytes() - 1); at < end; at += step)
    if (mincore(reinterpret_cast<void *>(at), std::min(end - at, step), residence) != 0)
      return false;
  return true;
}

CUresult registerHost(Context &context, void *pointer, uint64_t bytes, unsigned flags) {
  Allocated allocated = named(context, "cuMemHostRegister", bytes);
  allocated.isHost = allocated.isRegistered = true;
  allocated.address = reinterpret_cast<uint64_t>(pointer);
  allocated.flags = flags;
  MMC_REQUIRE(isMapped(allocated.address, bytes), CUDA_ERROR_INVALID_VALUE);
  if (!mapIntoDevices(allocated))
    return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
  insert(allocated);
  return CUDA_SUCCESS;
}

bool isPinned(uint64_t address, uint64_t bytes) {
  auto allocated = findAllocated(address);
  return allocated && allocated->isHost && bytes <= allocated->address + allocated->bytes - address;
}

bool isDeviceAddress(uint64_t address) {
  return address >= globalBegin && address < globalBegin + gpus().size() * globalStride;
}

DeviceMemory &memoryOf(uint64_t address) {
  size_t ordinal = isDeviceAddress(address) ? (address - globalBegin) / globalStride : 0;
  return gpus()[ordinal]->device.memory();
}

StatusOr<MemoryView> bytesAt(uint64_t address, uint64_t bytes) {
  return memoryOf(address).view(address, bytes);
}

std::string describeAddress(uint64_t address) { return memoryOf(address).describe(address); }

static std::vector<Allocated> allOf(const Context &context) {
  std::vector<Allocated> list;
  std::lock_guard<std::mutex> lock(table().mutex);
  for (const auto &[address, allocated] : table().live)
    if (allocated.context == &context)
      list.push_back(allocated);
  return list;
}

static void leak(const Allocated &allocated) {
  Finding finding;
  finding.kind = kind::leak;
  finding.operation = allocated.name;
  finding.address = allocated.address;
  finding.bytes = allocated.bytes;
  finding.message =
      std::to_string(allocated.bytes) + " bytes of " +
      (allocated.isHost ? (allocated.isRegistered ? "registered host memory" : "pinned host memory")
                        : "device memory") +
      " at " + hex(allocated.address) + " were never given back";
  report(std::move(finding));
}

void reportLeaks(Context &context) {
  for (const Allocated &allocated : allOf(context))
    leak(allocated);
}

void endAllocations(Context &context, bool isLeak) {
  for (const Allocated &allocated : allOf(context)) {
    // Somebody else may be freeing it.
    if (!takeAllocated(allocated.address, allocated.isHost))
      continue;
    if (isLeak)
      leak(allocated);
    release(allocated);
  }
}

} // namespace mmc::emulator::driver
