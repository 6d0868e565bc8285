// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mma.sync. Products are exact and summed in double precision
// (integers exactly), then rounded once: PTX promises no more than single precision and no order.

#include "../Execute/Access.h"
#include "MatrixElements.h"

#include <array>
#include <limits>

namespace mmc::emulator {

double widen(Element type, const uint8_t *bytes) {
  uint16_t half;
  uint32_t word;
  double wide;
  switch (type) {
  case Element::F16:
    std::memcpy(&half, bytes, 2);
    return fromF16(half);
  case Element::Bf16:
    std::memcpy(&half, bytes, 2);
    return fromBf16(half);
  case Element::Tf32:
    // The chip does not look at the lower bits.
    std::memcpy(&word, bytes, 4);
    return bitCast<float>(word & 0xffffe000);
  case Element::F64:
    std::memcpy(&wide, bytes, 8);
    return wide;
  case Element::E4m3:
    return decodeE4m3(*bytes);
  case Element::E5m2:
    return decode(formatE5m2, *bytes);
  // In the middle of a byte, or its lower bits.
  case Element::E2m1:
    return decodeMini(miniE2m1, *bytes >> 2 & 0xf);
  case Element::E2m3:
    return decodeMini(miniE2m3, *bytes & 0x3f);
  case Element::E3m2:
    return decodeMini(miniE3m2, *bytes & 0x3f);
  case Element::S8:
    return static_cast<int8_t>(*bytes);
  case Element::U8:
    return *bytes;
  }
  return 0;
}

unsigned bytesOf(Element type) {
  switch (type) {
  case Element::F16:
  case Element::Bf16:
    return 2;
  case Element::Tf32:
    return 4;
  case Element::F64:
    return 8;
  default:
    return 1;
  }
}

/// Blocks with a part of a warp cannot.
bool checkWhole(Warp &warp, uint32_t lanes) {
  if (lanes == fullMask)
    return true;
  warp.block->launch->violations.add(
      warp, warp.pc, ViolationKind::DivergentShuffle, __builtin_ctz(lanes), 0,
      [] { return std::string("all 32 lanes of a warp must execute the instruction together"); });
  return false;
}

Element elementOf(Type type) {
  switch (type) {
  case Type::F16:
    return Element::F16;
  case Type::BF16:
    return Element::Bf16;
  case Type::TF32:
    return Element::Tf32;
  case Type::F64:
    return Element::F64;
  case Type::E4M3:
    return Element::E4m3;
  case Type::E5M2:
    return Element::E5m2;
  case Type::E2M1:
    return Element::E2m1;
  case Type::E2M3:
    return Element::E2m3;
  case Type::E3M2:
    return Element::E3m2;
  case Type::S8:
    return Element::S8;
  default:
    return Element::U8;
  }
}

namespace {

enum class Sum : uint8_t { F32, F16, F64, S32 };

constexpr MatrixShape shapes[] = {{"m16n8k4", 16, 8, 4},   {"m16n8k8", 16, 8, 8},
                                  {"m16n8k16", 16, 8, 16}, {"m16n8k32", 16, 8, 32},
                                  {"m8n8k4", 8, 8, 4},     {"m8n8k16", 8, 8, 16}};

/// What the handler needs, packed into the operation: shape, element types, sum.
struct MatrixPlan {
  MatrixShape shape;
  Element a, b;
  Sum sum;
  bool saturates;
  explicit MatrixPlan(const Op &op)
      : shape(shapes[op.target & 0xff]), a(static_cast<Element>(op.target >> 8 & 0xff)),
        b(static_cast<Element>(op.target >> 16 & 0xff)), sum(static_cast<Sum>(op.target >> 24)),
        saturates(op.flags) {}
};

/// Registers of a thread for a matrix of `elements` elements.
unsigned registersFor(unsigned elements, unsigned bytes, unsigned registerBytes) {
  return elements / 32 * bytes / registerBytes;
}

void multiply(Warp &warp, const Op &op, uint32_t lanes) {
  MatrixPlan plan(op);
  const MatrixShape &shape = plan.shape;
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  double a[16][32], b[32][8], c[16][8];
  unsigned bytesA = bytesOf(plan.a), registerBytes = bytesA == 8 ? 8 : 4,
           per = registerBytes / bytesA;
  unsigned countA = shape.m * shape.k / 32, countB = shape.k * shape.n / 32,
           countC = shape.m * shape.n / 32;
  unsigned sumBytes = plan.sum == Sum::F64   ? 8
                      : plan.sum == Sum::F16 ? 2
                                             : 4,
           sumPer = plan.sum == Sum::F16 ? 2 : 1;
  const uint32_t *registersD = list, *registersA = registersD + countC / sumPer;
  const uint32_t *registersB = registersA + countA / per, *registersC = registersB + countB / per;
  for (unsigned lane = 0; lane < 32; ++lane) {
    unsigned group = lane / 4, member = lane % 4;
    for (unsigned i = 0; i < countA; ++i) {
      Place place = placeA(shape, per, i, group, member);
      const uint8_t *bits =
          warp.source<uint8_t>(registersA[i / per]) + lane * registerBytes + i % per * bytesA;
      a[place.row][place.column] = widen(plan.a, bits);
    }
    for (unsigned i = 0; i < countB; ++i) {
      Place place = placeB(per, i, group, member);
      const uint8_t *bits =
          warp.source<uint8_t>(registersB[i / per]) + lane * registerBytes + i % per * bytesA;
      b[place.row][place.column] = widen(plan.b, bits);
    }
    for (unsigned i = 0; i < countC; ++i) {
      Place place = placeC(i, group, member);
      const uint8_t *bits = warp.source<uint8_t>(registersC[i / sumPer]) +
                            lane * sumBytes * sumPer + i % sumPer * sumBytes;
      double value;
      if (plan.sum == Sum::F16) {
        value = widen(Element::F16, bits);
      } else if (plan.sum == Sum::F64) {
        value = widen(Element::F64, bits);
      } else {
        uint32_t word;
        std::memcpy(&word, bits, 4);
        value = plan.sum == Sum::F32 ? static_cast<double>(bitCast<float>(word))
                                     : static_cast<int32_t>(word);
      }
      c[place.row][place.column] = value;
    }
  }
  for (unsigned row = 0; row < shape.m; ++row)
    for (unsigned k = 0; k < shape.k; ++k)
      for (unsigned column = 0; column < 8; ++column) {
        if (plan.sum == Sum::F64)
          c[row][column] = __builtin_fma(a[row][k], b[k][column], c[row][column]);
        else
          c[row][column] += a[row][k] * b[k][column];
      }
  forLanes(lanes, [&](unsigned lane) {
    unsigned group = lane / 4, member = lane % 4;
    for (unsigned i = 0; i < countC; ++i) {
      Place place = placeC(i, group, member);
      double value = c[place.row][place.column];
      uint8_t *bits = warp.destination<uint8_t>(registersD[i / sumPer]) + lane * sumBytes * sumPer +
                      i % sumPer * sumBytes;
      if (plan.sum == Sum::F64) {
        std::memcpy(bits, &value, 8);
      } else if (plan.sum == Sum::F16) {
        uint16_t half = static_cast<uint16_t>(encodeDouble(formatF16, value, Rounding::Nearest));
        std::memcpy(bits, &half, 2);
      } else {
        uint32_t word;
        if (plan.sum == Sum::F32) {
          word = bitCast<uint32_t>(canonical(static_cast<float>(value)));
        } else {
          int64_t exact = static_cast<int64_t>(value);
          if (plan.saturates)
            exact = std::min<int64_t>(std::max<int64_t>(exact, std::numeric_limits<int32_t>::min()),
                                      std::numeric_limits<int32_t>::max());
          word = static_cast<uint32_t>(exact);
        }
        std::memcpy(bits, &word, 4);
      }
    }
  });
}

Step multiplyTogether(Warp &warp, const Op &op, uint32_t mask) {
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    checkWhole(warp, lanes);
    multiply(warp, op, lanes);
  });
}

void buildMultiply(Builder &b, const Instruction &in) {
  unsigned index = 0;
  for (unsigned i = 0; i < 6; ++i)
    if (in.has(shapes[i].name))
      index = i;
  const MatrixShape &shape = shapes[index];
  Type d = in.type(0), c = in.type(3);
  if (d != c)
    return b.error("C and D of different types are not supported");
  Sum sum = d == Type::F32   ? Sum::F32
            : d == Type::F16 ? Sum::F16
            : d == Type::F64 ? Sum::F64
                             : Sum::S32;
  Element a = elementOf(in.type(1)), second = elementOf(in.type(2));
  Op &op = b.op();
  op.target = index | static_cast<uint32_t>(a) << 8 | static_cast<uint32_t>(second) << 16 |
              static_cast<uint32_t>(sum) << 24;
  op.flags = in.has("satfinite");
  op.d = b.constantBits(fullMask, 4);
  unsigned bytes = bytesOf(a), registerBytes = bytes == 8 ? 8 : 4;
  Type input = bytes == 8 ? Type::F64 : Type::B32;
  Type output = sum == Sum::F64   ? Type::F64
                : sum == Sum::F32 ? Type::F32
                : sum == Sum::S32 ? Type::S32
                                  : Type::B32;
  unsigned sums = shape.m * shape.n / 32 / (sum == Sum::F16 ? 2 : 1);
  std::vector<uint32_t> list;
  for (const Operand *element : b.elements(0, sums))
    list.push_back(b.destination(*element, output));
  for (const Operand *element :
       b.elements(1, registersFor(shape.m * shape.k, bytes, registerBytes)))
    list.push_back(b.source(*element, input));
  for (const Operand *element :
       b.elements(2, registersFor(shape.k * shape.n, bytes, registerBytes)))
    list.push_back(b.source(*element, input));
  for (const Operand *element : b.elements(3, sums))
    list.push_back(b.source(*element, output));
  op.list = b.addList(list);
  b.run(multiplyTogether);
}

} // namespace

#define NARROW "<e4m3|e5m2|e3m2|e2m3|e2m1>"

void addMatrixRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Matrix;
  Rows mine = {
      {"mma", "sync aligned <m16n8k8|m16n8k16> row col f32 f16 f16 f32", "d, a, b, c", c,
       buildMultiply},
      {"mma", "sync aligned <m16n8k8|m16n8k16> row col f16 f16 f16 f16", "d, a, b, c", c,
       buildMultiply},
      {"mma", "sync aligned <m16n8k8|m16n8k16> row col f32 bf16 bf16 f32", "d, a, b, c", c,
       buildMultiply},
      {"mma", "sync aligned <m16n8k4|m16n8k8> row col f32 tf32 tf32 f32", "d, a, b, c", c,
       buildMultiply},
      {"mma",
       "sync aligned <m8n8k16|m16n8k16|m16n8k32> row col [satfinite] s32 <s8|u8> <s8|u8> s32",
       "d, a, b, c", c, buildMultiply},
      {"mma", "sync aligned <m16n8k16|m16n8k32> row col f32 <e4m3|e5m2> <e4m3|e5m2> f32",
       "d, a, b, c", c, buildMultiply, 89},
      {"mma", "sync aligned <m16n8k16|m16n8k32> row col f16 <e4m3|e5m2> <e4m3|e5m2> f16",
       "d, a, b, c", c, buildMultiply, 89},
      {"mma", "sync aligned m16n8k32 row col kind::f8f6f4 f32 <e4m3|e5m2> <e4m3|e5m2> f32",
       "d, a, b, c", c, buildMultiply, 100, true},
      {"mma", "sync aligned m16n8k32 row col kind::f8f6f4 f16 <e4m3|e5m2> <e4m3|e5m2> f16",
       "d, a, b, c", c, buildMultiply, 100, true},
      {"mma", "sync aligned m16n8k32 row col kind::f8f6f4 f32 " NARROW " " NARROW " f32",
       "d, a, b, c", c, buildMultiply, 120, true},
      {"mma", "sync aligned m16n8k32 row col kind::f8f6f4 f16 " NARROW " " NARROW " f16",
       "d, a, b, c", c, buildMultiply, 120, true},
      {"mma", "sync aligned m8n8k4 row col f64 f64 f64 f64", "d, a, b, c", c, buildMultiply},
      {"mma", "sync aligned <m16n8k4|m16n8k8|m16n8k16> row col f64 f64 f64 f64", "d, a, b, c", c,
       buildMultiply, 90},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
