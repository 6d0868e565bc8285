// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of DriverHazardTest.cpp: streams and graphs whose work is ordered, and nearly so.

#include "Driver.h"

#include <unistd.h>

namespace mmc::emulator::test {

static constexpr size_t bytes = 4096;

/// Writes in one stream, reads in another; `order` comes between.
template <typename F>
static void writeThenRead(Program &program, unsigned flags, F order) {
  CUdeviceptr a = program.allocate(bytes), b = program.allocate(bytes);
  CUstream first = program.stream(flags), second = program.stream(flags);
  EXPECT_CU(cuMemsetD8Async(a, 1, bytes, first));
  order(first, second);
  EXPECT_CU(cuMemcpyDtoDAsync_v2(b, a, bytes, second));
  EXPECT_CU(cuCtxSynchronize());
}

static void orderByEvent(CUstream first, CUstream second) {
  CUevent event = nullptr;
  EXPECT_CU(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  EXPECT_CU(cuEventRecord(event, first));
  EXPECT_CU(cuStreamWaitEvent(second, event, 0));
  EXPECT_CU(cuEventDestroy_v2(event));
}

DRIVER_PROGRAM(copiesRace) {
  writeThenRead(program, CU_STREAM_NON_BLOCKING, [](CUstream, CUstream) {});
}
DRIVER_PROGRAM(copiesOrderedByEvent) {
  writeThenRead(program, CU_STREAM_NON_BLOCKING, orderByEvent);
}
DRIVER_PROGRAM(copiesOrderedByHost) {
  writeThenRead(program, CU_STREAM_NON_BLOCKING,
                [](CUstream first, CUstream) { EXPECT_CU(cuStreamSynchronize(first)); });
}
DRIVER_PROGRAM(copiesOrderedByQuery) {
  writeThenRead(program, CU_STREAM_NON_BLOCKING, [](CUstream first, CUstream) {
    while (cuStreamQuery(first) == CUDA_ERROR_NOT_READY) {
    }
  });
}
DRIVER_PROGRAM(copiesWithTheEventRecordedTooEarly) {
  CUdeviceptr a = program.allocate(bytes), b = program.allocate(bytes);
  CUstream first = program.stream(), second = program.stream();
  orderByEvent(first, second);
  EXPECT_CU(cuMemsetD8Async(a, 1, bytes, first));
  EXPECT_CU(cuMemcpyDtoDAsync_v2(b, a, bytes, second));
}
DRIVER_PROGRAM(copiesOrderedByDefaultStream) {
  CUdeviceptr b = program.allocate(bytes);
  writeThenRead(program, CU_STREAM_DEFAULT,
                [&](CUstream, CUstream) { EXPECT_CU(cuMemsetD8_v2(b, 0, bytes)); });
}
DRIVER_PROGRAM(copiesNotOrderedByDefaultStream) {
  CUdeviceptr b = program.allocate(bytes);
  writeThenRead(program, CU_STREAM_NON_BLOCKING,
                [&](CUstream, CUstream) { EXPECT_CU(cuMemsetD8_v2(b, 0, bytes)); });
}
DRIVER_PROGRAM(copiesOrderedByHostWhenTheStreamHasEnded) {
  CUdeviceptr a = program.allocate(bytes);
  CUstream first = nullptr;
  EXPECT_CU(cuStreamCreate(&first, CU_STREAM_NON_BLOCKING));
  EXPECT_CU(cuMemsetD8Async(a, 1, bytes, first));
  EXPECT_CU(cuStreamDestroy_v2(first));
  // Whenever a stream is destroyed, those whose work is done are forgotten.
  for (int i = 0; i < 50; ++i) {
    CUstream other = nullptr;
    EXPECT_CU(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    EXPECT_CU(cuStreamDestroy_v2(other));
    usleep(1000);
  }
  EXPECT_CU(cuCtxSynchronize());
  EXPECT_CU(cuMemsetD8Async(a, 2, bytes, program.stream()));
}
DRIVER_PROGRAM(copiesOfDifferentBytes) {
  CUdeviceptr a = program.allocate(bytes);
  CUstream first = program.stream(), second = program.stream();
  EXPECT_CU(cuMemsetD8Async(a, 1, bytes / 2, first));
  EXPECT_CU(cuMemsetD8Async(a + bytes / 2, 1, bytes / 2, second));
}
DRIVER_PROGRAM(readsInTwoStreams) {
  CUdeviceptr a = program.allocate(bytes), b = program.allocate(2 * bytes);
  EXPECT_CU(cuMemsetD8_v2(a, 1, bytes));
  EXPECT_CU(cuCtxSynchronize());
  EXPECT_CU(cuMemcpyDtoDAsync_v2(b, a, bytes, program.stream()));
  EXPECT_CU(cuMemcpyDtoDAsync_v2(b + bytes, a, bytes, program.stream()));
}

/// y += x in one stream, x += z in the other.
static void kernelsInTwoStreams(Program &program, bool isOrdered) {
  CUdeviceptr x = program.allocate(bytes), y = program.allocate(bytes), z = program.allocate(bytes);
  for (CUdeviceptr each : {x, y, z})
    EXPECT_CU(cuMemsetD32_v2(each, 0x3f800000, bytes / 4));
  EXPECT_CU(cuCtxSynchronize());
  CUstream first = program.stream(), second = program.stream();
  float one = 1;
  uint32_t n = 256;
  EXPECT_CU(program.launch("axpy", 256, {&y, &x, &one, &n}, first));
  if (isOrdered)
    orderByEvent(first, second);
  EXPECT_CU(program.launch("axpy", 256, {&x, &z, &one, &n}, second));
  EXPECT_CU(cuCtxSynchronize());
}
DRIVER_PROGRAM(kernelsRace) { kernelsInTwoStreams(program, false); }
DRIVER_PROGRAM(kernelsOrdered) { kernelsInTwoStreams(program, true); }

/// Two branches of a graph that write the same bytes.
static void branches(Program &program, bool isOrdered) {
  CUdeviceptr a = program.allocate(bytes);
  CUstream first = program.stream(), second = program.stream();
  CUevent fork = nullptr, join = nullptr;
  EXPECT_CU(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
  EXPECT_CU(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
  EXPECT_CU(cuStreamBeginCapture_v2(first, CU_STREAM_CAPTURE_MODE_GLOBAL));
  if (isOrdered)
    EXPECT_CU(cuMemsetD8Async(a, 1, bytes, first));
  EXPECT_CU(cuEventRecord(fork, first));
  EXPECT_CU(cuStreamWaitEvent(second, fork, 0));
  EXPECT_CU(cuMemsetD8Async(a, 2, bytes, second));
  EXPECT_CU(cuEventRecord(join, second));
  if (!isOrdered)
    EXPECT_CU(cuMemsetD8Async(a, 1, bytes, first));
  EXPECT_CU(cuStreamWaitEvent(first, join, 0));
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;
  EXPECT_CU(cuStreamEndCapture(first, &graph));
  EXPECT_CU(cuGraphInstantiateWithFlags(&exec, graph, 0));
  EXPECT_CU(cuGraphLaunch(exec, first));
  EXPECT_CU(cuGraphLaunch(exec, first));
  EXPECT_CU(cuStreamSynchronize(first));
  EXPECT_CU(cuGraphExecDestroy(exec));
  EXPECT_CU(cuGraphDestroy(graph));
  EXPECT_CU(cuEventDestroy_v2(fork));
  EXPECT_CU(cuEventDestroy_v2(join));
}
DRIVER_PROGRAM(branchesRace) { branches(program, false); }
DRIVER_PROGRAM(branchesOrdered) { branches(program, true); }

static void freeAsync(Program &program, bool isOrdered) {
  CUdeviceptr a = 0;
  CUstream first = program.stream(), second = program.stream();
  EXPECT_CU(cuMemAllocAsync(&a, bytes, first));
  if (isOrdered)
    orderByEvent(first, second);
  EXPECT_CU(cuMemsetD8Async(a, 1, bytes, second));
  EXPECT_CU(cuMemFreeAsync(a, second));
  EXPECT_CU(cuStreamSynchronize(second));
}
DRIVER_PROGRAM(memoryUsedBeforeItsAllocation) { freeAsync(program, false); }
DRIVER_PROGRAM(memoryUsedAfterItsAllocation) { freeAsync(program, true); }

} // namespace mmc::emulator::test
