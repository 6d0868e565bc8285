// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NcclRanks.h"

#include <cstdlib>
#include <thread>

namespace mmc::emulator::test {

void useDevice(int device) {
  // Before the driver reads its settings, which it does once.
  static const bool ready = [] {
    setenv("MMC_EMULATOR_DEVICES", std::to_string(ncclDevices).c_str(), 1);
    setenv("MMC_EMULATOR_MEMORY", "256M", 1);
    return cuInit(0) == CUDA_SUCCESS;
  }();
  ASSERT_TRUE(ready);
  CUcontext context = nullptr;
  ASSERT_EQ(cuDevicePrimaryCtxRetain(&context, device), CUDA_SUCCESS);
  ASSERT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
}

void Rank::wait() { EXPECT_EQ(waitForError(), ncclSuccess) << ncclGetLastError(comm); }

ncclResult_t Rank::waitForError() {
  EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
  ncclResult_t error = ncclSuccess;
  EXPECT_EQ(ncclCommGetAsyncError(comm, &error), ncclSuccess);
  return error;
}

ncclUniqueId newId() {
  ncclUniqueId id;
  EXPECT_EQ(ncclGetUniqueId(&id), ncclSuccess);
  return id;
}

ncclConfig_t inTheBackground() {
  ncclConfig_t config{};
  config.size = sizeof config;
  config.magic = 0xcafebeef;
  config.blocking = 0;
  return config;
}

ncclResult_t waitUntilMade(ncclComm_t comm) {
  ncclResult_t state = ncclInProgress;
  while (state == ncclInProgress)
    if (ncclCommGetAsyncError(comm, &state) != ncclSuccess)
      return ncclInvalidArgument;
  return state;
}

void runRanks(int ranks, const std::function<void(Rank &)> &body) {
  useDevice(0);
  const ncclUniqueId id = newId();
  std::vector<std::thread> threads;
  for (int i = 0; i < ranks; ++i)
    threads.emplace_back([&, i] {
      useDevice(i % ncclDevices);
      Rank rank;
      rank.rank = i;
      rank.ranks = ranks;
      ASSERT_EQ(ncclCommInitRank(&rank.comm, ranks, id, i), ncclSuccess)
          << ncclGetLastError(nullptr);
      ASSERT_EQ(cuStreamCreate(&rank.stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
      body(rank);
      if (rank.comm)
        EXPECT_EQ(ncclCommDestroy(rank.comm), ncclSuccess);
      EXPECT_EQ(cuStreamDestroy_v2(rank.stream), CUDA_SUCCESS);
    });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace mmc::emulator::test
