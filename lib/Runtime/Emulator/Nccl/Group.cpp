// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ncclGroupStart and ncclGroupEnd, and errors of calls.
#include "Group.h"
#include "Together.h"

#include <cstdio>
#include <cstdlib>

namespace mmc::emulator::nccl {
namespace {

struct Group {
  int depth = 0;
  Outcome error;
  std::vector<PendingCall> calls;
  std::vector<std::function<Outcome()>> meetings;
  std::set<const Communicator *> parents; ///< that are split
};
thread_local Group group;
thread_local std::string message;

/// All at once: ranks of one thread wait for one another. The first failure, or InProgress if one
/// is.
Outcome runMeetings(std::vector<std::function<Outcome()>> meetings) {
  std::vector<Outcome> outcomes(meetings.size());
  MMC_NCCL_TRY(runTogether(meetings.size(), [&](size_t i) { outcomes[i] = meetings[i](); }));
  Outcome all;
  for (const Outcome &outcome : outcomes) {
    if (outcome.code == ncclInProgress)
      all = outcome;
    else
      MMC_NCCL_TRY(outcome);
  }
  return all;
}

} // namespace

Outcome submit(PendingCall call) {
  if (group.depth == 0)
    return launch({std::move(call)});
  group.calls.push_back(std::move(call));
  return {};
}

Outcome submitMeeting(std::function<Outcome()> work, const Communicator *parent) {
  if (group.depth == 0)
    return work();
  group.meetings.push_back(std::move(work));
  if (parent)
    group.parents.insert(parent);
  return {};
}

Outcome refuseBeforeSplit(const Communicator &communicator) {
  if (!group.parents.count(&communicator))
    return {};
  return {ncclInvalidUsage, "this group has still to split the communicator: end the group first"};
}

void noteGroupError(const Outcome &outcome) {
  if (group.depth > 0 && group.error.isOk())
    group.error = outcome;
}

Outcome startGroup() {
  ++group.depth;
  return {};
}

Outcome endGroup() {
  if (group.depth == 0)
    return {ncclInvalidUsage, "there is no group to end"};
  if (--group.depth > 0)
    return {};
  const Group ended = std::exchange(group, Group());
  MMC_NCCL_TRY(ended.error);
  const Outcome met = runMeetings(ended.meetings);
  if (!met.isOk() && met.code != ncclInProgress)
    return met;
  MMC_NCCL_TRY(launch(ended.calls));
  return met;
}

ncclResult_t finish(const char *function, const Outcome &outcome) {
  if (outcome.isOk() || outcome.code == ncclInProgress)
    return outcome.code;
  noteGroupError(outcome);
  message = std::string(function) + ": " + outcome.message;
  if (const char *debug = std::getenv("NCCL_DEBUG"); debug && *debug)
    std::fprintf(stderr, "[mmc emulator] NCCL WARN %s\n", message.c_str());
  return outcome.code;
}

const char *lastMessage() { return message.c_str(); }
void setLastMessage(const std::string &text) { message = text; }

} // namespace mmc::emulator::nccl

using namespace mmc::emulator::nccl;

extern "C" ncclResult_t ncclGroupStart() { return finish(__func__, startGroup()); }
extern "C" ncclResult_t ncclGroupEnd() { return finish(__func__, endGroup()); }
MMC_NCCL_ALIAS(ncclGroupStart)
MMC_NCCL_ALIAS(ncclGroupEnd)
