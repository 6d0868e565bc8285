// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Collective.h"

#include <algorithm>
#include <cstring>

namespace mmc::emulator::nccl {
namespace {

bool agree(const Call &a, const Call &b) {
  return a.kind == b.kind && a.type == b.type && a.op == b.op && a.isScaled == b.isScaled &&
         a.root == b.root && a.count == b.count;
}

/// One collective on one rank.
class Collective {
public:
  Collective(Mesh &mesh, const Call &call, const void *send, void *receive)
      : mesh(mesh), call(call), send(static_cast<const uint8_t *>(send)),
        receive(static_cast<uint8_t *>(receive)), rank(mesh.rank()), ranks(mesh.ranks()),
        unit(bytesOf(call.type)) {}

  Outcome run() {
    MMC_NCCL_TRY(agreeOnCall());
    const size_t block = call.count * unit;
    switch (call.kind) {
    case CallKind::AllReduce:
    case CallKind::Reduce:
    case CallKind::ReduceScatter:
      return reduceBlocks();
    case CallKind::Broadcast:
      for (int peer = 0; peer < ranks; ++peer)
        if (rank == call.root)
          give(peer, send, block, receive);
      if (rank != call.root)
        take(call.root, receive, block);
      break;
    case CallKind::AllGather:
      for (int peer = 0; peer < ranks; ++peer) {
        give(peer, send, block, receive + size_t(rank) * block);
        take(peer, receive + size_t(peer) * block, block);
      }
      break;
    case CallKind::AlltoAll:
      for (int peer = 0; peer < ranks; ++peer) {
        give(peer, send + size_t(peer) * block, block, receive + size_t(rank) * block);
        take(peer, receive + size_t(peer) * block, block);
      }
      break;
    case CallKind::Gather:
      give(call.root, send, block, rank == call.root ? receive + size_t(rank) * block : nullptr);
      for (int peer = 0; rank == call.root && peer < ranks; ++peer)
        take(peer, receive + size_t(peer) * block, block);
      break;
    case CallKind::Scatter:
      for (int peer = 0; rank == call.root && peer < ranks; ++peer)
        give(peer, send + size_t(peer) * block, block, receive);
      take(call.root, receive, block);
      break;
    case CallKind::Split:
      return {};
    case CallKind::Send:
    case CallKind::Receive:
      return {ncclInternalError, "no collective: " + describe(call)};
    }
    return mesh.exchange(outgoing, incoming);
  }

private:
  /// To a peer; what is for the own rank is copied to `own` unless that is null.
  void give(int peer, const void *data, size_t bytes, void *own) {
    if (peer != rank)
      outgoing.push_back({peer, data, bytes});
    else if (own && own != data && bytes != 0)
      std::memmove(own, data, bytes);
  }
  void take(int peer, void *data, size_t bytes) {
    if (peer != rank)
      incoming.push_back({peer, data, bytes, nullptr});
  }

  Outcome agreeOnCall() {
    std::vector<Call> calls(static_cast<size_t>(ranks), call);
    for (int peer = 0; peer < ranks; ++peer) {
      give(peer, &call, sizeof call, nullptr);
      if (peer == rank)
        continue;
      const Call *theirs = &calls[size_t(peer)];
      // Looked at when it comes: the others may hang up before all have come.
      incoming.push_back({peer, &calls[size_t(peer)], sizeof call, [this, theirs, peer] {
                            return agree(call, *theirs) ? Outcome()
                                                        : mismatch(rank, call, peer, *theirs);
                          }});
    }
    MMC_NCCL_TRY(mesh.exchange(outgoing, incoming));
    outgoing.clear();
    incoming.clear();
    reduction.op = call.op;
    reduction.isScaled = call.isScaled;
    for (const Call &theirs : calls)
      reduction.factors.push_back(theirs.factor);
    return {};
  }

  /// Where a rank's share of the elements begins: equal shares, or the blocks of ReduceScatter.
  size_t begin(int of) const {
    if (call.kind == CallKind::ReduceScatter)
      return size_t(of) * call.count * unit;
    const size_t share = call.count / size_t(ranks), rest = call.count % size_t(ranks);
    return (size_t(of) * share + std::min(size_t(of), rest)) * unit;
  }

  /// Every rank reduces its share, and gives it to those who want it.
  Outcome reduceBlocks() {
    const size_t own = begin(rank + 1) - begin(rank);
    std::vector<std::vector<uint8_t>> shares(static_cast<size_t>(ranks));
    std::vector<const void *> sources;
    for (int peer = 0; peer < ranks; ++peer) {
      give(peer, send + begin(peer), begin(peer + 1) - begin(peer), nullptr);
      if (peer != rank)
        shares[size_t(peer)].resize(own);
      take(peer, shares[size_t(peer)].data(), own);
      sources.push_back(peer == rank ? send + begin(rank) : shares[size_t(peer)].data());
    }
    MMC_NCCL_TRY(mesh.exchange(outgoing, incoming));
    outgoing.clear();
    incoming.clear();
    // Only AllReduce, and Reduce at its root, have room for the share where it belongs.
    std::vector<uint8_t> kept;
    uint8_t *result = receive;
    if (call.kind == CallKind::AllReduce || (call.kind == CallKind::Reduce && rank == call.root)) {
      result += begin(rank);
    } else if (call.kind == CallKind::Reduce) {
      kept.resize(own);
      result = kept.data();
    }
    reduce(reduction, call.type, sources, result, own / unit);
    if (call.kind == CallKind::ReduceScatter)
      return {};
    for (int peer = 0; peer < ranks; ++peer) {
      if (call.kind == CallKind::AllReduce || peer == call.root)
        give(peer, result, own, result);
      if (call.kind == CallKind::AllReduce || rank == call.root)
        take(peer, receive + begin(peer), begin(peer + 1) - begin(peer));
    }
    return mesh.exchange(outgoing, incoming);
  }

  Mesh &mesh;
  const Call call;
  const uint8_t *send;
  uint8_t *receive;
  const int rank, ranks;
  const size_t unit;
  Reduction reduction;
  std::vector<Outgoing> outgoing;
  std::vector<Incoming> incoming;
};

} // namespace

Outcome runCollective(Mesh &mesh, const Call &call, const void *send, void *receive) {
  return Collective(mesh, call, send, receive).run();
}

Outcome allGatherBytes(Mesh &mesh, const void *own, size_t bytes, std::vector<uint8_t> &all) {
  all.resize(size_t(mesh.ranks()) * bytes);
  std::vector<Outgoing> outgoing;
  std::vector<Incoming> incoming;
  for (int peer = 0; peer < mesh.ranks(); ++peer) {
    if (peer == mesh.rank()) {
      std::memcpy(&all[size_t(peer) * bytes], own, bytes);
      continue;
    }
    outgoing.push_back({peer, own, bytes});
    incoming.push_back({peer, &all[size_t(peer) * bytes], bytes, nullptr});
  }
  return mesh.exchange(outgoing, incoming);
}

} // namespace mmc::emulator::nccl
