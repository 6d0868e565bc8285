// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Connections between all ranks of a communicator: processes, or threads of one.
//
// Unix sockets in the abstract namespace, named after the unique id: nothing is left behind, and
// the end of a process is the end of its connections, which the others see.

#ifndef MMC_EMULATOR_NCCL_MESH_H
#define MMC_EMULATOR_NCCL_MESH_H

#include "Outcome.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace mmc::emulator::nccl {

/// A new name for ranks to meet under: random, so that strangers do not meet.
std::string newMeetingName();
bool isMeetingName(const std::string &name);

/// Seconds without any progress after which a rank gives up: MMC_NCCL_TIMEOUT, 600 unless set.
double timeoutSeconds();

/// Bytes that go to a rank, or come from it. Between two ranks they come in the order in which they
/// go.
struct Outgoing {
  int peer;
  const void *data;
  size_t bytes;
};
struct Incoming {
  int peer;
  void *data;
  size_t bytes;
  /// Called when all bytes are there, before any later ones of this rank are taken; an error ends
  /// the exchange.
  std::function<Outcome()> arrived;
};

struct Patience;

class Mesh {
public:
  /// Meets the other ranks. SystemError when some do not come in time, InvalidUsage when they do
  /// not agree on the number of ranks, two have the same rank or MMC_NCCL_TIMEOUT is no time,
  /// InternalError soon after `isCancelled` has been set.
  static Outcome connect(const std::string &name, int rank, int ranks,
                         const std::atomic<bool> &isCancelled, std::unique_ptr<Mesh> &mesh);
  ~Mesh();
  Mesh(const Mesh &) = delete;
  Mesh &operator=(const Mesh &) = delete;

  int rank() const { return ownRank; }
  int ranks() const { return static_cast<int>(sockets.size()); }
  /// Sends and receives all of it, side by side. RemoteError when a rank that is still needed has
  /// gone, SystemError when nothing has moved for the timeout, InternalError after interrupt().
  /// After an error nothing more can be exchanged, and the other ranks see this one as gone. One
  /// call at a time. Nothing may be for the own rank.
  Outcome exchange(const std::vector<Outgoing> &outgoing, const std::vector<Incoming> &incoming);
  /// Ends an exchange, now or later, from any thread.
  void interrupt();
  /// Tells the others that no more comes from here, and that nothing more is taken. From any
  /// thread.
  void hangUp();

private:
  Mesh(int rank, int ranks);
  Outcome meet(const std::string &name, const std::atomic<bool> &isCancelled);
  Outcome call(const std::string &name, int peer, const Patience &patience);
  Outcome accept(int listener, const Patience &patience);

  int ownRank;
  std::vector<int> sockets; ///< by rank; -1: the own
  int wake = -1;            ///< readable after interrupt()
};

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_MESH_H
