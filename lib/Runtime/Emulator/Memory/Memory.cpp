// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of allocations, and copies between the host and the device.

#include "mmc/Runtime/Emulator/Memory.h"

#include "Allocation.h"
#include "Describe.h"

#include <algorithm>
#include <cstring>
#include <mutex>

namespace mmc::emulator {

static constexpr uint64_t guardBytes = 256;
static constexpr size_t maxFreed = 4096;

struct DeviceMemory::State {
  mutable std::mutex mutex;
  std::shared_ptr<AllocationTable> table = std::make_shared<AllocationTable>();
  uint64_t next = globalBegin,
           last = globalBegin + globalStride; ///< where what is allocated next may lie
  uint64_t inUse = 0;
  size_t freed = 0;

  bool isShared = false; ///< a launch may hold the table

  /// Tables are never changed once somebody may hold them. How many do is not asked: that would
  /// order nothing.
  AllocationTable &editable() {
    if (isShared)
      table = std::make_shared<AllocationTable>(*table);
    isShared = false;
    return *table;
  }
  void insert(std::shared_ptr<Allocation> allocation) {
    AllocationTable &list = editable();
    // A freed allocation of the same place (host memory that is mapped again) gives way.
    list.erase(std::remove_if(list.begin(), list.end(),
                              [&](const std::shared_ptr<Allocation> &other) {
                                bool overlaps = other->base < allocation->end() &&
                                                allocation->base < other->end();
                                freed -= other->isFreed && overlaps;
                                return other->isFreed && overlaps;
                              }),
               list.end());
    auto place = std::upper_bound(list.begin(), list.end(), allocation,
                                  [](const auto &a, const auto &b) { return a->base < b->base; });
    list.insert(place, std::move(allocation));
  }
  std::shared_ptr<Allocation> find(uint64_t address) const {
    return findAllocation(*table, address);
  }
  std::shared_ptr<Allocation> findLocked(uint64_t address) const {
    std::lock_guard<std::mutex> lock(mutex);
    return find(address);
  }
  /// The live allocation that has all the bytes. Takes the mutex.
  StatusOr<std::shared_ptr<Allocation>> liveRange(uint64_t address, uint64_t bytes) const;
};

DeviceMemory::DeviceMemory(uint64_t capacity, unsigned ordinal)
    : state(std::make_unique<State>()), limit(capacity) {
  state->next = globalBegin + ordinal * globalStride;
  state->last = state->next + globalStride;
}
DeviceMemory::~DeviceMemory() = default;

StatusOr<uint64_t> DeviceMemory::allocate(uint64_t bytes, std::string name, uint64_t alignment,
                                          MemoryUse use) {
  if (!bytes || !alignment || (alignment & (alignment - 1)))
    return Status::badInput(
        "an allocation needs at least one byte and a power of two as alignment");
  alignment = std::max<uint64_t>(alignment, 256);
  std::lock_guard<std::mutex> lock(state->mutex);
  if (bytes > limit - state->inUse)
    return Status::badInput("out of device memory: " + std::to_string(bytes) + " bytes wanted, " +
                            std::to_string(limit - state->inUse) + " free");
  const uint64_t base = (state->next + alignment - 1) & ~(alignment - 1);
  if (base > state->last || bytes + guardBytes > state->last - base)
    return Status::badInput("out of device memory: " + std::to_string(bytes) +
                            " bytes wanted, and no addresses are left: none is given out twice");
  auto allocation = std::make_shared<Allocation>();
  allocation->base = base;
  allocation->bytes = bytes;
  allocation->name = std::move(name);
  allocation->isConstant = use == MemoryUse::Constant;
  allocation->data = static_cast<uint8_t *>(std::calloc(bytes + 32, 1));
  if (use == MemoryUse::Data)
    allocation->initialized = static_cast<uint8_t *>(std::calloc(bytes + 32, 1));
  if (!allocation->data || (use == MemoryUse::Data && !allocation->initialized))
    return Status::badInput("out of host memory: " + std::to_string(bytes) + " bytes wanted");
  allocation->chunks = std::make_unique<MemoryChunk[]>(allocation->chunkCount());
  state->next = allocation->end() + guardBytes;
  state->inUse += bytes;
  state->insert(std::move(allocation));
  return base;
}

Status DeviceMemory::mapHost(void *pointer, uint64_t bytes, std::string name, void *alias) {
  uint64_t base = reinterpret_cast<uint64_t>(pointer);
  std::lock_guard<std::mutex> lock(state->mutex);
  if (!pointer || !bytes)
    return Status::badInput("host memory to map has no bytes");
  for (const auto &other : *state->table)
    if (!other->isFreed && other->base < base + bytes && base < other->end())
      return Status::badInput("host memory at " + hex(base) + " is mapped already");
  auto allocation = std::make_shared<Allocation>();
  allocation->base = base;
  allocation->bytes = bytes;
  allocation->name = std::move(name);
  allocation->isHost = true;
  allocation->data = static_cast<uint8_t *>(alias ? alias : pointer);
  allocation->chunks = std::make_unique<MemoryChunk[]>(allocation->chunkCount());
  state->insert(std::move(allocation));
  return Status::ok();
}

Status DeviceMemory::free(uint64_t address) {
  std::lock_guard<std::mutex> lock(state->mutex);
  std::shared_ptr<Allocation> found = state->find(address);
  if (!found || found->base != address || found->isFreed)
    return Status::badInput("cannot free " + hex(address) + ": " +
                            (found && found->isFreed
                                 ? "'" + found->name + "' has been freed already"
                                 : describeAddress(*state->table, address)));
  AllocationTable &list = state->editable();
  auto place = std::find(list.begin(), list.end(), found);
  auto tombstone = std::make_shared<Allocation>();
  tombstone->base = found->base;
  tombstone->bytes = found->bytes;
  tombstone->name = found->name;
  tombstone->isFreed = true;
  *place = std::move(tombstone);
  if (!found->isHost)
    state->inUse -= found->bytes;
  if (++state->freed > maxFreed) {
    auto oldest = std::find_if(list.begin(), list.end(), [](const auto &a) { return a->isFreed; });
    list.erase(oldest);
    --state->freed;
  }
  return Status::ok();
}

StatusOr<std::shared_ptr<Allocation>> DeviceMemory::State::liveRange(uint64_t address,
                                                                     uint64_t bytes) const {
  std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<Allocation> found = find(address);
  if (found && !found->isFreed && bytes <= found->end() - address)
    return found;
  std::string text =
      std::to_string(bytes) + " bytes at " + hex(address) + " are not within an allocation: ";
  if (found && !found->isFreed)
    return Status::badInput(text + "only " + std::to_string(found->end() - address) +
                            " bytes of '" + found->name + "' (" + std::to_string(found->bytes) +
                            " bytes) follow");
  return Status::badInput(text + describeAddress(*table, address));
}

/// Calls f(offset, bytes) for the parts of the range in each chunk, its lock held.
template <typename F>
static void forChunks(Allocation &allocation, uint64_t address, uint64_t bytes, F f) {
  for (uint64_t offset = address - allocation.base, end = offset + bytes; offset < end;) {
    MemoryChunk &chunk = allocation.chunk(allocation.base + offset);
    uint64_t boundary = (((allocation.base + offset) >> MemoryChunk::shift) + 1)
                        << MemoryChunk::shift;
    uint64_t stop = std::min(end, boundary - allocation.base);
    std::lock_guard<SpinLock> lock(chunk.lock);
    f(offset, stop - offset);
    offset = stop;
  }
}

Status DeviceMemory::check(uint64_t address, uint64_t bytes) const {
  return state->liveRange(address, bytes).status();
}

StatusOr<MemoryView> DeviceMemory::view(uint64_t address, uint64_t bytes) const {
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<Allocation> allocation, state->liveRange(address, bytes));
  uint64_t offset = address - allocation->base;
  MemoryView view;
  view.data = allocation->data + offset;
  view.initialized = allocation->initialized ? allocation->initialized + offset : nullptr;
  view.owner = std::move(allocation);
  return view;
}

Status DeviceMemory::write(uint64_t address, const void *source, uint64_t bytes) {
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<Allocation> allocation, state->liveRange(address, bytes));
  const uint8_t *from = static_cast<const uint8_t *>(source);
  forChunks(*allocation, address, bytes, [&](uint64_t offset, uint64_t count) {
    std::memcpy(allocation->data + offset, from, count);
    if (allocation->initialized)
      std::memset(allocation->initialized + offset, 1, count);
    from += count;
  });
  return Status::ok();
}

Status DeviceMemory::read(uint64_t address, void *destination, uint64_t bytes) const {
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<Allocation> allocation, state->liveRange(address, bytes));
  uint8_t *to = static_cast<uint8_t *>(destination);
  forChunks(*allocation, address, bytes, [&](uint64_t offset, uint64_t count) {
    std::memcpy(to, allocation->data + offset, count);
    to += count;
  });
  return Status::ok();
}

Status DeviceMemory::copy(uint64_t destination, uint64_t source, uint64_t bytes) {
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<Allocation> from, state->liveRange(source, bytes));
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<Allocation> to, state->liveRange(destination, bytes));
  std::vector<uint8_t> data(bytes), known(bytes, 1);
  uint64_t at = 0;
  forChunks(*from, source, bytes, [&](uint64_t offset, uint64_t count) {
    std::memcpy(&data[at], from->data + offset, count);
    if (from->initialized)
      std::memcpy(&known[at], from->initialized + offset, count);
    at += count;
  });
  at = 0;
  forChunks(*to, destination, bytes, [&](uint64_t offset, uint64_t count) {
    std::memcpy(to->data + offset, &data[at], count);
    if (to->initialized)
      std::memcpy(to->initialized + offset, &known[at], count);
    at += count;
  });
  return Status::ok();
}

Status DeviceMemory::fill(uint64_t address, uint32_t pattern, unsigned width, uint64_t count) {
  if ((width != 1 && width != 2 && width != 4) || count > (uint64_t(1) << 60))
    return Status::badInput("a fill is of elements of 1, 2 or 4 bytes, got: " +
                            std::to_string(width));
  if (address % width)
    return Status::badInput("a fill at " + hex(address) + " is not aligned to its elements of " +
                            std::to_string(width) + " bytes");
  uint64_t bytes = count * width;
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<Allocation> allocation, state->liveRange(address, bytes));
  forChunks(*allocation, address, bytes, [&](uint64_t offset, uint64_t part) {
    uint64_t skew = (offset - (address - allocation->base)) % width;
    for (uint64_t i = 0; i < part; ++i)
      allocation->data[offset + i] = static_cast<uint8_t>(pattern >> 8 * ((i + skew) % width));
    if (allocation->initialized)
      std::memset(allocation->initialized + offset, 1, part);
  });
  return Status::ok();
}

Status DeviceMemory::markInitialized(uint64_t address, uint64_t bytes) {
  MMC_ASSIGN_OR_RETURN(std::shared_ptr<Allocation> allocation, state->liveRange(address, bytes));
  if (allocation->initialized)
    forChunks(*allocation, address, bytes, [&](uint64_t offset, uint64_t count) {
      std::memset(allocation->initialized + offset, 1, count);
    });
  return Status::ok();
}

uint64_t DeviceMemory::countUninitialized(uint64_t address, uint64_t bytes, uint64_t *first) const {
  std::shared_ptr<Allocation> allocation = state->findLocked(address);
  if (!allocation || !allocation->initialized)
    return 0;
  uint64_t missing = 0;
  forChunks(*allocation, address, std::min(bytes, allocation->end() - address),
            [&](uint64_t offset, uint64_t count) {
              for (uint64_t i = offset; i < offset + count; ++i) {
                if (allocation->initialized[i])
                  continue;
                if (!missing && first)
                  *first = allocation->base + i;
                ++missing;
              }
            });
  return missing;
}

uint64_t DeviceMemory::bytesInUse() const {
  std::lock_guard<std::mutex> lock(state->mutex);
  return state->inUse;
}

static AllocationInfo infoOf(const Allocation &allocation) {
  return {allocation.base, allocation.bytes, allocation.name, allocation.isHost};
}

std::optional<AllocationInfo> DeviceMemory::find(uint64_t address) const {
  std::shared_ptr<Allocation> found = state->findLocked(address);
  if (!found || found->isFreed)
    return std::nullopt;
  return infoOf(*found);
}

std::vector<AllocationInfo> DeviceMemory::live() const {
  std::vector<AllocationInfo> list;
  std::lock_guard<std::mutex> lock(state->mutex);
  for (const auto &allocation : *state->table)
    if (!allocation->isFreed)
      list.push_back(infoOf(*allocation));
  return list;
}

std::string DeviceMemory::describe(uint64_t address) const {
  std::lock_guard<std::mutex> lock(state->mutex);
  return describeAddress(*state->table, address);
}

std::shared_ptr<const AllocationTable> DeviceMemory::snapshot() const {
  std::lock_guard<std::mutex> lock(state->mutex);
  state->isShared = true;
  return state->table;
}

} // namespace mmc::emulator
