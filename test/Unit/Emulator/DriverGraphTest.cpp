// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graphs by capture: what they run, and what cannot be captured.

#include "Driver.h"

#include <thread>

namespace mmc::emulator::test {

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
  EXPECT_CU(
      cuStreamGetCaptureInfo_v3(work, &status, &id, &building, &dependencies, nullptr, &count));
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

TEST_F(Driver, RefusesToUseGraphsThatAreBeingCaptured) {
  CUstream work = stream();
  CUdeviceptr a = allocate(64);
  CUgraph graph = nullptr, done = nullptr;
  CUgraphExec exec = nullptr, none = nullptr;
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_CU(cuMemsetD8Async(a, 1, 64, work));
  EXPECT_CU(cuStreamEndCapture(work, &done));
  EXPECT_CU(cuGraphInstantiateWithFlags(&exec, done, 0));
  CUstreamCaptureStatus status;
  CUgraphExecUpdateResultInfo info;
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_CU(cuMemsetD8Async(a, 2, 64, work));
  EXPECT_CU(cuStreamGetCaptureInfo_v2(work, &status, nullptr, &graph, nullptr, nullptr));
  EXPECT_EQ(cuGraphInstantiateWithFlags(&none, graph, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuGraphExecUpdate_v2(exec, graph, &info), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuGraphDestroy(graph), CUDA_ERROR_INVALID_VALUE);
  CUgraph same = nullptr;
  EXPECT_CU(cuStreamEndCapture(work, &same));
  EXPECT_EQ(same, graph);
  EXPECT_CU(cuGraphExecUpdate_v2(exec, graph, &info));
  EXPECT_CU(cuGraphDestroy(graph));
  EXPECT_CU(cuGraphDestroy(done));
  EXPECT_CU(cuGraphExecDestroy(exec));
}

/// A stream of another device joins the capture: its kernel runs there.
TEST_F(Driver, GraphsSpanDevices) {
  CUstream work = stream();
  CUevent fork = nullptr, join = nullptr;
  ASSERT_CU(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
  CUcontext other = nullptr;
  ASSERT_CU(cuCtxCreate_v2(&other, 0, 1));
  CUmodule itsModule = nullptr;
  CUfunction scaled = nullptr;
  CUstream side = nullptr;
  CUdeviceptr out = 0;
  ASSERT_CU(cuModuleLoadData(&itsModule, driverKernels));
  ASSERT_CU(cuModuleGetFunction(&scaled, itsModule, "scaled"));
  ASSERT_CU(cuStreamCreate(&side, CU_STREAM_NON_BLOCKING));
  ASSERT_CU(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
  ASSERT_CU(cuMemAlloc_v2(&out, 4));
  EXPECT_CU(cuStreamBeginCapture_v2(work, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_CU(cuEventRecord(fork, work));
  EXPECT_CU(cuStreamWaitEvent(side, fork, 0));
  void *parameters[] = {&out};
  EXPECT_CU(cuLaunchKernel(scaled, 1, 1, 1, 1, 1, 1, 0, side, parameters, nullptr));
  EXPECT_CU(cuEventRecord(join, side));
  EXPECT_CU(cuStreamWaitEvent(work, join, 0));
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;
  EXPECT_CU(cuStreamEndCapture(work, &graph));
  EXPECT_CU(cuGraphInstantiateWithFlags(&exec, graph, 0));
  EXPECT_CU(cuGraphLaunch(exec, work));
  EXPECT_CU(cuStreamSynchronize(work));
  uint32_t result = 0;
  EXPECT_CU(cuMemcpyDtoH_v2(&result, out, 4));
  EXPECT_EQ(result, 15u);
  EXPECT_CU(cuGraphExecDestroy(exec));
  EXPECT_CU(cuGraphDestroy(graph));
  EXPECT_CU(cuEventDestroy_v2(fork));
  EXPECT_CU(cuEventDestroy_v2(join));
  EXPECT_CU(cuStreamDestroy_v2(side));
  EXPECT_CU(cuModuleUnload(itsModule));
  EXPECT_CU(cuMemFree_v2(out));
  EXPECT_CU(cuCtxDestroy_v2(other));
}

TEST_F(Driver, RefusesWhatCannotBeCaptured) {
  CUstream work = stream(), side = stream(), blocking = stream(CU_STREAM_DEFAULT);
  CUdeviceptr a = allocate(64), b = 0;
  CUevent event = nullptr, outside = nullptr;
  ASSERT_CU(cuEventCreate(&event, 0));
  ASSERT_CU(cuEventCreate(&outside, 0));
  EXPECT_CU(cuEventRecord(outside, side));
  expectSpoilt(
      work, [&] { EXPECT_EQ(cuStreamSynchronize(work), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work,
               [&] { EXPECT_EQ(cuStreamQuery(work), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work,
               [&] { EXPECT_EQ(cuMemAlloc_v2(&b, 4), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work, [&] { EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED); });
  expectSpoilt(work, [&] {
    EXPECT_EQ(cuMemAllocAsync(&b, 4, work), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  });
  expectSpoilt(work, [&] {
    EXPECT_EQ(cuStreamWaitEvent(work, outside, 0), CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  });
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
  EXPECT_EQ(cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL),
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(cuStreamBeginCapture_v2(work, static_cast<CUstreamCaptureMode>(7)),
            CUDA_ERROR_INVALID_VALUE);
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
