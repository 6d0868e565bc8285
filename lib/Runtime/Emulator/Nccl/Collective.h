// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What each collective does with its buffers, over a mesh.

#ifndef MMC_EMULATOR_NCCL_COLLECTIVE_H
#define MMC_EMULATOR_NCCL_COLLECTIVE_H

#include "Mesh.h"
#include "Reduction.h"

namespace mmc::emulator::nccl {

enum class CallKind : uint32_t {
  AllReduce,
  Reduce,
  ReduceScatter,
  Broadcast,
  AllGather,
  AlltoAll,
  Gather,
  Scatter,
  Send,
  Receive,
  Split,
};
/// "ncclAllReduce".
const char *nameOf(CallKind kind);

/// What a rank calls. It is what ranks send one another before the data, to see that they agree.
struct Call {
  CallKind kind = CallKind::AllReduce;
  ncclDataType_t type = ncclInt8;
  ncclRedOp_t op = ncclSum;
  uint32_t isScaled = 0; ///< PreMulSum, with the caller's factor
  int32_t root = 0;      ///< the peer of Send and Receive
  uint32_t unused = 0;
  uint64_t count = 0; ///< as the function has it
  uint64_t factor = 0;

  bool reduces() const { return kind <= CallKind::ReduceScatter; }
  bool hasRoot() const {
    return kind == CallKind::Reduce || kind == CallKind::Broadcast || kind == CallKind::Gather ||
           kind == CallKind::Scatter;
  }
};

/// "ncclReduce(count 12, ncclFloat32, ncclSum, root 0)".
std::string describe(const Call &call);

/// Bytes that the call reads from `send` and writes to `receive` on this rank; 0: the buffer is not used.
struct BufferSizes {
  uint64_t send = 0, receive = 0;
};
BufferSizes bufferSizes(const Call &call, int rank, int ranks);
/// Where in `receive` (or `send`, for ReduceScatter and Scatter: then the other way round) an in-place call
/// has its other buffer, in bytes. Negative: the call cannot be in place.
int64_t inPlaceOffset(const Call &call, int rank);

/// Runs a collective to its end. InvalidUsage, naming both, when another rank calls something else; that is
/// all there is to Split.
Outcome runCollective(Mesh &mesh, const Call &call, const void *send, void *receive);

/// A Send or a Receive of a group.
struct Message {
  Call call;
  void *data;
};
/// Runs them side by side. What goes to the own rank is matched in order.
Outcome runMessages(Mesh &mesh, const std::vector<Message> &messages);
/// InvalidUsage unless what is sent to the own rank is also received, with the same count and type.
Outcome checkOwnMessages(const std::vector<Message> &messages, int rank);

/// Gives every rank all ranks' `bytes` bytes, by rank.
Outcome allGatherBytes(Mesh &mesh, const void *own, size_t bytes, std::vector<uint8_t> &all);

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_COLLECTIVE_H
