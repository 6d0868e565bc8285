// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cvt: between all integer and floating-point types, with every rounding.

#include "Converting.h"

#include <cmath>
#include <limits>

namespace mmc::emulator {

Format formatOf(Type type) {
  switch (type) {
  case Type::F16:
  case Type::F16x2:
    return formatF16;
  case Type::BF16:
  case Type::BF16x2:
    return formatBf16;
  case Type::F64:
    return formatF64;
  case Type::E5M2x2:
    return formatE5m2;
  default:
    return formatF32;
  }
}

/// The value of an integer type, extended to 64 bits.
int64_t extend(Type type, uint64_t bits) {
  switch (type) {
  case Type::S8:
    return static_cast<int8_t>(bits);
  case Type::S16:
    return static_cast<int16_t>(bits);
  case Type::S32:
    return static_cast<int32_t>(bits);
  default:
    return static_cast<int64_t>(lowBits(bits, sizeOf(type)));
  }
}

uint64_t integerToInteger(const Plan &plan, uint64_t bits, bool saturate) {
  int64_t value = extend(plan.from, bits);
  if (!saturate)
    return static_cast<uint64_t>(value);
  unsigned width = 8 * sizeOf(plan.to);
  __int128 wide = isSigned(plan.from) ? static_cast<__int128>(value)
                                      : static_cast<__int128>(static_cast<uint64_t>(value));
  __int128 high = isSigned(plan.to) ? (static_cast<__int128>(1) << (width - 1)) - 1
                                    : (static_cast<__int128>(1) << width) - 1;
  __int128 low = isSigned(plan.to) ? -(static_cast<__int128>(1) << (width - 1)) : 0;
  wide = wide < low ? low : wide > high ? high : wide;
  return static_cast<uint64_t>(wide);
}

/// NaN gives 0, except from f64 or to 64 bits: then the highest bit alone.
double readFloat(Type type, uint64_t bits, bool ftz) {
  if (type == Type::F64)
    return bitCast<double>(bits);
  if (type == Type::F32) {
    float value = bitCast<float>(static_cast<uint32_t>(bits));
    return ftz ? flush(value) : value;
  }
  return decode(formatOf(type), bits & 0xffff);
}

uint64_t writeFloat(const Plan &plan, double value, uint8_t flags) {
  Format format = formatOf(plan.to);
  if (flags & convertSat)
    value = saturateUnit(value);
  if ((flags & convertRelu) && !(value > 0) && value == value)
    value = 0;
  uint64_t bits = encodeDouble(format, value, plan.rounding);
  if ((flags & convertFinite) && value == value &&
      (bits & (format.sign() - 1)) == format.infinity())
    --bits;
  if ((flags & convertFtz) && plan.to == Type::F32)
    bits = bitCast<uint32_t>(flush(bitCast<float>(static_cast<uint32_t>(bits))));
  return bits;
}

uint8_t convertFlagsOf(const Instruction &in) {
  bool integral = in.has("rni") || in.has("rzi") || in.has("rmi") || in.has("rpi");
  return (in.has("ftz") ? convertFtz : 0) | (in.has("sat") ? convertSat : 0) |
         (in.has("relu") ? convertRelu : 0) | (in.has("satfinite") ? convertFinite : 0) |
         (integral ? convertIntegral : 0);
}

void setPlan(Builder &b, const Instruction &in, Type to, Type from) {
  b.op().target = static_cast<uint32_t>(to) | static_cast<uint32_t>(from) << 8;
  b.op().imm = static_cast<int64_t>(roundingOf(in));
  b.op().flags = convertFlagsOf(in);
}

namespace {

double roundIntegral(double value, Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return std::trunc(value);
  case Rounding::Down:
    return std::floor(value);
  case Rounding::Up:
    return std::ceil(value);
  default:
    return __builtin_roundeven(value);
  }
}

uint64_t floatToInteger(const Plan &plan, double value) {
  unsigned width = 8 * sizeOf(plan.to);
  if (value != value)
    return plan.from == Type::F64 || width == 64 ? uint64_t(1) << (width - 1) : 0;
  value = roundIntegral(value, plan.rounding);
  if (isSigned(plan.to)) {
    double high = std::ldexp(1.0, static_cast<int>(width) - 1);
    if (value >= high)
      return (uint64_t(1) << (width - 1)) - 1;
    if (value < -high)
      return uint64_t(1) << (width - 1);
    return static_cast<uint64_t>(static_cast<int64_t>(value));
  }
  if (value >= std::ldexp(1.0, static_cast<int>(width)))
    return width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
  return value <= 0 ? 0 : static_cast<uint64_t>(value);
}

uint64_t integerToFloat(const Plan &plan, uint64_t bits) {
  int64_t value = extend(plan.from, bits);
  bool negative = isSigned(plan.from) && value < 0;
  uint64_t magnitude = negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  return encode(formatOf(plan.to), negative, magnitude, 0, false, plan.rounding);
}

uint64_t floatToFloat(const Plan &plan, uint64_t bits, uint8_t flags) {
  double value = readFloat(plan.from, bits, flags & convertFtz);
  if (flags & convertIntegral) {
    Plan exact = plan;
    exact.rounding = Rounding::Nearest;
    return writeFloat(exact, roundIntegral(value, plan.rounding), flags);
  }
  return writeFloat(plan, value, flags);
}

uint64_t load(const uint8_t *lane, unsigned width) {
  uint64_t bits = 0;
  std::memcpy(&bits, lane, width);
  return bits;
}

/// The general conversion. A signed result is extended to a wider register, others with zeros.
Step convertAny(Warp &warp, const Op &op, uint32_t mask) {
  Plan plan(op);
  const uint8_t *source = warp.source<uint8_t>(op.a);
  uint8_t *destination = warp.destination<uint8_t>(op.dst);
  bool fromFloat = isFloating(plan.from), toFloat = isFloating(plan.to);
  forLanes(mask, [&](unsigned lane) {
    uint64_t bits = load(source + lane * op.size, op.size), result;
    if (fromFloat)
      result = toFloat ? floatToFloat(plan, bits, op.flags)
                       : floatToInteger(plan, readFloat(plan.from, bits, op.flags & convertFtz));
    else
      result = toFloat ? integerToFloat(plan, bits)
                       : integerToInteger(plan, bits, op.flags & convertSat);
    if (!toFloat)
      result = static_cast<uint64_t>(extend(plan.to, result));
    else if (!fromFloat && (op.flags & convertSat))
      result = writeFloat(plan, readFloat(plan.to, result, false), convertSat);
    std::memcpy(destination + lane * op.width, &result, op.width);
  });
  return Step::Next;
}

/// Plain conversions between integers: the common ones.
template <typename D, typename A>
struct Cast {
  static D apply(A a) { return static_cast<D>(a); }
};
template <typename A>
OpFn castFrom(unsigned width) {
  // Narrowing keeps the low bits; widening extends as the source's type says.
  switch (width) {
  case 2:
    return unary<uint16_t, A, Cast<uint16_t, A>>;
  case 4:
    return unary<uint32_t, A, Cast<uint32_t, A>>;
  case 8:
    return unary<uint64_t, A, Cast<uint64_t, A>>;
  default:
    return nullptr;
  }
}
OpFn castOf(Type from, unsigned width) {
  switch (from) {
  case Type::U16:
    return castFrom<uint16_t>(width);
  case Type::S16:
    return castFrom<int16_t>(width);
  case Type::U32:
    return castFrom<uint32_t>(width);
  case Type::S32:
    return castFrom<int32_t>(width);
  case Type::U64:
    return castFrom<uint64_t>(width);
  case Type::S64:
    return castFrom<int64_t>(width);
  default:
    return nullptr;
  }
}

struct ToBf16 {
  static uint16_t apply(uint32_t a) { return bf16Nearest(a); }
};
struct FromBf16 {
  /// A shift, as the assembler has it: the bits of a NaN stay.
  static uint32_t apply(uint16_t a) { return uint32_t(a) << 16; }
};
struct FloatToDouble {
  static double apply(float a) { return a; }
};
struct SignedToFloat {
  static float apply(int32_t a) { return static_cast<float>(a); }
};

/// A faster handler for what is frequent, or null.
OpFn common(const Plan &plan, const Op &op, unsigned sourceRegister) {
  bool exactRegisters = op.width == sizeOf(plan.to) && sourceRegister == sizeOf(plan.from);
  if (op.flags || !exactRegisters)
    return nullptr;
  if (!isFloating(plan.to) && !isFloating(plan.from))
    return castOf(plan.from, op.width);
  if (plan.to == Type::F32 && plan.from == Type::BF16)
    return unary<uint32_t, uint16_t, FromBf16>;
  if (plan.rounding != Rounding::Nearest)
    return nullptr;
  if (plan.to == Type::BF16 && plan.from == Type::F32)
    return unary<uint16_t, uint32_t, ToBf16>;
  if (plan.to == Type::F64 && plan.from == Type::F32)
    return unary<double, float, FloatToDouble>;
  if (plan.to == Type::F32 && plan.from == Type::S32)
    return unary<float, int32_t, SignedToFloat>;
  return nullptr;
}

/// Whether integer type `to` has all values of `from`.
static bool isWithin(Type from, Type to) {
  if (isSigned(from) == isSigned(to))
    return sizeOf(from) <= sizeOf(to);
  return !isSigned(from) && sizeOf(from) < sizeOf(to);
}

/// Which roundings a pair of types asks for or forbids.
bool checkRounding(Builder &b, const Instruction &in, Type to, Type from) {
  bool toFloat = isFloating(to), fromFloat = isFloating(from);
  bool integral = in.has("rni") || in.has("rzi") || in.has("rmi") || in.has("rpi");
  bool floating = in.has("rn") || in.has("rz") || in.has("rm") || in.has("rp");
  if (in.has("ftz") && to != Type::F32 && from != Type::F32)
    return b.error(".ftz is for conversions from or to .f32"), false;
  if (!toFloat && fromFloat && !integral)
    return b.error("a conversion from floating point to an integer needs .rni, .rzi, .rmi or .rpi"),
           false;
  if (toFloat && !fromFloat && !floating)
    return b.error("a conversion from an integer to floating point needs .rn, .rz, .rm or .rp"),
           false;
  if (!toFloat && !fromFloat && (integral || floating))
    return b.error("a conversion between integers does not round"), false;
  if (!toFloat && !fromFloat && in.has("sat") && isWithin(from, to))
    return b.error(".sat is for values that the result's type may not have"), false;
  if (toFloat && fromFloat) {
    Format narrow = formatOf(to), wide = formatOf(from);
    bool narrows =
        narrow.mantissaBits < wide.mantissaBits || narrow.exponentBits < wide.exponentBits;
    // Between the 16-bit formats .rn may be left out.
    bool isBetweenHalves = sizeOf(to) == 2 && sizeOf(from) == 2;
    if (narrows && !floating && !isBetweenHalves)
      return b.error("a conversion to a narrower floating-point type needs .rn, .rz, .rm or .rp"),
             false;
    // The assembler takes a rounding, which does nothing, of .bf16 only.
    if (!narrows && floating && (from != Type::BF16 || to == Type::BF16))
      return b.error("a conversion that is exact does not round"), false;
    if (integral && to != from)
      return b.error("rounding to integral values keeps the type"), false;
  }
  if (integral && floating)
    return b.error("two roundings are given"), false;
  return true;
}

void buildConvert(Builder &b, const Instruction &in) {
  Type to = in.type(0), from = in.type(1);
  if (!checkRounding(b, in, to, from))
    return;
  setPlan(b, in, to, from);
  b.op().dst = b.wideDestination(in.operands[0], to, b.op().width);
  b.op().a = b.wideSource(in.operands[1], from, b.op().size);
  if (b.op().dst == noOperand)
    return b.error(in.operands[0], "cvt needs a register to write");
  OpFn fast = common(Plan(b.op()), b.op(), b.op().size);
  b.run(fast ? fast : convertAny);
}

} // namespace

#define WIDER_INTEGERS "u16|u32|u64|s16|s32|s64"
#define INTEGERS "u8|s8|" WIDER_INTEGERS

void addConvertRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Conversion;
  Rows mine = {
      {"cvt",
       "[rn|rz|rm|rp|rni|rzi|rmi|rpi] [ftz] [sat] <" INTEGERS "|f16|f32|f64> <" INTEGERS
       "|f16|f32|f64>",
       "d, a", c, buildConvert},
      {"cvt", "<rn|rz> [relu] [satfinite] <f16|bf16> f32", "d, a", c, buildConvert},
      {"cvt", "[rn|rz|rm|rp] f32 bf16", "d, a", c, buildConvert},
      {"cvt", "[rn|rz|rm|rp] ftz f32 bf16", "d, a", c, buildConvert, 90},
      {"cvt", "<rn|rz|rm|rp> bf16 <" WIDER_INTEGERS "|f64>", "d, a", c, buildConvert, 90},
      {"cvt", "[rn|rz|rm|rp] bf16 f16", "d, a", c, buildConvert, 90},
      {"cvt", "<rni|rzi|rmi|rpi> <" WIDER_INTEGERS "> bf16", "d, a", c, buildConvert, 90},
      {"cvt", "[rn|rz|rm|rp|rni|rzi|rmi|rpi] <f16|bf16|f64> bf16", "d, a", c, buildConvert, 90},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
