// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer arithmetic: add, sub, mul, mad, div, rem, min, max, abs, neg, sad.

#include "Integer.h"

#include "Combine.h"

namespace mmc::emulator {

using namespace integer;

namespace {

struct MulWide {
  template <typename T>
  static Wider<T> apply(T a, T b) {
    return Wider<T>(a) * Wider<T>(b);
  }
};
struct MadLow {
  template <typename T>
  static T apply(T a, T b, T c) {
    return Add::apply(MulLow::apply(a, b), c);
  }
};
struct MadHigh {
  template <typename T>
  static T apply(T a, T b, T c) {
    return Add::apply(MulHigh::apply(a, b), c);
  }
};
struct MadWide {
  template <typename T, typename C>
  static C apply(T a, T b, C c) {
    return Add::apply(static_cast<C>(MulWide::apply(a, b)), c);
  }
};

struct AddSaturate {
  static int32_t apply(int32_t a, int32_t b) { return saturate(int64_t(a) + b); }
};
struct SubSaturate {
  static int32_t apply(int32_t a, int32_t b) { return saturate(int64_t(a) - b); }
};
struct MadHighSaturate {
  static int32_t apply(int32_t a, int32_t b, int32_t c) {
    return saturate(int64_t(MulHigh::apply(a, b)) + c);
  }
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
           static_cast<uint32_t>(
               static_cast<uint16_t>(half(static_cast<T>(a >> 16), static_cast<T>(b >> 16))))
               << 16;
  }
};
struct Abs {
  template <typename T>
  static T apply(T a) {
    return a < 0 ? Sub::apply(T(0), a) : a;
  }
};
struct Neg {
  template <typename T>
  static T apply(T a) {
    return Sub::apply(T(0), a);
  }
};
struct Sad {
  template <typename T>
  static T apply(T a, T b, T c) {
    return Add::apply(c, a < b ? Sub::apply(b, a) : Sub::apply(a, b));
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

} // namespace

#define ALL "<u16|u32|u64|s16|s32|s64>"

void addIntegerRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Integer;
  using S = int32_t;
  Rows mine = {
      {"add", ALL, "d, a, b", c, buildBinary<Add>},
      {"add", "<u16x2|s16x2>", "d, a, b", c, buildPacked<Add>, 90},
      {"add", "sat s32", "d, a, b", c, buildBinaryAs<binary<S, S, S, AddSaturate>>},
      {"sub", ALL, "d, a, b", c, buildBinary<Sub>},
      {"sub", "sat s32", "d, a, b", c, buildBinaryAs<binary<S, S, S, SubSaturate>>},
      {"mul", "lo " ALL, "d, a, b", c, buildBinary<MulLow>},
      {"mul", "hi " ALL, "d, a, b", c, buildBinary<MulHigh>},
      {"mul", "wide <u16|u32|s16|s32>", "d, a, b", c, buildMulWide},
      {"mad", "lo " ALL, "d, a, b, c", c, buildTernary<MadLow>},
      {"mad", "hi " ALL, "d, a, b, c", c, buildTernary<MadHigh>},
      {"mad", "hi sat s32", "d, a, b, c", c, buildTernaryAs<ternary<S, S, S, S, MadHighSaturate>>},
      {"mad", "wide <u16|u32|s16|s32>", "d, a, b, c", c, buildMadWide},
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
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
