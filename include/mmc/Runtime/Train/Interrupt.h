// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ctrl-C and SIGTERM as a wish that the loop looks at.

#ifndef MMC_RUNTIME_TRAIN_INTERRUPT_H
#define MMC_RUNTIME_TRAIN_INTERRUPT_H

namespace mmc {

/// From now on the first SIGINT or SIGTERM only notes itself; the next one of its kind has its
/// usual effect. System calls go on across it.
void watchInterrupts();

/// The signal that came, or 0.
int interruptSignal();

/// As if `signal` had come; 0 forgets it. For tests.
void setInterrupt(int signal);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_INTERRUPT_H
