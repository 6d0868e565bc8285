// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which registers may be used before anything has written them. Compilers leave registers unwritten
// where the value does not matter, so reading one is no mistake; letting it decide something is: an
// address, what is stored, a branch.
//
// When a kernel is decoded, a forward data-flow analysis finds the uses that a value may reach
// which nothing has written; operations on the way to them, and those only, keep at run time which
// lanes have a value (Execute/Tracking.h). Kernels without such uses run as they would without the
// check.

#ifndef MMC_EMULATOR_REGISTERFLOW_H
#define MMC_EMULATOR_REGISTERFLOW_H

#include "Program.h"

#include <vector>

namespace mmc::emulator {

/// The registers of an operation, as indices into those of its function.
struct OpRegisters {
  std::vector<uint32_t> reads;
  std::vector<uint32_t> addresses; ///< read as the base of an address
  std::vector<uint32_t> writes;
  uint32_t guard = noOperand;
};

/// Fills Program::tracked and makes those operations handle registers without a value. `registers`
/// has those of each operation. Functions that may recurse are left out, all but the kernel itself.
void trackUnwritten(Program &program, const std::vector<OpRegisters> &registers);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_REGISTERFLOW_H
