// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of 24 and 8 bits: mul24, mad24, dp4a, dp2a.

#include "Integer.h"

namespace mmc::emulator {

using namespace integer;

namespace {

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
  static T apply(T a, T b, T c) {
    return Add::apply(Mul24<high>::apply(a, b), c);
  }
};
struct Mad24HighSaturate {
  static int32_t apply(int32_t a, int32_t b, int32_t c) {
    return saturate(int64_t(Mul24<true>::apply(a, b)) + c);
  }
};

template <bool signedA, bool signedB>
struct Dot4 {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    for (unsigned i = 0; i < 4; ++i) {
      int32_t x =
          signedA ? static_cast<int8_t>(a >> 8 * i) : static_cast<int32_t>(a >> 8 * i & 0xff);
      int32_t y =
          signedB ? static_cast<int8_t>(b >> 8 * i) : static_cast<int32_t>(b >> 8 * i & 0xff);
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
      int32_t x =
          signedA ? static_cast<int16_t>(a >> 16 * i) : static_cast<int32_t>(a >> 16 * i & 0xffff);
      int32_t y = signedB ? static_cast<int8_t>(b >> at) : static_cast<int32_t>(b >> at & 0xff);
      c += static_cast<uint32_t>(x) * static_cast<uint32_t>(y);
    }
    return c;
  }
};

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

void buildMad24Saturate(Builder &b, const Instruction &in) {
  takeTernary(b, in.type());
  b.run(ternary<int32_t, int32_t, int32_t, int32_t, Mad24HighSaturate>);
}

void buildDot4(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, Type::B32);
  b.op().b = b.source(2, Type::B32);
  b.op().c = b.source(3, Type::B32);
  bool sa = in.type(0) == Type::S32, sb = in.type(1) == Type::S32;
  using U = uint32_t;
  b.run(
      sa ? (sb ? ternary<U, U, U, U, Dot4<true, true>> : ternary<U, U, U, U, Dot4<true, false>>)
         : (sb ? ternary<U, U, U, U, Dot4<false, true>> : ternary<U, U, U, U, Dot4<false, false>>));
}
template <bool high>
OpFn dot2(bool sa, bool sb) {
  using U = uint32_t;
  return sa ? (sb ? ternary<U, U, U, U, Dot2<true, true, high>>
                  : ternary<U, U, U, U, Dot2<true, false, high>>)
            : (sb ? ternary<U, U, U, U, Dot2<false, true, high>>
                  : ternary<U, U, U, U, Dot2<false, false, high>>);
}
void buildDot2(Builder &b, const Instruction &in) {
  buildDot4(b, in);
  bool sa = in.type(0) == Type::S32, sb = in.type(1) == Type::S32;
  b.run(in.has("hi") ? dot2<true>(sa, sb) : dot2<false>(sa, sb));
}

} // namespace

void addShortProductRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Integer;
  Rows mine = {
      {"mul24", "lo <u32|s32>", "d, a, b", c, buildMul24<false>},
      {"mul24", "hi <u32|s32>", "d, a, b", c, buildMul24<true>},
      {"mad24", "lo <u32|s32>", "d, a, b, c", c, buildMad24<false>},
      {"mad24", "hi <u32|s32>", "d, a, b, c", c, buildMad24<true>},
      {"mad24", "hi sat s32", "d, a, b, c", c, buildMad24Saturate},
      {"dp4a", "<u32|s32> <u32|s32>", "d, a, b, c", c, buildDot4},
      {"dp2a", "<lo|hi> <u32|s32> <u32|s32>", "d, a, b, c", c, buildDot2},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
