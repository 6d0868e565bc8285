// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our declarations of NCCL against nccl.h, and a program that was written for nccl.h.

#include "HeaderAbi.h"

#include <cuda.h>
#include <nccl.h>

#include <gtest/gtest.h>

#include <climits>
#include <cstdint>

namespace ours {
#include "mmc/Runtime/Emulator/Nccl/Types.h"
#define MMC_NCCL_FUNCTION(result, name, parameters)                                                \
  result name parameters;                                                                          \
  result p##name parameters;
#include "mmc/Runtime/Emulator/Nccl/Functions.def"
} // namespace ours

namespace mmc::emulator::test {
namespace {

TEST(NcclHeader, Enumerators) {
  MMC_SAME_VALUE(ncclSuccess);
  MMC_SAME_VALUE(ncclUnhandledCudaError);
  MMC_SAME_VALUE(ncclSystemError);
  MMC_SAME_VALUE(ncclInternalError);
  MMC_SAME_VALUE(ncclInvalidArgument);
  MMC_SAME_VALUE(ncclInvalidUsage);
  MMC_SAME_VALUE(ncclRemoteError);
  MMC_SAME_VALUE(ncclInProgress);
  MMC_SAME_VALUE(ncclTimeout);
  MMC_SAME_VALUE(ncclNumResults);
  MMC_SAME_VALUE(ncclSum);
  MMC_SAME_VALUE(ncclProd);
  MMC_SAME_VALUE(ncclMax);
  MMC_SAME_VALUE(ncclMin);
  MMC_SAME_VALUE(ncclAvg);
  MMC_SAME_VALUE(ncclNumOps);
  MMC_SAME_VALUE(ncclMaxRedOp);
  MMC_SAME_VALUE(ncclInt8);
  MMC_SAME_VALUE(ncclUint8);
  MMC_SAME_VALUE(ncclInt32);
  MMC_SAME_VALUE(ncclUint32);
  MMC_SAME_VALUE(ncclInt64);
  MMC_SAME_VALUE(ncclUint64);
  MMC_SAME_VALUE(ncclFloat16);
  MMC_SAME_VALUE(ncclFloat32);
  MMC_SAME_VALUE(ncclFloat64);
  MMC_SAME_VALUE(ncclBfloat16);
  MMC_SAME_VALUE(ncclFloat8e4m3);
  MMC_SAME_VALUE(ncclFloat8e5m2);
  MMC_SAME_VALUE(ncclNumTypes);
  MMC_SAME_VALUE(ncclScalarDevice);
  MMC_SAME_VALUE(ncclScalarHostImmediate);
  int version = 0;
  EXPECT_EQ(ncclGetVersion(&version), ::ncclSuccess);
  EXPECT_EQ(version, NCCL_VERSION_CODE);
}

TEST(NcclHeader, Structures) {
  EXPECT_EQ(sizeof(ours::ncclUniqueId), sizeof(::ncclUniqueId));
  EXPECT_EQ(sizeof(ours::ncclConfig_t), sizeof(::ncclConfig_t));
  MMC_SAME_OFFSET(ncclConfig_t, size);
  MMC_SAME_OFFSET(ncclConfig_t, magic);
  MMC_SAME_OFFSET(ncclConfig_t, version);
  MMC_SAME_OFFSET(ncclConfig_t, blocking);
  MMC_SAME_OFFSET(ncclConfig_t, cgaClusterSize);
  MMC_SAME_OFFSET(ncclConfig_t, netName);
  MMC_SAME_OFFSET(ncclConfig_t, splitShare);
  MMC_SAME_OFFSET(ncclConfig_t, commName);
  MMC_SAME_OFFSET(ncclConfig_t, nvlsHostMode);
}

TEST(NcclHeader, Functions) {
#define MMC_NCCL_FUNCTION(result, name, parameters)                                                \
  EXPECT_EQ(signatureOf(&::name), signatureOf(static_cast<decltype(&ours::name)>(nullptr)))        \
      << #name;                                                                                    \
  EXPECT_EQ(signatureOf(&::p##name), signatureOf(static_cast<decltype(&ours::p##name)>(nullptr)))  \
      << #name;
#include "mmc/Runtime/Emulator/Nccl/Functions.def"
}

TEST(NcclHeader, AProgramOfTheRealHeaderRuns) {
  CUdevice device;
  CUcontext context;
  MMC_OK(cuInit(0));
  MMC_OK(cuDeviceGet(&device, 0));
  MMC_OK(cuDevicePrimaryCtxRetain(&context, device));
  MMC_OK(cuCtxSetCurrent(context));
  CUdeviceptr memory;
  const float values[4] = {1, 2, 3, 4};
  MMC_OK(cuMemAlloc(&memory, 64));
  MMC_OK(cuMemcpyHtoD(memory, values, sizeof values));
  MMC_OK(cuMemcpyHtoD(memory + 32, values, sizeof values));
  ncclUniqueId id;
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  ncclComm_t comms[2];
  MMC_OK(ncclGetUniqueId(&id));
  MMC_OK(ncclGroupStart());
  for (int rank = 0; rank < 2; ++rank)
    MMC_OK(ncclCommInitRankConfig(&comms[rank], 2, id, rank, &config));
  MMC_OK(ncclGroupEnd());
  MMC_OK(ncclGroupStart());
  for (int rank = 0; rank < 2; ++rank) {
    void *at = reinterpret_cast<void *>(memory + 32 * CUdeviceptr(rank));
    MMC_OK(ncclAllReduce(at, at, 4, ncclFloat, ncclSum, comms[rank], nullptr));
  }
  MMC_OK(ncclGroupEnd());
  float got[4] = {};
  MMC_OK(cuMemcpyDtoH(got, memory + 32, sizeof got));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(got[i], 2 * values[i]);
  for (ncclComm_t comm : comms)
    MMC_OK(ncclCommDestroy(comm));
  MMC_OK(cuMemFree(memory));
  MMC_OK(cuDevicePrimaryCtxRelease(device));
}

} // namespace
} // namespace mmc::emulator::test
