// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes micro-batches ahead of their use, in a thread of its own.

#ifndef MMC_RUNTIME_TRAIN_PREFETCHSOURCE_H
#define MMC_RUNTIME_TRAIN_PREFETCHSOURCE_H

#include "mmc/Runtime/Train/DataSource.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace mmc {

/// Gives what another source gives, in its order, with its failures where they belong: pictures are
/// decoded and texts tokenised while the batch before is trained on. Where the system gives no
/// thread, they are when they are asked for.
class PrefetchSource final : public DataSource {
public:
  /// At most `bytes` of tensors and 16 batches lie ready (one batch always may).
  PrefetchSource(std::unique_ptr<DataSource> source, size_t bytes)
      : source(std::move(source)), limit(bytes), place(this->source->cursor()) {}
  ~PrefetchSource() override { stop(); }

  StatusOr<MicroBatch> next() override;
  Cursor cursor() const override { return place; }
  Status seek(Cursor cursor) override;
  StatusOr<int64_t> batchesIn(int64_t epoch) override;
  int64_t accumulation() const override { return source->accumulation(); }
  bool isSequence() const override { return source->isSequence(); }
  nlohmann::json fingerprint() const override { return source->fingerprint(); }

private:
  struct Made {
    StatusOr<MicroBatch> batch;
    Cursor behind;
    size_t bytes;
  };
  void work();
  /// False where there is no thread.
  bool start();
  /// Ends the thread and throws away what it has made.
  void stop();

  std::unique_ptr<DataSource> source;
  size_t limit;
  /// Where next() stands; the source itself is ahead of it.
  Cursor place;

  /// None or one.
  std::vector<std::thread> thread;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Made> ready;
  size_t readyBytes = 0;
  bool stopping = false;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_PREFETCHSOURCE_H
