// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handlers of instructions that compute lane by lane, and the choice of one by type.

#ifndef MMC_EMULATOR_INSTRUCTIONS_ALU_H
#define MMC_EMULATOR_INSTRUCTIONS_ALU_H

#include "../Builder.h"
#include "../Execute/Warp.h"
#include "Table.h"

namespace mmc::emulator {

/// d = F(a)
template <typename D, typename A, typename F>
Step unary(Warp &warp, const Op &op, uint32_t mask) {
  const A *a = warp.source<A>(op.a);
  store(warp.destination<D>(op.dst), mask, [&](unsigned lane) { return F::apply(a[lane]); });
  return Step::Next;
}

/// d = F(a, b)
template <typename D, typename A, typename B, typename F>
Step binary(Warp &warp, const Op &op, uint32_t mask) {
  const A *a = warp.source<A>(op.a);
  const B *b = warp.source<B>(op.b);
  store(warp.destination<D>(op.dst), mask,
        [&](unsigned lane) { return F::apply(a[lane], b[lane]); });
  return Step::Next;
}

/// d = F(a, b, c)
template <typename D, typename A, typename B, typename C, typename F>
Step ternary(Warp &warp, const Op &op, uint32_t mask) {
  const A *a = warp.source<A>(op.a);
  const B *b = warp.source<B>(op.b);
  const C *c = warp.source<C>(op.c);
  store(warp.destination<D>(op.dst), mask,
        [&](unsigned lane) { return F::apply(a[lane], b[lane], c[lane]); });
  return Step::Next;
}

/// The handler of an integer type, signed or not; bits count as unsigned.
template <template <typename> class Make>
OpFn byInteger(Type type) {
  switch (type) {
  case Type::U16:
  case Type::B16:
    return Make<uint16_t>::fn;
  case Type::U32:
  case Type::B32:
    return Make<uint32_t>::fn;
  case Type::U64:
  case Type::B64:
    return Make<uint64_t>::fn;
  case Type::S16:
    return Make<int16_t>::fn;
  case Type::S32:
    return Make<int32_t>::fn;
  case Type::S64:
    return Make<int64_t>::fn;
  default:
    return nullptr;
  }
}

template <typename F>
struct UnaryOf {
  template <typename T>
  struct Make {
    static constexpr OpFn fn = unary<T, T, F>;
  };
};
template <typename F>
struct BinaryOf {
  template <typename T>
  struct Make {
    static constexpr OpFn fn = binary<T, T, T, F>;
  };
};
template <typename F>
struct TernaryOf {
  template <typename T>
  struct Make {
    static constexpr OpFn fn = ternary<T, T, T, T, F>;
  };
};

/// Operands d, a of one type.
inline void takeUnary(Builder &builder, Type type) {
  builder.op().dst = builder.destination(0, type);
  builder.op().a = builder.source(1, type);
}
inline void takeBinary(Builder &builder, Type type) {
  takeUnary(builder, type);
  builder.op().b = builder.source(2, type);
}
inline void takeTernary(Builder &builder, Type type) {
  takeBinary(builder, type);
  builder.op().c = builder.source(3, type);
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_ALU_H
