// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mesh::exchange: everything moves as sockets let it.
#include "Mesh.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <poll.h>
#include <sys/socket.h>

namespace mmc::emulator::nccl {
namespace {

/// What is still to go to a rank and to come from it.
struct Peer {
  int rank, socket;
  std::deque<const Outgoing *> out;
  std::deque<const Incoming *> in;
  size_t sent = 0, received = 0; ///< bytes of the first of each
  bool brokenOut = false;        ///< it takes no more: what it has sent before may still be read
  bool isDone() const { return out.empty() && in.empty(); }
};

class Exchange {
public:
  Exchange(int ownRank, int wake, std::vector<Peer> &peers)
      : ownRank(ownRank), wake(wake), peers(peers) {}

  Outcome run() {
    MMC_NCCL_TRY(finishEmpty());
    // Before anything is received: an error then still lets the others know what this rank has
    // called.
    for (Peer &peer : peers)
      send(peer);
    const auto limit = std::chrono::duration<double>(timeoutSeconds());
    auto lastProgress = std::chrono::steady_clock::now();
    while (!isDone()) {
      const std::vector<pollfd> ready =
          wait(limit - (std::chrono::steady_clock::now() - lastProgress));
      if (ready[0].revents)
        return {ncclInternalError, "rank " + std::to_string(ownRank) + ": aborted"};
      moved = false;
      size_t next = 1;
      for (Peer &peer : peers)
        if (!peer.isDone())
          MMC_NCCL_TRY(move(peer, ready[next++].revents));
      const auto time = std::chrono::steady_clock::now();
      if (moved)
        lastProgress = time;
      else if (time - lastProgress > limit)
        return {ncclSystemError, "rank " + std::to_string(ownRank) + " has waited for " +
                                     unfinished() + " longer than MMC_NCCL_TIMEOUT"};
    }
    for (const Peer &peer : peers)
      if (peer.brokenOut)
        return gone(peer);
    return {};
  }

private:
  bool isDone() const {
    return std::all_of(peers.begin(), peers.end(), [](const Peer &peer) { return peer.isDone(); });
  }
  Outcome gone(const Peer &peer) const {
    return {ncclRemoteError, "rank " + std::to_string(ownRank) + ": rank " +
                                 std::to_string(peer.rank) +
                                 " has gone: its process ended, or it failed or aborted"};
  }
  std::string unfinished() const {
    std::string names;
    for (const Peer &peer : peers)
      if (!peer.isDone())
        names += (names.empty() ? "rank " : ", rank ") + std::to_string(peer.rank);
    return names;
  }

  std::vector<pollfd> wait(std::chrono::duration<double> left) const {
    std::vector<pollfd> descriptors{{wake, POLLIN, 0}};
    for (const Peer &peer : peers)
      if (!peer.isDone())
        descriptors.push_back(
            {peer.socket,
             static_cast<short>((peer.out.empty() ? 0 : POLLOUT) | (peer.in.empty() ? 0 : POLLIN)),
             0});
    // In steps, so that no clock can make it wait for ever.
    const double milliseconds = std::clamp(left.count() * 1000 + 1, 1.0, 1000.0);
    if (::poll(descriptors.data(), descriptors.size(), static_cast<int>(milliseconds)) < 0)
      for (pollfd &descriptor : descriptors)
        descriptor.revents = 0;
    return descriptors;
  }

  /// Messages without bytes are there at once.
  Outcome finishEmpty() {
    for (Peer &peer : peers) {
      MMC_NCCL_TRY(takeArrived(peer));
      while (!peer.out.empty() && peer.out.front()->bytes == 0)
        peer.out.pop_front();
    }
    return {};
  }

  Outcome takeArrived(Peer &peer) {
    while (!peer.in.empty() && peer.received == peer.in.front()->bytes) {
      const Incoming *whole = peer.in.front();
      peer.in.pop_front();
      peer.received = 0;
      if (whole->arrived)
        MMC_NCCL_TRY(whole->arrived());
    }
    return {};
  }

  Outcome move(Peer &peer, short events) {
    if (!peer.in.empty() && (events & (POLLIN | POLLHUP | POLLERR)))
      MMC_NCCL_TRY(receive(peer));
    if (!peer.out.empty() && (events & (POLLOUT | POLLHUP | POLLERR)))
      send(peer);
    return {};
  }

  Outcome receive(Peer &peer) {
    while (!peer.in.empty()) {
      const Incoming &part = *peer.in.front();
      const ssize_t bytes = ::recv(peer.socket, static_cast<char *>(part.data) + peer.received,
                                   part.bytes - peer.received, MSG_DONTWAIT);
      if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
        return {};
      if (bytes <= 0)
        return gone(peer);
      moved = true;
      peer.received += static_cast<size_t>(bytes);
      MMC_NCCL_TRY(takeArrived(peer));
    }
    return {};
  }

  void send(Peer &peer) {
    while (!peer.out.empty()) {
      const Outgoing &part = *peer.out.front();
      const ssize_t bytes = ::send(peer.socket, static_cast<const char *>(part.data) + peer.sent,
                                   part.bytes - peer.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
        return;
      if (bytes < 0) {
        peer.brokenOut = true;
        peer.out.clear();
        return;
      }
      moved = true;
      peer.sent += static_cast<size_t>(bytes);
      while (!peer.out.empty() && peer.sent == peer.out.front()->bytes) {
        peer.out.pop_front();
        peer.sent = 0;
      }
    }
  }

  int ownRank, wake;
  std::vector<Peer> &peers;
  bool moved = false;
};

} // namespace

Outcome Mesh::exchange(const std::vector<Outgoing> &outgoing,
                       const std::vector<Incoming> &incoming) {
  std::vector<Peer> peers;
  for (int peer = 0; peer < ranks(); ++peer) {
    peers.push_back({peer, sockets[size_t(peer)], {}, {}});
    for (const Outgoing &part : outgoing)
      if (part.peer == peer)
        peers.back().out.push_back(&part);
    for (const Incoming &part : incoming)
      if (part.peer == peer)
        peers.back().in.push_back(&part);
  }
  Outcome outcome = Exchange(ownRank, wake, peers).run();
  if (!outcome.isOk())
    hangUp();
  return outcome;
}

} // namespace mmc::emulator::nccl
