// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graphs: operations captured from streams, and what they wait for.

#ifndef MMC_EMULATOR_DRIVER_GRAPH_H
#define MMC_EMULATOR_DRIVER_GRAPH_H

#include "Stream.h"

namespace mmc::emulator::driver {

struct GraphNode {
  CUgraphNode handle = nullptr;
  Operation operation;
  std::vector<size_t> dependencies; ///< indices of earlier nodes
};

/// Nodes stand behind those that they depend on. Under orderMutex().
struct Graph {
  Context *context = nullptr;
  std::vector<GraphNode> nodes;
  size_t add(Operation operation, std::vector<size_t> dependencies);
};

/// A graph ready to be launched. Under orderMutex().
struct GraphExec {
  Context *context = nullptr;
  std::vector<GraphNode> nodes;
  std::vector<size_t> branches; ///< of each node: nodes of one branch follow one another
  std::vector<Lane> lanes;      ///< of each branch
  bool isDestroyed = false;     ///< and its lanes given back
  std::shared_ptr<Task> last;   ///< launches of one graph do not overlap
};

/// One cuStreamBeginCapture and the streams that have joined it. Under orderMutex().
struct Capture {
  uint64_t id = 0;
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  std::thread::id thread;
  Stream *origin = nullptr;
  std::shared_ptr<Graph> graph;
  CUgraph handle = nullptr; ///< what cuStreamGetCaptureInfo gives
  bool isInvalidated = false;
  std::vector<StreamRef> streams;
};

/// All that have begun and not ended. Under orderMutex().
std::vector<std::shared_ptr<Capture>> &activeCaptures();
/// The calling thread's: which calls are refused while something is captured.
CUstreamCaptureMode &threadCaptureMode();

/// Adds the operation to the stream's graph: CUDA_SUCCESS, or
/// CUDA_ERROR_STREAM_CAPTURE_INVALIDATED. Under orderMutex().
CUresult captureOperation(Stream &stream, Operation operation);
/// Takes the capture's streams out of it. Under orderMutex().
void endCapture(Capture &capture);
/// checkOpen(), Stream::start(), and CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, the capture being spoilt,
/// when the default stream would have to wait for a stream that is capturing. Under orderMutex().
CUresult checkUse(Stream &stream);
/// CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, the capture being spoilt, when the stream is capturing.
/// Under orderMutex().
CUresult refuseCapturing(Stream &stream);
/// The same for calls that concern no stream (allocations, waiting for everything): refused in a
/// thread whose capture mode forbids them while something is captured. Takes orderMutex().
CUresult refuseUnsafeCall();

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_GRAPH_H
