// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory order and scope of an instruction, from its modifiers.

#ifndef MMC_EMULATOR_INSTRUCTIONS_ORDER_H
#define MMC_EMULATOR_INSTRUCTIONS_ORDER_H

#include "../Execute/AccessPlan.h"
#include "Alu.h"

namespace mmc::emulator {

/// Whether its order reaches the threads of the block only. Clusters are of one block.
inline bool isBlockScope(const Instruction &in) { return in.has("cta") || in.has("cluster"); }

/// AccessFlags of ld, st, atom and red. Atomics are strong without saying so.
inline uint8_t orderFlags(const Instruction &in) {
  bool acquires = in.has("acquire") || in.has("acq_rel");
  bool releases = in.has("release") || in.has("acq_rel");
  uint8_t flags = 0;
  if (acquires || releases || in.has("volatile") || in.has("relaxed") || in.has("mmio"))
    flags |= accessStrong;
  if (acquires)
    flags |= accessAcquire;
  if (releases)
    flags |= accessRelease;
  if (isBlockScope(in))
    flags |= accessBlockScope;
  if (in.has("nc") || in.opcode == "ldu")
    flags |= accessReadOnly;
  return flags;
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_ORDER_H
