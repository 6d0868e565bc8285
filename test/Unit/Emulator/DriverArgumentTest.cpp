// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every entry point with bad arguments: it returns, and with a code of the driver's.

#include "BadArguments.h"
#include "Driver.h"

namespace mmc::emulator::test {

/// What is called does as it is told with any address of the host, or with arrays whose lengths it
/// is told.
static bool needsGoodArguments(const std::string &name) {
  return name == "cuMemcpy" || name == "cuMemcpyAsync" || name == "cuModuleLoadDataEx" ||
         name == "cuLibraryLoadData" || name == "cuPointerGetAttributes";
}

/// A process of its own: contexts are made, reset and left behind.
DRIVER_PROGRAM(bareBadArguments) {
  BadArguments bad;
  EXPECT_CU(cuInit(0));
  for (int round = 0; round < 200; ++round) {
    CUcontext own = nullptr;
    ASSERT_CU(cuCtxCreate_v2(&own, 0, 0));
#define MMC_CUDA_ENTRY_POINT(name, symbol, since)                                                  \
  if (!needsGoodArguments(#name)) {                                                                \
    SCOPED_TRACE(#symbol);                                                                         \
    const char *text = nullptr;                                                                    \
    EXPECT_CU(cuGetErrorName(bad.call(&symbol), &text));                                           \
    CUcontext now = nullptr;                                                                       \
    EXPECT_CU(cuCtxGetCurrent(&now));                                                              \
    if (now != own && now)                                                                         \
      EXPECT_CU(cuCtxDestroy_v2(now));                                                             \
    EXPECT_CU(cuCtxSetCurrent(own));                                                               \
  }
#include "mmc/Runtime/Emulator/Driver/EntryPoints.def"
    EXPECT_CU(cuCtxDestroy_v2(own));
  }
}

TEST(DriverArguments, BadOnesAreRefused) {
  Outcome outcome = runProgram("bareBadArguments", {"MMC_EMULATOR_MEMORY=64M"});
  EXPECT_EQ(outcome.status, 0) << outcome.error;
}

TEST_F(Driver, RefusesArraysThatAreNotThere) {
  CUmodule loaded = nullptr;
  CUlibrary library = nullptr;
  CUjit_option option = CU_JIT_WALL_TIME;
  void *value = nullptr;
  EXPECT_EQ(cuModuleLoadDataEx(&loaded, driverKernels, 1, nullptr, &value),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuModuleLoadDataEx(&loaded, driverKernels, 1, &option, nullptr),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuLibraryLoadData(&library, driverKernels, nullptr, &value, 1, nullptr, nullptr, 0),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuLibraryLoadData(&library, driverKernels, nullptr, nullptr, 0, nullptr, &value, 1),
            CUDA_ERROR_INVALID_VALUE);
  CUpointer_attribute attribute = CU_POINTER_ATTRIBUTE_CONTEXT;
  EXPECT_EQ(cuPointerGetAttributes(1, nullptr, &value, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuPointerGetAttributes(1, &attribute, nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuPointerGetAttributes(1, &attribute, &value, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpy(0, 0, 1), CUDA_ERROR_INVALID_VALUE);
}

} // namespace mmc::emulator::test
