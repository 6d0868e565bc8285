// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fundamental types of PTX.

#ifndef MMC_EMULATOR_PTX_TYPE_H
#define MMC_EMULATOR_PTX_TYPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace mmc::emulator {

enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  U16x2,
  S16x2,
  F16,
  F16x2,
  BF16,
  BF16x2,
  F32,
  F32x2,
  F64,
  TF32,
  E4M3,
  E5M2,
  E4M3x2,
  E5M2x2,
  E2M1,
  E2M3,
  E3M2,
  E2M1x2,
  E2M3x2,
  E3M2x2,
  UE8M0x2,
};

/// Bytes that a value takes in memory and, as bits, in a register; predicates: 1.
unsigned sizeOf(Type type);
/// "u32", without a dot.
std::string_view nameOf(Type type);
/// The type of "u32"; nothing for other words.
std::optional<Type> parseType(std::string_view name);

bool isBits(Type type);
bool isSigned(Type type);
/// Of the integer types, not of bits.
bool isInteger(Type type);
bool isFloating(Type type);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_PTX_TYPE_H
