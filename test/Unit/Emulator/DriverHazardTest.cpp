// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hazards: a program that commits each, and one that is almost the same and does not.

#include "Driver.h"

#include <cstdlib>
#include <sys/wait.h>
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
DRIVER_PROGRAM(copiesOrderedByEvent) { writeThenRead(program, CU_STREAM_NON_BLOCKING, orderByEvent); }
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
  writeThenRead(program, CU_STREAM_DEFAULT, [&](CUstream, CUstream) { EXPECT_CU(cuMemsetD8_v2(b, 0, bytes)); });
}
DRIVER_PROGRAM(copiesNotOrderedByDefaultStream) {
  CUdeviceptr b = program.allocate(bytes);
  writeThenRead(program, CU_STREAM_NON_BLOCKING, [&](CUstream, CUstream) { EXPECT_CU(cuMemsetD8_v2(b, 0, bytes)); });
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

DRIVER_PROGRAM(memoryLeaks) {
  CUdeviceptr a = 0;
  EXPECT_CU(cuMemAlloc_v2(&a, 1000));
}
DRIVER_PROGRAM(streamLeaksWithItsContext) {
  CUstream stream = nullptr;
  CUcontext again = nullptr;
  EXPECT_CU(cuStreamCreate(&stream, 0));
  EXPECT_CU(cuDevicePrimaryCtxRetain(&again, 0)); // and never released
}
DRIVER_PROGRAM(everythingGivenBack) { (void)program.allocate(1000); }

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

DRIVER_PROGRAM(kernelReadsUninitialized) {
  CUdeviceptr x = program.allocate(bytes), y = program.allocate(bytes);
  float one = 1;
  uint32_t n = 4;
  EXPECT_CU(cuMemsetD8_v2(y, 0, bytes));
  EXPECT_CU(program.launch("axpy", 4, {&y, &x, &one, &n}));
}

DRIVER_PROGRAM(kernelFaults) {
  CUdeviceptr a = program.allocate(64);
  uint32_t n = 64;
  EXPECT_CU(program.launch("past", 1, {&a, &n}));
  EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(cuMemAlloc_v2(&a, 4), CUDA_ERROR_ILLEGAL_ADDRESS); // it stays
  EXPECT_CU(cuDevicePrimaryCtxReset_v2(0));
}

DRIVER_PROGRAM(kernelFaultsAndGoesOn) {
  CUdeviceptr a = program.allocate(64);
  uint32_t n = 64;
  EXPECT_CU(program.launch("past", 1, {&a, &n}));
  EXPECT_CU(cuCtxSynchronize());
}

DRIVER_PROGRAM(launchRefused) {
  CUdeviceptr a = program.allocate(64);
  EXPECT_EQ(program.launch("reverse", 1025, {&a}), CUDA_ERROR_INVALID_VALUE);
}

DRIVER_PROGRAM(bareWithoutInit) {
  int number = 0;
  size_t bytes = 0;
  CUcontext context = nullptr;
  CUdeviceptr address = 0;
  CUstream stream = nullptr;
  CUgraph graph = nullptr;
  EXPECT_EQ(cuDeviceGetCount(&number), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, 0), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuCtxGetCurrent(&context), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuMemAlloc_v2(&address, 4), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuMemGetInfo_v2(&bytes, &bytes), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuStreamCreate(&stream, 0), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuStreamSynchronize(nullptr), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuGraphDestroy(graph), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_CU(cuDriverGetVersion(&number));
}

DRIVER_PROGRAM(bareWithoutDevices) { EXPECT_EQ(cuInit(0), CUDA_ERROR_NO_DEVICE); }

DRIVER_PROGRAM(forkedChildHasNoDriver) {
  (void)program.stream();
  pid_t child = fork();
  if (child == 0)
    std::exit(cuCtxSynchronize() == CUDA_ERROR_NOT_INITIALIZED && cuInit(0) == CUDA_ERROR_NOT_INITIALIZED ? 0 : 1);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

/// Its own destructors run before the report.
struct FreesAtTheEnd {
  ~FreesAtTheEnd() {
    if (address)
      EXPECT_CU(cuMemFree_v2(address));
  }
  CUdeviceptr address = 0;
};
static FreesAtTheEnd freesAtTheEnd;
DRIVER_PROGRAM(memoryFreedByDestructors) {
  CUcontext again = nullptr;
  EXPECT_CU(cuDevicePrimaryCtxRetain(&again, 0));
  EXPECT_CU(cuMemAlloc_v2(&freesAtTheEnd.address, 4));
  EXPECT_CU(cuCtxPushCurrent_v2(again)); // still current when the fixture has taken its own away
}

using Kinds = std::set<std::string>;

struct Case {
  const char *program;
  Kinds kinds;
};
static void PrintTo(const Case &one, std::ostream *out) { *out << one.program; }

class DriverHazard : public ::testing::TestWithParam<Case> {};

TEST_P(DriverHazard, IsReported) {
  Outcome outcome = runProgram(GetParam().program);
  EXPECT_EQ(outcome.status, 0) << outcome.error;
  EXPECT_EQ(outcome.kinds, GetParam().kinds) << outcome.report;
}

INSTANTIATE_TEST_SUITE_P(
    Programs, DriverHazard,
    ::testing::Values(
        Case{"copiesRace", {"stream-race"}}, Case{"copiesOrderedByEvent", {}}, Case{"copiesOrderedByHost", {}},
        Case{"copiesOrderedByQuery", {}}, Case{"copiesWithTheEventRecordedTooEarly", {"stream-race"}},
        Case{"copiesOrderedByDefaultStream", {}}, Case{"copiesNotOrderedByDefaultStream", {"stream-race"}},
        Case{"copiesOfDifferentBytes", {}}, Case{"readsInTwoStreams", {}}, Case{"kernelsRace", {"stream-race"}},
        Case{"kernelsOrdered", {}}, Case{"hostReadsTooEarly", {"host-access-in-flight"}},
        Case{"hostReadsAfterWaiting", {}}, Case{"hostWritesTooEarly", {"host-access-in-flight"}},
        Case{"hostWritesAfterWaiting", {}}, Case{"hostUsesTheOtherHalf", {}},
        Case{"pinnedFreedTooEarly", {"free-in-flight"}}, Case{"pinnedFreedAfterWaiting", {}},
        Case{"asyncCopyOfPageable", {"pageable-async-copy"}}, Case{"asyncCopyOfRegistered", {}},
        Case{"memoryLeaks", {"leak"}}, Case{"streamLeaksWithItsContext", {"leak"}}, Case{"everythingGivenBack", {}},
        Case{"branchesRace", {"stream-race"}}, Case{"branchesOrdered", {}},
        Case{"memoryUsedBeforeItsAllocation", {"stream-race"}}, Case{"memoryUsedAfterItsAllocation", {}},
        Case{"kernelReadsUninitialized", {"uninitialized"}}, Case{"kernelFaults", {"out-of-bounds"}},
        Case{"launchRefused", {"launch-configuration"}}, Case{"forkedChildHasNoDriver", {}},
        Case{"memoryFreedByDestructors", {}}),
    [](const auto &info) { return std::string(info.param.program); });

TEST(DriverReport, NamesBothParties) {
  Outcome outcome = runProgram("copiesRace");
  EXPECT_NE(outcome.error.find("stream-race: cuMemcpyDtoDAsync: in stream 2 reads 4096 bytes at byte 0 of 'cuMemAlloc 1'"
                               " (4096 bytes at 0x2000000000"),
            std::string::npos)
      << outcome.error;
  EXPECT_NE(outcome.error.find("which cuMemsetD8Async in stream 1 writes"), std::string::npos) << outcome.error;
}

TEST(DriverReport, HasTheKernelsLine) {
  Outcome outcome = runProgram("kernelFaultsAndGoesOn", {"MMC_EMULATOR_STICKY=0"});
  EXPECT_EQ(outcome.status, 0) << outcome.error;
  EXPECT_EQ(outcome.kinds, Kinds{"out-of-bounds"});
  EXPECT_NE(outcome.report.find("st.global.u32"), std::string::npos) << outcome.report;
}

TEST(DriverReport, SetsTheExitStatusWhereAsked) {
  EXPECT_EQ(runProgram("memoryLeaks", {"MMC_EMULATOR_EXIT_STATUS=3"}).status, 3);
  EXPECT_EQ(runProgram("everythingGivenBack", {"MMC_EMULATOR_EXIT_STATUS=3"}).status, 0);
}

TEST(DriverReport, IsSilentWhenNothingIsWrong) {
  EXPECT_EQ(runProgram("everythingGivenBack").error, "");
  EXPECT_EQ(runProgram("memoryLeaks", {"MMC_EMULATOR_QUIET=1"}).error, "");
}

TEST(DriverReport, HazardsCanBeSwitchedOff) {
  EXPECT_EQ(runProgram("copiesRace", {"MMC_EMULATOR_HAZARDS=0"}).kinds, Kinds{});
  EXPECT_EQ(runProgram("hostReadsTooEarly", {"MMC_EMULATOR_WATCH_HOST=0"}).kinds, Kinds{});
}

TEST(DriverReport, NothingWorksBeforeInit) {
  EXPECT_EQ(runProgram("bareWithoutInit").status, 0);
  EXPECT_EQ(runProgram("bareWithoutDevices", {"MMC_EMULATOR_DEVICES=0"}).status, 0);
}

TEST(DriverReport, RefusesBadSettings) {
  for (const char *setting : {"MMC_EMULATOR_CHIP=sm_1", "MMC_EMULATOR_MEMORY=many", "MMC_EMULATOR_DEVICES=-1"}) {
    Outcome outcome = runProgram("everythingGivenBack", {setting});
    EXPECT_NE(outcome.status, 0) << setting;
    EXPECT_NE(outcome.error.find("MMC_EMULATOR_"), std::string::npos) << outcome.error;
  }
}

} // namespace mmc::emulator::test
