// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuStream…, cuLaunchHostFunc.

#include "EntryPoint.h"
#include "GraphTable.h"
#include "StreamTable.h"

using namespace mmc::emulator::driver;

MMC_EXPORT CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned int flags, int priority) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(stream && !(flags & ~unsigned(CU_STREAM_NON_BLOCKING)), CUDA_ERROR_INVALID_VALUE);
  static std::atomic<uint64_t> last{0};
  // Priorities beyond the range are brought into it.
  priority = std::min(0, std::max(-5, priority));
  *stream = streamTable().add(
      std::make_shared<Stream>(*context, flags, priority, "stream " + std::to_string(++last)));
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuStreamCreate(CUstream *stream, unsigned int flags) {
  return cuStreamCreateWithPriority(stream, flags, 0);
}

static bool isDefaultHandle(CUstream stream) {
  return !stream || stream == CU_STREAM_LEGACY || stream == CU_STREAM_PER_THREAD;
}

MMC_EXPORT CUresult cuStreamDestroy_v2(CUstream handle) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(!isDefaultHandle(handle), CUDA_ERROR_INVALID_HANDLE);
  StreamRef stream = streamTable().take(handle);
  MMC_REQUIRE(stream, CUDA_ERROR_INVALID_HANDLE);
  CUgraph unfinished = nullptr;
  {
    std::lock_guard<std::mutex> lock(orderMutex());
    if (std::shared_ptr<Capture> capture = stream->capture) {
      unfinished = capture->handle;
      endCapture(*capture);
    }
    stream->close();
  }
  graphTable().take(unfinished);
  retire(std::move(stream));
  return CUDA_SUCCESS;
}

/// What is known of a stream.
template <typename T, typename F>
static CUresult query(CUstream handle, T *place, F valueOf) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  MMC_REQUIRE(place, CUDA_ERROR_INVALID_VALUE);
  *place = valueOf(*stream);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuStreamGetPriority(CUstream handle, int *priority) {
  return query(handle, priority, [](const Stream &stream) { return stream.priority; });
}

MMC_EXPORT CUresult cuStreamGetFlags(CUstream handle, unsigned int *flags) {
  return query(handle, flags, [](const Stream &stream) { return stream.flags; });
}

MMC_EXPORT CUresult cuStreamGetId(CUstream handle, unsigned long long *id) {
  return query(handle, id, [](const Stream &stream) { return stream.id; });
}

MMC_EXPORT CUresult cuStreamGetCtx(CUstream handle, CUcontext *context) {
  return query(handle, context, [](const Stream &stream) { return stream.context.handle; });
}

MMC_EXPORT CUresult cuStreamGetDevice(CUstream handle, CUdevice *device) {
  return query(handle, device, [](const Stream &stream) { return deviceOf(stream.context); });
}

/// What is in the stream, and for the default stream in all that it waits for.
static TaskList workOf(Stream &stream) {
  TaskList tasks;
  if (stream.last)
    tasks.push_back(stream.last);
  if (stream.isLegacy())
    for (const StreamRef &other : streamsOf(stream.context))
      if (other->isBlocking() && other->last)
        tasks.push_back(other->last);
  return tasks;
}

MMC_EXPORT CUresult cuStreamQuery(CUstream handle) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(refuseCapturing(*stream));
  MMC_TRY(checkUse(*stream));
  TaskList tasks = workOf(*stream);
  for (const auto &task : tasks)
    if (!task->isDone)
      return CUDA_ERROR_NOT_READY;
  for (const auto &task : tasks)
    hostLearns(task->clock);
  return stream->context.error();
}

MMC_EXPORT CUresult cuStreamSynchronize(CUstream handle) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  std::unique_lock<std::mutex> lock(orderMutex());
  MMC_TRY(refuseCapturing(*stream));
  MMC_TRY(checkUse(*stream));
  for (const auto &task : workOf(*stream))
    (void)waitFor(lock, task, stream->context);
  return stream->context.error();
}

MMC_EXPORT CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void *userData) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(function, CUDA_ERROR_INVALID_VALUE);
  Operation operation;
  operation.name = "cuLaunchHostFunc";
  operation.type = CU_GRAPH_NODE_TYPE_HOST;
  operation.tellsHost = true;
  operation.work = [function, userData](Execution &) {
    isInHostFunction() = true;
    function(userData);
    isInHostFunction() = false;
    return CUDA_SUCCESS;
  };
  return enqueue(stream, std::move(operation));
}

MMC_EXPORT CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback callback, void *userData,
                                        unsigned int flags) {
  StreamRef stream;
  MMC_TRY(findStream(handle, stream));
  MMC_REQUIRE(callback && !flags, CUDA_ERROR_INVALID_VALUE);
  Operation operation;
  operation.name = "cuStreamAddCallback";
  operation.tellsHost = operation.evenAfterFault = true;
  operation.work = [callback, handle, userData](Execution &execution) {
    isInHostFunction() = true;
    callback(handle, execution.context.error(), userData);
    isInHostFunction() = false;
    return CUDA_SUCCESS;
  };
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(refuseCapturing(*stream));
  MMC_TRY(checkUse(*stream));
  enqueueOrdered(*stream, std::move(operation));
  return CUDA_SUCCESS;
}
