// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registers that only carry bytes from memory to memory. Compilers copy structures word by word,
// padding and members without a value included, and write bit fields and elements of vectors by
// reading what is there, changing a part and writing it back. Such reads of local memory are no
// mistakes, even where nobody has written: the copy has no value either.

#ifndef MMC_EMULATOR_REGISTERCOPIES_H
#define MMC_EMULATOR_REGISTERCOPIES_H

#include "RegisterFlow.h"

#include <algorithm>

namespace mmc::emulator {

class RegisterCopies {
public:
  RegisterCopies(const Program &program, const DecodedFunction &decoded,
                 const std::vector<OpRegisters> &registers);

  /// The registers that an operation loads from memory that may be local, only to be carried on;
  /// empty if it is no such load.
  const std::vector<uint32_t> &carriedBy(uint32_t pc) const { return loads[pc - entry]; }
  /// Whether a register's value may come from such a load.
  bool comesFromStack(uint32_t registerIndex) const { return fromStack[registerIndex]; }
  /// Whether one of these is only written by `and` with a constant.
  bool isMasked(const std::vector<uint32_t> &reads) const {
    return std::any_of(reads.begin(), reads.end(), [&](uint32_t r) { return masked[r] == 1; });
  }
  bool any() const { return hasLoads; }

private:
  void findHardUses(const DecodedFunction &decoded);
  void findMasked(const DecodedFunction &decoded);
  void findLoads(const DecodedFunction &decoded);
  void followLoads(const DecodedFunction &decoded);

  const Program &program;
  const std::vector<OpRegisters> &registers;
  uint32_t entry;
  /// Registers that are used by more than stores and moves; that are read at all.
  std::vector<bool> isUsed, isRead, fromStack;
  std::vector<uint8_t> masked;              ///< 1: written by such an `and`, 2: by others too
  std::vector<std::vector<uint32_t>> loads; ///< by operation
  bool hasLoads = false;
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_REGISTERCOPIES_H
