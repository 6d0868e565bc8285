// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvt to and from pairs: two halves, two 8-bit numbers, saturated integers; and to tf32.

#include "Converting.h"

#include <cmath>

namespace mmc::emulator {

namespace {

/// Two f32 into a pair: the first becomes the upper half.
Step convertPair(Warp &warp, const Op &op, uint32_t mask) {
  Plan plan(op);
  const uint32_t *a = warp.source<uint32_t>(op.a), *b = warp.source<uint32_t>(op.b);
  unsigned bits = 8 * op.size;
  auto value = [&](unsigned lane) {
    uint64_t high = writeFloat(plan, readFloat(Type::F32, a[lane], false), op.flags);
    uint64_t low = writeFloat(plan, readFloat(Type::F32, b[lane], false), op.flags);
    return high << bits | low;
  };
  if (op.size == 2)
    store(warp.destination<uint32_t>(op.dst), mask,
          [&](unsigned lane) { return static_cast<uint32_t>(value(lane)); });
  else
    store(warp.destination<uint16_t>(op.dst), mask,
          [&](unsigned lane) { return static_cast<uint16_t>(value(lane)); });
  return Step::Next;
}
void buildPair(Builder &b, const Instruction &in) {
  setPlan(b, in, in.type(0), Type::F32);
  b.op().size = static_cast<uint8_t>(sizeOf(in.type(0)) / 2);
  b.op().dst = b.destination(0, b.op().size == 2 ? in.type(0) : Type::B16);
  b.op().a = b.source(1, Type::F32);
  b.op().b = b.source(2, Type::F32);
  b.run(convertPair);
}

/// f32 to tf32: the low 13 bits become zero.
Step convertTf32(Warp &warp, const Op &op, uint32_t mask) {
  Rounding rounding = static_cast<Rounding>(op.imm);
  const uint32_t *a = warp.source<uint32_t>(op.a);
  store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned lane) {
    double value = bitCast<float>(a[lane]);
    if (value != value)
      return 0x7fffffffu;
    if ((op.flags & convertRelu) && !(value > 0))
      value = 0;
    uint64_t bits = encodeDouble(formatTf32, value, rounding) << 13;
    if ((op.flags & convertFinite) && (bits & 0x7fffffff) == 0x7f800000)
      bits -= 1u << 13;
    return static_cast<uint32_t>(bits);
  });
  return Step::Next;
}
void buildTf32(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, Type::F32);
  b.op().imm = static_cast<int64_t>(roundingOf(in));
  b.op().flags = convertFlagsOf(in);
  b.run(convertTf32);
}

/// e4m3 has no infinity: its largest number is 448 and 0x7f is NaN.
uint8_t toE4m3(double value, bool relu) {
  if (value != value)
    return 0x7f;
  if (relu && !(value > 0))
    value = 0;
  uint8_t sign = std::signbit(value) ? 0x80 : 0;
  double size = std::fabs(value);
  if (size >= 464) // beyond the middle of 448 and what would come next
    return sign | 0x7e;
  uint64_t bits = encodeDouble({5, 3}, size, Rounding::Nearest);
  // One bit of exponent more than there is: move the bias, round subnormals where they are.
  if (size < 0x1p-6)
    return sign | static_cast<uint8_t>(__builtin_roundeven(size * 512));
  uint64_t moved = bits - (uint64_t(8) << 3);
  return sign | static_cast<uint8_t>(moved > 0x7e ? 0x7e : moved);
}
uint8_t toE5m2(double value, bool relu) {
  if (value != value)
    return 0x7f;
  if (relu && !(value > 0))
    value = 0;
  uint64_t bits = encodeDouble(formatE5m2, value, Rounding::Nearest);
  return static_cast<uint8_t>((bits & 0x7f) == 0x7c ? bits - 1 : bits);
}
Step convertToFp8(Warp &warp, const Op &op, uint32_t mask) {
  Plan plan(op);
  bool relu = op.flags & convertRelu, isE4m3 = plan.to == Type::E4M3x2;
  store(warp.destination<uint16_t>(op.dst), mask, [&](unsigned lane) {
    double high, low;
    if (plan.from == Type::F32) {
      high = bitCast<float>(warp.source<uint32_t>(op.a)[lane]);
      low = bitCast<float>(warp.source<uint32_t>(op.b)[lane]);
    } else {
      uint32_t both = warp.source<uint32_t>(op.a)[lane];
      high = decode(formatOf(plan.from), both >> 16);
      low = decode(formatOf(plan.from), both & 0xffff);
    }
    auto narrow = [&](double value) { return isE4m3 ? toE4m3(value, relu) : toE5m2(value, relu); };
    return static_cast<uint16_t>(narrow(high) << 8 | narrow(low));
  });
  return Step::Next;
}
void buildToFp8(Builder &b, const Instruction &in) {
  setPlan(b, in, in.type(0), in.type(1));
  bool isSingle = in.type(1) == Type::F32;
  if (in.operands.size() != (isSingle ? 3u : 2u))
    return b.error(isSingle ? "takes 3 operands (d, a, b)" : "takes 2 operands (d, a)");
  b.op().dst = b.destination(0, Type::B16);
  b.op().a = b.source(1, isSingle ? Type::F32 : Type::B32);
  if (isSingle)
    b.op().b = b.source(2, Type::F32);
  b.run(convertToFp8);
}
Step convertFromFp8(Warp &warp, const Op &op, uint32_t mask) {
  Plan plan(op);
  const uint16_t *a = warp.source<uint16_t>(op.a);
  bool isE4m3 = plan.from == Type::E4M3x2;
  store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned lane) {
    uint32_t result = 0;
    for (unsigned i = 0; i < 2; ++i) {
      uint8_t bits = static_cast<uint8_t>(a[lane] >> 8 * i);
      double value = isE4m3 ? decodeE4m3(bits) : decode(formatE5m2, bits);
      if ((op.flags & convertRelu) && !(value > 0) && value == value)
        value = 0;
      result |= static_cast<uint32_t>(encodeDouble(formatF16, value, Rounding::Nearest)) << 16 * i;
    }
    return result;
  });
  return Step::Next;
}
void buildFromFp8(Builder &b, const Instruction &in) {
  setPlan(b, in, in.type(0), in.type(1));
  b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, Type::B16);
  b.run(convertFromFp8);
}

/// cvt.pack.sat: two s32 into 16-bit halves, or into bytes below which c moves up.
Step convertPack(Warp &warp, const Op &op, uint32_t mask) {
  Plan plan(op);
  const int32_t *a = warp.source<int32_t>(op.a), *b = warp.source<int32_t>(op.b);
  unsigned bits = 8 * sizeOf(plan.to);
  store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned lane) {
    auto narrow = [&](int32_t value) {
      return static_cast<uint32_t>(
          lowBits(integerToInteger(plan, static_cast<uint32_t>(value), true), sizeOf(plan.to)));
    };
    uint32_t result = narrow(a[lane]) << bits | narrow(b[lane]);
    if (op.c != noOperand)
      result |= warp.source<uint32_t>(op.c)[lane] << 16;
    return result;
  });
  return Step::Next;
}
void buildPack(Builder &b, const Instruction &in) {
  setPlan(b, in, in.type(0), Type::S32);
  b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, Type::S32);
  b.op().b = b.source(2, Type::S32);
  bool isByte = sizeOf(in.type(0)) == 1;
  if (in.operands.size() != (isByte ? 4u : 3u))
    return b.error(isByte ? "takes 4 operands (d, a, b, c)" : "takes 3 operands (d, a, b)");
  if (isByte)
    b.op().c = b.source(3, Type::B32);
  b.run(convertPack);
}

} // namespace

void addPackedConvertRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Conversion;
  Rows mine = {
      {"cvt", "<rn|rz> [relu] [satfinite] <f16x2|bf16x2> f32", "d, a, b", c, buildPair},
      {"cvt", "rna [satfinite] tf32 f32", "d, a", c, buildTf32},
      {"cvt", "<rn|rz> [relu] tf32 f32", "d, a", c, buildTf32, 90},
      {"cvt", "<rn|rz> satfinite [relu] tf32 f32", "d, a", c, buildTf32, 100},
      {"cvt", "rn satfinite [relu] <e4m3x2|e5m2x2> <f32|f16x2>", "d, a[, b]", c, buildToFp8, 89},
      {"cvt", "rn [relu] f16x2 <e4m3x2|e5m2x2>", "d, a", c, buildFromFp8, 89},
      {"cvt", "pack sat <u16|s16> s32", "d, a, b", c, buildPack},
      {"cvt", "pack sat <u8|s8> s32 b32", "d, a, b, c", c, buildPack},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
