// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// redux: sums, extremes and logic over the lanes of a mask.

#include "Reductions.h"
#include "WarpWide.h"

namespace mmc::emulator {

namespace {

template <typename T, typename F>
Step reduce(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a);
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    T value = a[__builtin_ctz(lanes)];
    forLanes(lanes & (lanes - 1), [&](unsigned lane) { value = F::apply(value, a[lane]); });
    forLanes(lanes, [&](unsigned lane) { warp.destination<T>(op.dst)[lane] = value; });
  });
}

/// Of f32. The order of lanes does not matter: extremes are associative, -0 is less than +0.
template <bool maximum, bool propagate>
struct SingleExtreme {
  static uint32_t apply(uint32_t a, uint32_t b) {
    return bitCast<uint32_t>(
        Extreme<maximum, propagate>::apply(bitCast<float>(a), bitCast<float>(b)));
  }
};
template <typename F, bool magnitudes>
Step reduceSingles(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *a = warp.source<uint32_t>(op.a);
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    constexpr uint32_t kept = magnitudes ? 0x7fffffff : 0xffffffff;
    uint32_t value = a[__builtin_ctz(lanes)] & kept;
    forLanes(lanes & (lanes - 1), [&](unsigned lane) { value = F::apply(value, a[lane] & kept); });
    value = bitCast<uint32_t>(canonical(bitCast<float>(value)));
    forLanes(lanes, [&](unsigned lane) { warp.destination<uint32_t>(op.dst)[lane] = value; });
  });
}

void buildReduce(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().d = b.source(2, Type::B32);
  bool isSignedType = in.type() == Type::S32;
  if (in.has("add"))
    return b.run(reduce<uint32_t, AddInteger>);
  if (in.has("min"))
    return b.run(isSignedType ? reduce<int32_t, Min> : reduce<uint32_t, Min>);
  if (in.has("max"))
    return b.run(isSignedType ? reduce<int32_t, Max> : reduce<uint32_t, Max>);
  b.run(in.has("and")  ? reduce<uint32_t, And>
        : in.has("or") ? reduce<uint32_t, Or>
                       : reduce<uint32_t, Xor>);
}
template <bool maximum, bool propagate>
void buildReduceSingles(Builder &b, const Instruction &in) {
  if (b.parsedModule().sm >= 110)
    return b.error("redux of .f32 needs .target sm_100a to sm_109f, got: " +
                   b.parsedModule().target);
  using F = SingleExtreme<maximum, propagate>;
  b.op().dst = b.destination(0, in.type());
  b.op().a = b.source(1, in.type());
  b.op().d = b.source(2, Type::B32);
  b.run(in.has("abs") ? reduceSingles<F, true> : reduceSingles<F, false>);
}

} // namespace

void addReduxRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Warp;
  Rows mine = {
      {"redux", "sync <add|min|max> <u32|s32>", "d, a, members", c, buildReduce},
      {"redux", "sync <and|or|xor> b32", "d, a, members", c, buildReduce},
      {"redux", "sync min [abs] f32", "d, a, members", c, buildReduceSingles<false, false>, 100,
       true},
      {"redux", "sync min [abs] NaN f32", "d, a, members", c, buildReduceSingles<false, true>, 100,
       true},
      {"redux", "sync max [abs] f32", "d, a, members", c, buildReduceSingles<true, false>, 100,
       true},
      {"redux", "sync max [abs] NaN f32", "d, a, members", c, buildReduceSingles<true, true>, 100,
       true},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
