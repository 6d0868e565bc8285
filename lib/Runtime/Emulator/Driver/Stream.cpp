// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The threads of streams, and the order of what is put into them.

#include "Stream.h"

#include "Allocations.h"
#include "Graph.h"
#include "Hazards.h"
#include "HostWatch.h"
#include "StreamTable.h"

#include <map>
#include <system_error>

namespace mmc::emulator::driver {

// None of these is ever destroyed: threads may use them until the process is gone.
std::mutex &orderMutex() {
  static std::mutex &mutex = *new std::mutex;
  return mutex;
}

std::condition_variable &taskDone() {
  static std::condition_variable &done = *new std::condition_variable;
  return done;
}

Clock &hostClock() {
  static Clock &clock = *new Clock;
  return clock;
}

static std::vector<Lane> &returnedLanes() {
  static auto &list = *new std::vector<Lane>;
  return list;
}

Lane takeLane() {
  static uint32_t last = 0;
  std::vector<Lane> &returned = returnedLanes();
  for (size_t i = 0; i < returned.size(); ++i) {
    Lane lane = returned[i];
    if (!hostClock().knows(lane.number, lane.time))
      continue;
    returned.erase(returned.begin() + i);
    return lane;
  }
  return {++last, 0};
}

void returnLane(const Lane &lane) { returnedLanes().push_back(lane); }

static uint64_t newStreamId() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

Stream::Stream(Context &context, unsigned flags, int priority, std::string name)
    : context(context), flags(flags), priority(priority), name(std::move(name)), id(newStreamId()) {
  std::lock_guard<std::mutex> lock(orderMutex());
  lane = takeLane();
}

Stream::~Stream() { join(); }

void Stream::close() {
  closing = true;
  wake.notify_all();
}

void Stream::returnLane() {
  if (std::exchange(hasLane, false))
    driver::returnLane(lane);
}

void Stream::join() {
  if (thread.joinable())
    thread.join();
}

/// Uninitialised bytes of what it reads: one finding per range.
static void checkInitialized(const Operation &operation) {
  for (const ByteRange &range : operation.reads) {
    if (!range.bytes || !isDeviceAddress(range.address))
      continue;
    uint64_t first = 0,
             missing =
                 memoryOf(range.address).countUninitialized(range.address, range.bytes, &first);
    if (!missing)
      continue;
    Finding finding;
    finding.kind = kind::uninitialized;
    finding.operation = operation.name;
    finding.address = first;
    finding.bytes = missing;
    finding.message = std::to_string(missing) + " of " + std::to_string(range.bytes) +
                      " bytes that it reads " + describeAddress(range.address) +
                      " have never been written";
    report(std::move(finding));
  }
}

static void runStep(const Step &step, Context &context) {
  const Operation &operation = step.operation;
  Execution execution{context, {}};
  // After a fault the context runs nothing any more.
  if (context.error() != CUDA_SUCCESS && !operation.evenAfterFault)
    return;
  if (operation.tellsHost) {
    std::lock_guard<std::mutex> lock(orderMutex());
    hostLearns(step.clock);
  }
  if (operation.checkInitialized)
    checkInitialized(operation);
  if (operation.work) {
    CUresult result = operation.work(execution);
    if (result != CUDA_SUCCESS)
      context.fail(result);
  }
  if (operation.initializes)
    for (const ByteRange &range : operation.writes)
      (void)memoryOf(range.address).markInitialized(range.address, range.bytes);
  if (settings().hazards)
    recordAccesses(step, execution.accesses);
}

void Stream::run() {
  std::unique_lock<std::mutex> lock(orderMutex());
  for (;;) {
    wake.wait(lock, [&] { return closing || !queue.empty(); });
    if (queue.empty()) {
      ended = true;
      return;
    }
    std::shared_ptr<Task> task = queue.front();
    taskDone().wait(lock, [&] {
      return std::all_of(task->waits.begin(), task->waits.end(),
                         [](const auto &other) { return other->isDone; });
    });
    TaskList waits = std::move(task->waits);
    std::vector<Step> steps = std::move(task->steps);
    task->waits.clear();
    lock.unlock();
    for (const Step &step : steps)
      runStep(step, context);
    steps.clear(); // what the operations hold may take locks when it goes
    waits.clear();
    lock.lock();
    task->finished = std::chrono::steady_clock::now();
    task->isDone = true;
    queue.pop_front();
    taskDone().notify_all();
  }
}

CUresult Stream::start() {
  if (thread.joinable())
    return CUDA_SUCCESS;
  try {
    thread = std::thread([this] { run(); });
  } catch (const std::system_error &) {
    return CUDA_ERROR_OPERATING_SYSTEM;
  }
  return CUDA_SUCCESS;
}

CUresult checkOpen(const Stream &stream) {
  if (!stream.closing)
    return CUDA_SUCCESS;
  return stream.context.isDestroyed ? CUDA_ERROR_CONTEXT_IS_DESTROYED : CUDA_ERROR_INVALID_HANDLE;
}

void push(Stream &stream, std::shared_ptr<Task> task) {
  stream.last = task;
  stream.queue.push_back(std::move(task));
  stream.wake.notify_all();
}

Clock orderBehind(Stream &stream, TaskList &waits) {
  Clock clock = hostClock();
  clock.join(stream.clock);
  auto follow = [&](Stream &other) {
    if (&other == &stream || !other.last)
      return;
    clock.join(other.clock);
    if (!other.last->isDone)
      waits.push_back(other.last);
  };
  if (stream.isLegacy()) {
    for (const StreamRef &other : streamsOf(stream.context))
      if (other->isBlocking() && !other->capture)
        follow(*other);
  } else if (stream.isBlocking()) {
    follow(*stream.context.legacy);
  }
  return clock;
}

std::shared_ptr<Task> enqueueOrdered(Stream &stream, Operation operation) {
  auto task = std::make_shared<Task>();
  Step step;
  step.clock = orderBehind(stream, task->waits);
  step.place = stream.name;
  step.lane = stream.lane.number;
  step.time = ++stream.lane.time;
  step.clock.set(step.lane, step.time);
  step.operation = std::move(operation);
  stream.clock = step.clock;
  task->clock = step.clock;
  if (settings().watchHost)
    watchHostMemory(step);
  task->steps.push_back(std::move(step));
  push(stream, task);
  return task;
}

void hostLearns(const Clock &clock) {
  hostClock().join(clock);
  releaseHostMemory(hostClock());
}

CUresult waitFor(std::unique_lock<std::mutex> &lock, std::shared_ptr<Task> task, Context &context) {
  if (task) {
    taskDone().wait(lock, [&] { return task->isDone; });
    hostLearns(task->clock);
  }
  return context.error();
}

CUresult synchronize(Context &context) {
  std::unique_lock<std::mutex> lock(orderMutex());
  for (const StreamRef &stream : streamsOf(context))
    (void)waitFor(lock, stream->last, context);
  hostLearns(context.ended);
  return context.error();
}

CUresult enqueue(CUstream handle, Operation operation) {
  StreamRef stream;
  if (CUresult result = findStream(handle, stream))
    return result;
  std::lock_guard<std::mutex> lock(orderMutex());
  if (stream->capture)
    return captureOperation(*stream, std::move(operation));
  if (CUresult result = checkUse(*stream))
    return result;
  enqueueOrdered(*stream, std::move(operation));
  return CUDA_SUCCESS;
}

CUresult enqueueAndWait(CUstream handle, Operation operation) {
  StreamRef stream;
  if (CUresult result = findStream(handle, stream))
    return result;
  std::unique_lock<std::mutex> lock(orderMutex());
  if (CUresult result = refuseCapturing(*stream))
    return result;
  if (CUresult result = checkUse(*stream))
    return result;
  return waitFor(lock, enqueueOrdered(*stream, std::move(operation)), stream->context);
}

} // namespace mmc::emulator::driver
