// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// setp and set.

#include "Floating.h"

#include <cstring>

namespace mmc::emulator {

namespace {

enum class Compare : uint8_t { Eq, Ne, Lt, Le, Gt, Ge, Equ, Neu, Ltu, Leu, Gtu, Geu, Num, Nan };
enum class Combine : uint8_t { None, And, Or, Xor };

constexpr std::string_view compareNames[] = {"eq",  "ne",  "lt",  "le",  "gt",  "ge",  "equ",
                                             "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};

template <typename T, Compare compare>
bool holds(T a, T b) {
  bool isNan = a != a || b != b;
  switch (compare) {
  case Compare::Eq:
    return a == b;
  case Compare::Ne:
    return !isNan && a != b;
  case Compare::Lt:
    return a < b;
  case Compare::Le:
    return a <= b;
  case Compare::Gt:
    return a > b;
  case Compare::Ge:
    return a >= b;
  case Compare::Equ:
    return isNan || a == b;
  case Compare::Neu:
    return isNan || a != b;
  case Compare::Ltu:
    return isNan || a < b;
  case Compare::Leu:
    return isNan || a <= b;
  case Compare::Gtu:
    return isNan || a > b;
  case Compare::Geu:
    return isNan || a >= b;
  case Compare::Num:
    return !isNan;
  case Compare::Nan:
    return isNan;
  }
  return false;
}

/// A mask of the lanes in which the comparison holds.
template <typename T, Compare compare, bool ftz>
uint32_t compareLanes(const Warp &warp, const Op &op) {
  const T *a = warp.source<T>(op.a), *b = warp.source<T>(op.b);
  uint8_t results[32];
  for (unsigned lane = 0; lane < 32; ++lane) {
    if constexpr (ftz)
      results[lane] = holds<T, compare>(flush(a[lane]), flush(b[lane]));
    else
      results[lane] = holds<T, compare>(a[lane], b[lane]);
  }
  uint32_t mask = 0;
  for (unsigned part = 0; part < 4; ++part) {
    uint64_t eight;
    std::memcpy(&eight, results + 8 * part, 8);
    mask |= static_cast<uint32_t>((eight * 0x0102040810204080u) >> 56) << 8 * part;
  }
  return mask;
}

uint32_t combine(const Warp &warp, const Op &op, uint32_t value) {
  switch (static_cast<Combine>(op.count)) {
  case Combine::None:
    return value;
  case Combine::And:
    return value & warp.predicate(op.c, op.isSigned);
  case Combine::Or:
    return value | warp.predicate(op.c, op.isSigned);
  case Combine::Xor:
    return value ^ warp.predicate(op.c, op.isSigned);
  }
  return value;
}

/// setp: p is the comparison, q its negation, both combined with c.
template <typename T, Compare compare, bool ftz>
Step setPredicate(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t value = compareLanes<T, compare, ftz>(warp, op);
  uint32_t p = combine(warp, op, value), q = combine(warp, op, ~value);
  warp.setPredicate(op.dst, p, mask);
  warp.setPredicate(op.dst2, q, mask);
  return Step::Next;
}

/// set: all ones or 1.0 where it holds.
template <typename T, Compare compare, bool ftz>
Step setValue(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t value = combine(warp, op, compareLanes<T, compare, ftz>(warp, op));
  uint32_t one = op.target;
  if (op.width == 2)
    store(warp.destination<uint16_t>(op.dst), mask,
          [&](unsigned lane) { return static_cast<uint16_t>(value >> lane & 1 ? one : 0); });
  else
    store(warp.destination<uint32_t>(op.dst), mask,
          [&](unsigned lane) { return value >> lane & 1 ? one : 0; });
  return Step::Next;
}

template <typename T, bool ftz, bool isSet, size_t... i>
OpFn pick(Compare compare, std::index_sequence<i...>) {
  static constexpr OpFn fns[] = {(isSet ? setValue<T, static_cast<Compare>(i), ftz>
                                        : setPredicate<T, static_cast<Compare>(i), ftz>)...};
  return fns[static_cast<unsigned>(compare)];
}
template <typename T, bool isSet>
OpFn integers(Compare compare) {
  return pick<T, false, isSet>(compare, std::make_index_sequence<6>());
}
template <typename T, bool ftz, bool isSet>
OpFn floats(Compare compare) {
  return pick<T, ftz, isSet>(compare, std::make_index_sequence<14>());
}

/// Half precision is compared as f32, which has all its numbers.
std::array<float, 32> widenHalves(const Warp &warp, uint32_t operand, bool isPair, unsigned part,
                                  bool isBf16, bool ftz) {
  std::array<float, 32> out;
  for (unsigned lane = 0; lane < 32; ++lane) {
    uint16_t bits = isPair
                        ? static_cast<uint16_t>(warp.source<uint32_t>(operand)[lane] >> 16 * part)
                        : warp.source<uint16_t>(operand)[lane];
    if (ftz && (bits & (isBf16 ? 0x7f80 : 0x7c00)) == 0)
      bits &= 0x8000;
    out[lane] = static_cast<float>(isBf16 ? fromBf16(bits) : fromF16(bits));
  }
  return out;
}

template <size_t... i>
bool holdsAt(Compare compare, float a, float b, std::index_sequence<i...>) {
  using Fn = bool (*)(float, float);
  static constexpr Fn fns[] = {holds<float, static_cast<Compare>(i)>...};
  return fns[static_cast<unsigned>(compare)](a, b);
}
uint32_t compareHalves(const Warp &warp, const Op &op, unsigned part) {
  bool isPair = op.flags & 1, isBf16 = op.flags & 2, ftz = op.flags & 4;
  std::array<float, 32> a = widenHalves(warp, op.a, isPair, part, isBf16, ftz),
                        b = widenHalves(warp, op.b, isPair, part, isBf16, ftz);
  uint32_t mask = 0;
  for (unsigned lane = 0; lane < 32; ++lane)
    mask |= uint32_t(holdsAt(static_cast<Compare>(op.imm), a[lane], b[lane],
                             std::make_index_sequence<14>()))
            << lane;
  return mask;
}
Step setHalfPredicate(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t low = compareHalves(warp, op, 0);
  uint32_t second = op.flags & 1 ? compareHalves(warp, op, 1) : ~low;
  uint32_t p = combine(warp, op, low), q = combine(warp, op, second);
  warp.setPredicate(op.dst, p, mask);
  warp.setPredicate(op.dst2, q, mask);
  return Step::Next;
}
/// set of halves: to u32, s32, f16, bf16, and of pairs to pairs.
Step setHalfValue(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t low = combine(warp, op, compareHalves(warp, op, 0)), one = op.target;
  if (op.flags & 1) {
    uint32_t high = combine(warp, op, compareHalves(warp, op, 1));
    store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned lane) {
      return (low >> lane & 1 ? one : 0) | (high >> lane & 1 ? one << 16 : 0);
    });
  } else if (op.width == 2) {
    store(warp.destination<uint16_t>(op.dst), mask,
          [&](unsigned lane) { return static_cast<uint16_t>(low >> lane & 1 ? one : 0); });
  } else {
    store(warp.destination<uint32_t>(op.dst), mask,
          [&](unsigned lane) { return low >> lane & 1 ? one : 0; });
  }
  return Step::Next;
}

/// Which comparison; lo, ls, hi, hs are the unsigned ones.
bool findCompare(Builder &b, const Instruction &in, Compare &compare, Type &type) {
  static constexpr std::pair<std::string_view, Compare> unsignedNames[] = {
      {"lo", Compare::Lt}, {"ls", Compare::Le}, {"hi", Compare::Gt}, {"hs", Compare::Ge}};
  std::string_view name = in.modifiers[0];
  for (const auto &[word, meaning] : unsignedNames)
    if (word == name) {
      compare = meaning;
      if (nameOf(type)[0] != 'u')
        return b.error("." + std::string(name) + " compares unsigned integers, got: ." +
                       std::string(nameOf(type))),
               false;
      return true;
    }
  for (uint8_t i = 0; i < 14; ++i)
    if (compareNames[i] == name)
      compare = static_cast<Compare>(i);
  if (compare > Compare::Ge && !isFloating(type))
    return b.error("." + std::string(name) + " compares floating-point numbers"), false;
  if (isBits(type) && compare > Compare::Ne)
    return b.error("bits compare only with .eq and .ne"), false;
  return true;
}

template <bool isSet>
OpFn choose(Type type, Compare compare, bool ftz) {
  switch (type) {
  case Type::B16:
  case Type::U16:
    return integers<uint16_t, isSet>(compare);
  case Type::B32:
  case Type::U32:
    return integers<uint32_t, isSet>(compare);
  case Type::B64:
  case Type::U64:
    return integers<uint64_t, isSet>(compare);
  case Type::S16:
    return integers<int16_t, isSet>(compare);
  case Type::S32:
    return integers<int32_t, isSet>(compare);
  case Type::S64:
    return integers<int64_t, isSet>(compare);
  case Type::F32:
    return ftz ? floats<float, true, isSet>(compare) : floats<float, false, isSet>(compare);
  case Type::F64:
    return floats<double, false, isSet>(compare);
  default:
    return isSet ? setHalfValue : setHalfPredicate;
  }
}

/// a, b and the predicate that the result is combined with; `first` is a's place.
bool takeComparison(Builder &b, const Instruction &in, Type type, Compare &compare) {
  Op &op = b.op();
  compare = Compare::Eq;
  if (!findCompare(b, in, compare, type))
    return false;
  op.a = b.source(1, type);
  op.b = b.source(2, type);
  op.imm = static_cast<int64_t>(compare);
  bool isHalf =
      type == Type::F16 || type == Type::F16x2 || type == Type::BF16 || type == Type::BF16x2;
  if (isHalf)
    op.flags = (sizeOf(type) == 4 ? 1 : 0) | (type == Type::BF16 || type == Type::BF16x2 ? 2 : 0) |
               (in.has("ftz") ? 4 : 0);
  Combine how = in.has("and")   ? Combine::And
                : in.has("or")  ? Combine::Or
                : in.has("xor") ? Combine::Xor
                                : Combine::None;
  op.count = static_cast<uint8_t>(how);
  bool hasThird = in.operands.size() > 3;
  if (hasThird != (how != Combine::None))
    return b.error(hasThird ? "a fourth operand needs .and, .or or .xor"
                            : "a predicate to combine with is missing"),
           false;
  if (hasThird)
    op.c = b.predicateSource(in.operands[3], op.isSigned);
  return true;
}

void buildSetp(Builder &b, const Instruction &in) {
  Type type = in.type();
  Compare compare;
  if (!takeComparison(b, in, type, compare))
    return;
  const Operand &d = in.operands[0];
  if (d.kind == OperandKind::Pair) {
    if (type == Type::F16 || type == Type::BF16)
      return b.error(d, "setp of one half gives one predicate, not p|q");
    b.op().dst = b.predicateDestination(d.elements[0]);
    b.op().dst2 = b.predicateDestination(d.elements[1]);
  } else {
    b.op().dst = b.predicateDestination(d);
  }
  b.run(choose<false>(type, compare, in.has("ftz")));
}

void buildSet(Builder &b, const Instruction &in) {
  Type to = in.type(0), type = in.type(1);
  Compare compare;
  if (!takeComparison(b, in, type, compare))
    return;
  b.op().dst = b.destination(0, to);
  b.op().width = static_cast<uint8_t>(sizeOf(to));
  switch (to) {
  case Type::F32:
    b.op().target = 0x3f800000;
    break;
  case Type::F16:
  case Type::F16x2:
    b.op().target = 0x3c00;
    break;
  case Type::BF16:
  case Type::BF16x2:
    b.op().target = 0x3f80;
    break;
  default:
    // All ones: of each half for pairs, of 16 bits for narrow results.
    b.op().target = sizeOf(type) == 4 && (b.op().flags & 1) ? 0xffff : 0xffffffff;
  }
  b.run(choose<true>(type, compare, in.has("ftz")));
}

} // namespace

#define FLOAT_COMPARE "<eq|ne|lt|le|gt|ge|equ|neu|ltu|leu|gtu|geu|num|nan>"
#define INTEGER_COMPARE "<eq|ne|lt|le|gt|ge|lo|ls|hi|hs>"
#define INTEGERS "<b16|b32|b64|u16|u32|u64|s16|s32|s64>"

void addCompareRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Comparison;
  Rows mine = {
      {"setp", INTEGER_COMPARE " [and|or|xor] " INTEGERS, "p, a, b[, c]", c, buildSetp},
      {"setp", FLOAT_COMPARE " [and|or|xor] [ftz] <f32|f16|f16x2>", "p, a, b[, c]", c, buildSetp},
      {"setp", FLOAT_COMPARE " [and|or|xor] f64", "p, a, b[, c]", c, buildSetp},
      {"setp", FLOAT_COMPARE " [and|or|xor] <bf16|bf16x2>", "p, a, b[, c]", c, buildSetp, 90},
      {"set", INTEGER_COMPARE " [and|or|xor] <u32|s32|f32> " INTEGERS, "d, a, b[, c]", c, buildSet},
      {"set", FLOAT_COMPARE " [and|or|xor] [ftz] <u32|s32|f32> f32", "d, a, b[, c]", c, buildSet},
      {"set", FLOAT_COMPARE " [and|or|xor] <u32|s32|f32> f64", "d, a, b[, c]", c, buildSet},
      {"set", FLOAT_COMPARE " [and|or|xor] [ftz] <u16|s16|u32|s32|f16> f16", "d, a, b[, c]", c,
       buildSet},
      {"set", FLOAT_COMPARE " [and|or|xor] [ftz] <u32|s32|f16x2> f16x2", "d, a, b[, c]", c,
       buildSet},
      {"set", FLOAT_COMPARE " [and|or|xor] <u16|s16|u32|s32|bf16> bf16", "d, a, b[, c]", c,
       buildSet, 90},
      {"set", FLOAT_COMPARE " [and|or|xor] <u32|s32|bf16x2> bf16x2", "d, a, b[, c]", c, buildSet,
       90},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
