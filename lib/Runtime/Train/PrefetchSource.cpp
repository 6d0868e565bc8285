// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/PrefetchSource.h"

#include "mmc/Runtime/Core/StartThread.h"

using namespace mmc;

/// Small batches are made quickly: more of them ahead would only hold memory.
static constexpr size_t kMostReady = 16;

void PrefetchSource::work() {
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock, [&] {
        return stopping || ready.empty() || (readyBytes < limit && ready.size() < kMostReady);
      });
      if (stopping)
        return;
    }
    StatusOr<MicroBatch> batch = source->next();
    bool failed = !batch.isOk();
    size_t bytes = 0;
    if (!failed)
      for (const auto &entry : batch->tensors)
        bytes += entry.second.bytes();
    std::lock_guard<std::mutex> lock(mutex);
    ready.push_back({std::move(batch), source->cursor(), bytes});
    readyBytes += bytes;
    changed.notify_all();
    if (failed)
      return;
  }
}

bool PrefetchSource::start() {
  return !thread.empty() || startThread(thread, [this] { work(); });
}

void PrefetchSource::stop() {
  if (thread.empty())
    return;
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
    changed.notify_all();
  }
  thread.front().join();
  thread.clear();
  ready.clear();
  readyBytes = 0;
  stopping = false;
}

StatusOr<MicroBatch> PrefetchSource::next() {
  if (!start()) {
    StatusOr<MicroBatch> batch = source->next();
    place = source->cursor();
    return batch;
  }
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return !ready.empty(); });
  Made made = std::move(ready.front());
  // A failure stays: asking again fails again, as the source itself would.
  if (!made.batch.isOk()) {
    Status status = made.batch.status();
    ready.front() = {status, made.behind, 0};
    return status;
  }
  ready.pop_front();
  readyBytes -= made.bytes;
  place = made.behind;
  changed.notify_all();
  return std::move(made.batch);
}

Status PrefetchSource::seek(Cursor cursor) {
  stop();
  MMC_RETURN_IF_ERROR(source->seek(cursor));
  place = cursor;
  return Status::ok();
}

StatusOr<int64_t> PrefetchSource::batchesIn(int64_t epoch) {
  stop();
  MMC_RETURN_IF_ERROR(source->seek(place));
  return source->batchesIn(epoch);
}
