// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// and, or, xor, not, cnot, lop3 and prmt, of bits and of predicates.

#include "Alu.h"
#include "Combine.h"

namespace mmc::emulator {

namespace {

struct Not {
  template <typename T>
  static T apply(T a) {
    return static_cast<T>(~a);
  }
};
struct LogicalNot {
  template <typename T>
  static T apply(T a) {
    return a == 0;
  }
};

Step lookup3(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *a = warp.source<uint32_t>(op.a), *b = warp.source<uint32_t>(op.b),
                 *c = warp.source<uint32_t>(op.c);
  uint32_t table = static_cast<uint32_t>(op.imm);
  auto value = [&](unsigned lane) {
    uint32_t result = 0;
    for (unsigned i = 0; i < 8; ++i) {
      if (!(table >> i & 1))
        continue;
      result |= (i & 4 ? a[lane] : ~a[lane]) & (i & 2 ? b[lane] : ~b[lane]) &
                (i & 1 ? c[lane] : ~c[lane]);
    }
    return result;
  };
  uint32_t values[32], isTrue = 0;
  for (unsigned lane = 0; lane < 32; ++lane)
    isTrue |= uint32_t((values[lane] = value(lane)) != 0) << lane;
  if (op.dst2 != noOperand) {
    uint32_t q = warp.predicate(op.d, op.isSigned);
    warp.setPredicate(op.dst2, op.flags ? isTrue & q : isTrue | q, mask);
  }
  if (op.dst != noOperand)
    store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned lane) { return values[lane]; });
  return Step::Next;
}

enum class Permute : uint8_t {
  Index,
  Forward4,
  Backward4,
  Replicate8,
  EdgeLeft,
  EdgeRight,
  Replicate16
};

Step permute(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *a = warp.source<uint32_t>(op.a), *b = warp.source<uint32_t>(op.b),
                 *c = warp.source<uint32_t>(op.c);
  Permute mode = static_cast<Permute>(op.flags);
  store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned lane) {
    uint64_t bytes = uint64_t(b[lane]) << 32 | a[lane];
    uint32_t selector = c[lane], n = selector & 3, result = 0;
    for (uint32_t i = 0; i < 4; ++i) {
      uint32_t from = 0;
      bool sign = false;
      switch (mode) {
      case Permute::Index:
        from = selector >> 4 * i & 7;
        sign = selector >> 4 * i & 8;
        break;
      case Permute::Forward4:
        from = (n + i) & 7;
        break;
      case Permute::Backward4:
        from = (n - i) & 7;
        break;
      case Permute::Replicate8:
        from = n;
        break;
      case Permute::EdgeLeft:
        from = i > n ? i : n;
        break;
      case Permute::EdgeRight:
        from = i < n ? i : n;
        break;
      case Permute::Replicate16:
        from = 2 * (n & 1) + (i & 1);
        break;
      }
      uint32_t byte = bytes >> 8 * from & 0xff;
      if (sign)
        byte = byte & 0x80 ? 0xff : 0;
      result |= byte << 8 * i;
    }
    return result;
  });
  return Step::Next;
}

/// The logic of predicates: masks.
template <typename F>
Step predicates(Warp &warp, const Op &op, uint32_t mask) {
  warp.setPredicate(
      op.dst, F::apply(warp.predicate(op.a, op.flags & 1), warp.predicate(op.b, op.flags & 2)),
      mask);
  return Step::Next;
}
Step notPredicate(Warp &warp, const Op &op, uint32_t mask) {
  warp.setPredicate(op.dst, ~warp.predicate(op.a, op.flags & 1), mask);
  return Step::Next;
}

template <typename F>
void buildLogic(Builder &b, const Instruction &in) {
  if (in.type() == Type::Pred) {
    bool negatedA = false, negatedB = false;
    b.op().dst = b.predicateDestination(in.operands[0]);
    b.op().a = b.predicateSource(in.operands[1], negatedA);
    b.op().b = b.predicateSource(in.operands[2], negatedB);
    b.op().flags = (negatedA ? 1 : 0) | (negatedB ? 2 : 0);
    return b.run(predicates<F>);
  }
  takeBinary(b, in.type());
  b.run(byInteger<BinaryOf<F>::template Make>(in.type()));
}
void buildNot(Builder &b, const Instruction &in) {
  if (in.type() == Type::Pred) {
    bool negated = false;
    b.op().dst = b.predicateDestination(in.operands[0]);
    b.op().a = b.predicateSource(in.operands[1], negated);
    b.op().flags = negated;
    return b.run(notPredicate);
  }
  takeUnary(b, in.type());
  b.run(byInteger<UnaryOf<Not>::Make>(in.type()));
}
void buildCnot(Builder &b, const Instruction &in) {
  takeUnary(b, in.type());
  b.run(byInteger<UnaryOf<LogicalNot>::Make>(in.type()));
}

void buildLookup(Builder &b, const Instruction &in) {
  Op &op = b.op();
  bool hasPredicate = in.has("or") || in.has("and");
  const Operand &d = in.operands[0];
  if (hasPredicate) {
    if (d.kind != OperandKind::Pair)
      return b.error(d, "expected d|p");
    op.dst = b.destination(d.elements[0], Type::B32, /*sink=*/true);
    op.dst2 = b.predicateDestination(d.elements[1]);
    if (in.operands.size() < 6)
      return b.error("lop3 with .or or .and has a predicate as its last operand");
    op.d = b.predicateSource(in.operands[5], op.isSigned);
    op.flags = in.has("and");
  } else {
    op.dst = b.destination(d, Type::B32);
    if (in.operands.size() > 5)
      return b.error("lop3 has a sixth operand only with .or or .and");
  }
  op.a = b.source(1, Type::B32);
  op.b = b.source(2, Type::B32);
  op.c = b.source(3, Type::B32);
  op.imm = b.constant(4, 0, 255);
  b.run(lookup3);
}

void buildPermute(Builder &b, const Instruction &in) {
  static constexpr std::string_view modes[] = {"", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16"};
  b.op().dst = b.destination(0, Type::B32);
  for (uint8_t i = 1; i < 7; ++i)
    if (in.has(modes[i]))
      b.op().flags = i;
  // LLVM leaves the register unwritten that a constant selector takes nothing from.
  bool takesA = true, takesB = true;
  if (const Operand &selector = in.operands[3];
      selector.kind == OperandKind::Integer && !b.op().flags) {
    takesA = (~selector.value & 0x4444) != 0;
    takesB = (selector.value & 0x4444) != 0;
  }
  b.op().a = takesA ? b.source(1, Type::B32) : b.unreadSource(1, Type::B32);
  b.op().b = takesB ? b.source(2, Type::B32) : b.unreadSource(2, Type::B32);
  b.op().c = b.source(3, Type::B32);
  b.run(permute);
}

} // namespace

void addLogicRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Logic;
  Rows mine = {
      {"and", "<pred|b16|b32|b64>", "d, a, b", c, buildLogic<And>},
      {"or", "<pred|b16|b32|b64>", "d, a, b", c, buildLogic<Or>},
      {"xor", "<pred|b16|b32|b64>", "d, a, b", c, buildLogic<Xor>},
      {"not", "<pred|b16|b32|b64>", "d, a", c, buildNot},
      {"cnot", "<b16|b32|b64>", "d, a", c, buildCnot},
      {"lop3", "[or|and] b32", "d, a, b, c, lut[, q]", c, buildLookup},
      {"prmt", "b32 [f4e|b4e|rc8|ecl|ecr|rc16]", "d, a, b, c", c, buildPermute},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
