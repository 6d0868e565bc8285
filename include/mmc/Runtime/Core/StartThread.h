// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads that may be refused: out of memory for their stacks, or beyond a limit of processes.

#ifndef MMC_RUNTIME_CORE_STARTTHREAD_H
#define MMC_RUNTIME_CORE_STARTTHREAD_H

#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace mmc {

/// Starts a thread and appends it to `threads`; false where the system gives none. The work must
/// then be done without it. It must not throw.
template <typename Work>
bool startThread(std::vector<std::thread> &threads, Work &&work) {
  try {
    threads.emplace_back(std::forward<Work>(work));
    return true;
  } catch (const std::system_error &) {
    return false;
  }
}

} // namespace mmc

#endif // MMC_RUNTIME_CORE_STARTTHREAD_H
