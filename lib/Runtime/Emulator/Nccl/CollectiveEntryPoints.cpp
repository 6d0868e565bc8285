// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collectives, Send and Recv: arguments checked, the call given to its stream or group.
#include "Group.h"

namespace mmc::emulator::nccl {
namespace {

Outcome checkReduction(Communicator &communicator, ncclRedOp_t op, PendingCall &pending) {
  Call &call = pending.call;
  if (call.type == ncclFloat8e4m3 || call.type == ncclFloat8e5m2)
    return invalid("reductions of " + nameOf(call.type) + " are not supported by the emulator");
  if (op >= ncclSum && op < ncclNumOps) {
    call.op = op;
    return {};
  }
  ScaledSum sum;
  if (!communicator.findReduction(op, sum))
    return invalid("no ncclRedOp_t: " + std::to_string(op));
  if (sum.type != call.type)
    return invalid("the reduction is for " + nameOf(sum.type) + ", got: " + nameOf(call.type));
  call.isScaled = 1;
  call.factor = sum.factor;
  pending.factorAddress = sum.address;
  return {};
}

Outcome checkBuffer(const char *name, uint64_t address, uint64_t bytes, size_t alignment) {
  if (bytes == 0)
    return {};
  const std::string buffer = std::string("the ") + name + " buffer";
  if (address == 0)
    return invalid(buffer + " is null");
  if (address % alignment != 0)
    return invalid(buffer + " is not at a multiple of an element");
  auto view = driver::bytesAt(address, bytes);
  return view.isOk() ? Outcome() : invalid(buffer + ": " + view.status().message());
}

/// Both buffers in memory, and apart or in place as NCCL has it.
Outcome checkBuffers(const PendingCall &pending) {
  const Call &call = pending.call;
  const int rank = pending.communicator->rank, ranks = pending.communicator->ranks;
  const BufferSizes sizes = bufferSizes(call, rank, ranks);
  MMC_NCCL_TRY(checkBuffer("send", pending.send, sizes.send, bytesOf(call.type)));
  MMC_NCCL_TRY(checkBuffer("receive", pending.receive, sizes.receive, bytesOf(call.type)));
  const bool overlap = sizes.send && sizes.receive &&
                       pending.send < pending.receive + sizes.receive &&
                       pending.receive < pending.send + sizes.send;
  if (!overlap)
    return {};
  const int64_t offset = inPlaceOffset(call, rank);
  const bool smallerIsReceive =
      call.kind == CallKind::ReduceScatter || call.kind == CallKind::Scatter;
  const uint64_t smaller = smallerIsReceive ? pending.receive : pending.send;
  const uint64_t larger = smallerIsReceive ? pending.send : pending.receive;
  if (offset < 0 || smaller != larger + uint64_t(offset))
    return invalid("the buffers overlap, and not as a call in place has them");
  return {};
}

Outcome check(ncclComm_t comm, PendingCall &pending, ncclRedOp_t op) {
  Call &call = pending.call;
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(comm, communicator));
  MMC_NCCL_TRY(communicator->checkUsable());
  const size_t unit = bytesOf(call.type);
  if (unit == 0)
    return invalid("no ncclDataType_t: " + std::to_string(call.type));
  if (call.root < 0 || call.root >= communicator->ranks)
    return invalid("rank " + std::to_string(call.root) + " of " +
                   std::to_string(communicator->ranks));
  if (call.count > (uint64_t(1) << 60) / unit / uint64_t(communicator->ranks))
    return invalid("the count is larger than any memory: " + std::to_string(call.count));
  if (call.reduces())
    MMC_NCCL_TRY(checkReduction(*communicator, op, pending));
  const CUresult result = driver::contextOf(pending.stream, pending.context);
  if (result == CUDA_ERROR_INVALID_HANDLE)
    return invalid("the stream is none, or destroyed before");
  if (result != CUDA_SUCCESS)
    return {ncclUnhandledCudaError, "the stream's context, CUresult " + std::to_string(result)};
  if (driver::deviceOf(*pending.context) != communicator->device)
    return {ncclInvalidUsage, "the stream's device and the communicator's, got: " +
                                  std::to_string(driver::deviceOf(*pending.context)) +
                                  " != " + std::to_string(communicator->device)};
  pending.communicator = std::move(communicator);
  return checkBuffers(pending);
}

ncclResult_t call(const char *function, CallKind kind, const void *send, void *receive,
                  size_t count, ncclDataType_t type, ncclRedOp_t op, int root, ncclComm_t comm,
                  cudaStream_t stream) {
  PendingCall pending;
  pending.stream = stream;
  pending.call.kind = kind;
  pending.call.type = type;
  pending.call.root = root;
  pending.call.count = count;
  pending.send = reinterpret_cast<uint64_t>(send);
  pending.receive = reinterpret_cast<uint64_t>(receive);
  Outcome outcome = check(comm, pending, op);
  return finish(function, outcome.isOk() ? submit(std::move(pending)) : outcome);
}

} // namespace
} // namespace mmc::emulator::nccl

using namespace mmc::emulator::nccl;

extern "C" {

ncclResult_t ncclAllReduce(const void *send, void *receive, size_t count, ncclDataType_t type,
                           ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::AllReduce, send, receive, count, type, op, 0, comm, stream);
}
ncclResult_t ncclReduce(const void *send, void *receive, size_t count, ncclDataType_t type,
                        ncclRedOp_t op, int root, ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::Reduce, send, receive, count, type, op, root, comm, stream);
}
ncclResult_t ncclReduceScatter(const void *send, void *receive, size_t receiveCount,
                               ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm,
                               cudaStream_t stream) {
  return call(__func__, CallKind::ReduceScatter, send, receive, receiveCount, type, op, 0, comm,
              stream);
}
ncclResult_t ncclBroadcast(const void *send, void *receive, size_t count, ncclDataType_t type,
                           int root, ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::Broadcast, send, receive, count, type, ncclSum, root, comm,
              stream);
}
ncclResult_t ncclBcast(void *buffer, size_t count, ncclDataType_t type, int root, ncclComm_t comm,
                       cudaStream_t stream) {
  return call(__func__, CallKind::Broadcast, buffer, buffer, count, type, ncclSum, root, comm,
              stream);
}
ncclResult_t ncclAllGather(const void *send, void *receive, size_t sendCount, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::AllGather, send, receive, sendCount, type, ncclSum, 0, comm,
              stream);
}
ncclResult_t ncclAlltoAll(const void *send, void *receive, size_t count, ncclDataType_t type,
                          ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::AlltoAll, send, receive, count, type, ncclSum, 0, comm, stream);
}
ncclResult_t ncclGather(const void *send, void *receive, size_t count, ncclDataType_t type,
                        int root, ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::Gather, send, receive, count, type, ncclSum, root, comm, stream);
}
ncclResult_t ncclScatter(const void *send, void *receive, size_t count, ncclDataType_t type,
                         int root, ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::Scatter, send, receive, count, type, ncclSum, root, comm, stream);
}
ncclResult_t ncclSend(const void *send, size_t count, ncclDataType_t type, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
  return call(__func__, CallKind::Send, send, nullptr, count, type, ncclSum, peer, comm, stream);
}
ncclResult_t ncclRecv(void *receive, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  return call(__func__, CallKind::Receive, nullptr, receive, count, type, ncclSum, peer, comm,
              stream);
}
}

MMC_NCCL_ALIAS(ncclAllReduce)
MMC_NCCL_ALIAS(ncclReduce)
MMC_NCCL_ALIAS(ncclReduceScatter)
MMC_NCCL_ALIAS(ncclBroadcast)
MMC_NCCL_ALIAS(ncclBcast)
MMC_NCCL_ALIAS(ncclAllGather)
MMC_NCCL_ALIAS(ncclAlltoAll)
MMC_NCCL_ALIAS(ncclGather)
MMC_NCCL_ALIAS(ncclScatter)
MMC_NCCL_ALIAS(ncclSend)
MMC_NCCL_ALIAS(ncclRecv)
