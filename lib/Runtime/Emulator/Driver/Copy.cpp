// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies and fills as operations of streams.

#include "Copy.h"

#include "Allocations.h"
#include "Graph.h"
#include "Try.h"

#include <cstring>

namespace mmc::emulator::driver {

namespace {

constexpr uint64_t maxBytes = uint64_t(1)
                              << 47; ///< beyond any address space: refused before it overflows
constexpr uint64_t pieceBytes = uint64_t(1) << 20;

/// A side with its kind found out.
struct Side {
  Rows rows;
  bool isPageable = false, isHostMemory = false;
};

uint64_t spanOf(const Rows &rows, uint64_t width, uint64_t height) {
  return (height - 1) * rows.pitch + width;
}

/// CUDA_ERROR_INVALID_VALUE where the rows are not memory of their kind.
CUresult examine(Rows rows, uint64_t width, uint64_t height, Side &side) {
  if (!rows.pitch || height == 1)
    rows.pitch = width;
  if (!rows.address || rows.pitch < width || rows.pitch > maxBytes || width > maxBytes ||
      height > maxBytes / rows.pitch)
    return CUDA_ERROR_INVALID_VALUE;
  uint64_t span = spanOf(rows, width, height);
  side.rows = rows;
  bool isDevice = isDeviceAddress(rows.address);
  side.isHostMemory = !isDevice;
  if (isDevice)
    return rows.kind != Rows::Host && bytesAt(rows.address, span).isOk() ? CUDA_SUCCESS
                                                                         : CUDA_ERROR_INVALID_VALUE;
  side.isPageable = !isPinned(rows.address, span);
  if (side.isPageable && rows.kind == Rows::Device)
    return CUDA_ERROR_INVALID_VALUE;
  return CUDA_SUCCESS;
}

/// The rows as ranges; one where they touch.
std::vector<ByteRange> rangesOf(const Side &side, uint64_t width, uint64_t height) {
  if (side.isPageable)
    return {}; // it is read or written before the call returns
  if (side.rows.pitch == width || height == 1)
    return {{side.rows.address, width * height}};
  std::vector<ByteRange> ranges;
  for (uint64_t row = 0; row < height; ++row)
    ranges.push_back({side.rows.address + row * side.rows.pitch, width});
  return ranges;
}

Status copyBytes(const Side &to, uint64_t at, const Side &from, uint64_t source, uint64_t bytes) {
  void *pointer = reinterpret_cast<void *>(at);
  const void *sourcePointer = reinterpret_cast<const void *>(source);
  if (to.isPageable && from.isPageable) {
    std::memmove(pointer, sourcePointer, bytes);
    return Status::ok();
  }
  if (from.isPageable)
    return memoryOf(at).write(at, sourcePointer, bytes);
  if (to.isPageable)
    return memoryOf(source).read(source, pointer, bytes);
  // Host memory is in the memory of all devices.
  DeviceMemory &memory = from.isHostMemory ? memoryOf(at) : memoryOf(source);
  if (to.isHostMemory || &memory == &memoryOf(at))
    return memory.copy(at, source, bytes);
  std::vector<uint8_t> buffer(bytes);
  MMC_RETURN_IF_ERROR(memory.read(source, buffer.data(), bytes));
  return memoryOf(at).write(at, buffer.data(), bytes);
}

CUresult runCopy(const Side &to, const Side &from, uint64_t width, uint64_t height) {
  for (uint64_t row = 0; row < height; ++row)
    for (uint64_t offset = 0; offset < width; offset += pieceBytes)
      // Memory that was freed meanwhile.
      if (!copyBytes(to, to.rows.address + row * to.rows.pitch + offset, from,
                     from.rows.address + row * from.rows.pitch + offset,
                     std::min(pieceBytes, width - offset))
               .isOk())
        return CUDA_ERROR_ILLEGAL_ADDRESS;
  return CUDA_SUCCESS;
}

struct Copy {
  Side to, from;
  Operation operation;
};

CUresult prepare(const CopyPlan &plan, Copy &copy) {
  MMC_TRY(examine(plan.to, plan.width, plan.height, copy.to));
  MMC_TRY(examine(plan.from, plan.width, plan.height, copy.from));
  Operation &operation = copy.operation;
  operation.name = plan.name;
  operation.type = CU_GRAPH_NODE_TYPE_MEMCPY;
  operation.reads = rangesOf(copy.from, plan.width, plan.height);
  operation.writes = rangesOf(copy.to, plan.width, plan.height);
  // What is initialised moves along with the bytes.
  operation.checkInitialized = operation.initializes = false;
  uint64_t width = plan.width, height = plan.height;
  operation.work = [to = copy.to, from = copy.from, width, height](Execution &) {
    return runCopy(to, from, width, height);
  };
  return CUDA_SUCCESS;
}

/// Takes the source's bytes now, as the driver does with pageable memory.
void stage(const CopyPlan &plan, Copy &copy) {
  auto bytes = std::make_shared<std::vector<uint8_t>>(plan.width * plan.height);
  for (uint64_t row = 0; row < plan.height; ++row)
    std::memcpy(bytes->data() + row * plan.width,
                reinterpret_cast<const void *>(copy.from.rows.address + row * copy.from.rows.pitch),
                plan.width);
  Side staged = copy.from;
  staged.rows.address = reinterpret_cast<uint64_t>(bytes->data());
  staged.rows.pitch = plan.width;
  uint64_t width = plan.width, height = plan.height;
  copy.operation.work = [to = copy.to, staged, bytes, width, height](Execution &) {
    return runCopy(to, staged, width, height);
  };
}

void reportPageable(const CopyPlan &plan, const Copy &copy, const std::string &stream) {
  uint64_t address = copy.to.isPageable ? copy.to.rows.address : copy.from.rows.address;
  Finding finding;
  finding.kind = kind::pageableAsyncCopy;
  finding.operation = plan.name;
  finding.address = address;
  finding.bytes = plan.width * plan.height;
  finding.message =
      "in " + stream + " copies " + std::to_string(finding.bytes) +
      (copy.to.isPageable
           ? " bytes to pageable host memory: the call waits for the copy"
           : " bytes from pageable host memory: they are staged before the call returns") +
      "; use cuMemHostAlloc or cuMemHostRegister";
  report(std::move(finding));
}

} // namespace

CUresult copyAsync(const CopyPlan &plan, CUstream handle) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  if (!plan.width || !plan.height)
    return CUDA_SUCCESS;
  Copy copy;
  MMC_TRY(prepare(plan, copy));
  bool isPageable = copy.to.isPageable || copy.from.isPageable;
  if (isPageable && settings().hazards)
    reportPageable(plan, copy, stream->name);
  std::unique_lock<std::mutex> lock(orderMutex());
  if (stream->capture)
    return captureOperation(*stream, std::move(copy.operation));
  MMC_TRY(checkUse(*stream));
  if (copy.from.isPageable)
    stage(plan, copy);
  auto task = enqueueOrdered(*stream, std::move(copy.operation));
  return copy.to.isPageable ? waitFor(lock, task, stream->context) : CUDA_SUCCESS;
}

CUresult copyNow(const CopyPlan &plan) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  if (!plan.width || !plan.height)
    return CUDA_SUCCESS;
  Copy copy;
  MMC_TRY(prepare(plan, copy));
  MMC_TRY(refuseUnsafeCall());
  return copy.to.isHostMemory || copy.from.isHostMemory
             ? enqueueAndWait(nullptr, std::move(copy.operation))
             : enqueue(nullptr, std::move(copy.operation));
}

static CUresult prepare(const FillPlan &plan, Side &side, Operation &operation) {
  MMC_REQUIRE(plan.count <= maxBytes, CUDA_ERROR_INVALID_VALUE);
  uint64_t width = plan.count * plan.width;
  MMC_TRY(examine(plan.to, width, plan.height, side));
  MMC_REQUIRE(plan.to.address % plan.width == 0, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(plan.height == 1 || side.rows.pitch % plan.width == 0, CUDA_ERROR_INVALID_VALUE);
  operation.name = plan.name;
  operation.type = CU_GRAPH_NODE_TYPE_MEMSET;
  operation.writes = rangesOf(side, width, plan.height);
  operation.work = [side, plan](Execution &) {
    for (uint64_t row = 0; row < plan.height; ++row) {
      uint64_t address = side.rows.address + row * side.rows.pitch;
      if (!memoryOf(address).fill(address, plan.value, plan.width, plan.count).isOk())
        return CUDA_ERROR_ILLEGAL_ADDRESS;
    }
    return CUDA_SUCCESS;
  };
  return CUDA_SUCCESS;
}

CUresult fillAsync(const FillPlan &plan, CUstream handle) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  if (!plan.count || !plan.height)
    return CUDA_SUCCESS;
  Side side;
  Operation operation;
  MMC_TRY(prepare(plan, side, operation));
  return enqueue(handle, std::move(operation));
}

CUresult fillNow(const FillPlan &plan) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  if (!plan.count || !plan.height)
    return CUDA_SUCCESS;
  Side side;
  Operation operation;
  MMC_TRY(prepare(plan, side, operation));
  MMC_TRY(refuseUnsafeCall());
  return side.isHostMemory ? enqueueAndWait(nullptr, std::move(operation))
                           : enqueue(nullptr, std::move(operation));
}

} // namespace mmc::emulator::driver
