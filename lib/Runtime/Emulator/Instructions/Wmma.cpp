// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// wmma.load, wmma.store, wmma.mma. Products are exact and summed in double precision, then rounded
// once.

#include "../Execute/Access.h"
#include "WmmaFragment.h"

#include <limits>

namespace mmc::emulator {

namespace {

/// Op::target: shape, part.
Fragment fragmentOf(const Op &op) {
  return {wmmaShapes[op.target & 0xff], static_cast<Part>(op.target >> 8), op.size};
}

/// Addresses and strides must be the same in all lanes, rows and columns aligned; reports it if
/// not.
bool checkMatrix(Warp &warp, const Op &op, const Addresses &addresses, const Fragment &fragment) {
  const uint32_t *strides = warp.source<uint32_t>(op.b);
  for (unsigned lane = 1; lane < 32; ++lane)
    if (addresses[lane] != addresses[0] || strides[lane] != strides[0]) {
      warp.block->launch->violations.add(
          warp, warp.pc, ViolationKind::InvalidInstruction, lane, addresses[lane], [] {
            return std::string("all lanes must name the same matrix: address and stride differ "
                               "from those of lane 0");
          });
      return false;
    }
  // The manual wants rows to begin at multiples of a fragment; CUDA C++ is content with 16 bytes
  // for all but the first.
  unsigned first = fragment.held(fragment.bytes == 2 && op.count == 8) * fragment.bytes,
           next = std::min(first, 16u);
  if (addresses[0] % first == 0 && uint64_t(strides[0]) * fragment.bytes % next == 0)
    return true;
  bool isFirst = addresses[0] % first;
  warp.block->launch->violations.add(
      warp, warp.pc, ViolationKind::Misaligned, 0, addresses[0], [&] {
        return isFirst ? "the matrix begins at an address that is no multiple of " +
                             std::to_string(first)
                       : "a stride of " + std::to_string(strides[0]) +
                             " elements is no multiple of " + std::to_string(next) + " bytes";
      });
  return false;
}

template <unsigned N>
void access(Warp &warp, const Op &op, bool isStore) {
  Fragment fragment = fragmentOf(op);
  Addresses base, at;
  computeAddresses(warp, op, base);
  if (!checkMatrix(warp, op, base, fragment))
    return;
  uint64_t stride = warp.source<uint32_t>(op.b)[0];
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  unsigned per = fragment.perRegister(), width = fragment.registerBytes();
  unsigned held = op.count * per;
  for (unsigned i = 0; i < held; ++i) {
    for (unsigned lane = 0; lane < 32; ++lane) {
      Place place = fragment.place(i, lane);
      at[lane] =
          base[lane] +
          (op.isSigned ? place.column * stride + place.row : place.row * stride + place.column) * N;
    }
    // A register is read and written bytewise: its low bits hold the first element.
    auto bits = [&](unsigned lane) {
      return warp.destination<uint8_t>(list[i / per]) + lane * width + i % per * N;
    };
    if (isStore) {
      const uint8_t *from = warp.source<uint8_t>(list[i / per]);
      accessLanes<N>(warp, op.space, {op, AccessKind::Write, op.flags}, at, fullMask,
                     [&](unsigned lane, uint8_t *data) {
                       std::memcpy(data, from + lane * width + i % per * N, N);
                     });
      continue;
    }
    for (unsigned lane = 0; lane < 32; ++lane)
      std::memset(bits(lane), 0, N); // what may not be read
    accessLanes<N>(warp, op.space, {op, AccessKind::Read, op.flags}, at, fullMask,
                   [&](unsigned lane, const uint8_t *data) { std::memcpy(bits(lane), data, N); });
  }
}

template <unsigned N, bool isStore>
Step accessTogether(Warp &warp, const Op &op, uint32_t mask) {
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    if (checkWhole(warp, lanes))
      access<N>(warp, op, isStore);
  });
}
template <bool isStore>
OpFn accessOf(unsigned bytes) {
  return bytes == 1   ? accessTogether<1, isStore>
         : bytes == 2 ? accessTogether<2, isStore>
         : bytes == 4 ? accessTogether<4, isStore>
                      : accessTogether<8, isStore>;
}

uint32_t shapeOf(const Instruction &in) {
  for (uint32_t i = 0; i < std::size(wmmaShapes); ++i)
    if (in.has(wmmaShapes[i].name))
      return i;
  return 0;
}

void buildAccess(Builder &b, const Instruction &in) {
  Op &op = b.op();
  bool isStore = in.has("store"), isF16 = in.type() == Type::F16;
  Part part = in.has("a") ? Part::A : in.has("b") ? Part::B : Part::C;
  op.size = static_cast<uint8_t>(in.type() == Type::TF32 ? 4 : sizeOf(in.type()));
  op.target = shapeOf(in) | static_cast<uint32_t>(part) << 8;
  op.isSigned = in.has("col");
  Fragment fragment = fragmentOf(op);
  op.count = static_cast<uint8_t>(fragment.held(isF16) / fragment.perRegister());
  Space space = in.has("global")                            ? Space::Global
                : in.has("shared") || in.has("shared::cta") ? Space::Shared
                                                            : Space::Generic;
  b.address(isStore ? 0 : 1, space);
  op.d = b.constantBits(fullMask, 4);
  op.b = in.operands.size() > 2
             ? b.source(2, Type::U32)
             : b.constantBits(op.isSigned ? fragment.rows() : fragment.columns(), 4);
  Type inRegister = part == Part::C && in.type() != Type::F16 ? in.type()
                    : op.size == 8                            ? Type::F64
                                                              : Type::B32;
  std::vector<uint32_t> list;
  for (const Operand *element : b.elements(isStore ? 1 : 0, op.count))
    list.push_back(isStore ? b.source(*element, inRegister) : b.destination(*element, inRegister));
  op.list = b.addList(list);
  b.run(isStore ? accessOf<true>(op.size) : accessOf<false>(op.size));
}

/// Types of C and D.
enum class Sum : uint8_t { F32, F16, F64, S32 };
Sum sumOf(Type type) {
  return type == Type::F16   ? Sum::F16
         : type == Type::F64 ? Sum::F64
         : type == Type::S32 ? Sum::S32
                             : Sum::F32;
}
unsigned bytesOf(Sum sum) { return sum == Sum::F16 ? 2 : sum == Sum::F64 ? 8 : 4; }

double widen(Sum type, const uint8_t *bits) {
  uint32_t word;
  if (type == Sum::F16)
    return widen(Element::F16, bits);
  if (type == Sum::F64)
    return widen(Element::F64, bits);
  std::memcpy(&word, bits, 4);
  return type == Sum::F32 ? static_cast<double>(bitCast<float>(word)) : static_cast<int32_t>(word);
}

void narrow(Sum type, double value, bool saturates, uint8_t *bits) {
  if (type == Sum::F64) {
    std::memcpy(bits, &value, 8);
  } else if (type == Sum::F16) {
    uint16_t half = static_cast<uint16_t>(encodeDouble(formatF16, value, Rounding::Nearest));
    std::memcpy(bits, &half, 2);
  } else if (type == Sum::F32) {
    float single = canonical(static_cast<float>(value));
    std::memcpy(bits, &single, 4);
  } else {
    int64_t exact = static_cast<int64_t>(value);
    if (saturates)
      exact = std::min<int64_t>(std::max<int64_t>(exact, std::numeric_limits<int32_t>::min()),
                                std::numeric_limits<int32_t>::max());
    uint32_t word = static_cast<uint32_t>(exact);
    std::memcpy(bits, &word, 4);
  }
}

/// Op::target: shape, types of A, B, C, D. Op::count: registers of A and B each.
void multiply(Warp &warp, const Op &op, uint32_t lanes) {
  const MatrixShape &shape = wmmaShapes[op.target & 0xff];
  Element type = static_cast<Element>(op.target >> 8 & 0xf),
          typeB = static_cast<Element>(op.target >> 12 & 0xf);
  Sum in = static_cast<Sum>(op.target >> 16 & 0xf), out = static_cast<Sum>(op.target >> 20 & 0xf);
  Fragment parts[] = {{shape, Part::A, bytesOf(type)},
                      {shape, Part::B, bytesOf(type)},
                      {shape, Part::C, bytesOf(in)},
                      {shape, Part::C, bytesOf(out)}};
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  const uint32_t *registers[] = {list, list + (op.imm & 0xff), list + (op.imm >> 8 & 0xff),
                                 list + (op.imm >> 16 & 0xff)};
  double values[3][32][32];
  for (unsigned which = 0; which < 3; ++which) {
    const Fragment &part = parts[which];
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < part.elements(); ++i) {
        const uint8_t *bits = warp.source<uint8_t>(registers[which][i / part.perRegister()]) +
                              lane * part.registerBytes() + i % part.perRegister() * part.bytes;
        Place place = part.place(i, lane);
        values[which][place.row][place.column] =
            which == 2 ? widen(in, bits) : widen(which ? typeB : type, bits);
      }
  }
  auto &a = values[0], &b = values[1], &c = values[2];
  const Fragment &result = parts[3];
  forLanes(lanes, [&](unsigned lane) {
    for (unsigned i = 0; i < result.elements(); ++i) {
      Place place = result.place(i, lane);
      double sum = c[place.row][place.column];
      for (unsigned k = 0; k < shape.k; ++k)
        sum = out == Sum::F64 ? __builtin_fma(a[place.row][k], b[k][place.column], sum)
                              : sum + a[place.row][k] * b[k][place.column];
      uint8_t *bits = warp.destination<uint8_t>(registers[3][i / result.perRegister()]) +
                      lane * result.registerBytes() + i % result.perRegister() * result.bytes;
      narrow(out, sum, op.isSigned, bits);
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
  Op &op = b.op();
  // .f16 multiplicands are not written down: only D and C are.
  bool isF16 = in.types.size() == 2;
  Type a = isF16 ? Type::F16 : in.type(1), second = isF16 ? Type::F16 : in.type(2),
       c = in.type(isF16 ? 1 : 3);
  if (!isF16 && in.type(1) != in.type(2))
    return b.error("A and B have the same type");
  Element element = elementOf(a);
  uint32_t shape = shapeOf(in);
  op.target =
      shape | static_cast<uint32_t>(element) << 8 | static_cast<uint32_t>(elementOf(second)) << 12 |
      static_cast<uint32_t>(sumOf(c)) << 16 | static_cast<uint32_t>(sumOf(in.type(0))) << 20;
  op.isSigned = in.has("satfinite");
  op.d = b.constantBits(fullMask, 4);
  Type input = element == Element::F64 ? Type::F64 : Type::B32;
  std::vector<uint32_t> list;
  for (unsigned which : {1u, 2u, 3u, 0u}) {
    Part part = which == 1 ? Part::A : which == 2 ? Part::B : Part::C;
    Type sum = which == 3 ? c : in.type(0), type = part != Part::C    ? input
                                                   : sum == Type::F16 ? Type::B32
                                                                      : sum;
    Fragment fragment{wmmaShapes[shape], part,
                      part == Part::C ? bytesOf(sumOf(sum)) : bytesOf(element)};
    for (const Operand *operand : b.elements(which, fragment.held(isF16) / fragment.perRegister()))
      list.push_back(which ? b.source(*operand, type) : b.destination(*operand, type));
    op.imm |= which ? static_cast<int64_t>(list.size()) << 8 * (which - 1) : 0;
  }
  op.list = b.addList(list);
  b.run(multiplyTogether);
}

} // namespace

#define SHAPES "<m16n16k16|m8n32k16|m32n8k16>"
#define LAYOUT "<row|col>"
#define SPACE "[global|shared|shared::cta]"
#define MULTIPLY "mma sync aligned " LAYOUT " " LAYOUT " "

void addWmmaRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Matrix;
  constexpr const char *load = "d, [a][, stride]", *store = "[a], b[, stride]", *mma = "d, a, b, c";
  Rows mine = {
      {"wmma", "load <a|b> sync aligned " LAYOUT " " SHAPES " " SPACE " <f16|bf16|s8|u8>", load, c,
       buildAccess},
      {"wmma", "load <a|b> sync aligned " LAYOUT " m16n16k8 " SPACE " tf32", load, c, buildAccess},
      {"wmma", "load <a|b|c> sync aligned " LAYOUT " m8n8k4 " SPACE " f64", load, c, buildAccess},
      {"wmma", "load c sync aligned " LAYOUT " " SHAPES " " SPACE " <f16|f32|s32>", load, c,
       buildAccess},
      {"wmma", "load c sync aligned " LAYOUT " m16n16k8 " SPACE " f32", load, c, buildAccess},
      {"wmma", "store d sync aligned " LAYOUT " " SHAPES " " SPACE " <f16|f32|s32>", store, c,
       buildAccess},
      {"wmma", "store d sync aligned " LAYOUT " m16n16k8 " SPACE " f32", store, c, buildAccess},
      {"wmma", "store d sync aligned " LAYOUT " m8n8k4 " SPACE " f64", store, c, buildAccess},
      {"wmma", MULTIPLY SHAPES " <f16|f32> <f16|f32>", mma, c, buildMultiply},
      {"wmma", MULTIPLY SHAPES " f32 bf16 bf16 f32", mma, c, buildMultiply},
      {"wmma", MULTIPLY "m16n16k8 f32 tf32 tf32 f32", mma, c, buildMultiply},
      {"wmma", MULTIPLY SHAPES " s32 <s8|u8> <s8|u8> s32 [satfinite]", mma, c, buildMultiply},
      {"wmma", MULTIPLY "m8n8k4 f64 f64 f64 f64 [rn]", mma, c, buildMultiply},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
