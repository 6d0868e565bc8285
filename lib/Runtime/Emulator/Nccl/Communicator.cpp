// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Communicator.h"

#include <system_error>

namespace mmc::emulator::nccl {

Communicator::~Communicator() { waitUntilMade(); }

Outcome Communicator::connect(const std::string &name) {
  std::unique_ptr<Mesh> met;
  Outcome outcome = Mesh::connect(name, rank, ranks, isCancelled, met);
  std::lock_guard<std::mutex> lock(mutex);
  mesh = std::move(met);
  isConnected = true;
  if (!outcome.isOk())
    error = outcome;
  changed.notify_all();
  return outcome;
}

void Communicator::connectInBackground(std::string name) {
  try {
    meeting = std::thread(
        [this, name = std::move(name)] { [[maybe_unused]] Outcome outcome = connect(name); });
  } catch (const std::system_error &) {
    fail({ncclSystemError, "the system gives no thread to meet the other ranks"});
  }
}

ncclResult_t Communicator::state() {
  std::lock_guard<std::mutex> lock(mutex);
  return isConnected || !error.isOk() ? error.code : ncclInProgress;
}

std::string Communicator::lastError() {
  std::lock_guard<std::mutex> lock(mutex);
  return error.message;
}

Outcome Communicator::checkUsable() {
  std::lock_guard<std::mutex> lock(mutex);
  if (!error.isOk())
    return error;
  if (!isConnected)
    return {ncclInvalidArgument,
            "the communicator is not ready: ncclCommGetAsyncError still says ncclInProgress"};
  if (isFinalized || isAborted)
    return {ncclInvalidArgument, "the communicator has been finalized or aborted"};
  return {};
}

void Communicator::fail(const Outcome &outcome) {
  std::lock_guard<std::mutex> lock(mutex);
  if (error.isOk())
    error = outcome;
  if (mesh)
    mesh->hangUp();
}

uint64_t Communicator::takeTicket() {
  std::lock_guard<std::mutex> lock(mutex);
  return issued++;
}

Outcome Communicator::runInTurn(const uint64_t *ticket,
                                const std::function<Outcome(Mesh &)> &work) {
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return !isRunning && (!ticket || served == *ticket); });
    if (!error.isOk() || isAborted || !mesh) {
      finish(ticket);
      return error.isOk() ? Outcome{ncclInternalError, "rank " + std::to_string(rank) + ": aborted"}
                          : error;
    }
    isRunning = true;
  }
  // The mesh stays while an operation runs: it goes with the communicator.
  Outcome outcome = work(*mesh);
  if (!outcome.isOk())
    fail(outcome);
  std::lock_guard<std::mutex> lock(mutex);
  isRunning = false;
  finish(ticket);
  return outcome;
}

void Communicator::finish(const uint64_t *ticket) {
  if (ticket)
    finished.insert(*ticket);
  while (!finished.empty() && *finished.begin() == served) {
    finished.erase(finished.begin());
    ++served;
  }
  changed.notify_all();
}

void Communicator::giveUp(uint64_t ticket) {
  const std::string what = ": an operation was dropped with its stream or group";
  fail({ncclUnhandledCudaError, "rank " + std::to_string(rank) + what});
  std::lock_guard<std::mutex> lock(mutex);
  finish(&ticket);
}

void Communicator::drain() {
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return !isRunning && served == issued; });
}

void Communicator::waitUntilMade() {
  if (meeting.joinable())
    meeting.join();
}

void Communicator::finalize() {
  std::lock_guard<std::mutex> lock(mutex);
  isFinalized = true;
}

void Communicator::abort() {
  isCancelled = true;
  waitUntilMade();
  std::unique_lock<std::mutex> lock(mutex);
  isAborted = true;
  if (mesh) {
    mesh->interrupt();
    mesh->hangUp();
  }
  changed.notify_all();
  changed.wait(lock, [&] { return !isRunning; });
}

ncclRedOp_t Communicator::addReduction(const ScaledSum &sum) {
  std::lock_guard<std::mutex> lock(mutex);
  reductions[nextReduction] = sum;
  return static_cast<ncclRedOp_t>(nextReduction++);
}

bool Communicator::removeReduction(ncclRedOp_t op) {
  std::lock_guard<std::mutex> lock(mutex);
  return reductions.erase(op) != 0;
}

bool Communicator::findReduction(ncclRedOp_t op, ScaledSum &sum) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = reductions.find(op);
  if (found == reductions.end())
    return false;
  sum = found->second;
  return true;
}

void *Communicator::addRegistration() {
  std::lock_guard<std::mutex> lock(mutex);
  void *handle = reinterpret_cast<void *>(driver::newHandle());
  registrations.insert(handle);
  return handle;
}

bool Communicator::removeRegistration(void *handle) {
  std::lock_guard<std::mutex> lock(mutex);
  return registrations.erase(handle) != 0;
}

driver::HandleTable<ncclComm_t, Communicator> &communicators() {
  static auto *table = new driver::HandleTable<ncclComm_t, Communicator>;
  return *table;
}

static Outcome refuseNull(const CommunicatorRef &communicator) {
  return communicator ? Outcome() : invalid("the communicator is null, or destroyed before");
}

Outcome findCommunicator(ncclComm_t handle, CommunicatorRef &communicator) {
  return refuseNull(communicator = communicators().find(handle));
}

Outcome takeCommunicator(ncclComm_t handle, CommunicatorRef &communicator) {
  return refuseNull(communicator = communicators().take(handle));
}

} // namespace mmc::emulator::nccl
