// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Sends and Receives of a group, over a mesh.

#ifndef MMC_EMULATOR_NCCL_MESSAGES_H
#define MMC_EMULATOR_NCCL_MESSAGES_H

#include "Call.h"
#include "Mesh.h"

namespace mmc::emulator::nccl {

/// A Send or a Receive of a group.
struct Message {
  Call call;
  void *data;
};
/// Runs them side by side. What goes to the own rank is matched in order.
Outcome runMessages(Mesh &mesh, const std::vector<Message> &messages);
/// InvalidUsage unless what is sent to the own rank is also received, with the same count and type.
Outcome checkOwnMessages(const std::vector<Message> &messages, int rank);

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_MESSAGES_H
