// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Making and ending communicators.
#include "Collective.h"
#include "Group.h"

#include <cstring>
#include <set>

namespace mmc::emulator::nccl {
namespace {

constexpr int undefinedInt = INT_MIN; // NCCL_CONFIG_UNDEF_INT
constexpr unsigned configMagic = 0xcafebeef;
constexpr int noColor = -1; // NCCL_SPLIT_NOCOLOR
constexpr int maximumRanks = 1024;

/// The device of the calling thread: as with the CUDA runtime, device 0 becomes current if there is
/// none.
Outcome currentDevice(int &device) {
  driver::Context *context = nullptr;
  CUresult result = driver::currentContext(context);
  if (result == CUDA_ERROR_NOT_INITIALIZED)
    result = cuInit(0) ? CUDA_ERROR_NOT_INITIALIZED : driver::currentContext(context);
  if (result == CUDA_ERROR_INVALID_CONTEXT) {
    CUcontext primary = nullptr;
    if ((result = cuDevicePrimaryCtxRetain(&primary, 0)) == CUDA_SUCCESS &&
        (result = cuCtxSetCurrent(primary)) == CUDA_SUCCESS)
      result = driver::currentContext(context);
  }
  if (result != CUDA_SUCCESS)
    return {ncclUnhandledCudaError,
            "there is no current context, CUresult " + std::to_string(result)};
  device = driver::deviceOf(*context);
  return {};
}

/// What is wanted of a configuration: whether calls block.
Outcome readConfig(const ncclConfig_t *config, bool &isBlocking) {
  isBlocking = true;
  if (!config)
    return {};
  constexpr size_t leastSize = offsetof(ncclConfig_t, cgaClusterSize);
  if (config->magic != configMagic || config->size < leastSize)
    return invalid("the configuration was not begun with NCCL_CONFIG_INITIALIZER");
  if (config->blocking != undefinedInt && config->blocking != 0 && config->blocking != 1)
    return invalid("blocking of the configuration, got: " + std::to_string(config->blocking) +
                   " != 0 or 1");
  isBlocking = config->blocking != 0;
  return {};
}

/// At the end of the process: communicators that were neither destroyed nor aborted.
void reportLeaks() {
  for (const auto &[handle, communicator] : communicators().all()) {
    driver::Finding finding;
    finding.kind = driver::kind::leak;
    finding.operation = "ncclCommInitRank";
    finding.message = "the communicator of rank " + std::to_string(communicator->rank) + " of " +
                      std::to_string(communicator->ranks) + " was never destroyed";
    driver::report(finding);
  }
}

ncclComm_t addCommunicator(const CommunicatorRef &communicator) {
  static const bool reports = (driver::reportLeaksOf(reportLeaks), true);
  (void)reports;
  return communicators().add(communicator);
}

/// A handle that the program has before its communicator is made; taken back unless it is.
struct NewHandle {
  ncclComm_t *place;
  const ncclComm_t handle;
  bool isKept = false;

  NewHandle(const CommunicatorRef &communicator, ncclComm_t *place)
      : place(place), handle(*place = addCommunicator(communicator)) {}
  ~NewHandle() {
    if (!isKept && communicators().take(handle))
      *place = nullptr;
  }
};

/// Lets a new communicator meet the others, now, at the end of the group or, not blocking, in the
/// background.
Outcome meet(const CommunicatorRef &communicator, const std::string &name, ncclComm_t *place,
             bool isBlocking) {
  const auto made = std::make_shared<NewHandle>(communicator, place);
  return submitMeeting(
      [communicator, name, made, isBlocking]() -> Outcome {
        if (!isBlocking) {
          made->isKept = true;
          communicator->connectInBackground(name);
          return {ncclInProgress, "the communicator is being made"};
        }
        Outcome outcome = communicator->connect(name);
        made->isKept = outcome.isOk();
        return outcome;
      },
      /*parent=*/nullptr);
}

Outcome initRank(ncclComm_t *place, int ranks, const ncclUniqueId &id, int rank,
                 const ncclConfig_t *config) {
  if (!place)
    return invalid("the place for the communicator is null");
  *place = nullptr;
  if (ranks < 1 || ranks > maximumRanks || rank < 0 || rank >= ranks)
    return invalid("rank " + std::to_string(rank) + " of " + std::to_string(ranks) + " (at most " +
                   std::to_string(maximumRanks) + ")");
  const std::string name(id.internal, strnlen(id.internal, sizeof id.internal));
  if (!isMeetingName(name))
    return invalid("the unique id is none that ncclGetUniqueId gave");
  bool isBlocking = true;
  MMC_NCCL_TRY(readConfig(config, isBlocking));
  int device = 0;
  MMC_NCCL_TRY(currentDevice(device));
  return meet(std::make_shared<Communicator>(rank, ranks, device), name, place, isBlocking);
}

Outcome initAll(ncclComm_t *places, int count, const int *devices) {
  if (!places || count < 1)
    return invalid("the place for the communicators is null, or there are none");
  int available = 0;
  if (cuInit(0) != CUDA_SUCCESS || cuDeviceGetCount(&available) != CUDA_SUCCESS)
    return {ncclUnhandledCudaError, "the driver does not start"};
  std::set<int> seen;
  for (int i = 0; i < count; ++i) {
    const int device = devices ? devices[i] : i;
    if (device < 0 || device >= available)
      return invalid("device " + std::to_string(device) + " of " + std::to_string(available) +
                     " (MMC_EMULATOR_DEVICES)");
    if (!seen.insert(device).second)
      return {ncclInvalidUsage, "device " + std::to_string(device) + " is listed twice"};
  }
  const std::string name = newMeetingName();
  MMC_NCCL_TRY(startGroup());
  for (int i = 0; i < count; ++i) {
    Outcome outcome = meet(std::make_shared<Communicator>(i, count, devices ? devices[i] : i), name,
                           &places[i], true);
    noteGroupError(outcome);
  }
  return endGroup();
}

/// What ranks tell one another to split a communicator.
struct SplitRecord {
  int32_t color, key;
  char name[56];
};

Outcome split(ncclComm_t comm, int color, int key, ncclComm_t *place, const ncclConfig_t *config) {
  CommunicatorRef parent;
  MMC_NCCL_TRY(findCommunicator(comm, parent));
  if (!place)
    return invalid("the place for the communicator is null");
  *place = nullptr;
  MMC_NCCL_TRY(parent->checkUsable());
  if (color < 0 && color != noColor)
    return invalid("the color, got: " + std::to_string(color) +
                   " < 0, and is not NCCL_SPLIT_NOCOLOR");
  bool isBlocking = true;
  MMC_NCCL_TRY(readConfig(config, isBlocking));
  // A group that fails drops its meetings: whoever comes next must not wait for this one.
  const auto turn = std::make_shared<Turn>(parent);
  return submitMeeting(
      [=]() -> Outcome {
        SplitRecord own{color, key, {}};
        const std::string ownName = newMeetingName();
        std::memcpy(own.name, ownName.c_str(), ownName.size() + 1);
        std::vector<uint8_t> all;
        turn->hasRun = true;
        MMC_NCCL_TRY(parent->runInTurn(&turn->ticket, [&](Mesh &mesh) -> Outcome {
          Call call;
          call.kind = CallKind::Split;
          MMC_NCCL_TRY(runCollective(mesh, call, nullptr, nullptr));
          return allGatherBytes(mesh, &own, sizeof own, all);
        }));
        if (color == noColor)
          return {};
        // Ranks of the color in the order of their keys, then of their ranks.
        std::set<std::pair<int, int>> members;
        std::vector<SplitRecord> records(size_t(parent->ranks));
        std::memcpy(records.data(), all.data(), all.size());
        for (int rank = 0; rank < parent->ranks; ++rank)
          if (records[size_t(rank)].color == color)
            members.insert({records[size_t(rank)].key, rank});
        const int rank = int(std::distance(members.begin(), members.find({key, parent->rank})));
        auto child = std::make_shared<Communicator>(rank, int(members.size()), parent->device);
        MMC_NCCL_TRY(child->connect(records[size_t(members.begin()->second)].name));
        *place = addCommunicator(child);
        return {};
      },
      parent.get());
}

Outcome destroy(ncclComm_t handle) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(handle, communicator));
  MMC_NCCL_TRY(refuseBeforeSplit(*communicator));
  MMC_NCCL_TRY(takeCommunicator(handle, communicator));
  communicator->waitUntilMade();
  communicator->drain();
  return {};
}

Outcome abort(ncclComm_t handle) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(takeCommunicator(handle, communicator));
  communicator->abort();
  return {};
}

Outcome finalize(ncclComm_t handle) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(handle, communicator));
  MMC_NCCL_TRY(communicator->checkUsable());
  MMC_NCCL_TRY(refuseBeforeSplit(*communicator));
  communicator->finalize();
  communicator->drain();
  return {communicator->state(), communicator->lastError()};
}

} // namespace
} // namespace mmc::emulator::nccl

using namespace mmc::emulator::nccl;

extern "C" {

ncclResult_t ncclGetUniqueId(ncclUniqueId *id) {
  if (!id)
    return finish(__func__, invalid("the place for the id is null"));
  *id = {};
  const std::string name = newMeetingName();
  std::memcpy(id->internal, name.c_str(), name.size() + 1);
  return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t *comm, int ranks, ncclUniqueId id, int rank) {
  return finish(__func__, initRank(comm, ranks, id, rank, nullptr));
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t *config) {
  return finish(__func__, initRank(comm, ranks, id, rank, config));
}
ncclResult_t ncclCommInitAll(ncclComm_t *comms, int devices, const int *deviceList) {
  return finish(__func__, initAll(comms, devices, deviceList));
}
ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key, ncclComm_t *newComm,
                           ncclConfig_t *config) {
  return finish(__func__, split(comm, color, key, newComm, config));
}
ncclResult_t ncclCommFinalize(ncclComm_t comm) { return finish(__func__, finalize(comm)); }
ncclResult_t ncclCommDestroy(ncclComm_t comm) { return finish(__func__, destroy(comm)); }
ncclResult_t ncclCommAbort(ncclComm_t comm) { return finish(__func__, abort(comm)); }
}

MMC_NCCL_ALIAS(ncclGetUniqueId)
MMC_NCCL_ALIAS(ncclCommInitRank)
MMC_NCCL_ALIAS(ncclCommInitRankConfig)
MMC_NCCL_ALIAS(ncclCommInitAll)
MMC_NCCL_ALIAS(ncclCommSplit)
MMC_NCCL_ALIAS(ncclCommFinalize)
MMC_NCCL_ALIAS(ncclCommDestroy)
MMC_NCCL_ALIAS(ncclCommAbort)
