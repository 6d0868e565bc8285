// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of DriverHazardTest.cpp: leaks, faults, and processes without a driver.

#include "Driver.h"

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace mmc::emulator::test {

static constexpr size_t bytes = 4096;

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

DRIVER_PROGRAM(bareWithBadSettings) { EXPECT_EQ(cuInit(0), CUDA_ERROR_INVALID_VALUE); }

DRIVER_PROGRAM(bareWithoutDevices) { EXPECT_EQ(cuInit(0), CUDA_ERROR_NO_DEVICE); }

DRIVER_PROGRAM(forkedChildHasNoDriver) {
  (void)program.stream();
  pid_t child = fork();
  if (child == 0)
    std::exit(cuCtxSynchronize() == CUDA_ERROR_NOT_INITIALIZED &&
                      cuInit(0) == CUDA_ERROR_NOT_INITIALIZED
                  ? 0
                  : 1);
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

} // namespace mmc::emulator::test
