// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvta and isspacep.

#include "../Execute/Block.h"
#include "Move.h"

namespace mmc::emulator {

namespace {

uint64_t windowOf(Space space) {
  switch (space) {
  case Space::Shared:
    return sharedWindow;
  case Space::Local:
    return localWindow;
  case Space::Param:
    return parameterWindow;
  default:
    return 0;
  }
}
Space spaceOf(const Instruction &in) {
  for (std::string_view modifier : in.modifiers) {
    if (modifier.substr(0, 6) == "shared")
      return Space::Shared;
    if (modifier == "local")
      return Space::Local;
    if (modifier.substr(0, 5) == "param")
      return Space::Param;
    if (modifier == "const")
      return Space::Const;
  }
  return Space::Global;
}

/// Generic addresses of global and constant memory are the addresses themselves.
Step convertAddress(Warp &warp, const Op &op, uint32_t mask) {
  uint64_t window = static_cast<uint64_t>(op.imm);
  const uint64_t *a = warp.source<uint64_t>(op.a);
  store(warp.destination<uint64_t>(op.dst), mask, [&](unsigned lane) {
    if (!window)
      return a[lane];
    return op.flags ? a[lane] & 0xffffffff : (a[lane] & 0xffffffff) + window;
  });
  return Step::Next;
}

void buildConvertAddress(Builder &b, const Instruction &in) {
  Op &op = b.op();
  bool toSpace = in.has("to");
  Space space = spaceOf(in);
  const Operand &a = in.operands[1];
  op.dst = b.destination(0, Type::B64);
  op.width = 8;
  if (a.kind == OperandKind::Variable) {
    bool frameRelative = false;
    int64_t value = 0;
    if (toSpace || a.variable->space != space)
      return b.error(a,
                     "'" + a.name + "' does not lie in " + std::string(nameOf(space)) + " memory");
    if (!b.symbolValue(a, value, frameRelative, /*generic=*/true))
      return;
    op.imm = value;
    if (frameRelative)
      return b.run(moveFrameAddress);
    op.a = b.constantBits(static_cast<uint64_t>(value), 8);
    return b.run(moveOf(8));
  }
  op.a = b.source(1, Type::B64);
  op.flags = toSpace;
  op.imm = static_cast<int64_t>(windowOf(space));
  b.run(convertAddress);
}

Step isInSpace(Warp &warp, const Op &op, uint32_t mask) {
  const uint64_t *a = warp.source<uint64_t>(op.a);
  uint64_t window = windowOf(op.space), result = 0;
  const Launch &launch = *warp.block->launch;
  for (unsigned lane = 0; lane < 32; ++lane) {
    bool is = window ? a[lane] >= window && a[lane] < window + (uint64_t(1) << 32)
                     : a[lane] < sharedWindow || a[lane] >= windowsEnd;
    if (op.space == Space::Const || op.space == Space::Global) {
      bool isConstant = false;
      for (const auto &allocation : *launch.memory)
        isConstant |=
            allocation->isConstant && a[lane] >= allocation->base && a[lane] < allocation->end();
      is &= isConstant == (op.space == Space::Const);
    }
    result |= uint64_t(is) << lane;
  }
  warp.setPredicate(op.dst, static_cast<uint32_t>(result), mask);
  return Step::Next;
}
void buildIsSpace(Builder &b, const Instruction &in) {
  b.op().space = spaceOf(in);
  b.op().dst = b.predicateDestination(in.operands[0]);
  b.op().a = b.source(1, Type::B64);
  b.run(isInSpace);
}

} // namespace

#define SPACES "<global|shared|shared::cta|shared::cluster|local|const|param|param::entry>"

void addAddressRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Move;
  Rows mine = {
      {"cvta", SPACES " u64", "d, a", c, buildConvertAddress},
      {"cvta", "to " SPACES " u64", "d, a", c, buildConvertAddress},
      {"isspacep", SPACES, "p, a", c, buildIsSpace},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
