// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What instructions make of registers that nothing has written.

#ifndef MMC_EMULATOR_REGISTEREFFECTS_H
#define MMC_EMULATOR_REGISTEREFFECTS_H

#include "RegisterFlow.h"

namespace mmc::emulator {

struct RegisterEffect {
  TrackedOp::Results results = TrackedOp::Results::NeedAll;
  /// Whether operands, and bases of addresses, decide something: then they must have values.
  bool usesReads = false, usesAddresses = true;
};

/// Of a parsed instruction, its decoded operation and that one's registers.
RegisterEffect effectOf(const Instruction &in, const Op &op, const OpRegisters &registers);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_REGISTEREFFECTS_H
