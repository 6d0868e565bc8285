// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Streams, events and graphs: what is asynchronous, what waits for what, and what is refused.

#include "Driver.h"

#include <atomic>
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
  EXPECT_CU(cuMemsetD8_v2(a, 1, 4));              // in the default stream: behind the gate
  EXPECT_CU(cuMemsetD8Async(b, 1, 4, other));     // behind that
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
  EXPECT_EQ(cuEventCreate(&event, CU_EVENT_INTERPROCESS | CU_EVENT_DISABLE_TIMING), CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_CU(cuEventCreate(&event, 0));
  EXPECT_CU(cuEventRecordWithFlags(event, first, 0));
  EXPECT_EQ(cuEventRecordWithFlags(event, first, 1), CUDA_ERROR_ILLEGAL_STATE); // only while capturing
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
      work, [](void *data) { static_cast<State *>(data)->seen = static_cast<State *>(data)->host[63]; }, &state));
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
  EXPECT_EQ(cuLaunchKernel(trap, 1, 1, 1, 1, 1, 1, 0, work, nullptr, nullptr), CUDA_ERROR_LAUNCH_FAILED);
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

TEST_F(Driver, GraphsRunWhatWasCaptured) {
  CUstream work = stream(), side = stream();
  CUevent fork = nullptr, join = nullptr;
  ASSERT_CU(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
  ASSERT_CU(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
  CUdeviceptr x = allocate(256), y = allocate(256);
  EXPECT_CU(cuMemsetD32_v2(y, 0, 64));
  EXPECT_CU(cuCtxSynchronize());
  float two = 2, back[64];
  uint32_t n = 64;
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_GLOBAL));
  CUstreamCaptureStatus status;
  EXPECT_CU(cuStreamIsCapturing(work, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CU(cuEventRecord(fork, work));
  EXPECT_CU(cuStreamWaitEvent(side, fork, 0));
  EXPECT_CU(cuMemsetD32Async(x, 0x3f800000, 64, side));
  EXPECT_CU(cuEventRecord(join, side));
  EXPECT_CU(cuStreamWaitEvent(work, join, 0));
  EXPECT_CU(launch("axpy", 64, {&y, &x, &two, &n}, work));
  size_t count = 0;
  const CUgraphNode *dependencies = nullptr;
  cuuint64_t id = 0;
  CUgraph building = nullptr, graph = nullptr;
  EXPECT_CU(cuStreamGetCaptureInfo_v3(work, &status, &id, &building, &dependencies, nullptr, &count));
  EXPECT_EQ(count, 1u);
  EXPECT_NE(id, 0u);
  EXPECT_CU(cuStreamEndCapture(work, &graph));
  EXPECT_EQ(graph, building);
  EXPECT_CU(cuStreamIsCapturing(side, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_NONE);
  two = 100; // parameters were copied

  CUgraphNode nodes[3] = {}, from[2], to[2];
  count = 3;
  EXPECT_CU(cuGraphGetNodes(graph, nodes, &count));
  EXPECT_EQ(count, 2u);
  CUgraphNodeType type;
  EXPECT_CU(cuGraphNodeGetType(nodes[0], &type));
  EXPECT_EQ(type, CU_GRAPH_NODE_TYPE_MEMSET);
  EXPECT_CU(cuGraphNodeGetType(nodes[1], &type));
  EXPECT_EQ(type, CU_GRAPH_NODE_TYPE_KERNEL);
  EXPECT_CU(cuGraphGetRootNodes(graph, nullptr, &count));
  EXPECT_EQ(count, 1u);
  count = 2;
  EXPECT_CU(cuGraphGetEdges_v2(graph, from, to, nullptr, &count));
  EXPECT_EQ(count, 1u);
  EXPECT_EQ(from[0], nodes[0]);
  EXPECT_EQ(to[0], nodes[1]);

  EXPECT_CU(cuMemcpyDtoH_v2(back, y, 256));
  EXPECT_EQ(back[0], 0); // nothing has run
  CUgraphExec exec = nullptr;
  CUgraph clone = nullptr;
  EXPECT_CU(cuGraphClone(&clone, graph));
  EXPECT_CU(cuGraphGetNodes(clone, nullptr, &count));
  EXPECT_EQ(count, 2u);
  EXPECT_CU(cuGraphDestroy(clone));
  EXPECT_EQ(cuGraphClone(&clone, clone), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuGraphInstantiateWithFlags(&exec, graph, 0));
  EXPECT_CU(cuGraphUpload(exec, work));
  for (int i = 0; i < 3; ++i)
    EXPECT_CU(cuGraphLaunch(exec, work));
  EXPECT_CU(cuStreamSynchronize(work));
  EXPECT_CU(cuMemcpyDtoH_v2(back, y, 256));
  EXPECT_EQ(back[63], 6);

  // The same shape with another factor; and another shape, which is refused.
  CUgraph next = nullptr;
  CUgraphExecUpdateResultInfo info;
  float ten = 10;
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_RELAXED));
  EXPECT_CU(cuMemsetD32Async(x, 0x3f800000, 64, work));
  EXPECT_CU(launch("axpy", 64, {&y, &x, &ten, &n}, work));
  EXPECT_CU(cuStreamEndCapture(work, &next));
  EXPECT_CU(cuGraphExecUpdate_v2(exec, next, &info));
  EXPECT_EQ(info.result, CU_GRAPH_EXEC_UPDATE_SUCCESS);
  EXPECT_CU(cuGraphLaunch(exec, work));
  EXPECT_CU(cuStreamSynchronize(work));
  EXPECT_CU(cuMemcpyDtoH_v2(back, y, 256));
  EXPECT_EQ(back[63], 16);
  CUgraph empty = nullptr;
  EXPECT_CU(cuGraphCreate(&empty, 0));
  EXPECT_EQ(cuGraphExecUpdate_v2(exec, empty, &info), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
  EXPECT_EQ(info.result, CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);

  // A launch that is captured becomes nodes.
  CUgraph nested = nullptr;
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_CU(cuGraphLaunch(exec, work));
  EXPECT_CU(cuStreamGetCaptureInfo_v2(work, &status, nullptr, nullptr, nullptr, &count));
  EXPECT_EQ(count, 1u);
  EXPECT_CU(cuStreamEndCapture(work, &nested));
  EXPECT_CU(cuGraphGetNodes(nested, nullptr, &count));
  EXPECT_EQ(count, 2u);
  for (CUgraph each : {graph, next, empty, nested})
    EXPECT_CU(cuGraphDestroy(each));
  EXPECT_EQ(cuGraphDestroy(graph), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuGraphExecDestroy(exec));
  EXPECT_EQ(cuGraphLaunch(exec, work), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  for (CUevent event : {fork, join})
    EXPECT_CU(cuEventDestroy_v2(event));
}

/// Begins a capture, does what spoils it, and expects it to end so.
template <typename F>
static void expectSpoilt(CUstream stream, F spoil) {
  CUgraph graph = nullptr;
  EXPECT_CU(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  spoil();
  CUstreamCaptureStatus status;
  EXPECT_CU(cuStreamIsCapturing(stream, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_INVALIDATED);
  EXPECT_EQ(cuMemsetD8Async(1, 0, 0, stream), CUDA_SUCCESS); // nothing to do
  EXPECT_EQ(cuStreamEndCapture(stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  EXPECT_EQ(graph, nullptr);
}

TEST_F(Driver, RefusesWhatCannotBeCaptured) {
  CUstream work = stream(), side = stream(), blocking = stream(CU_STREAM_DEFAULT);
  CUdeviceptr a = allocate(64), b = 0;
  CUevent event = nullptr, outside = nullptr;
  ASSERT_CU(cuEventCreate(&event, 0));
  ASSERT_CU(cuEventCreate(&outside, 0));
  EXPECT_CU(cuEventRecord(outside, side));
  expectSpoilt(work, [&] { EXPECT_EQ(cuStreamSynchronize(work), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work, [&] { EXPECT_EQ(cuStreamQuery(work), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work, [&] { EXPECT_EQ(cuMemAlloc_v2(&b, 4), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work, [&] { EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work, [&] { EXPECT_EQ(cuMemAllocAsync(&b, 4, work), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work, [&] { EXPECT_EQ(cuStreamWaitEvent(work, outside, 0), CUDA_ERROR_STREAM_CAPTURE_ISOLATION); });
  expectSpoilt(blocking, [&] {
    EXPECT_EQ(cuMemsetD8Async(a, 0, 64, nullptr), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  });
  expectSpoilt(work, [&] {
    EXPECT_CU(cuEventRecord(event, work));
    EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_CAPTURED_EVENT);
  });
  expectSpoilt(work, [&] {
    CUgraph graph = nullptr;
    EXPECT_CU(cuEventRecord(event, work));
    EXPECT_CU(cuStreamWaitEvent(side, event, 0));
    EXPECT_EQ(cuStreamEndCapture(side, &graph), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  });
  expectSpoilt(work, [&] {
    EXPECT_CU(cuEventRecord(event, work));
    expectSpoilt(side, [&] {
      EXPECT_EQ(cuStreamWaitEvent(side, event, 0), CUDA_ERROR_STREAM_CAPTURE_MERGE);
    });
  });
  CUgraph graph = nullptr;
  EXPECT_EQ(cuStreamEndCapture(work, &graph), CUDA_ERROR_ILLEGAL_STATE);
  EXPECT_EQ(cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(cuStreamBeginCapture_v2(work, static_cast<CUstreamCaptureMode>(7)), CUDA_ERROR_INVALID_VALUE);
  // Work of a stream that is not brought back.
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_EQ(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_ERROR_ILLEGAL_STATE);
  EXPECT_CU(cuEventRecord(event, work));
  EXPECT_CU(cuStreamWaitEvent(side, event, 0));
  EXPECT_CU(cuMemsetD8Async(a, 0, 64, side));
  EXPECT_EQ(cuStreamEndCapture(work, &graph), CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  // Another thread, and modes that allow more.
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  std::thread([&] {
    EXPECT_CU(cuCtxSetCurrent(context));
    CUgraph none = nullptr;
    EXPECT_EQ(cuStreamEndCapture(work, &none), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    EXPECT_CU(cuMemAlloc_v2(&b, 4));
    EXPECT_CU(cuMemFree_v2(b));
  }).join();
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
  EXPECT_CU(cuThreadExchangeStreamCaptureMode(&mode));
  EXPECT_EQ(mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
  EXPECT_CU(cuMemAlloc_v2(&b, 4));
  EXPECT_CU(cuThreadExchangeStreamCaptureMode(&mode));
  EXPECT_CU(cuStreamEndCapture(work, &graph));
  EXPECT_CU(cuGraphDestroy(graph));
  EXPECT_CU(cuMemFree_v2(b));
  EXPECT_CU(cuEventDestroy_v2(event));
  EXPECT_CU(cuEventDestroy_v2(outside));
}

} // namespace mmc::emulator::test
