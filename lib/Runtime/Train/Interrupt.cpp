// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/Interrupt.h"

#include <csignal>

static volatile std::sig_atomic_t pending = 0;

static void noteSignal(int signal) { pending = signal; }

void mmc::watchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = noteSignal;
  // Reset after the first: whoever asks twice does not want to wait.
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int mmc::interruptSignal() { return pending; }

void mmc::setInterrupt(int signal) { pending = signal; }
