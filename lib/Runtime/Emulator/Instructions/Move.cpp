// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mov: values, packing, addresses.

#include "Move.h"
#include "../Execute/Block.h"

namespace mmc::emulator {

namespace {

template <typename T>
Step move(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a);
  T *d = warp.destination<T>(op.dst);
  if (mask == fullMask)
    std::memmove(d, a, 32 * sizeof(T));
  else
    forLanes(mask, [&](unsigned lane) { d[lane] = a[lane]; });
  return Step::Next;
}

} // namespace

OpFn moveOf(unsigned bytes) {
  switch (bytes) {
  case 1:
    return move<uint8_t>;
  case 2:
    return move<uint16_t>;
  case 4:
    return move<uint32_t>;
  case 8:
    return move<uint64_t>;
  default:
    return move<unsigned __int128>;
  }
}

Step moveFrameAddress(Warp &warp, const Op &op, uint32_t mask) {
  uint64_t value = static_cast<uint64_t>(op.imm) + warp.localBase;
  if (op.width == 8)
    store(warp.destination<uint64_t>(op.dst), mask, [&](unsigned) { return value; });
  else
    store(warp.destination<uint32_t>(op.dst), mask,
          [&](unsigned) { return static_cast<uint32_t>(value); });
  return Step::Next;
}

namespace {

Step movePredicate(Warp &warp, const Op &op, uint32_t mask) {
  warp.setPredicate(
      op.dst, op.a == noOperand ? static_cast<uint32_t>(op.imm) : warp.predicate(op.a, op.isSigned),
      mask);
  return Step::Next;
}

/// d = {a, b, …}, from low to high.
Step pack(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  uint8_t *d = warp.destination<uint8_t>(op.dst);
  forLanes(mask, [&](unsigned lane) {
    uint8_t value[16];
    for (unsigned i = 0; i < op.count; ++i)
      std::memcpy(value + i * op.size, warp.source<uint8_t>(list[i]) + lane * op.size, op.size);
    std::memcpy(d + lane * op.width, value, op.width);
  });
  return Step::Next;
}
/// {a, b, …} = s. A register of the list may be the source.
Step unpack(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  const uint8_t *source = warp.source<uint8_t>(op.a);
  forLanes(mask, [&](unsigned lane) {
    uint8_t value[16];
    std::memcpy(value, source + lane * op.width, op.width);
    for (unsigned i = 0; i < op.count; ++i)
      if (list[i] != noOperand)
        std::memcpy(warp.destination<uint8_t>(list[i]) + lane * op.size, value + i * op.size,
                    op.size);
  });
  return Step::Next;
}

void buildMove(Builder &b, const Instruction &in) {
  Op &op = b.op();
  Type type = in.type();
  const Operand &d = in.operands[0], &a = in.operands[1];
  unsigned bytes = sizeOf(type);
  if (type == Type::Pred) {
    op.dst = b.predicateDestination(d);
    if (a.kind == OperandKind::Integer)
      op.imm = a.value ? -1 : 0;
    else if (a.name == "%is_explicit_cluster" && b.requireClusters(a.at))
      op.imm = 0; // every block is a cluster of its own
    else
      op.a = b.predicateSource(a, op.isSigned);
    return b.run(movePredicate);
  }
  op.width = static_cast<uint8_t>(bytes);
  if (d.kind == OperandKind::Vector || a.kind == OperandKind::Vector) {
    bool packs = a.kind == OperandKind::Vector;
    if (packs && d.kind == OperandKind::Vector)
      return b.error(a, "only one operand of mov may be a vector");
    const std::vector<Operand> &elements = packs ? a.elements : d.elements;
    size_t count = elements.size();
    if ((count != 2 && count != 4) || bytes % count || bytes / count == 0)
      return b.error(packs ? a : d,
                     "." + std::string(nameOf(type)) +
                         " is packed from 2 or 4 elements, got: " + std::to_string(count));
    op.size = static_cast<uint8_t>(bytes / count);
    op.count = static_cast<uint8_t>(count);
    Type element = op.size == 1   ? Type::B8
                   : op.size == 2 ? Type::B16
                   : op.size == 4 ? Type::B32
                                  : Type::B64;
    std::vector<uint32_t> list;
    for (const Operand &part : elements)
      list.push_back(packs ? b.source(part, element) : b.destination(part, element, /*sink=*/true));
    op.list = b.addList(list);
    if (packs)
      op.dst = b.destination(0, type);
    else
      op.a = b.source(1, type);
    return b.run(packs ? pack : unpack);
  }
  if (a.kind == OperandKind::Special)
    return buildSpecial(b, in, a);
  op.dst = b.destination(0, type);
  if (a.kind == OperandKind::Variable || a.kind == OperandKind::Function) {
    if (bytes != 4 && bytes != 8)
      return b.error(a, "an address has 32 or 64 bits");
    bool frameRelative = false;
    int64_t value = 0;
    if (!b.symbolValue(a, value, frameRelative))
      return;
    if (frameRelative) {
      op.imm = value;
      return b.run(moveFrameAddress);
    }
    op.a = b.constantBits(static_cast<uint64_t>(value), bytes);
    return b.run(moveOf(bytes));
  }
  op.a = b.source(1, type);
  b.run(moveOf(bytes));
}

} // namespace

void addMoveRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Move;
  Rows mine = {
      {"mov", "<pred|b16|b32|b64|b128|u16|u32|u64|s16|s32|s64|f32|f64>", "d, a", c, buildMove},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
