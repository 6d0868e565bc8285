// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types of host tensors, under safetensors' names, and conversions between them.

#ifndef MMC_RUNTIME_CORE_DTYPE_H
#define MMC_RUNTIME_CORE_DTYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mmc {

enum class DType : uint8_t { F64, F32, BF16, F16, I64, I32, I16, I8, U64, U32, U16, U8, Bool };

/// Bytes of one element.
size_t sizeOf(DType type);
/// safetensors' name: "F32", "BF16", "I64", ….
std::string_view nameOf(DType type);
/// The type of a safetensors name; nothing for a name mmc does not know.
std::optional<DType> parseDType(std::string_view name);
/// True of F64, F32, BF16 and F16.
bool isFloat(DType type);

/// bf16 ↔ f32: round to nearest even, NaN stays NaN (quiet).
uint16_t bf16FromFloat(float value);
float floatFromBf16(uint16_t bits);
/// IEEE half ↔ f32: round to nearest even, subnormals kept, overflow to infinity, NaN stays NaN.
uint16_t f16FromFloat(float value);
float floatFromF16(uint16_t bits);

/// Converts `count` elements. Float to float rounds once to nearest even; integer to integer and
/// integer to float convert by value. Returns false (and writes nothing) for float to integer.
bool convert(DType from, const void *source, DType to, void *destination, size_t count);

} // namespace mmc

#endif // MMC_RUNTIME_CORE_DTYPE_H
