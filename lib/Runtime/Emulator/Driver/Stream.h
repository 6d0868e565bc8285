// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Streams: queues of operations, each with a thread, and what orders them.
//
// All that says what is ordered behind what (queues, clocks, events, captures) is guarded by one
// lock, orderMutex(); operations run without it.

#ifndef MMC_EMULATOR_DRIVER_STREAM_H
#define MMC_EMULATOR_DRIVER_STREAM_H

#include "Clock.h"
#include "Context.h"
#include "Operation.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace mmc::emulator::driver {

struct Capture;
struct Task;
using TaskList = std::vector<std::shared_ptr<Task>>;

/// Numbers work in the order in which it is enqueued.
inline uint64_t newSerial() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

/// An operation and where it stands in the order of things.
struct Step {
  std::string place; ///< the stream, or the branch of a graph, for reports
  uint64_t serial = newSerial();
  Operation operation;
  Clock clock; ///< all that is known to be done before it, and itself
  uint32_t lane = 0;
  uint64_t time = 0;
};

/// Something in a queue: one operation, or those of a launched graph, in order.
struct Task {
  std::vector<Step> steps;
  Clock clock;    ///< what is known once it is done
  TaskList waits; ///< of other streams
  bool isDone = false;
  std::chrono::steady_clock::time_point finished;
};

class Stream {
public:
  Stream(Context &context, unsigned flags, int priority, std::string name);
  ~Stream();

  Context &context;
  const unsigned flags;
  const int priority;
  const std::string name;  ///< for reports: "stream 3", "the default stream"
  const uint64_t id;       ///< no two streams of the process have the same
  bool isImplicit = false; ///< not made by the program
  bool isLegacy() const { return legacy; }
  bool isBlocking() const { return !(flags & CU_STREAM_NON_BLOCKING); }

  // Under orderMutex():
  bool legacy = false, closing = false, ended = false;
  Lane lane;
  bool hasLane = true; ///< until no more work comes
  Clock clock;
  std::shared_ptr<Task> last; ///< null when nothing was ever enqueued
  std::deque<std::shared_ptr<Task>> queue;
  std::condition_variable wake;
  std::shared_ptr<Capture> capture;        ///< null when it is not capturing
  std::vector<size_t> captureTail;         ///< the nodes that the next one depends on
  std::vector<CUgraphNode> captureHandles; ///< their handles, as given to the program

  /// No more work comes: the thread ends when the queue is empty. Under orderMutex().
  void close();
  /// Lets another have the lane of a closed stream. Under orderMutex().
  void returnLane();
  /// Starts the thread if there is none. CUDA_ERROR_OPERATING_SYSTEM: the system gives none. Under
  /// orderMutex().
  CUresult start();
  /// Waits for the end of the thread.
  void join();

private:
  void run();
  std::thread thread;
};

std::mutex &orderMutex();
/// Woken whenever a task is done. Goes with orderMutex().
std::condition_variable &taskDone();
/// What the host knows to be done. Threads of the host count as one: how they order themselves
/// cannot be seen.
Clock &hostClock();
/// A lane that nobody has. Those that were given back are used again, once the host knows their
/// work to be done: clocks then grow with the streams there are, and not with those there ever
/// were. Under orderMutex().
Lane takeLane();
void returnLane(const Lane &lane);

using StreamRef = std::shared_ptr<Stream>;
/// The stream of a handle: CUDA_ERROR_INVALID_CONTEXT, CUDA_ERROR_INVALID_HANDLE, or the error of
/// its context.
CUresult findStream(CUstream handle, StreamRef &stream);
/// The streams of a context, the default one too. Under orderMutex().
std::vector<StreamRef> streamsOf(const Context &context);

/// Whether work may still be put into it: another thread may have ended it since it was found.
/// CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_CONTEXT_IS_DESTROYED. Under orderMutex().
CUresult checkOpen(const Stream &stream);
/// Puts the operation behind all that orders it, not caring about captures. Under orderMutex().
std::shared_ptr<Task> enqueueOrdered(Stream &stream, Operation operation);
/// Puts a task into the queue, behind `waits`, of a stream that checkUse() has started. Under
/// orderMutex().
void push(Stream &stream, std::shared_ptr<Task> task);
/// What orders new work of the stream: its waits, and what is known before it. Under orderMutex().
Clock orderBehind(Stream &stream, TaskList &waits);
/// Waits until the task is done, which may be null; the host then knows it. The context's error.
CUresult waitFor(std::unique_lock<std::mutex> &lock, std::shared_ptr<Task> task, Context &context);
/// The host has learnt that all of `clock` is done. Under orderMutex().
void hostLearns(const Clock &clock);
/// Waits for all work of the context.
CUresult synchronize(Context &context);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_STREAM_H
