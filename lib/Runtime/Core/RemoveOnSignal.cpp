// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A table that a signal handler may read: no locks, no memory of the heap is given back in it.

#include "RemoveOnSignal.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unistd.h>

namespace mmc {

static constexpr int kMost = 64;
static std::atomic<char *> waiting[kMost];

/// Only what POSIX allows in a handler: unlink, sigaction, raise.
static void removeAndEnd(int signal) {
  for (std::atomic<char *> &path : waiting)
    if (char *name = path.exchange(nullptr))
      unlink(name);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

static void handle(int signal) {
  struct sigaction action{};
  if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL ||
      (action.sa_flags & SA_SIGINFO))
    return;
  action.sa_handler = removeAndEnd;
  sigaction(signal, &action, nullptr);
}

int removeOnSignal(const std::string &path) {
  static std::once_flag once;
  std::call_once(once, [] {
    for (int signal : {SIGINT, SIGTERM, SIGHUP})
      handle(signal);
  });
  char *name = strdup(path.c_str());
  for (int i = 0; name && i < kMost; ++i)
    if (char *none = nullptr; waiting[i].compare_exchange_strong(none, name))
      return i;
  std::free(name);
  return -1;
}

void keepOnSignal(int number) {
  // What the handler has taken is its own.
  if (number >= 0)
    std::free(waiting[number].exchange(nullptr));
}

} // namespace mmc
