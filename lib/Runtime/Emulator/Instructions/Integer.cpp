// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer arithmetic: add, sub, mul, mad, div, rem, min, max, abs, neg, sad, dp4a, carries.

#include "Alu.h"

#include <limits>
#include <type_traits>

namespace mmc::emulator {

namespace {

/// Arithmetic that wraps, done in an unsigned type that is not promoted to int.
template <typename T>
using Wrap = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

struct Add {
  template <typename T>
  static T apply(T a, T b) { return static_cast<T>(Wrap<T>(a) + Wrap<T>(b)); }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b) { return static_cast<T>(Wrap<T>(a) - Wrap<T>(b)); }
};
struct MulLow {
  template <typename T>
  static T apply(T a, T b) { return static_cast<T>(Wrap<T>(a) * Wrap<T>(b)); }
};

template <typename T>
using Wider = std::conditional_t<
    sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>,
    std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>,
                       std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;

struct MulHigh {
  template <typename T>
  static T apply(T a, T b) { return static_cast<T>((Wider<T>(a) * Wider<T>(b)) >> (8 * sizeof(T))); }
};
struct MulWide {
  template <typename T>
  static Wider<T> apply(T a, T b) { return Wider<T>(a) * Wider<T>(b); }
};
struct MadLow {
  template <typename T>
  static T apply(T a, T b, T c) { return Add::apply(MulLow::apply(a, b), c); }
};
struct MadHigh {
  template <typename T>
  static T apply(T a, T b, T c) { return Add::apply(MulHigh::apply(a, b), c); }
};
struct MadWide {
  template <typename T, typename C>
  static C apply(T a, T b, C c) { return Add::apply(static_cast<C>(MulWide::apply(a, b)), c); }
};

int32_t saturate(int64_t value) {
  if (value > std::numeric_limits<int32_t>::max())
    return std::numeric_limits<int32_t>::max();
  if (value < std::numeric_limits<int32_t>::min())
    return std::numeric_limits<int32_t>::min();
  return static_cast<int32_t>(value);
}
struct AddSaturate {
  static int32_t apply(int32_t a, int32_t b) { return saturate(int64_t(a) + b); }
};
struct SubSaturate {
  static int32_t apply(int32_t a, int32_t b) { return saturate(int64_t(a) - b); }
};
struct MadHighSaturate {
  static int32_t apply(int32_t a, int32_t b, int32_t c) { return saturate(int64_t(MulHigh::apply(a, b)) + c); }
};

/// Division by zero is unspecified in PTX; chips give all ones, and the dividend as remainder.
struct Div {
  template <typename T>
  static T apply(T a, T b) {
    if (b == 0)
      return static_cast<T>(~T(0));
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
      return Sub::apply(T(0), a);
    return static_cast<T>(a / b);
  }
};
struct Rem {
  template <typename T>
  static T apply(T a, T b) {
    if (b == 0)
      return a;
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
      return 0;
    return static_cast<T>(a % b);
  }
};
struct Min {
  template <typename T>
  static T apply(T a, T b) { return b < a ? b : a; }
};
struct Max {
  template <typename T>
  static T apply(T a, T b) { return b > a ? b : a; }
};
struct MinRelu {
  static int32_t apply(int32_t a, int32_t b) { return Max::apply(Min::apply(a, b), 0); }
};
struct MaxRelu {
  static int32_t apply(int32_t a, int32_t b) { return Max::apply(Max::apply(a, b), 0); }
};
/// The halves of a packed pair, each with F.
template <typename T, typename F, bool relu>
struct Halves {
  static T half(T a, T b) {
    T value = F::apply(a, b);
    return relu && value < 0 ? T(0) : value;
  }
  static uint32_t apply(uint32_t a, uint32_t b) {
    return static_cast<uint16_t>(half(static_cast<T>(a), static_cast<T>(b))) |
           static_cast<uint32_t>(static_cast<uint16_t>(half(static_cast<T>(a >> 16), static_cast<T>(b >> 16)))) << 16;
  }
};
struct Abs {
  template <typename T>
  static T apply(T a) { return a < 0 ? Sub::apply(T(0), a) : a; }
};
struct Neg {
  template <typename T>
  static T apply(T a) { return Sub::apply(T(0), a); }
};
struct Sad {
  template <typename T>
  static T apply(T a, T b, T c) { return Add::apply(c, a < b ? Sub::apply(b, a) : Sub::apply(a, b)); }
};

/// The low 24 bits, with their sign.
template <typename T>
int64_t low24(T a) {
  return std::is_signed_v<T> ? static_cast<int32_t>(static_cast<uint32_t>(a) << 8) >> 8
                             : static_cast<int64_t>(static_cast<uint32_t>(a) & 0xffffff);
}
template <bool high>
struct Mul24 {
  template <typename T>
  static T apply(T a, T b) {
    uint64_t product = static_cast<uint64_t>(low24(a) * low24(b));
    return static_cast<T>(high ? product >> 16 : product);
  }
};
template <bool high>
struct Mad24 {
  template <typename T>
  static T apply(T a, T b, T c) { return Add::apply(Mul24<high>::apply(a, b), c); }
};
struct Mad24HighSaturate {
  static int32_t apply(int32_t a, int32_t b, int32_t c) { return saturate(int64_t(Mul24<true>::apply(a, b)) + c); }
};

template <bool signedA, bool signedB>
struct Dot4 {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    for (unsigned i = 0; i < 4; ++i) {
      int32_t x = signedA ? static_cast<int8_t>(a >> 8 * i) : static_cast<int32_t>(a >> 8 * i & 0xff);
      int32_t y = signedB ? static_cast<int8_t>(b >> 8 * i) : static_cast<int32_t>(b >> 8 * i & 0xff);
      c += static_cast<uint32_t>(x * y);
    }
    return c;
  }
};
template <bool signedA, bool signedB, bool high>
struct Dot2 {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    for (unsigned i = 0; i < 2; ++i) {
      unsigned at = 8 * i + (high ? 16 : 0);
      int32_t x = signedA ? static_cast<int16_t>(a >> 16 * i) : static_cast<int32_t>(a >> 16 * i & 0xffff);
      int32_t y = signedB ? static_cast<int8_t>(b >> at) : static_cast<int32_t>(b >> at & 0xff);
      c += static_cast<uint32_t>(x) * static_cast<uint32_t>(y);
    }
    return c;
  }
};

template <typename T>
struct WideMake {
  static constexpr OpFn fn = binary<Wider<T>, T, T, MulWide>;
};
template <typename T>
struct MadWideMake {
  static constexpr OpFn fn = ternary<Wider<T>, T, T, Wider<T>, MadWide>;
};

Type widened(Type type) {
  switch (type) {
  case Type::U16:
    return Type::U32;
  case Type::S16:
    return Type::S32;
  case Type::U32:
    return Type::U64;
  default:
    return Type::S64;
  }
}

template <typename F>
void buildBinary(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  b.run(byInteger<BinaryOf<F>::template Make>(in.type()));
}
template <typename F>
void buildUnary(Builder &b, const Instruction &in) {
  takeUnary(b, in.type());
  b.run(byInteger<UnaryOf<F>::template Make>(in.type()));
}
template <typename F>
void buildTernary(Builder &b, const Instruction &in) {
  takeTernary(b, in.type());
  b.run(byInteger<TernaryOf<F>::template Make>(in.type()));
}
/// Binary and ternary with one handler, whatever the type's sign.
template <auto fn>
void buildBinaryAs(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  b.run(fn);
}
template <auto fn>
void buildTernaryAs(Builder &b, const Instruction &in) {
  takeTernary(b, in.type());
  b.run(fn);
}

void buildMulWide(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, widened(in.type()));
  b.op().a = b.source(1, in.type());
  b.op().b = b.source(2, in.type());
  b.run(in.type() == Type::U16   ? WideMake<uint16_t>::fn
        : in.type() == Type::S16 ? WideMake<int16_t>::fn
        : in.type() == Type::U32 ? WideMake<uint32_t>::fn
                                 : WideMake<int32_t>::fn);
}
void buildMadWide(Builder &b, const Instruction &in) {
  buildMulWide(b, in);
  b.op().c = b.source(3, widened(in.type()));
  b.run(in.type() == Type::U16   ? MadWideMake<uint16_t>::fn
        : in.type() == Type::S16 ? MadWideMake<int16_t>::fn
        : in.type() == Type::U32 ? MadWideMake<uint32_t>::fn
                                 : MadWideMake<int32_t>::fn);
}

template <bool high>
void buildMul24(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  b.run(in.type() == Type::U32 ? binary<uint32_t, uint32_t, uint32_t, Mul24<high>>
                               : binary<int32_t, int32_t, int32_t, Mul24<high>>);
}
template <bool high>
void buildMad24(Builder &b, const Instruction &in) {
  takeTernary(b, in.type());
  b.run(in.type() == Type::U32 ? ternary<uint32_t, uint32_t, uint32_t, uint32_t, Mad24<high>>
                               : ternary<int32_t, int32_t, int32_t, int32_t, Mad24<high>>);
}

template <typename F>
void buildPacked(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  bool relu = in.has("relu");
  if (in.type() == Type::U16x2)
    b.run(binary<uint32_t, uint32_t, uint32_t, Halves<uint16_t, F, false>>);
  else if (relu)
    b.run(binary<uint32_t, uint32_t, uint32_t, Halves<int16_t, F, true>>);
  else
    b.run(binary<uint32_t, uint32_t, uint32_t, Halves<int16_t, F, false>>);
}

void buildDot4(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, Type::B32);
  b.op().b = b.source(2, Type::B32);
  b.op().c = b.source(3, Type::B32);
  bool sa = in.type(0) == Type::S32, sb = in.type(1) == Type::S32;
  using U = uint32_t;
  b.run(sa ? (sb ? ternary<U, U, U, U, Dot4<true, true>> : ternary<U, U, U, U, Dot4<true, false>>)
           : (sb ? ternary<U, U, U, U, Dot4<false, true>> : ternary<U, U, U, U, Dot4<false, false>>));
}
template <bool high>
OpFn dot2(bool sa, bool sb) {
  using U = uint32_t;
  return sa ? (sb ? ternary<U, U, U, U, Dot2<true, true, high>> : ternary<U, U, U, U, Dot2<true, false, high>>)
            : (sb ? ternary<U, U, U, U, Dot2<false, true, high>> : ternary<U, U, U, U, Dot2<false, false, high>>);
}
void buildDot2(Builder &b, const Instruction &in) {
  buildDot4(b, in);
  bool sa = in.type(0) == Type::S32, sb = in.type(1) == Type::S32;
  b.run(in.has("hi") ? dot2<true>(sa, sb) : dot2<false>(sa, sb));
}

/// add.cc and its kind. The carry of each lane is a bit of the warp: nothing keeps it across calls.
enum CarryFlags : uint8_t { carryIn = 1, carryOut = 2, carrySubtract = 4 };

template <typename T>
Step carry(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a), *b = warp.source<T>(op.b);
  uint32_t &bits = warp.carry, before = bits, after = before;
  bool subtract = op.flags & carrySubtract, in = op.flags & carryIn;
  store(warp.destination<T>(op.dst), mask, [&](unsigned lane) {
    unsigned __int128 x = a[lane], y = b[lane], c = in ? before >> lane & 1 : 0;
    unsigned __int128 sum = subtract ? x - y - c : x + y + c;
    bool out = sum >> (8 * sizeof(T)) & 1;
    if (mask >> lane & 1)
      after = (after & ~(1u << lane)) | uint32_t(out) << lane;
    return static_cast<T>(sum);
  });
  if (op.flags & carryOut)
    bits = after;
  return Step::Next;
}

template <uint8_t flags>
void buildCarry(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  b.op().flags = flags | (in.has("cc") ? carryOut : 0);
  b.run(sizeOf(in.type()) == 8 ? carry<uint64_t> : carry<uint32_t>);
}

template <typename T, bool high>
Step carryMad(Warp &warp, const Op &op, uint32_t mask) {
  using U = std::make_unsigned_t<T>;
  const T *a = warp.source<T>(op.a), *b = warp.source<T>(op.b);
  const U *c = warp.source<U>(op.c);
  uint32_t &bits = warp.carry, before = bits, after = before;
  bool in = op.flags & carryIn;
  store(warp.destination<U>(op.dst), mask, [&](unsigned lane) {
    U product = static_cast<U>(high ? MulHigh::apply(a[lane], b[lane]) : MulLow::apply(a[lane], b[lane]));
    unsigned __int128 sum = static_cast<unsigned __int128>(product) + c[lane] + (in ? before >> lane & 1 : 0);
    bool out = sum >> (8 * sizeof(T)) & 1;
    if (mask >> lane & 1)
      after = (after & ~(1u << lane)) | uint32_t(out) << lane;
    return static_cast<U>(sum);
  });
  if (op.flags & carryOut)
    bits = after;
  return Step::Next;
}

template <uint8_t flags>
void buildCarryMad(Builder &b, const Instruction &in) {
  takeTernary(b, in.type());
  b.op().flags = flags | (in.has("cc") ? carryOut : 0);
  bool high = in.has("hi");
  switch (in.type()) {
  case Type::U32:
    return b.run(high ? carryMad<uint32_t, true> : carryMad<uint32_t, false>);
  case Type::S32:
    return b.run(high ? carryMad<int32_t, true> : carryMad<int32_t, false>);
  case Type::U64:
    return b.run(high ? carryMad<uint64_t, true> : carryMad<uint64_t, false>);
  default:
    return b.run(high ? carryMad<int64_t, true> : carryMad<int64_t, false>);
  }
}

} // namespace

#define ALL "<u16|u32|u64|s16|s32|s64>"

void addIntegerRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Integer;
  using S = int32_t;
  Rows mine = {
      {"add", ALL, "d, a, b", c, buildBinary<Add>},
      {"add", "<u16x2|s16x2>", "d, a, b", c, buildPacked<Add>, 90},
      {"add", "sat s32", "d, a, b", c, buildBinaryAs<binary<S, S, S, AddSaturate>>},
      {"add", "cc <u32|s32|u64|s64>", "d, a, b", c, buildCarry<0>},
      {"addc", "[cc] <u32|s32|u64|s64>", "d, a, b", c, buildCarry<carryIn>},
      {"sub", ALL, "d, a, b", c, buildBinary<Sub>},
      {"sub", "sat s32", "d, a, b", c, buildBinaryAs<binary<S, S, S, SubSaturate>>},
      {"sub", "cc <u32|s32|u64|s64>", "d, a, b", c, buildCarry<carrySubtract>},
      {"subc", "[cc] <u32|s32|u64|s64>", "d, a, b", c, buildCarry<carryIn | carrySubtract>},
      {"mul", "lo " ALL, "d, a, b", c, buildBinary<MulLow>},
      {"mul", "hi " ALL, "d, a, b", c, buildBinary<MulHigh>},
      {"mul", "wide <u16|u32|s16|s32>", "d, a, b", c, buildMulWide},
      {"mad", "lo " ALL, "d, a, b, c", c, buildTernary<MadLow>},
      {"mad", "hi " ALL, "d, a, b, c", c, buildTernary<MadHigh>},
      {"mad", "hi sat s32", "d, a, b, c", c, buildTernaryAs<ternary<S, S, S, S, MadHighSaturate>>},
      {"mad", "wide <u16|u32|s16|s32>", "d, a, b, c", c, buildMadWide},
      {"mad", "<lo|hi> cc <u32|s32|u64|s64>", "d, a, b, c", c, buildCarryMad<0>},
      {"madc", "<lo|hi> [cc] <u32|s32|u64|s64>", "d, a, b, c", c, buildCarryMad<carryIn>},
      {"mul24", "lo <u32|s32>", "d, a, b", c, buildMul24<false>},
      {"mul24", "hi <u32|s32>", "d, a, b", c, buildMul24<true>},
      {"mad24", "lo <u32|s32>", "d, a, b, c", c, buildMad24<false>},
      {"mad24", "hi <u32|s32>", "d, a, b, c", c, buildMad24<true>},
      {"mad24", "hi sat s32", "d, a, b, c", c, buildTernaryAs<ternary<S, S, S, S, Mad24HighSaturate>>},
      {"sad", ALL, "d, a, b, c", c, buildTernary<Sad>},
      {"div", ALL, "d, a, b", c, buildBinary<Div>},
      {"rem", ALL, "d, a, b", c, buildBinary<Rem>},
      {"abs", "<s16|s32|s64>", "d, a", c, buildUnary<Abs>},
      {"neg", "<s16|s32|s64>", "d, a", c, buildUnary<Neg>},
      {"min", ALL, "d, a, b", c, buildBinary<Min>},
      {"max", ALL, "d, a, b", c, buildBinary<Max>},
      {"min", "relu s32", "d, a, b", c, buildBinaryAs<binary<S, S, S, MinRelu>>, 90},
      {"max", "relu s32", "d, a, b", c, buildBinaryAs<binary<S, S, S, MaxRelu>>, 90},
      {"min", "u16x2", "d, a, b", c, buildPacked<Min>, 90},
      {"max", "u16x2", "d, a, b", c, buildPacked<Max>, 90},
      {"min", "[relu] s16x2", "d, a, b", c, buildPacked<Min>, 90},
      {"max", "[relu] s16x2", "d, a, b", c, buildPacked<Max>, 90},
      {"dp4a", "<u32|s32> <u32|s32>", "d, a, b, c", c, buildDot4},
      {"dp2a", "<lo|hi> <u32|s32> <u32|s32>", "d, a, b, c", c, buildDot2},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
