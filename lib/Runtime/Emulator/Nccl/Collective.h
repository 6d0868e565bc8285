// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What each collective does with its buffers, over a mesh.

#ifndef MMC_EMULATOR_NCCL_COLLECTIVE_H
#define MMC_EMULATOR_NCCL_COLLECTIVE_H

#include "Call.h"
#include "Mesh.h"

namespace mmc::emulator::nccl {

/// Runs a collective to its end. InvalidUsage, naming both, when another rank calls something else;
/// that is all there is to Split.
Outcome runCollective(Mesh &mesh, const Call &call, const void *send, void *receive);

/// Gives every rank all ranks' `bytes` bytes, by rank.
Outcome allGatherBytes(Mesh &mesh, const void *own, size_t bytes, std::vector<uint8_t> &all);

} // namespace mmc::emulator::nccl

#endif // MMC_EMULATOR_NCCL_COLLECTIVE_H
