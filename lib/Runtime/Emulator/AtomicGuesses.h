// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads that guess for a compare-and-swap.

#ifndef MMC_EMULATOR_ATOMICGUESSES_H
#define MMC_EMULATOR_ATOMICGUESSES_H

#include "RegisterFlow.h"

namespace mmc::emulator {

/// Atomic operations that the chip does not have are loops around atom.cas, which compilers, and
/// the CUDA programming guide, begin with a plain load of the same address: its value is what
/// atom.cas compares with first, so a stale one costs a round and nothing else. Such loads race
/// with no atomic operation: they count as relaxed ones.
void relaxGuesses(Program &program, const std::vector<OpRegisters> &registers);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_ATOMICGUESSES_H
