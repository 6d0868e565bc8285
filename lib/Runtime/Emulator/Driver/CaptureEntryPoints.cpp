// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuStreamBeginCapture, cuStreamEndCapture, and what there is between them.

#include "EntryPoint.h"
#include "GraphTable.h"

using namespace mmc::emulator::driver;

MMC_EXPORT CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  MMC_REQUIRE(mode <= CU_STREAM_CAPTURE_MODE_RELAXED, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(!stream->isLegacy(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  static std::atomic<uint64_t> lastId{0};
  auto capture = std::make_shared<Capture>();
  capture->id = ++lastId;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->origin = stream.get();
  capture->graph = std::make_shared<Graph>();
  capture->graph->context = &stream->context;
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(checkOpen(*stream));
  MMC_REQUIRE(!stream->capture, CUDA_ERROR_ILLEGAL_STATE);
  capture->handle = graphTable().add(capture->graph);
  capture->streams.push_back(stream);
  stream->capture = capture;
  stream->captureTail.clear();
  activeCaptures().push_back(std::move(capture));
  return CUDA_SUCCESS;
}

/// Whether all nodes come before the end of the stream that began the capture.
static bool isJoined(const Capture &capture) {
  const std::vector<GraphNode> &nodes = capture.graph->nodes;
  std::vector<bool> isReached(nodes.size());
  for (size_t node : capture.origin->captureTail)
    isReached[node] = true;
  for (size_t i = nodes.size(); i-- > 0;) {
    if (!isReached[i])
      return false;
    for (size_t dependency : nodes[i].dependencies)
      isReached[dependency] = true;
  }
  return true;
}

MMC_EXPORT CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  MMC_REQUIRE(graph, CUDA_ERROR_INVALID_VALUE);
  *graph = nullptr;
  std::shared_ptr<Capture> capture;
  CUresult result = CUDA_SUCCESS;
  {
    std::lock_guard<std::mutex> lock(orderMutex());
    capture = stream->capture;
    MMC_REQUIRE(capture, CUDA_ERROR_ILLEGAL_STATE);
    if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
        capture->thread != std::this_thread::get_id())
      return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
    if (capture->origin != stream.get()) {
      capture->isInvalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    }
    if (capture->isInvalidated)
      result = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    else if (!isJoined(*capture))
      result = CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
    endCapture(*capture);
  }
  if (result == CUDA_SUCCESS)
    *graph = capture->handle;
  else
    graphTable().take(capture->handle);
  return result;
}

MMC_EXPORT CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *status) {
  return cuStreamGetCaptureInfo_v3(handle, status, nullptr, nullptr, nullptr, nullptr, nullptr);
}

MMC_EXPORT CUresult cuStreamGetCaptureInfo_v3(CUstream handle, CUstreamCaptureStatus *status,
                                              cuuint64_t *id, CUgraph *graph,
                                              const CUgraphNode **dependencies,
                                              const CUgraphEdgeData **edges, size_t *count) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  MMC_REQUIRE(status, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(checkUse(*stream));
  const Capture *capture = stream->capture.get();
  *status = !capture                 ? CU_STREAM_CAPTURE_STATUS_NONE
            : capture->isInvalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                     : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  if (*status != CU_STREAM_CAPTURE_STATUS_ACTIVE)
    return CUDA_SUCCESS;
  if (id)
    *id = capture->id;
  if (graph)
    *graph = capture->handle;
  stream->captureHandles.clear();
  for (size_t node : stream->captureTail)
    stream->captureHandles.push_back(capture->graph->nodes[node].handle);
  if (dependencies)
    *dependencies = stream->captureHandles.data();
  if (edges)
    *edges = nullptr; // all edges are plain ones
  if (count)
    *count = stream->captureHandles.size();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuStreamGetCaptureInfo_v2(CUstream handle, CUstreamCaptureStatus *status,
                                              cuuint64_t *id, CUgraph *graph,
                                              const CUgraphNode **dependencies, size_t *count) {
  return cuStreamGetCaptureInfo_v3(handle, status, id, graph, dependencies, nullptr, count);
}

MMC_EXPORT CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(mode && *mode <= CU_STREAM_CAPTURE_MODE_RELAXED, CUDA_ERROR_INVALID_VALUE);
  std::swap(*mode, threadCaptureMode());
  return CUDA_SUCCESS;
}
