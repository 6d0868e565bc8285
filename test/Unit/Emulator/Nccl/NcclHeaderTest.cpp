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
#define MMC_NCCL_FUNCTION(result, name, parameters)                                                                    \
  result name parameters;                                                                                              \
  result p##name parameters;
#include "mmc/Runtime/Emulator/Nccl/Functions.def"
} // namespace ours

namespace mmc::emulator::test {
namespace {

TEST(NcclHeader, Enumerators) {
#define MMC_SAME(name) EXPECT_EQ(long(ours::name), long(::name)) << #name
  MMC_SAME(ncclSuccess);
  MMC_SAME(ncclUnhandledCudaError);
  MMC_SAME(ncclSystemError);
  MMC_SAME(ncclInternalError);
  MMC_SAME(ncclInvalidArgument);
  MMC_SAME(ncclInvalidUsage);
  MMC_SAME(ncclRemoteError);
  MMC_SAME(ncclInProgress);
  MMC_SAME(ncclTimeout);
  MMC_SAME(ncclNumResults);
  MMC_SAME(ncclSum);
  MMC_SAME(ncclProd);
  MMC_SAME(ncclMax);
  MMC_SAME(ncclMin);
  MMC_SAME(ncclAvg);
  MMC_SAME(ncclNumOps);
  MMC_SAME(ncclMaxRedOp);
  MMC_SAME(ncclInt8);
  MMC_SAME(ncclUint8);
  MMC_SAME(ncclInt32);
  MMC_SAME(ncclUint32);
  MMC_SAME(ncclInt64);
  MMC_SAME(ncclUint64);
  MMC_SAME(ncclFloat16);
  MMC_SAME(ncclFloat32);
  MMC_SAME(ncclFloat64);
  MMC_SAME(ncclBfloat16);
  MMC_SAME(ncclFloat8e4m3);
  MMC_SAME(ncclFloat8e5m2);
  MMC_SAME(ncclNumTypes);
  MMC_SAME(ncclScalarDevice);
  MMC_SAME(ncclScalarHostImmediate);
#undef MMC_SAME
  int version = 0;
  EXPECT_EQ(ncclGetVersion(&version), ::ncclSuccess);
  EXPECT_EQ(version, NCCL_VERSION_CODE);
}

TEST(NcclHeader, Structures) {
  EXPECT_EQ(sizeof(ours::ncclUniqueId), sizeof(::ncclUniqueId));
  EXPECT_EQ(sizeof(ours::ncclConfig_t), sizeof(::ncclConfig_t));
#define MMC_SAME(field) EXPECT_EQ(offsetof(ours::ncclConfig_t, field), offsetof(::ncclConfig_t, field))
  MMC_SAME(size);
  MMC_SAME(magic);
  MMC_SAME(version);
  MMC_SAME(blocking);
  MMC_SAME(cgaClusterSize);
  MMC_SAME(netName);
  MMC_SAME(splitShare);
  MMC_SAME(commName);
  MMC_SAME(nvlsHostMode);
#undef MMC_SAME
}

TEST(NcclHeader, Functions) {
#define MMC_NCCL_FUNCTION(result, name, parameters)                                                                    \
  EXPECT_EQ(signatureOf(&::name), signatureOf(static_cast<decltype(&ours::name)>(nullptr))) << #name;                  \
  EXPECT_EQ(signatureOf(&::p##name), signatureOf(static_cast<decltype(&ours::p##name)>(nullptr))) << #name;
#include "mmc/Runtime/Emulator/Nccl/Functions.def"
}

#define MMC_OK(call) ASSERT_EQ(int(call), 0) << #call

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
