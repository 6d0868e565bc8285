// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuEvent…, cuStreamWaitEvent.

#include "EntryPoint.h"
#include "Event.h"
#include "Graph.h"

using namespace mmc::emulator::driver;

namespace mmc::emulator::driver {

HandleTable<CUevent, Event> &eventTable() {
  static auto &table = *new HandleTable<CUevent, Event>;
  return table;
}

void endEvents(const Context &context) {
  for (auto &[handle, event] : eventTable().all())
    if (event->context == &context)
      eventTable().take(handle);
}

} // namespace mmc::emulator::driver

using EventRef = std::shared_ptr<Event>;

static CUresult findEvent(CUevent handle, EventRef &event) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  event = eventTable().find(handle);
  MMC_REQUIRE(event && !event->context->isDestroyed, CUDA_ERROR_INVALID_HANDLE);
  return event->context->error();
}

MMC_EXPORT CUresult cuEventCreate(CUevent *handle, unsigned int flags) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  constexpr unsigned known =
      CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING | CU_EVENT_INTERPROCESS;
  MMC_REQUIRE(handle && !(flags & ~known), CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(!(flags & CU_EVENT_INTERPROCESS), CUDA_ERROR_NOT_SUPPORTED);
  auto event = std::make_shared<Event>();
  event->context = context;
  event->flags = flags;
  *handle = eventTable().add(std::move(event));
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuEventDestroy_v2(CUevent handle) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  return eventTable().take(handle) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

MMC_EXPORT CUresult cuEventRecordWithFlags(CUevent handle, CUstream streamHandle,
                                           unsigned int flags) {
  EventRef event;
  StreamRef stream;
  MMC_TRY(findEvent(handle, event));
  MMC_TRY(findStream(streamHandle, stream));
  MMC_REQUIRE(flags <= 1, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(event->context == &stream->context, CUDA_ERROR_INVALID_HANDLE);
  std::lock_guard<std::mutex> lock(orderMutex());
  if (flags)
    return stream->capture ? CUDA_ERROR_NOT_SUPPORTED
                           : CUDA_ERROR_ILLEGAL_STATE; // CU_EVENT_RECORD_EXTERNAL
  if (stream->capture) {
    MMC_REQUIRE(!stream->capture->isInvalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    event->capture = stream->capture;
    event->captureTail = stream->captureTail;
    return CUDA_SUCCESS;
  }
  MMC_TRY(checkUse(*stream));
  Operation mark;
  mark.name = "cuEventRecord";
  event->task = enqueueOrdered(*stream, std::move(mark));
  event->capture = nullptr;
  event->captureTail.clear();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream) {
  return cuEventRecordWithFlags(event, stream, 0);
}

/// CUDA_ERROR_CAPTURED_EVENT, the capture being spoilt, for events that stand for nodes of a graph.
/// Under orderMutex().
static CUresult refuseCaptured(Event &event) {
  if (!event.capture)
    return CUDA_SUCCESS;
  event.capture->isInvalidated = true;
  return CUDA_ERROR_CAPTURED_EVENT;
}

MMC_EXPORT CUresult cuEventQuery(CUevent handle) {
  EventRef event;
  MMC_TRY(findEvent(handle, event));
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(refuseCaptured(*event));
  if (!event->task)
    return CUDA_SUCCESS;
  if (!event->task->isDone)
    return CUDA_ERROR_NOT_READY;
  hostLearns(event->task->clock);
  return event->context->error();
}

MMC_EXPORT CUresult cuEventSynchronize(CUevent handle) {
  EventRef event;
  MMC_TRY(findEvent(handle, event));
  std::unique_lock<std::mutex> lock(orderMutex());
  MMC_TRY(refuseCaptured(*event));
  return waitFor(lock, event->task, *event->context);
}

MMC_EXPORT CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent startHandle,
                                          CUevent endHandle) {
  EventRef start, end;
  MMC_TRY(findEvent(startHandle, start));
  MMC_TRY(findEvent(endHandle, end));
  MMC_REQUIRE(milliseconds, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  for (const EventRef &event : {start, end}) {
    MMC_REQUIRE(!(event->flags & CU_EVENT_DISABLE_TIMING), CUDA_ERROR_INVALID_HANDLE);
    MMC_TRY(refuseCaptured(*event));
    MMC_REQUIRE(event->task, CUDA_ERROR_INVALID_HANDLE);
  }
  for (const EventRef &event : {start, end})
    MMC_REQUIRE(event->task->isDone, CUDA_ERROR_NOT_READY);
  *milliseconds =
      std::chrono::duration<float, std::milli>(end->task->finished - start->task->finished).count();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return cuEventElapsedTime_v2(milliseconds, start, end);
}

/// The event stands for nodes of a graph that is being captured. Under orderMutex().
static CUresult waitForCaptured(const StreamRef &stream, Event &event) {
  Capture &capture = *event.capture;
  auto &active = activeCaptures();
  // Its capture has ended: there is nothing to wait for, and nothing to join.
  if (std::find(active.begin(), active.end(), event.capture) == active.end())
    return CUDA_ERROR_CAPTURED_EVENT;
  if (stream->capture && stream->capture != event.capture) {
    stream->capture->isInvalidated = capture.isInvalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_MERGE;
  }
  MMC_REQUIRE(!capture.isInvalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  if (!stream->capture) {
    if (stream->isLegacy()) {
      capture.isInvalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    stream->capture = event.capture;
    stream->captureTail.clear();
    capture.streams.push_back(stream);
  }
  for (size_t node : event.captureTail)
    if (std::find(stream->captureTail.begin(), stream->captureTail.end(), node) ==
        stream->captureTail.end())
      stream->captureTail.push_back(node);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuStreamWaitEvent(CUstream streamHandle, CUevent handle, unsigned int flags) {
  EventRef event;
  StreamRef stream;
  MMC_TRY(findStream(streamHandle, stream));
  MMC_TRY(findEvent(handle, event));
  MMC_REQUIRE(flags <= 1, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(!flags, CUDA_ERROR_NOT_SUPPORTED); // CU_EVENT_WAIT_EXTERNAL
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(checkOpen(*stream));
  if (event->capture)
    return waitForCaptured(stream, *event);
  if (stream->capture) {
    if (!event->task)
      return CUDA_SUCCESS;
    stream->capture->isInvalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  MMC_TRY(checkUse(*stream));
  if (!event->task)
    return CUDA_SUCCESS;
  auto task = std::make_shared<Task>();
  task->clock = orderBehind(*stream, task->waits);
  task->clock.join(event->task->clock);
  if (!event->task->isDone)
    task->waits.push_back(event->task);
  task->clock.set(stream->lane.number, ++stream->lane.time);
  stream->clock = task->clock;
  push(*stream, task);
  return CUDA_SUCCESS;
}
