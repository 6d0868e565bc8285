// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fundamental types of PTX: names and sizes.

#include "Type.h"

namespace mmc::emulator {

namespace {

struct Row {
  Type type;
  std::string_view name;
  unsigned size;
};

constexpr Row rows[] = {
    {Type::None, "none", 0},     {Type::Pred, "pred", 1},     {Type::B8, "b8", 1},
    {Type::B16, "b16", 2},       {Type::B32, "b32", 4},       {Type::B64, "b64", 8},
    {Type::B128, "b128", 16},    {Type::U8, "u8", 1},         {Type::U16, "u16", 2},
    {Type::U32, "u32", 4},       {Type::U64, "u64", 8},       {Type::S8, "s8", 1},
    {Type::S16, "s16", 2},       {Type::S32, "s32", 4},       {Type::S64, "s64", 8},
    {Type::U16x2, "u16x2", 4},   {Type::S16x2, "s16x2", 4},   {Type::F16, "f16", 2},
    {Type::F16x2, "f16x2", 4},   {Type::BF16, "bf16", 2},     {Type::BF16x2, "bf16x2", 4},
    {Type::F32, "f32", 4},       {Type::F32x2, "f32x2", 8},   {Type::F64, "f64", 8},
    {Type::TF32, "tf32", 4},     {Type::E4M3, "e4m3", 1},     {Type::E5M2, "e5m2", 1},
    {Type::E4M3x2, "e4m3x2", 2}, {Type::E5M2x2, "e5m2x2", 2}, {Type::E2M1, "e2m1", 1},
    {Type::E2M3, "e2m3", 1},     {Type::E3M2, "e3m2", 1},     {Type::E2M1x2, "e2m1x2", 1},
    {Type::E2M3x2, "e2m3x2", 2}, {Type::E3M2x2, "e3m2x2", 2}, {Type::UE8M0x2, "ue8m0x2", 2},
};

} // namespace

unsigned sizeOf(Type type) { return rows[static_cast<unsigned>(type)].size; }

std::string_view nameOf(Type type) { return rows[static_cast<unsigned>(type)].name; }

std::optional<Type> parseType(std::string_view name) {
  for (const Row &row : rows)
    if (row.name == name && row.type != Type::None)
      return row.type;
  return std::nullopt;
}

bool isBits(Type type) { return type >= Type::B8 && type <= Type::B128; }
bool isSigned(Type type) { return type >= Type::S8 && type <= Type::S64; }
bool isInteger(Type type) { return type >= Type::U8 && type <= Type::S16x2; }
bool isFloating(Type type) { return type >= Type::F16; }

} // namespace mmc::emulator
