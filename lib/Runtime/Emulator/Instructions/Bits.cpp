// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bits: shifts, bit fields, counts.

#include "Alu.h"

#include <type_traits>

namespace mmc::emulator {

namespace {

/// Shifts by more than the width clamp to it.
struct ShiftLeft {
  template <typename T>
  static T apply(T a, uint32_t b) {
    return b < 8 * sizeof(T) ? static_cast<T>(static_cast<uint64_t>(a) << b) : T(0);
  }
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
  static uint32_t apply(T a) {
    return static_cast<uint32_t>(__builtin_popcountll(a));
  }
};
struct LeadingZeros {
  template <typename T>
  static uint32_t apply(T a) {
    return leading(a);
  }
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
  static T apply(T a) {
    return sizeof(T) == 8 ? static_cast<T>(__builtin_bitreverse64(a))
                          : static_cast<T>(__builtin_bitreverse32(static_cast<uint32_t>(a)));
  }
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
  store(warp.destination<T>(op.dst), mask,
        [&](unsigned lane) { return insert(a[lane], b[lane], c[lane], d[lane]); });
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
    return std::is_signed_v<T> ? static_cast<T>(static_cast<int32_t>(bits) >> (32 - b))
                               : static_cast<T>(bits >> (32 - b));
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
  b.run(left ? (wrap ? ternary<U, U, U, U, Funnel<true, true>>
                     : ternary<U, U, U, U, Funnel<true, false>>)
             : (wrap ? ternary<U, U, U, U, Funnel<false, true>>
                     : ternary<U, U, U, U, Funnel<false, false>>));
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
/// A place or a length of bits: of a register the low 8 bits count, a constant must have no others.
uint32_t sourceByte(Builder &b, const Instruction &in, size_t i) {
  if (in.operands[i].kind == OperandKind::Integer)
    b.constant(i, 0, 255);
  return b.source(i, Type::U32);
}
void buildExtract(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().b = sourceByte(b, in, 2);
  b.op().c = sourceByte(b, in, 3);
  b.run(byInteger<ExtractMake>(in.type()));
}
void buildInsert(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().b = b.source(2, in.type());
  b.op().c = sourceByte(b, in, 3);
  b.op().d = sourceByte(b, in, 4);
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
    return b.run(wrap ? binary<int32_t, int32_t, uint32_t, Extend<true>>
                      : binary<int32_t, int32_t, uint32_t, Extend<false>>);
  b.run(wrap ? binary<uint32_t, uint32_t, uint32_t, Extend<true>>
             : binary<uint32_t, uint32_t, uint32_t, Extend<false>>);
}
void buildFindNth(Builder &b, const Instruction &in) {
  takeTernary(b, Type::B32);
  using U = uint32_t;
  b.run(ternary<U, U, U, U, FindNth>);
}

} // namespace

void addBitRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Logic;
  Rows mine = {
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
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
