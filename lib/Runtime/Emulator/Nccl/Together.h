// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs what waits for one another: all at once, or none.

#ifndef MMC_EMULATOR_NCCL_TOGETHER_H
#define MMC_EMULATOR_NCCL_TOGETHER_H

#include "Outcome.h"

#include "mmc/Runtime/Core/StartThread.h"

#include <future>

namespace mmc::emulator::nccl {

/// Calls work(0) … work(count - 1), the first on this thread, and returns when all have ended.
/// ncclSystemError, with none called, where the system does not give the threads.
template <typename Work>
Outcome runTogether(size_t count, const Work &work) {
  std::promise<bool> start;
  std::shared_future<bool> isStarted = start.get_future().share();
  std::vector<std::thread> threads;
  bool isComplete = true;
  for (size_t i = 1; i < count && isComplete; ++i)
    isComplete = startThread(threads, [&work, isStarted, i] {
      if (isStarted.get())
        work(i);
    });
  start.set_value(isComplete);
  if (isComplete && count)
    work(0);
  for (std::thread &thread : threads)
    thread.join();
  if (isComplete)
    return {};
  return {ncclSystemError, "the system gives no " + std::to_string(count) +
                               " threads for ranks that wait for one another"};
}

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_TOGETHER_H
