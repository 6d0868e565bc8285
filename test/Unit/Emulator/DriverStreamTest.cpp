// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Streams and events: what is asynchronous, what waits for what, and what is refused.

#include "Driver.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

namespace mmc::emulator::test {

TEST_F(Driver, StreamsAreAsynchronous) {
  CUstream slow = stream(), quick = stream();
  uint32_t *closed = gate(slow);
  CUdeviceptr a = allocate(64);
  EXPECT_CU(cuMemsetD8Async(a, 1, 64, slow));
  EXPECT_EQ(cuStreamQuery(slow), CUDA_ERROR_NOT_READY);
  EXPECT_CU(cuMemsetD8Async(allocate(64), 1, 64, quick));
  EXPECT_CU(cuStreamSynchronize(quick)); // does not wait for the other
  EXPECT_EQ(cuStreamQuery(slow), CUDA_ERROR_NOT_READY);
  open(closed);
  EXPECT_CU(cuStreamSynchronize(slow));
  EXPECT_CU(cuStreamQuery(slow));
}

TEST_F(Driver, TheDefaultStreamWaitsForBlockingStreamsAndTheyForIt) {
  CUstream blocking = stream(CU_STREAM_DEFAULT), other = stream(CU_STREAM_DEFAULT), free = stream();
  uint32_t *closed = gate(blocking);
  CUdeviceptr a = allocate(4), b = allocate(4);
  EXPECT_CU(cuMemsetD8_v2(a, 1, 4));          // in the default stream: behind the gate
  EXPECT_CU(cuMemsetD8Async(b, 1, 4, other)); // behind that
  EXPECT_EQ(cuStreamQuery(nullptr), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(cuStreamQuery(CU_STREAM_LEGACY), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(cuStreamQuery(other), CUDA_ERROR_NOT_READY);
  EXPECT_CU(cuMemsetD8Async(allocate(4), 1, 4, free));
  EXPECT_CU(cuStreamSynchronize(free)); // non-blocking streams have no part in it
  open(closed);
  EXPECT_CU(cuStreamSynchronize(nullptr));
  EXPECT_CU(cuStreamSynchronize(other));
  EXPECT_CU(cuStreamQuery(blocking));
}

TEST_F(Driver, EventsOrderStreams) {
  CUstream first = stream(), second = stream();
  CUevent event = nullptr;
  ASSERT_CU(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  EXPECT_CU(cuEventQuery(event)); // never recorded
  EXPECT_CU(cuEventSynchronize(event));
  uint32_t *closed = gate(first);
  EXPECT_CU(cuEventRecord(event, first));
  EXPECT_CU(cuStreamWaitEvent(second, event, 0));
  EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(cuStreamQuery(second), CUDA_ERROR_NOT_READY);
  open(closed);
  EXPECT_CU(cuEventSynchronize(event));
  EXPECT_CU(cuStreamSynchronize(second));
  EXPECT_CU(cuEventQuery(event));
  EXPECT_CU(cuEventDestroy_v2(event));
  EXPECT_EQ(cuEventDestroy_v2(event), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuEventRecord(event, first), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuStreamWaitEvent(first, event, 0), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuEventQuery(nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuEventCreate(&event, 0x100), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuEventCreate(&event, CU_EVENT_INTERPROCESS | CU_EVENT_DISABLE_TIMING),
            CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_CU(cuEventCreate(&event, 0));
  EXPECT_CU(cuEventRecordWithFlags(event, first, 0));
  EXPECT_EQ(cuEventRecordWithFlags(event, first, 1),
            CUDA_ERROR_ILLEGAL_STATE); // only while capturing
  EXPECT_EQ(cuEventRecordWithFlags(event, first, 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuEventDestroy_v2(event));
  EXPECT_EQ(cuEventCreate(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, EventsMeasureTime) {
  CUstream work = stream();
  CUevent begin = nullptr, end = nullptr, untimed = nullptr;
  ASSERT_CU(cuEventCreate(&begin, 0));
  ASSERT_CU(cuEventCreate(&end, CU_EVENT_BLOCKING_SYNC));
  ASSERT_CU(cuEventCreate(&untimed, CU_EVENT_DISABLE_TIMING));
  float time = -1;
  EXPECT_EQ(cuEventElapsedTime_v2(&time, begin, end), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_CU(cuEventRecord(begin, work));
  uint32_t *closed = gate(work);
  EXPECT_CU(cuEventRecord(end, work));
  EXPECT_CU(cuEventRecord(untimed, work));
  EXPECT_CU(cuEventSynchronize(begin));
  EXPECT_EQ(cuEventElapsedTime_v2(&time, begin, end), CUDA_ERROR_NOT_READY);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  open(closed);
  EXPECT_CU(cuEventSynchronize(end));
  EXPECT_CU(cuEventElapsedTime_v2(&time, begin, end));
  EXPECT_GE(time, 19);
  EXPECT_CU(cuEventElapsedTime(&time, end, end));
  EXPECT_EQ(time, 0);
  EXPECT_CU(cuStreamSynchronize(work));
  EXPECT_EQ(cuEventElapsedTime_v2(&time, begin, untimed), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuEventElapsedTime_v2(nullptr, begin, end), CUDA_ERROR_INVALID_VALUE);
  for (CUevent event : {begin, end, untimed})
    EXPECT_CU(cuEventDestroy_v2(event));
}

TEST_F(Driver, StreamsHaveProperties) {
  CUstream made = nullptr;
  ASSERT_CU(cuStreamCreateWithPriority(&made, CU_STREAM_NON_BLOCKING, -100));
  int priority = 0;
  unsigned flags = 0;
  CUcontext owner = nullptr;
  CUdevice device = -1;
  unsigned long long id = 0, otherId = 0;
  EXPECT_CU(cuStreamGetPriority(made, &priority));
  EXPECT_EQ(priority, -5); // brought into the range
  EXPECT_CU(cuStreamGetFlags(made, &flags));
  EXPECT_EQ(flags, unsigned(CU_STREAM_NON_BLOCKING));
  EXPECT_CU(cuStreamGetCtx(made, &owner));
  EXPECT_EQ(owner, context);
  EXPECT_CU(cuStreamGetDevice(made, &device));
  EXPECT_EQ(device, 0);
  EXPECT_CU(cuStreamGetId(made, &id));
  EXPECT_CU(cuStreamGetId(nullptr, &otherId));
  EXPECT_NE(id, otherId);
  uint32_t *closed = gate(made);
  EXPECT_CU(cuStreamDestroy_v2(made)); // does not wait
  open(closed);
  EXPECT_CU(cuCtxSynchronize());
  EXPECT_EQ(cuStreamDestroy_v2(made), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuStreamSynchronize(made), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuStreamQuery(made), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuStreamDestroy_v2(nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuStreamCreate(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuStreamCreate(&made, 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuStreamSynchronize(CU_STREAM_PER_THREAD));
}

/// What a stream costs does not grow with those that there were before it.
TEST_F(Driver, StreamsStayCheap) {
  CUdeviceptr memory = allocate(64);
  auto fastest = [&](int rounds) {
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < rounds; ++i) {
      CUstream stream = nullptr;
      auto begin = std::chrono::steady_clock::now();
      EXPECT_CU(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
      for (int j = 0; j < 5; ++j)
        EXPECT_CU(cuMemsetD8Async(memory, 1, 64, stream));
      EXPECT_CU(cuStreamSynchronize(stream));
      EXPECT_CU(cuStreamDestroy_v2(stream));
      best = std::min(best, std::chrono::steady_clock::now() - begin);
    }
    return best;
  };
  auto first = fastest(200);
  (void)fastest(4000);
  EXPECT_LT(fastest(200), 10 * first);
}

TEST_F(Driver, RunsHostFunctionsInOrder) {
  CUstream work = stream();
  CUdeviceptr a = allocate(64);
  auto *host = static_cast<char *>(pinned(64));
  struct State {
    char *host;
    std::atomic<int> seen{0};
  } state;
  state.host = host;
  EXPECT_CU(cuMemsetD8Async(a, 6, 64, work));
  EXPECT_CU(cuMemcpyDtoHAsync_v2(host, a, 64, work));
  EXPECT_CU(cuLaunchHostFunc(
      work,
      [](void *data) { static_cast<State *>(data)->seen = static_cast<State *>(data)->host[63]; },
      &state));
  EXPECT_CU(cuStreamAddCallback(
      work,
      [](CUstream, CUresult result, void *data) {
        static_cast<State *>(data)->seen += result == CUDA_SUCCESS ? 10 : 100;
      },
      &state, 0));
  EXPECT_CU(cuStreamSynchronize(work));
  EXPECT_EQ(state.seen, 16);
  EXPECT_CU(cuLaunchHostFunc(
      work, [](void *data) { static_cast<State *>(data)->seen = cuCtxSynchronize(); }, &state));
  EXPECT_CU(cuStreamSynchronize(work));
  EXPECT_EQ(state.seen, CUDA_ERROR_NOT_PERMITTED);
  EXPECT_EQ(cuLaunchHostFunc(work, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuStreamAddCallback(work, nullptr, nullptr, 0), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, FaultsStayInTheContext) {
  CUstream work = stream();
  CUfunction trap = function("trap");
  EXPECT_CU(launch("trap", 1, {}, work));
  EXPECT_EQ(cuStreamSynchronize(work), CUDA_ERROR_LAUNCH_FAILED);
  EXPECT_EQ(cuStreamQuery(work), CUDA_ERROR_LAUNCH_FAILED);
  CUdeviceptr a = 0;
  EXPECT_EQ(cuMemAlloc_v2(&a, 4), CUDA_ERROR_LAUNCH_FAILED);
  EXPECT_EQ(cuLaunchKernel(trap, 1, 1, 1, 1, 1, 1, 0, work, nullptr, nullptr),
            CUDA_ERROR_LAUNCH_FAILED);
  CUcontext other = nullptr;
  EXPECT_CU(cuCtxCreate_v2(&other, 0, 0)); // others live on
  EXPECT_CU(cuMemAlloc_v2(&a, 4));
  EXPECT_CU(cuMemFree_v2(a));
  EXPECT_CU(cuCtxDestroy_v2(other));
  EXPECT_CU(cuDevicePrimaryCtxReset_v2(0)); // and this one can be had again
  CUcontext again = nullptr;
  EXPECT_CU(cuDevicePrimaryCtxRetain(&again, 0));
  EXPECT_CU(cuCtxSetCurrent(again));
  EXPECT_CU(cuCtxSynchronize());
}

TEST_F(Driver, MisalignedAccessesHaveTheirOwnError) {
  CUdeviceptr a = allocate(64);
  uint32_t n = 2;
  EXPECT_CU(launch("past", 1, {&a, &n}));
  EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_MISALIGNED_ADDRESS);
  EXPECT_CU(cuDevicePrimaryCtxReset_v2(0));
}

} // namespace mmc::emulator::test
