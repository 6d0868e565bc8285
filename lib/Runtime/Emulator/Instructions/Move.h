// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Moves that other files have, or need as well.

#ifndef MMC_EMULATOR_INSTRUCTIONS_MOVE_H
#define MMC_EMULATOR_INSTRUCTIONS_MOVE_H

#include "Alu.h"

namespace mmc::emulator {

/// d = a, of so many bytes.
OpFn moveOf(unsigned bytes);
/// d = the address of what lies op.imm bytes from the begin of the stack frame.
Step moveFrameAddress(Warp &warp, const Op &op, uint32_t mask);
/// d = special register `a`; reports one that there is not, or of another size.
void buildSpecial(Builder &b, const Instruction &in, const Operand &a);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_MOVE_H
