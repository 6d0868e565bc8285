// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Call.h"

namespace mmc::emulator::nccl {
namespace {

const char *const callNames[] = {"ncclAllReduce", "ncclReduce",    "ncclReduceScatter",
                                 "ncclBroadcast", "ncclAllGather", "ncclAlltoAll",
                                 "ncclGather",    "ncclScatter",   "ncclSend",
                                 "ncclRecv",      "ncclCommSplit"};

std::string nameOf(const Call &call) {
  static const char *const names[] = {"ncclSum", "ncclProd", "ncclMax", "ncclMin", "ncclAvg"};
  return call.isScaled ? "PreMulSum" : names[call.op];
}

} // namespace

const char *nameOf(CallKind kind) { return callNames[size_t(kind)]; }

std::string describe(const Call &call) {
  std::string text = std::string(nameOf(call.kind)) + "(count " + std::to_string(call.count) +
                     ", " + nameOf(call.type);
  if (call.reduces())
    text += ", " + nameOf(call);
  if (call.hasRoot())
    text += ", root " + std::to_string(call.root);
  if (call.kind == CallKind::Send)
    text += " to rank " + std::to_string(call.root);
  if (call.kind == CallKind::Receive)
    text += " from rank " + std::to_string(call.root);
  return text + ")";
}

BufferSizes bufferSizes(const Call &call, int rank, int ranks) {
  const uint64_t block = call.count * bytesOf(call.type), all = block * uint64_t(ranks);
  const bool isRoot = rank == call.root;
  switch (call.kind) {
  case CallKind::AllReduce:
    return {block, block};
  case CallKind::Reduce:
    return {block, isRoot ? block : 0};
  case CallKind::ReduceScatter:
    return {all, block};
  case CallKind::Broadcast:
    return {isRoot ? block : 0, block};
  case CallKind::AllGather:
    return {block, all};
  case CallKind::AlltoAll:
    return {all, all};
  case CallKind::Gather:
    return {block, isRoot ? all : 0};
  case CallKind::Scatter:
    return {isRoot ? all : 0, block};
  case CallKind::Send:
    return {block, 0};
  case CallKind::Receive:
    return {0, block};
  case CallKind::Split:
    break;
  }
  return {};
}

int64_t inPlaceOffset(const Call &call, int rank) {
  const int64_t block = int64_t(call.count * bytesOf(call.type));
  switch (call.kind) {
  case CallKind::AllGather:
  case CallKind::ReduceScatter:
  case CallKind::Gather:
  case CallKind::Scatter:
    return rank * block;
  case CallKind::AlltoAll:
    return -1;
  default:
    return 0;
  }
}

Outcome mismatch(int rank, const Call &own, int peer, const Call &theirs) {
  return {ncclInvalidUsage, "ranks call different things, got: " + describe(own) + " on rank " +
                                std::to_string(rank) + " != " + describe(theirs) + " on rank " +
                                std::to_string(peer)};
}

} // namespace mmc::emulator::nccl
