// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Events: marks in streams.

#ifndef MMC_EMULATOR_DRIVER_EVENT_H
#define MMC_EMULATOR_DRIVER_EVENT_H

#include "Stream.h"

namespace mmc::emulator::driver {

/// The members are under orderMutex().
struct Event {
  Context *context = nullptr;
  unsigned flags = 0;
  std::shared_ptr<Task> task;       ///< the mark; null before the first record
  std::shared_ptr<Capture> capture; ///< where it was recorded last, if that was in a capture
  std::vector<size_t> captureTail;  ///< the nodes that it stands behind
};

HandleTable<CUevent, Event> &eventTable();
/// Forgets the events of a context that ends.
void endEvents(const Context &context);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_EVENT_H
