// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of collectives, Send and Receive: what there is to say of them without running them.

#ifndef MMC_EMULATOR_NCCL_CALL_H
#define MMC_EMULATOR_NCCL_CALL_H

#include "Reduction.h"

#include <cstdint>

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

/// Bytes that the call reads from `send` and writes to `receive` on this rank; 0: the buffer is not
/// used.
struct BufferSizes {
  uint64_t send = 0, receive = 0;
};
BufferSizes bufferSizes(const Call &call, int rank, int ranks);
/// Where in `receive` (or `send`, for ReduceScatter and Scatter: then the other way round) an
/// in-place call has its other buffer, in bytes. Negative: the call cannot be in place.
int64_t inPlaceOffset(const Call &call, int rank);

/// InvalidUsage, naming what two ranks have called.
Outcome mismatch(int rank, const Call &own, int peer, const Call &theirs);

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_CALL_H
