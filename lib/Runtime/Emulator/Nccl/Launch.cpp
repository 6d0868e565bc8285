// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls as operations of streams.
#include "../Driver/Stream.h"
#include "Collective.h"
#include "Group.h"
#include "Messages.h"
#include "Together.h"

#include <algorithm>
#include <cstring>

namespace mmc::emulator::nccl {
namespace {

bool isMessage(const PendingCall &call) {
  return call.call.kind == CallKind::Send || call.call.kind == CallKind::Receive;
}

/// All calls of one communicator in a group.
struct Job {
  CommunicatorRef communicator;
  std::vector<PendingCall> calls;
  std::shared_ptr<Turn> turn; ///< null when it is part of a graph
};

/// Streams of one group that its other calls are in: they wait for the one that runs them.
struct Latch {
  std::mutex mutex;
  std::condition_variable changed;
  size_t missing = 0;
  bool isDone = false;

  void arrive() {
    std::lock_guard<std::mutex> lock(mutex);
    --missing;
    changed.notify_all();
  }
  void waitForEnd() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return isDone; });
  }
  void waitForAll() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return missing == 0; });
  }
  void finish() {
    std::lock_guard<std::mutex> lock(mutex);
    isDone = true;
    changed.notify_all();
  }
};

/// Arrives, or ends, at the latest when the operation that holds it is dropped.
struct LatchUse {
  std::shared_ptr<Latch> latch;
  void (Latch::*use)();
  std::atomic<bool> isUsed{false};

  LatchUse(std::shared_ptr<Latch> latch, void (Latch::*use)())
      : latch(std::move(latch)), use(use) {}
  ~LatchUse() { now(); }
  void now() {
    if (!isUsed.exchange(true))
      (*latch.*use)();
  }
};

/// Where work goes. The default stream has two names.
struct Place {
  driver::Context *context;
  CUstream stream;
  bool operator==(const Place &other) const {
    return context == other.context && stream == other.stream;
  }
  /// Whether the stream is one of "the current context".
  bool isImplicit() const { return stream == nullptr || stream == CU_STREAM_PER_THREAD; }
};
Place placeOf(const PendingCall &call) {
  return {call.context, call.stream == CU_STREAM_LEGACY ? nullptr : call.stream};
}

/// What runs in one operation.
struct Batch {
  Place place;
  std::vector<Job> jobs;
  std::vector<Place> others;
};

/// Addresses to host memory; what was there at the call may have been freed since.
Outcome findData(const PendingCall &pending, uint64_t address, uint64_t bytes, void *&data,
                 std::vector<MemoryView> &kept) {
  if (bytes == 0)
    return {};
  auto view = driver::bytesAt(address, bytes);
  if (!view.isOk())
    return {ncclUnhandledCudaError, describe(pending.call) + ": " + view.status().message()};
  data = view->data;
  kept.push_back(std::move(*view));
  return {};
}

Outcome runCalls(Mesh &mesh, const std::vector<PendingCall> &calls) {
  std::vector<MemoryView> kept;
  std::vector<Message> messages;
  for (const PendingCall &pending : calls) {
    const BufferSizes sizes = bufferSizes(pending.call, mesh.rank(), mesh.ranks());
    void *send = nullptr, *receive = nullptr, *factor = nullptr;
    MMC_NCCL_TRY(findData(pending, pending.send, sizes.send, send, kept));
    MMC_NCCL_TRY(findData(pending, pending.receive, sizes.receive, receive, kept));
    if (isMessage(pending)) {
      messages.push_back({pending.call, pending.call.kind == CallKind::Send ? send : receive});
      continue;
    }
    Call call = pending.call;
    if (pending.factorAddress) {
      MMC_NCCL_TRY(findData(pending, pending.factorAddress, bytesOf(call.type), factor, kept));
      std::memcpy(&call.factor, factor, bytesOf(call.type));
    }
    MMC_NCCL_TRY(runCollective(mesh, call, send, receive));
  }
  return messages.empty() ? Outcome() : runMessages(mesh, messages);
}

void reportFailure(const Job &job, const Outcome &outcome) {
  driver::Finding finding;
  finding.kind = outcome.code == ncclInvalidUsage         ? "collective-mismatch"
                 : outcome.code == ncclUnhandledCudaError ? "out-of-bounds"
                                                          : "rank-lost";
  finding.operation = nameOf(job.calls.front().call.kind);
  finding.message = outcome.message;
  driver::report(finding);
}

void runJob(const Job &job) {
  if (job.turn)
    job.turn->hasRun = true;
  [[maybe_unused]] Outcome outcome =
      job.communicator->runInTurn(job.turn ? &job.turn->ticket : nullptr, [&job](Mesh &mesh) {
        Outcome result = runCalls(mesh, job.calls);
        // Whoever aborts a communicator knows.
        if (!result.isOk() && result.code != ncclInternalError)
          reportFailure(job, result);
        return result;
      });
}

/// The jobs wait for one another when they are ranks of the same communicator.
void runBatch(const Batch &batch) {
  const Outcome outcome =
      runTogether(batch.jobs.size(), [&batch](size_t i) { runJob(batch.jobs[i]); });
  if (outcome.isOk())
    return;
  reportFailure(batch.jobs.front(), outcome);
  for (const Job &job : batch.jobs)
    job.communicator->fail(outcome);
}

CUresult enqueueAt(const Place &place, driver::Operation operation) {
  const CUcontext context = driver::handleOf(*place.context);
  if (!place.isImplicit())
    return driver::enqueue(place.stream, std::move(operation));
  if (CUresult result = cuCtxPushCurrent_v2(context))
    return result;
  const CUresult result = driver::enqueue(place.stream, std::move(operation));
  CUcontext popped;
  cuCtxPopCurrent_v2(&popped);
  return result;
}

/// Reads and writes of the calls that are in a stream.
void addAccesses(const Job &job, const Place &place, driver::Operation &operation) {
  for (const PendingCall &pending : job.calls) {
    if (!(placeOf(pending) == place))
      continue;
    const BufferSizes sizes =
        bufferSizes(pending.call, job.communicator->rank, job.communicator->ranks);
    if (sizes.send)
      operation.reads.push_back({pending.send, sizes.send});
    if (sizes.receive)
      operation.writes.push_back({pending.receive, sizes.receive});
    if (pending.factorAddress)
      operation.reads.push_back({pending.factorAddress, bytesOf(pending.call.type)});
  }
}

Outcome enqueueFailure(CUresult result) {
  return {ncclUnhandledCudaError,
          "the stream did not take the operation: CUresult " + std::to_string(result)};
}

Outcome enqueueBatch(Batch batch) {
  auto latch = std::make_shared<Latch>();
  latch->missing = batch.others.size();
  driver::Operation operation;
  operation.name = batch.jobs.size() == 1 && batch.jobs.front().calls.size() == 1
                       ? nameOf(batch.jobs.front().calls.front().call.kind)
                       : "ncclGroupEnd";
  std::vector<driver::Operation> waits(batch.others.size());
  for (const Job &job : batch.jobs) {
    addAccesses(job, batch.place, operation);
    for (size_t i = 0; i < waits.size(); ++i)
      addAccesses(job, batch.others[i], waits[i]);
  }
  auto end = std::make_shared<LatchUse>(latch, &Latch::finish);
  for (size_t i = 0; i < waits.size(); ++i) {
    waits[i].name = operation.name;
    auto arrival = std::make_shared<LatchUse>(latch, &Latch::arrive);
    waits[i].work = [latch, arrival](driver::Execution &) {
      arrival->now();
      latch->waitForEnd();
      return CUDA_SUCCESS;
    };
    arrival.reset();
    if (CUresult result = enqueueAt(batch.others[i], std::move(waits[i])))
      return enqueueFailure(result);
  }
  const Place place = batch.place;
  auto shared = std::make_shared<const Batch>(std::move(batch));
  operation.work = [shared, latch, end](driver::Execution &) {
    latch->waitForAll();
    runBatch(*shared);
    // A captured operation has no others, and runs again.
    end->now();
    return CUDA_SUCCESS;
  };
  if (CUresult result = enqueueAt(place, std::move(operation)))
    return enqueueFailure(result);
  return {};
}

bool isCapturing(const Place &place) {
  driver::StreamRef stream;
  if (!place.stream || driver::findStream(place.stream, stream) != CUDA_SUCCESS)
    return false;
  std::lock_guard<std::mutex> lock(driver::orderMutex());
  return stream->capture != nullptr;
}

} // namespace

Outcome launch(const std::vector<PendingCall> &calls) {
  std::vector<Job> jobs;
  for (const PendingCall &call : calls) {
    auto job = std::find_if(jobs.begin(), jobs.end(), [&](const Job &other) {
      return other.communicator == call.communicator;
    });
    if (job == jobs.end())
      job = jobs.insert(jobs.end(), {call.communicator, {}, nullptr});
    job->calls.push_back(call);
  }
  // Jobs that share their first stream run together, or the first would wait for those behind it.
  std::vector<Batch> batches;
  for (Job &job : jobs) {
    std::vector<Message> messages;
    for (const PendingCall &call : job.calls)
      if (isMessage(call))
        messages.push_back({call.call, nullptr});
    MMC_NCCL_TRY(checkOwnMessages(messages, job.communicator->rank));
    const Place place = placeOf(job.calls.front());
    auto batch = std::find_if(batches.begin(), batches.end(),
                              [&](const Batch &other) { return other.place == place; });
    if (batch == batches.end())
      batch = batches.insert(batches.end(), {place, {}, {}});
    for (const PendingCall &call : job.calls)
      if (Place other = placeOf(call);
          !(other == place) &&
          std::find(batch->others.begin(), batch->others.end(), other) == batch->others.end())
        batch->others.push_back(other);
    batch->jobs.push_back(std::move(job));
  }
  for (Batch &batch : batches) {
    const bool capturing = isCapturing(batch.place);
    if (capturing && !batch.others.empty())
      return {ncclInvalidUsage,
              "a group in several streams of one communicator cannot be captured"};
    for (Job &job : batch.jobs)
      if (!capturing)
        job.turn = std::make_shared<Turn>(job.communicator);
  }
  for (Batch &batch : batches)
    MMC_NCCL_TRY(enqueueBatch(std::move(batch)));
  return {};
}

} // namespace mmc::emulator::nccl
