// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvt to and from pairs of numbers of four and six bits (e2m1, e2m3, e3m2), which are all finite,
// and of ue8m0, whose numbers are powers of two without a sign.

#include "Converting.h"

#include <cmath>

namespace mmc::emulator {

namespace {

Mini miniOf(Type type) {
  return type == Type::E2M1x2 ? miniE2m1 : type == Type::E2M3x2 ? miniE2m3 : miniE3m2;
}
/// Bits from one number of a pair to the next.
unsigned strideOf(Type type) { return type == Type::E2M1x2 ? 4 : 8; }

/// The nearest number, ties to even; NaN and what is beyond become the largest.
unsigned encodeMini(Mini format, double value, bool relu) {
  if (value != value)
    return format.largest();
  if (relu && !(value > 0))
    return 0;
  unsigned sign = std::signbit(value) ? format.sign() : 0;
  double size = std::fabs(value);
  if (size >= decodeMini(format, format.largest()))
    return sign | format.largest();
  int smallest = 1 - format.bias();
  int exponent = size > 0 ? std::max(std::ilogb(size), smallest) : smallest;
  double steps =
      __builtin_roundeven(std::ldexp(size, static_cast<int>(format.mantissaBits) - exponent));
  // The leading bit of the mantissa counts as one more of the exponent, a carry as another.
  return sign | (static_cast<unsigned>(steps) +
                 (static_cast<unsigned>(exponent + format.bias() - 1) << format.mantissaBits));
}

/// The exponent of the magnitude, rounded up or towards zero; 0xff is NaN and, unless it saturates,
/// what lies beyond 2^127.
unsigned encodePower(double value, bool up, bool saturates) {
  if (value != value)
    return 0xff;
  double size = std::fabs(value);
  if (size <= 0x1p-127)
    return 0;
  unsigned bits = 0xff;
  if (!std::isinf(size)) {
    int exponent = std::ilogb(size);
    bits = static_cast<unsigned>(std::max(exponent + 127, 0));
    bits += up && size != std::ldexp(1, exponent);
  }
  return bits == 0xff && saturates ? 0xfe : bits;
}

/// The two numbers that an operation converts, the upper one first.
struct Pair {
  double high, low;
};
Pair pairOf(Warp &warp, const Op &op, const Plan &plan, unsigned lane) {
  uint32_t a = warp.source<uint32_t>(op.a)[lane];
  if (plan.from == Type::F32)
    return {bitCast<float>(a), bitCast<float>(warp.source<uint32_t>(op.b)[lane])};
  Format format = formatOf(plan.from);
  return {decode(format, a >> 16), decode(format, a & 0xffff)};
}

Step convertToNarrow(Warp &warp, const Op &op, uint32_t mask) {
  Plan plan(op);
  auto narrow = [&](double value) {
    return plan.to == Type::UE8M0x2
               ? encodePower(value, plan.rounding == Rounding::Up, op.flags & convertFinite)
               : encodeMini(miniOf(plan.to), value, op.flags & convertRelu);
  };
  auto both = [&](unsigned lane) {
    Pair pair = pairOf(warp, op, plan, lane);
    return narrow(pair.high) << strideOf(plan.to) | narrow(pair.low);
  };
  if (plan.to == Type::E2M1x2)
    store(warp.destination<uint8_t>(op.dst), mask,
          [&](unsigned lane) { return static_cast<uint8_t>(both(lane)); });
  else
    store(warp.destination<uint16_t>(op.dst), mask,
          [&](unsigned lane) { return static_cast<uint16_t>(both(lane)); });
  return Step::Next;
}
void buildToNarrow(Builder &b, const Instruction &in) {
  Type to = in.type(0), from = in.type(1);
  setPlan(b, in, to, from);
  bool isSingle = from == Type::F32;
  if (in.operands.size() != (isSingle ? 3u : 2u))
    return b.error(isSingle ? "takes 3 operands (d, a, b)" : "takes 2 operands (d, a)");
  b.op().dst = b.destination(0, to == Type::E2M1x2 ? Type::B8 : Type::B16);
  b.op().a = b.source(1, isSingle ? Type::F32 : Type::B32);
  if (isSingle)
    b.op().b = b.source(2, Type::F32);
  b.run(convertToNarrow);
}

Step convertFromNarrow(Warp &warp, const Op &op, uint32_t mask) {
  Plan plan(op);
  auto wide = [&](unsigned bits) {
    double value;
    if (plan.from == Type::UE8M0x2)
      value = bits == 0xff ? std::nan("") : std::ldexp(1, static_cast<int>(bits) - 127);
    else
      value = decodeMini(miniOf(plan.from), bits);
    if ((op.flags & convertRelu) && !(value > 0))
      value = 0;
    return static_cast<uint32_t>(encodeDouble(formatOf(plan.to), value, Rounding::Nearest));
  };
  const unsigned stride = strideOf(plan.from), keep = (1u << stride) - 1;
  store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned lane) {
    uint32_t both =
        stride == 4 ? warp.source<uint8_t>(op.a)[lane] : warp.source<uint16_t>(op.a)[lane];
    return wide(both >> stride & keep) << 16 | wide(both & keep);
  });
  return Step::Next;
}
void buildFromNarrow(Builder &b, const Instruction &in) {
  setPlan(b, in, in.type(0), in.type(1));
  b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, in.type(1) == Type::E2M1x2 ? Type::B8 : Type::B16);
  b.run(convertFromNarrow);
}

} // namespace

void addNarrowConvertRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Conversion;
  Rows mine = {
      {"cvt", "rn satfinite [relu] <e2m1x2|e2m3x2|e3m2x2> f32", "d, a, b", c, buildToNarrow, 100,
       true},
      {"cvt", "rn [relu] f16x2 <e2m1x2|e2m3x2|e3m2x2>", "d, a", c, buildFromNarrow, 100, true},
      {"cvt", "<rz|rp> [satfinite] ue8m0x2 <f32|bf16x2>", "d, a[, b]", c, buildToNarrow, 100, true},
      {"cvt", "rn bf16x2 ue8m0x2", "d, a", c, buildFromNarrow, 100, true},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
