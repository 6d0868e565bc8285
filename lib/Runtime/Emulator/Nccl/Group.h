// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From calls to work in streams, alone or in groups.

#ifndef MMC_EMULATOR_NCCL_GROUP_H
#define MMC_EMULATOR_NCCL_GROUP_H

#include "../Driver/Driver.h"
#include "Communicator.h"

namespace mmc::emulator::nccl {

/// A checked call of a collective, Send or Receive.
struct PendingCall {
  CommunicatorRef communicator;
  driver::Context *context = nullptr; ///< of the stream
  CUstream stream = nullptr;
  Call call;
  uint64_t send = 0, receive = 0; ///< addresses
  uint64_t factorAddress = 0;     ///< PreMulSum whose factor is on the device
};

/// Puts calls into their streams: those of one communicator run in order, Sends and Receives side
/// by side after its collectives; what meets in one stream runs together.
Outcome launch(const std::vector<PendingCall> &calls);

/// Puts the call into its stream, or keeps it for the end of the thread's group.
Outcome submit(PendingCall call);
/// Runs `work` now, or at the end of the thread's group: then at the same time as the group's other
/// such work. A group that fails drops it. What goes on in the background is ncclInProgress, which
/// is no failure. `parent`: the communicator that is split, or null.
Outcome submitMeeting(std::function<Outcome()> work, const Communicator *parent);
/// InvalidUsage when the thread's group has still to split the communicator: whoever waits for its
/// operations would wait for ever.
Outcome refuseBeforeSplit(const Communicator &communicator);
/// Remembers an error in the thread's group, whose end then returns it and does nothing.
void noteGroupError(const Outcome &outcome);
Outcome startGroup();
Outcome endGroup();

/// Remembers the message for ncclGetLastError, and prints it when NCCL_DEBUG is set.
ncclResult_t finish(const char *function, const Outcome &outcome);
const char *lastMessage();
void setLastMessage(const std::string &message);

} // namespace mmc::emulator::nccl

/// Defines pncclX as another name of ncclX, which the file defines.
#define MMC_NCCL_ALIAS(name)                                                                       \
  extern "C" __attribute__((alias(#name), visibility("default"))) decltype(name) p##name;

#endif // MMC_EMULATOR_NCCL_GROUP_H
