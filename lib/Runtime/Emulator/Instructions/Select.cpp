// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// selp and slct.

#include "Floating.h"

namespace mmc::emulator {

namespace {

template <typename T>
Step select(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a), *b = warp.source<T>(op.b);
  uint32_t c = warp.predicate(op.c, op.isSigned);
  store(warp.destination<T>(op.dst), mask,
        [&](unsigned lane) { return c >> lane & 1 ? a[lane] : b[lane]; });
  return Step::Next;
}
void buildSelp(Builder &b, const Instruction &in) {
  takeBinary(b, in.type());
  b.op().c = b.predicateSource(in.operands[3], b.op().isSigned);
  switch (sizeOf(in.type())) {
  case 2:
    return b.run(select<uint16_t>);
  case 4:
    return b.run(select<uint32_t>);
  default:
    return b.run(select<uint64_t>);
  }
}

template <typename T, typename C, bool ftz>
Step selectBySign(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a), *b = warp.source<T>(op.b);
  const C *c = warp.source<C>(op.c);
  store(warp.destination<T>(op.dst), mask, [&](unsigned lane) {
    C value = c[lane];
    if constexpr (ftz)
      value = flush(value);
    return value >= C(0) ? a[lane] : b[lane];
  });
  return Step::Next;
}
template <typename T>
OpFn selectOf(bool isFloat, bool ftz) {
  return !isFloat ? selectBySign<T, int32_t, false>
         : ftz    ? selectBySign<T, float, true>
                  : selectBySign<T, float, false>;
}
void buildSlct(Builder &b, const Instruction &in) {
  takeBinary(b, in.type(0));
  b.op().c = b.source(3, in.type(1));
  bool isFloat = in.type(1) == Type::F32, ftz = in.has("ftz");
  switch (sizeOf(in.type(0))) {
  case 2:
    return b.run(selectOf<uint16_t>(isFloat, ftz));
  case 4:
    return b.run(selectOf<uint32_t>(isFloat, ftz));
  default:
    return b.run(selectOf<uint64_t>(isFloat, ftz));
  }
}

} // namespace

void addSelectRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Comparison;
  Rows mine = {
      {"selp", "<b16|b32|b64|u16|u32|u64|s16|s32|s64|f32|f64>", "d, a, b, c", c, buildSelp},
      {"slct", "<b16|b32|b64|u16|u32|u64|s16|s32|s64|f32|f64> s32", "d, a, b, c", c, buildSlct},
      {"slct", "[ftz] <b16|b32|b64|u16|u32|u64|s16|s32|s64|f32|f64> f32", "d, a, b, c", c,
       buildSlct},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
