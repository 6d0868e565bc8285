// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bits: and, or, xor, not, shifts, bit fields, counts, permutations.

#include "Alu.h"

#include <type_traits>

namespace mmc::emulator {

namespace {

struct And {
  template <typename T>
  static T apply(T a, T b) { return a & b; }
};
struct Or {
  template <typename T>
  static T apply(T a, T b) { return a | b; }
};
struct Xor {
  template <typename T>
  static T apply(T a, T b) { return a ^ b; }
};
struct Not {
  template <typename T>
  static T apply(T a) { return static_cast<T>(~a); }
};
struct LogicalNot {
  template <typename T>
  static T apply(T a) { return a == 0; }
};
/// Shifts by more than the width clamp to it.
struct ShiftLeft {
  template <typename T>
  static T apply(T a, uint32_t b) { return b < 8 * sizeof(T) ? static_cast<T>(static_cast<uint64_t>(a) << b) : T(0); }
};
struct ShiftRight {
  template <typename T>
  static T apply(T a, uint32_t b) {
    if (b >= 8 * sizeof(T))
      return std::is_signed_v<T> && a < 0 ? static_cast<T>(-1) : T(0);
    return static_cast<T>(a >> b);
  }
};

template <bool left, bool wrap>
struct Funnel {
  /// {b, a} as 64 bits, shifted by c.
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t n = wrap ? c & 31 : (c < 32 ? c : 32);
    uint64_t both = uint64_t(b) << 32 | a;
    return static_cast<uint32_t>(left ? both << n >> 32 : both >> n);
  }
};

template <typename T>
unsigned leading(T a) {
  if (a == 0)
    return 8 * sizeof(T);
  return sizeof(T) == 8 ? __builtin_clzll(a) : __builtin_clz(static_cast<uint32_t>(a));
}
struct PopCount {
  template <typename T>
  static uint32_t apply(T a) { return static_cast<uint32_t>(__builtin_popcountll(a)); }
};
struct LeadingZeros {
  template <typename T>
  static uint32_t apply(T a) { return leading(a); }
};
/// The place of the highest bit that differs from the sign.
template <bool shiftAmount>
struct FindHigh {
  template <typename T>
  static uint32_t apply(T a) {
    using U = std::make_unsigned_t<T>;
    U bits = static_cast<U>(a);
    if (std::is_signed_v<T> && a < 0)
      bits = static_cast<U>(~bits);
    if (bits == 0)
      return 0xffffffff;
    uint32_t zeros = leading(bits);
    return shiftAmount ? zeros : static_cast<uint32_t>(8 * sizeof(T)) - 1 - zeros;
  }
};
struct Reverse {
  template <typename T>
  static T apply(T a) { return sizeof(T) == 8 ? static_cast<T>(__builtin_bitreverse64(a)) : static_cast<T>(__builtin_bitreverse32(static_cast<uint32_t>(a))); }
};
/// `length` bits from `position`, their sign extended for signed types.
struct Extract {
  template <typename T>
  static T apply(T a, uint32_t position, uint32_t length) {
    constexpr uint32_t width = 8 * sizeof(T);
    using U = std::make_unsigned_t<T>;
    position &= 0xff;
    length &= 0xff;
    bool sign = false;
    if (std::is_signed_v<T> && length) {
      uint32_t top = position + length - 1 < width - 1 ? position + length - 1 : width - 1;
      sign = static_cast<U>(a) >> top & 1;
    }
    U bits = position < width ? static_cast<U>(a) >> position : U(0);
    // Bits above what there is are the sign.
    uint32_t have = position < width ? width - position : 0;
    if (length < have)
      have = length;
    U keep = have >= width ? ~U(0) : (U(1) << have) - 1;
    bits &= keep;
    return static_cast<T>(sign ? bits | ~keep : bits);
  }
};
template <typename T>
T insert(T a, T b, uint32_t position, uint32_t length) {
  constexpr uint32_t width = 8 * sizeof(T);
  position &= 0xff;
  length &= 0xff;
  if (position >= width || !length)
    return b;
  T keep = length >= width ? ~T(0) : (T(1) << length) - 1;
  keep <<= position;
  return (b & ~keep) | ((a << position) & keep);
}
template <typename T>
Step insertBits(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a), *b = warp.source<T>(op.b);
  const uint32_t *c = warp.source<uint32_t>(op.c), *d = warp.source<uint32_t>(op.d);
  store(warp.destination<T>(op.dst), mask, [&](unsigned lane) { return insert(a[lane], b[lane], c[lane], d[lane]); });
  return Step::Next;
}

template <bool wrap>
struct Mask {
  static uint32_t apply(uint32_t a, uint32_t b) {
    if (wrap)
      a &= 31, b &= 31;
    if (a >= 32 || b == 0)
      return 0;
    uint64_t bits = b >= 32 ? 0xffffffff : (uint64_t(1) << b) - 1;
    return static_cast<uint32_t>(bits << a);
  }
};
template <bool wrap>
struct Extend {
  template <typename T>
  static T apply(T a, uint32_t b) {
    if (wrap)
      b &= 31;
    if (b == 0)
      return 0;
    if (b >= 32)
      return a;
    uint32_t bits = static_cast<uint32_t>(a) << (32 - b);
    return std::is_signed_v<T> ? static_cast<T>(static_cast<int32_t>(bits) >> (32 - b)) : static_cast<T>(bits >> (32 - b));
  }
};
/// The n-th set bit from a base, upward or downward.
struct FindNth {
  static uint32_t apply(uint32_t bits, uint32_t base, uint32_t offset) {
    int64_t n = static_cast<int32_t>(offset); // wide, so that the smallest has an absolute value
    if (base > 31)
      return 0xffffffff;
    if (n == 0)
      return bits >> base & 1 ? base : 0xffffffff;
    int32_t step = n < 0 ? -1 : 1;
    int64_t left = n < 0 ? -n : n;
    for (int32_t at = static_cast<int32_t>(base); at >= 0 && at < 32; at += step)
      if ((bits >> at & 1) && --left == 0)
        return static_cast<uint32_t>(at);
    return 0xffffffff;
  }
};

Step lookup3(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *a = warp.source<uint32_t>(op.a), *b = warp.source<uint32_t>(op.b), *c = warp.source<uint32_t>(op.c);
  uint32_t table = static_cast<uint32_t>(op.imm);
  auto value = [&](unsigned lane) {
    uint32_t result = 0;
    for (unsigned i = 0; i < 8; ++i) {
      if (!(table >> i & 1))
        continue;
      result |= (i & 4 ? a[lane] : ~a[lane]) & (i & 2 ? b[lane] : ~b[lane]) & (i & 1 ? c[lane] : ~c[lane]);
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

enum class Permute : uint8_t { Index, Forward4, Backward4, Replicate8, EdgeLeft, EdgeRight, Replicate16 };

Step permute(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *a = warp.source<uint32_t>(op.a), *b = warp.source<uint32_t>(op.b), *c = warp.source<uint32_t>(op.c);
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
  warp.setPredicate(op.dst, F::apply(warp.predicate(op.a, op.flags & 1), warp.predicate(op.b, op.flags & 2)), mask);
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

template <typename F>
struct ShiftOf {
  template <typename T>
  struct Make {
    static constexpr OpFn fn = binary<T, T, uint32_t, F>;
  };
};
template <typename F>
void buildShift(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().b = b.source(2, Type::U32);
  b.run(byInteger<ShiftOf<F>::template Make>(in.type()));
}

void buildFunnel(Builder &b, const Instruction &in) {
  takeTernary(b, Type::B32);
  using U = uint32_t;
  bool left = in.has("l"), wrap = in.has("wrap");
  b.run(left ? (wrap ? ternary<U, U, U, U, Funnel<true, true>> : ternary<U, U, U, U, Funnel<true, false>>)
             : (wrap ? ternary<U, U, U, U, Funnel<false, true>> : ternary<U, U, U, U, Funnel<false, false>>));
}

template <typename F>
void buildCount(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::U32);
  b.op().a = b.source(1, in.type());
  b.run(sizeOf(in.type()) == 8 ? unary<uint32_t, uint64_t, F> : unary<uint32_t, uint32_t, F>);
}
template <bool shiftAmount>
OpFn findHigh(Type type) {
  using F = FindHigh<shiftAmount>;
  switch (type) {
  case Type::U32:
    return unary<uint32_t, uint32_t, F>;
  case Type::S32:
    return unary<uint32_t, int32_t, F>;
  case Type::U64:
    return unary<uint32_t, uint64_t, F>;
  default:
    return unary<uint32_t, int64_t, F>;
  }
}
void buildFind(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::U32);
  b.op().a = b.source(1, in.type());
  b.run(in.has("shiftamt") ? findHigh<true>(in.type()) : findHigh<false>(in.type()));
}
void buildReverse(Builder &b, const Instruction &in) {
  takeUnary(b, in.type());
  b.run(byInteger<UnaryOf<Reverse>::Make>(in.type()));
}

template <typename T>
struct ExtractMake {
  static constexpr OpFn fn = ternary<T, T, uint32_t, uint32_t, Extract>;
};
void buildExtract(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().b = b.source(2, Type::U32);
  b.op().c = b.source(3, Type::U32);
  b.run(byInteger<ExtractMake>(in.type()));
}
void buildInsert(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().b = b.source(2, in.type());
  b.op().c = b.source(3, Type::U32);
  b.op().d = b.source(4, Type::U32);
  b.run(sizeOf(in.type()) == 8 ? insertBits<uint64_t> : insertBits<uint32_t>);
}
void buildMask(Builder &b, const Instruction &in) {
  takeBinary(b, Type::B32);
  using U = uint32_t;
  b.run(in.has("wrap") ? binary<U, U, U, Mask<true>> : binary<U, U, U, Mask<false>>);
}
void buildExtend(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().b = b.source(2, Type::U32);
  bool wrap = in.has("wrap");
  if (in.type() == Type::S32)
    return b.run(wrap ? binary<int32_t, int32_t, uint32_t, Extend<true>> : binary<int32_t, int32_t, uint32_t, Extend<false>>);
  b.run(wrap ? binary<uint32_t, uint32_t, uint32_t, Extend<true>> : binary<uint32_t, uint32_t, uint32_t, Extend<false>>);
}
void buildFindNth(Builder &b, const Instruction &in) {
  takeTernary(b, Type::B32);
  using U = uint32_t;
  b.run(ternary<U, U, U, U, FindNth>);
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
  takeTernary(b, Type::B32);
  for (uint8_t i = 1; i < 7; ++i)
    if (in.has(modes[i]))
      b.op().flags = i;
  b.run(permute);
}

} // namespace

void addBitRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Logic;
  Rows mine = {
      {"and", "<pred|b16|b32|b64>", "d, a, b", c, buildLogic<And>},
      {"or", "<pred|b16|b32|b64>", "d, a, b", c, buildLogic<Or>},
      {"xor", "<pred|b16|b32|b64>", "d, a, b", c, buildLogic<Xor>},
      {"not", "<pred|b16|b32|b64>", "d, a", c, buildNot},
      {"cnot", "<b16|b32|b64>", "d, a", c, buildCnot},
      {"lop3", "[or|and] b32", "d, a, b, c, lut[, q]", c, buildLookup},
      {"shl", "<b16|b32|b64>", "d, a, b", c, buildShift<ShiftLeft>},
      {"shr", "<b16|b32|b64|u16|u32|u64|s16|s32|s64>", "d, a, b", c, buildShift<ShiftRight>},
      {"shf", "<l|r> <clamp|wrap> b32", "d, a, b, c", c, buildFunnel},
      {"popc", "<b32|b64>", "d, a", c, buildCount<PopCount>},
      {"clz", "<b32|b64>", "d, a", c, buildCount<LeadingZeros>},
      {"bfind", "[shiftamt] <u32|u64|s32|s64>", "d, a", c, buildFind},
      {"fns", "b32", "d, mask, base, offset", c, buildFindNth},
      {"brev", "<b32|b64>", "d, a", c, buildReverse},
      {"bfe", "<u32|u64|s32|s64>", "d, a, b, c", c, buildExtract},
      {"bfi", "<b32|b64>", "f, a, b, c, d", c, buildInsert},
      {"bmsk", "<clamp|wrap> b32", "d, a, b", c, buildMask},
      {"szext", "<clamp|wrap> <u32|s32>", "d, a, b", c, buildExtend},
      {"prmt", "b32 [f4e|b4e|rc8|ecl|ecr|rc16]", "d, a, b, c", c, buildPermute},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
