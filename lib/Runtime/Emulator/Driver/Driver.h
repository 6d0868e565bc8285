// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What libraries on the driver (cuBLASLt, NCCL) build on.
//
//   * enqueue(stream, operation) from Operation.h: work in stream order, with the bytes it touches.
//   * bytesAt(): device and pinned memory as host pointers, checked.
//   * HandleTable, report(), reportLeaksOf(): handles, findings, what is left over at exit.

#ifndef MMC_EMULATOR_DRIVER_DRIVER_H
#define MMC_EMULATOR_DRIVER_DRIVER_H

#include "Findings.h"
#include "HandleTable.h"
#include "Operation.h"
#include "Settings.h"

#include "mmc/Runtime/Core/Status.h"

namespace mmc::emulator::driver {

/// cuInit has been called, the process is not ending, and this is no function that a stream calls:
/// CUDA_SUCCESS, CUDA_ERROR_NOT_INITIALIZED, CUDA_ERROR_DEINITIALIZED or CUDA_ERROR_NOT_PERMITTED.
CUresult checkReady();
/// The calling thread's current context, live and without an error: CUDA_ERROR_INVALID_CONTEXT, or
/// the context's error. Contexts stay in memory until the process ends.
CUresult currentContext(Context *&context);
/// The context of a stream (of the current context for null and the default streams).
CUresult contextOf(CUstream stream, Context *&context);
/// The ordinal of a context's device, and its chip.
int deviceOf(const Context &context);
const Chip &chipOf(const Context &context);
/// The handle that the program has for it.
CUcontext handleOf(const Context &context);

/// The host's view of `bytes` bytes of device memory of any device, or of pinned host memory.
/// BadInput, naming the nearest allocation, when they are not within one live allocation. The view
/// keeps the memory readable even when it is freed meanwhile.
StatusOr<MemoryView> bytesAt(uint64_t address, uint64_t bytes);
/// Whether an address belongs to some device (live or freed).
bool isDeviceAddress(uint64_t address);

/// Where an address lies, for messages: "byte 16 of 'cuMemAlloc 3' (64 bytes at 0x2000000000100)".
std::string describeAddress(uint64_t address);

/// `function` is called once when the process ends, and reports what is left over.
void reportLeaksOf(std::function<void()> function);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_DRIVER_H
