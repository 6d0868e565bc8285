// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuMemAlloc…, cuMemFree…, cuMemHost…, cuMemGetInfo.

#include "Allocations.h"
#include "EntryPoint.h"
#include "Graph.h"
#include "Hazards.h"

#include "../Memory/Describe.h"

using namespace mmc::emulator::driver;
using mmc::emulator::hex;

MMC_EXPORT CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(free && total, CUDA_ERROR_INVALID_VALUE);
  auto &memory = context->gpu.device.memory();
  *total = memory.capacity();
  *free = memory.capacity() - memory.bytesInUse();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(address && bytes, CUDA_ERROR_INVALID_VALUE);
  MMC_TRY(refuseUnsafeCall());
  uint64_t at = 0;
  MMC_TRY(allocateDevice(*context, "cuMemAlloc", bytes, 256, at));
  *address = at;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemAllocPitch_v2(CUdeviceptr *address, size_t *pitch, size_t width,
                                       size_t height, unsigned int element) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(address && pitch && width && height, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(element == 4 || element == 8 || element == 16, CUDA_ERROR_INVALID_VALUE);
  MMC_TRY(refuseUnsafeCall());
  constexpr size_t limit = size_t(1) << 46;
  MMC_REQUIRE(width <= 0x7fffffff && height <= limit / ((width + 511) / 512 * 512),
              CUDA_ERROR_INVALID_VALUE);
  size_t rounded = (width + 511) / 512 * 512;
  uint64_t at = 0;
  MMC_TRY(allocateDevice(*context, "cuMemAllocPitch", rounded * height, 512, at));
  *address = at;
  *pitch = rounded;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemFree_v2(CUdeviceptr address) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  if (!address)
    return CUDA_SUCCESS;
  MMC_TRY(refuseUnsafeCall());
  auto found = findAllocated(address);
  MMC_REQUIRE(found && found->address == address && !found->isHost, CUDA_ERROR_INVALID_VALUE);
  // As the driver does: work in flight ends first.
  MMC_TRY(synchronize(*found->context));
  auto taken = takeAllocated(address, /*isHost=*/false);
  MMC_REQUIRE(taken, CUDA_ERROR_INVALID_VALUE);
  release(*taken);
  return CUDA_SUCCESS;
}

/// Refuses what would have to become a node of a graph.
static CUresult refuseInCapture(CUstream handle, Context *&context) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(refuseCapturing(*stream));
  context = &stream->context;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemAllocAsync(CUdeviceptr *address, size_t bytes, CUstream stream) {
  Context *context = nullptr;
  MMC_TRY(refuseInCapture(stream, context));
  MMC_REQUIRE(address && bytes, CUDA_ERROR_INVALID_VALUE);
  uint64_t at = 0;
  MMC_TRY(allocateDevice(*context, "cuMemAllocAsync", bytes, 256, at));
  // For other streams, the memory is there only after this point of the stream.
  Operation operation;
  operation.name = "cuMemAllocAsync";
  operation.writes = {{at, bytes}};
  operation.initializes = false;
  CUresult result = enqueue(stream, std::move(operation));
  if (result != CUDA_SUCCESS) {
    if (auto taken = takeAllocated(at, /*isHost=*/false))
      release(*taken);
    return result;
  }
  *address = at;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
  Context *context = nullptr;
  MMC_TRY(refuseInCapture(stream, context));
  MMC_REQUIRE(address, CUDA_ERROR_INVALID_VALUE);
  auto taken = takeAllocated(address, /*isHost=*/false);
  MMC_REQUIRE(taken, CUDA_ERROR_INVALID_VALUE);
  Operation operation;
  operation.name = "cuMemFreeAsync";
  operation.writes = {{taken->address, taken->bytes}};
  operation.initializes = false;
  operation.work = [taken](Execution &) {
    // The addresses are never used again, so what is known of them may stay: late users are found.
    (void)taken->context->gpu.device.memory().free(taken->address);
    return CUDA_SUCCESS;
  };
  return enqueue(stream, std::move(operation));
}

MMC_EXPORT CUresult cuMemGetAddressRange_v2(CUdeviceptr *base, size_t *bytes, CUdeviceptr address) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  auto found = findAllocated(address);
  MMC_REQUIRE(found, CUDA_ERROR_NOT_FOUND);
  if (base)
    *base = found->address;
  if (bytes)
    *bytes = found->bytes;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemAllocManaged(CUdeviceptr *address, size_t bytes, unsigned int flags) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(address && bytes && (flags == 1 || flags == 2), CUDA_ERROR_INVALID_VALUE);
  return CUDA_ERROR_NOT_SUPPORTED; // and CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY is 0
}

static CUresult allocatePinned(const char *entry, void **pointer, size_t bytes, unsigned flags) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  constexpr unsigned known =
      CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;
  MMC_REQUIRE(pointer && bytes && !(flags & ~known), CUDA_ERROR_INVALID_VALUE);
  MMC_TRY(refuseUnsafeCall());
  return allocateHost(*context, entry, bytes, flags, *pointer);
}

MMC_EXPORT CUresult cuMemAllocHost_v2(void **pointer, size_t bytes) {
  return allocatePinned("cuMemAllocHost", pointer, bytes, 0);
}

MMC_EXPORT CUresult cuMemHostAlloc(void **pointer, size_t bytes, unsigned int flags) {
  return allocatePinned("cuMemHostAlloc", pointer, bytes, flags);
}

/// Pinned memory goes away: whatever still uses it is reported and waited for.
static CUresult endPinned(void *pointer, bool isRegistered, CUresult unknown) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(pointer, CUDA_ERROR_INVALID_VALUE);
  MMC_TRY(refuseUnsafeCall());
  auto found = findAllocated(reinterpret_cast<uint64_t>(pointer));
  MMC_REQUIRE(found && found->isHost && found->isRegistered == isRegistered &&
                  found->address == reinterpret_cast<uint64_t>(pointer),
              unknown);
  Clock known;
  {
    std::lock_guard<std::mutex> lock(orderMutex());
    known = hostClock();
  }
  (void)synchronize(*found->context);
  if (settings().hazards)
    for (const std::string &name : accessesBeyond(known, found->address, found->bytes)) {
      Finding finding;
      finding.kind = kind::freeInFlight;
      finding.operation = isRegistered ? "cuMemHostUnregister" : "cuMemFreeHost";
      finding.other = name;
      finding.address = found->address;
      finding.bytes = found->bytes;
      finding.message = "of '" + found->name + "', which " + name +
                        " may not be done with: wait for the stream first";
      report(std::move(finding));
    }
  auto taken = takeAllocated(found->address, /*isHost=*/true);
  MMC_REQUIRE(taken, unknown);
  release(*taken);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemFreeHost(void *pointer) {
  return endPinned(pointer, /*isRegistered=*/false, CUDA_ERROR_INVALID_VALUE);
}

MMC_EXPORT CUresult cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned int flags) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  constexpr unsigned known =
      CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP | CU_MEMHOSTREGISTER_READ_ONLY;
  MMC_REQUIRE(!(flags & CU_MEMHOSTREGISTER_IOMEMORY), CUDA_ERROR_NOT_SUPPORTED);
  MMC_REQUIRE(pointer && bytes && !(flags & ~known), CUDA_ERROR_INVALID_VALUE);
  uint64_t address = reinterpret_cast<uint64_t>(pointer);
  constexpr uint64_t limit = uint64_t(1) << 47; // of the host's addresses
  MMC_REQUIRE(address < limit && bytes <= limit - address, CUDA_ERROR_INVALID_VALUE);
  MMC_TRY(refuseUnsafeCall());
  return registerHost(*context, pointer, bytes, flags);
}

MMC_EXPORT CUresult cuMemHostUnregister(void *pointer) {
  return endPinned(pointer, /*isRegistered=*/true, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

MMC_EXPORT CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *address, void *pointer,
                                                 unsigned int flags) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(address && pointer && !flags, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(isPinned(reinterpret_cast<uint64_t>(pointer), 1), CUDA_ERROR_INVALID_VALUE);
  *address = reinterpret_cast<CUdeviceptr>(pointer);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuMemHostGetFlags(unsigned int *flags, void *pointer) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(flags && pointer, CUDA_ERROR_INVALID_VALUE);
  auto found = findAllocated(reinterpret_cast<uint64_t>(pointer));
  MMC_REQUIRE(found && found->isHost, CUDA_ERROR_INVALID_VALUE);
  *flags = found->flags | CU_MEMHOSTALLOC_DEVICEMAP;
  return CUDA_SUCCESS;
}
