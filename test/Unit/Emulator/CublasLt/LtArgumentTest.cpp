// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every function of cuBLASLt with bad arguments: it returns.

#include "../BadArguments.h"
#include "LtMatmul.h"

namespace mmc::emulator::test {
namespace {

/// Those that write as many bytes as they are told, and those that change what is logged.
bool needsGoodArguments(const std::string &name) {
  return name.find("Init_internal") != std::string::npos ||
         name.find("Logger") != std::string::npos;
}

/// Calls the function with a value for each of its parameters; what it returns does not matter.
template <typename Function>
void callBadly(BadArguments &bad, const char *name, Function *function) {
  SCOPED_TRACE(name);
  if (!needsGoodArguments(name))
    (void)bad.call(function);
}

TEST(LtArguments, BadOnesDoNoHarm) {
  useDevice();
  BadArguments bad;
  for (int round = 0; round < 500; ++round) {
#define MMC_CUBLASLT_FUNCTION(result, name, parameters) callBadly(bad, #name, &name);
#include "mmc/Runtime/Emulator/CublasLt/Functions.def"
  }
  cublasLtHandle_t handle = nullptr;
  EXPECT_EQ(cublasLtCreate(&handle), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasLtDestroy(handle), CUBLAS_STATUS_SUCCESS);
}

TEST(LtArguments, MemoryForDescriptorsMustBeThere) {
  EXPECT_EQ(cublasLtMatmulDescInit_internal(nullptr, 256, CUBLAS_COMPUTE_32F, CUDA_R_32F),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulPreferenceInit_internal(nullptr, 256), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatmulDescCreate(nullptr, CUBLAS_COMPUTE_32F, CUDA_R_32F),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtLoggerOpenFile(nullptr), CUBLAS_STATUS_INVALID_VALUE);
}

} // namespace
} // namespace mmc::emulator::test
