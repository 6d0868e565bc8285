// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What conversions share: the decoded conversion, reading and writing numbers of any format.

#ifndef MMC_EMULATOR_INSTRUCTIONS_CONVERTING_H
#define MMC_EMULATOR_INSTRUCTIONS_CONVERTING_H

#include "Floating.h"

namespace mmc::emulator {

enum ConvertFlags : uint8_t {
  convertFtz = 1,
  convertSat = 2,
  convertRelu = 4,
  convertFinite = 8,
  convertIntegral = 16
};

/// The decoded conversion: types in target, rounding in imm.
struct Plan {
  Type to, from;
  Rounding rounding;
  explicit Plan(const Op &op)
      : to(static_cast<Type>(op.target & 0xff)), from(static_cast<Type>(op.target >> 8 & 0xff)),
        rounding(static_cast<Rounding>(op.imm)) {}
};

Format formatOf(Type type);

inline uint64_t lowBits(uint64_t bits, unsigned bytes) {
  return bytes == 8 ? bits : bits & ((uint64_t(1) << 8 * bytes) - 1);
}

/// The value of an integer type, extended to 64 bits.
int64_t extend(Type type, uint64_t bits);
/// Converts by value; `saturate` clamps to the range of the result's type.
uint64_t integerToInteger(const Plan &plan, uint64_t bits, bool saturate);
double readFloat(Type type, uint64_t bits, bool ftz);
/// Rounds to plan.to; `flags` are ConvertFlags.
uint64_t writeFloat(const Plan &plan, double value, uint8_t flags);
uint8_t convertFlagsOf(const Instruction &instruction);
/// Sets types, rounding and flags of the operation.
void setPlan(Builder &builder, const Instruction &instruction, Type to, Type from);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_CONVERTING_H
