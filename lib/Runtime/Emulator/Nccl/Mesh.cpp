// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Meeting: every rank listens, and calls those below it.
#include "Mesh.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace mmc::emulator::nccl {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What both sides of a new connection say first.
struct Greeting {
  char magic[8] = {'m', 'm', 'c', 'n', 'c', 'c', 'l', '1'};
  int32_t ranks = 0, rank = 0;
};

Outcome systemError(const std::string &what) {
  return {ncclSystemError, what + ": " + std::strerror(errno)};
}

/// The address of a rank: a name that no file has.
socklen_t addressOf(const std::string &name, int rank, sockaddr_un &address) {
  address = {};
  address.sun_family = AF_UNIX;
  const std::string text = name + "-" + std::to_string(rank);
  std::memcpy(address.sun_path + 1, text.data(), text.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
}

/// A socket that is closed unless it is taken.
struct OwnedSocket {
  int descriptor;
  ~OwnedSocket() {
    if (descriptor >= 0)
      ::close(descriptor);
  }
  int take() { return std::exchange(descriptor, -1); }
};

/// Only processes of this user may join.
bool isSameUser(int descriptor) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 &&
         credentials.uid == ::geteuid();
}

} // namespace

std::string newMeetingName() {
  unsigned char random[16];
  if (::getrandom(random, sizeof random, 0) != ssize_t(sizeof random))
    std::abort(); // cannot fail for so few bytes
  std::string name = "mmc-nccl-";
  for (unsigned char byte : random) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

bool isMeetingName(const std::string &name) {
  constexpr char prefix[] = "mmc-nccl-";
  constexpr size_t prefixLength = sizeof prefix - 1;
  return name.size() == prefixLength + 32 && name.compare(0, prefixLength, prefix) == 0 &&
         name.find_first_not_of("0123456789abcdef", prefixLength) == std::string::npos;
}

/// The seconds that the environment asks for; 0: what it asks for is none.
static double wantedTimeout() {
  const char *text = std::getenv("MMC_NCCL_TIMEOUT");
  if (!text || !*text)
    return 600;
  char *end = nullptr;
  const double seconds = std::strtod(text, &end);
  return !*end && std::isfinite(seconds) && seconds > 0 ? seconds : 0;
}

double timeoutSeconds() {
  const double seconds = wantedTimeout();
  return seconds > 0 ? seconds : 600;
}

/// How long ranks wait for one another.
struct Patience {
  int rank;
  const std::atomic<bool> &isCancelled;
  double deadline = now() + timeoutSeconds();

  /// Waits until there is something to read. `missing`: who is waited for, if it lasts too long.
  template <typename Missing>
  Outcome waitFor(int descriptor, Missing missing) const {
    for (;;) {
      MMC_NCCL_TRY(check(missing));
      pollfd waiting{descriptor, POLLIN, 0};
      if (::poll(&waiting, 1, 50) > 0)
        return {};
    }
  }
  template <typename Missing>
  Outcome check(Missing missing) const {
    if (isCancelled)
      return {ncclInternalError, "rank " + std::to_string(rank) + ": aborted"};
    if (now() > deadline)
      return {ncclSystemError, "rank " + std::to_string(rank) + ": " + missing()};
    return {};
  }
};

namespace {

/// Says who we are and hears who they are.
Outcome greet(int descriptor, int ranks, const Patience &patience, Greeting &theirs) {
  Greeting ours;
  ours.ranks = ranks;
  ours.rank = patience.rank;
  const std::string self = "rank " + std::to_string(patience.rank);
  if (::send(descriptor, &ours, sizeof ours, MSG_NOSIGNAL) != ssize_t(sizeof ours))
    return systemError(self + ": greeting another rank");
  size_t got = 0;
  while (got < sizeof theirs) {
    MMC_NCCL_TRY(patience.waitFor(
        descriptor, [] { return "a rank has not answered within MMC_NCCL_TIMEOUT"; }));
    const ssize_t bytes =
        ::recv(descriptor, reinterpret_cast<char *>(&theirs) + got, sizeof theirs - got, 0);
    if (bytes < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (bytes <= 0)
      return {ncclRemoteError, self + ": another rank has gone while meeting"};
    got += static_cast<size_t>(bytes);
  }
  if (std::memcmp(ours.magic, theirs.magic, sizeof ours.magic) != 0)
    return {ncclSystemError, self + ": a stranger under the unique id's name"};
  if (theirs.ranks != ranks)
    return {ncclInvalidUsage, "the number of ranks, got: " + std::to_string(ranks) + " (" + self +
                                  ") != " + std::to_string(theirs.ranks) + " (rank " +
                                  std::to_string(theirs.rank) + ")"};
  return {};
}

} // namespace

Mesh::Mesh(int rank, int ranks) : ownRank(rank), sockets(size_t(ranks), -1) {}

Mesh::~Mesh() {
  for (int descriptor : sockets)
    if (descriptor >= 0)
      ::close(descriptor);
  if (wake >= 0)
    ::close(wake);
}

Outcome Mesh::connect(const std::string &name, int rank, int ranks,
                      const std::atomic<bool> &isCancelled, std::unique_ptr<Mesh> &mesh) {
  if (wantedTimeout() == 0)
    return {ncclInvalidUsage,
            std::string("MMC_NCCL_TIMEOUT must be a number of seconds above 0, got: '") +
                std::getenv("MMC_NCCL_TIMEOUT") + "'"};
  mesh.reset(new Mesh(rank, ranks));
  mesh->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  Outcome outcome = mesh->wake < 0 ? systemError("eventfd") : mesh->meet(name, isCancelled);
  if (!outcome.isOk())
    mesh.reset();
  return outcome;
}

Outcome Mesh::meet(const std::string &name, const std::atomic<bool> &isCancelled) {
  const Patience patience{ownRank, isCancelled};
  sockaddr_un address;
  const socklen_t length = addressOf(name, ownRank, address);
  OwnedSocket listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (listener.descriptor < 0)
    return systemError("socket");
  if (::bind(listener.descriptor, reinterpret_cast<sockaddr *>(&address), length) != 0)
    return errno == EADDRINUSE
               ? Outcome{ncclInvalidUsage,
                         "two ranks of one communicator are rank " + std::to_string(ownRank)}
               : systemError("binding the socket of rank " + std::to_string(ownRank));
  if (::listen(listener.descriptor, ranks()) != 0)
    return systemError("listen");
  for (int peer = 0; peer < ownRank; ++peer)
    MMC_NCCL_TRY(call(name, peer, patience));
  for (int peer = ownRank + 1; peer < ranks(); ++peer)
    MMC_NCCL_TRY(accept(listener.descriptor, patience));
  return {};
}

Outcome Mesh::call(const std::string &name, int peer, const Patience &patience) {
  sockaddr_un address;
  const socklen_t length = addressOf(name, peer, address);
  OwnedSocket caller{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (caller.descriptor < 0)
    return systemError("socket");
  while (::connect(caller.descriptor, reinterpret_cast<sockaddr *>(&address), length) != 0) {
    if (errno != ECONNREFUSED && errno != EAGAIN && errno != EINTR)
      return systemError("calling rank " + std::to_string(peer));
    MMC_NCCL_TRY(patience.check([peer] {
      return "rank " + std::to_string(peer) + " has not come within MMC_NCCL_TIMEOUT";
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Greeting theirs;
  MMC_NCCL_TRY(greet(caller.descriptor, ranks(), patience, theirs));
  sockets[size_t(peer)] = caller.take();
  return {};
}

Outcome Mesh::accept(int listener, const Patience &patience) {
  for (;;) {
    MMC_NCCL_TRY(patience.waitFor(listener, [this] {
      std::string missing;
      for (int peer = ownRank + 1; peer < ranks(); ++peer)
        if (sockets[size_t(peer)] < 0)
          missing += (missing.empty() ? "" : ", ") + std::to_string(peer);
      return "ranks that have not come within MMC_NCCL_TIMEOUT: " + missing;
    }));
    OwnedSocket answered{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)};
    if (answered.descriptor < 0) {
      if (errno == EINTR || errno == EAGAIN || errno == ECONNABORTED)
        continue;
      return systemError("accept");
    }
    if (!isSameUser(answered.descriptor))
      continue;
    Greeting theirs;
    MMC_NCCL_TRY(greet(answered.descriptor, ranks(), patience, theirs));
    if (theirs.rank <= ownRank || theirs.rank >= ranks() || sockets[size_t(theirs.rank)] >= 0)
      return {ncclInvalidUsage,
              "two ranks of one communicator are rank " + std::to_string(theirs.rank)};
    sockets[size_t(theirs.rank)] = answered.take();
    return {};
  }
}

void Mesh::interrupt() {
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(wake, &one, sizeof one);
}

void Mesh::hangUp() {
  // Both ways, so that nobody waits for room to send to us. What we have sent still arrives.
  for (int descriptor : sockets)
    if (descriptor >= 0)
      ::shutdown(descriptor, SHUT_RDWR);
}

} // namespace mmc::emulator::nccl
