// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What capturing does to calls: work goes into a graph, and what cannot is refused.

#include "Graph.h"
#include "StreamTable.h"

namespace mmc::emulator::driver {

std::vector<std::shared_ptr<Capture>> &activeCaptures() {
  static auto &list = *new std::vector<std::shared_ptr<Capture>>;
  return list;
}

CUstreamCaptureMode &threadCaptureMode() {
  thread_local CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  return mode;
}

CUresult refuseUnsafeCall() {
  CUstreamCaptureMode mode = threadCaptureMode();
  if (mode == CU_STREAM_CAPTURE_MODE_RELAXED)
    return CUDA_SUCCESS;
  std::lock_guard<std::mutex> lock(orderMutex());
  bool isRefused = false;
  for (const std::shared_ptr<Capture> &capture : activeCaptures()) {
    bool isOwn = capture->thread == std::this_thread::get_id() &&
                 capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    bool isGlobal =
        mode == CU_STREAM_CAPTURE_MODE_GLOBAL && capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (!isOwn && !isGlobal)
      continue;
    capture->isInvalidated = true;
    isRefused = true;
  }
  return isRefused ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

size_t Graph::add(Operation operation, std::vector<size_t> dependencies) {
  GraphNode node;
  node.handle = reinterpret_cast<CUgraphNode>(newHandle());
  node.operation = std::move(operation);
  node.dependencies = std::move(dependencies);
  nodes.push_back(std::move(node));
  return nodes.size() - 1;
}

void endCapture(Capture &capture) {
  auto &active = activeCaptures();
  std::shared_ptr<Capture> self;
  for (size_t i = 0; i < active.size(); ++i)
    if (active[i].get() == &capture) {
      self = active[i];
      active.erase(active.begin() + i);
      break;
    }
  std::vector<StreamRef> streams = std::move(capture.streams);
  capture.streams.clear();
  for (const StreamRef &stream : streams) {
    stream->captureTail.clear();
    stream->capture = nullptr;
  }
}

CUresult captureOperation(Stream &stream, Operation operation) {
  if (stream.capture->isInvalidated)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  stream.captureTail = {stream.capture->graph->add(std::move(operation), stream.captureTail)};
  return CUDA_SUCCESS;
}

CUresult refuseCapturing(Stream &stream) {
  if (!stream.capture)
    return CUDA_SUCCESS;
  bool wasInvalidated = stream.capture->isInvalidated;
  stream.capture->isInvalidated = true;
  return wasInvalidated ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
                        : CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult checkUse(Stream &stream) {
  if (CUresult result = checkOpen(stream))
    return result;
  if (CUresult result = stream.start())
    return result;
  if (!stream.isLegacy())
    return CUDA_SUCCESS;
  bool isSpoilt = false;
  for (const StreamRef &other : streamsOf(stream.context))
    if (other->capture && other->isBlocking()) {
      other->capture->isInvalidated = true;
      isSpoilt = true;
    }
  return isSpoilt ? CUDA_ERROR_STREAM_CAPTURE_IMPLICIT : CUDA_SUCCESS;
}

} // namespace mmc::emulator::driver
