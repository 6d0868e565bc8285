// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of DriverHazardTest.cpp: host memory that is used too early, and in time.

#include "Driver.h"

namespace mmc::emulator::test {

static constexpr size_t bytes = 4096;

/// Copies to the host, and looks at what has arrived.
static void readResult(Program &program, bool waits) {
  CUdeviceptr a = program.allocate(bytes);
  auto *host = static_cast<volatile char *>(program.pinned(bytes));
  CUstream stream = program.stream();
  EXPECT_CU(cuMemsetD8Async(a, 7, bytes, stream));
  EXPECT_CU(cuMemcpyDtoHAsync_v2(const_cast<char *>(host), a, bytes, stream));
  if (waits)
    EXPECT_CU(cuStreamSynchronize(stream));
  char seen = host[100];
  if (waits)
    EXPECT_EQ(seen, 7);
  EXPECT_CU(cuStreamSynchronize(stream));
  EXPECT_EQ(host[100], 7);
}
DRIVER_PROGRAM(hostReadsTooEarly) { readResult(program, false); }
DRIVER_PROGRAM(hostReadsAfterWaiting) { readResult(program, true); }

/// Copies to the device, and overwrites the source.
static void reuseSource(Program &program, bool waits) {
  CUdeviceptr a = program.allocate(100);
  auto *host = static_cast<volatile char *>(program.pinned(100));
  host[0] = 1;
  CUstream stream = program.stream();
  CUevent event = nullptr;
  EXPECT_CU(cuEventCreate(&event, 0));
  EXPECT_CU(cuMemcpyHtoDAsync_v2(a, const_cast<char *>(host), 100, stream));
  EXPECT_CU(cuEventRecord(event, stream));
  if (waits)
    EXPECT_CU(cuEventSynchronize(event));
  EXPECT_EQ(host[0], 1); // reading it is no hazard
  host[0] = 2;
  EXPECT_CU(cuStreamSynchronize(stream));
  EXPECT_CU(cuEventDestroy_v2(event));
}
DRIVER_PROGRAM(hostWritesTooEarly) { reuseSource(program, false); }
DRIVER_PROGRAM(hostWritesAfterWaiting) { reuseSource(program, true); }

DRIVER_PROGRAM(hostUsesTheOtherHalf) {
  CUdeviceptr a = program.allocate(bytes);
  auto *host = static_cast<volatile char *>(program.pinned(2 * 100));
  CUstream stream = program.stream();
  EXPECT_CU(cuMemsetD8Async(a, 7, bytes, stream));
  EXPECT_CU(cuMemcpyDtoHAsync_v2(const_cast<char *>(host), a, 100, stream));
  host[100] = 3;
  EXPECT_EQ(host[199], 0);
  EXPECT_CU(cuStreamSynchronize(stream));
  EXPECT_EQ(host[0], 7);
}

static void freePinned(Program &program, bool waits) {
  CUdeviceptr a = program.allocate(bytes);
  void *host = program.pinned(bytes);
  CUstream stream = program.stream();
  EXPECT_CU(cuMemcpyHtoDAsync_v2(a, host, bytes, stream));
  if (waits)
    EXPECT_CU(cuStreamSynchronize(stream));
  program.hosts.clear();
  EXPECT_CU(cuMemFreeHost(host));
}
DRIVER_PROGRAM(pinnedFreedTooEarly) { freePinned(program, false); }
DRIVER_PROGRAM(pinnedFreedAfterWaiting) { freePinned(program, true); }

DRIVER_PROGRAM(asyncCopyOfPageable) {
  CUdeviceptr a = program.allocate(bytes);
  std::vector<char> host(bytes, 5);
  CUstream stream = program.stream();
  EXPECT_CU(cuMemcpyHtoDAsync_v2(a, host.data(), bytes, stream));
  std::fill(host.begin(), host.end(), 0); // it has been staged
  EXPECT_CU(cuMemcpyDtoHAsync_v2(host.data(), a, bytes, stream));
  EXPECT_EQ(host[17], 5);
}
DRIVER_PROGRAM(asyncCopyOfRegistered) {
  CUdeviceptr a = program.allocate(bytes);
  std::vector<char> host(bytes, 5);
  EXPECT_CU(cuMemHostRegister_v2(host.data(), bytes, 0));
  EXPECT_CU(cuMemcpyHtoDAsync_v2(a, host.data(), bytes, program.stream()));
  EXPECT_CU(cuCtxSynchronize());
  EXPECT_CU(cuMemHostUnregister(host.data()));
}

} // namespace mmc::emulator::test
