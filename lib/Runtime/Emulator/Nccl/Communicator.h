// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A rank's communicator: its connections, the order of its operations, its errors.

#ifndef MMC_EMULATOR_NCCL_COMMUNICATOR_H
#define MMC_EMULATOR_NCCL_COMMUNICATOR_H

#include "../Driver/HandleTable.h"
#include "Call.h"
#include "Mesh.h"

#include <condition_variable>
#include <map>
#include <set>
#include <thread>

namespace mmc::emulator::nccl {

/// A PreMulSum of a communicator.
struct ScaledSum {
  ncclDataType_t type = ncclInt8;
  bool onDevice = false;
  uint64_t factor = 0;  ///< the element's bits
  uint64_t address = 0; ///< of the factor, read when a collective runs
};

class Communicator {
public:
  Communicator(int rank, int ranks, int device) : rank(rank), ranks(ranks), device(device) {}
  ~Communicator();

  const int rank, ranks;
  const int device; ///< the ordinal that was current when it was made

  /// Meets the other ranks. Once, before anything else.
  Outcome connect(const std::string &name);
  /// The same on a thread of its own; state() is ncclInProgress until it is done.
  void connectInBackground(std::string name);

  /// ncclSuccess, ncclInProgress while it is being made, or the first error.
  ncclResult_t state();
  std::string lastError();
  /// Whether operations may be given to it: InvalidArgument while it is being made or after it was
  /// finalized.
  Outcome checkUsable();
  /// Remembers the first error, and lets the other ranks see this one as gone.
  void fail(const Outcome &outcome);

  /// A place in the order of the communicator's operations.
  uint64_t takeTicket();
  /// Runs `work` on the mesh when all earlier tickets are done; without a ticket (operations of
  /// graphs) when nothing else runs. After an error of the communicator `work` is not run, and that
  /// error returned; after abort() InternalError.
  Outcome runInTurn(const uint64_t *ticket, const std::function<Outcome(Mesh &)> &work);
  /// The operation of this ticket will never run.
  void giveUp(uint64_t ticket);
  /// Waits until all operations are done.
  void drain();
  /// Waits for the end of connectInBackground().
  void waitUntilMade();
  /// No more operations.
  void finalize();
  /// Ends what runs, and what is still to run. The other ranks see this one as gone.
  void abort();

  /// Custom reductions.
  ncclRedOp_t addReduction(const ScaledSum &sum);
  bool removeReduction(ncclRedOp_t op);
  bool findReduction(ncclRedOp_t op, ScaledSum &sum);

  /// Registered buffers: only their handles matter.
  void *addRegistration();
  bool removeRegistration(void *handle);

private:
  void finish(const uint64_t *ticket);

  std::mutex mutex;
  std::condition_variable changed;
  std::unique_ptr<Mesh> mesh;
  std::atomic<bool> isCancelled{false}; ///< stops the meeting
  std::thread meeting;
  bool isConnected = false, isFinalized = false, isAborted = false, isRunning = false;
  uint64_t issued = 0, served = 0;
  std::set<uint64_t> finished; ///< of those behind `served`
  Outcome error;
  std::map<int, ScaledSum> reductions;
  int nextReduction = ncclNumOps;
  std::set<void *> registrations;
};

using CommunicatorRef = std::shared_ptr<Communicator>;

/// A ticket that is given up when the operation is dropped without having run.
struct Turn {
  CommunicatorRef communicator;
  uint64_t ticket = 0;
  std::atomic<bool> hasRun{false};

  explicit Turn(CommunicatorRef of)
      : communicator(std::move(of)), ticket(communicator->takeTicket()) {}
  ~Turn() {
    if (!hasRun)
      communicator->giveUp(ticket);
  }
};

/// The live communicators. Never destroyed: streams may still run as the process ends.
driver::HandleTable<ncclComm_t, Communicator> &communicators();
/// The communicator of a handle: InvalidArgument.
Outcome findCommunicator(ncclComm_t handle, CommunicatorRef &communicator);
/// The same, and ends the handle.
Outcome takeCommunicator(ncclComm_t handle, CommunicatorRef &communicator);

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_COMMUNICATOR_H
