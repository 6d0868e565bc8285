// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic with carry: add.cc, addc, sub.cc, subc, mad.cc, madc.

#include "Integer.h"

namespace mmc::emulator {

using namespace integer;

namespace {

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
    U product =
        static_cast<U>(high ? MulHigh::apply(a[lane], b[lane]) : MulLow::apply(a[lane], b[lane]));
    unsigned __int128 sum =
        static_cast<unsigned __int128>(product) + c[lane] + (in ? before >> lane & 1 : 0);
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

void addCarryRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Integer;
  Rows mine = {
      {"add", "cc <u32|s32|u64|s64>", "d, a, b", c, buildCarry<0>},
      {"addc", "[cc] <u32|s32|u64|s64>", "d, a, b", c, buildCarry<carryIn>},
      {"sub", "cc <u32|s32|u64|s64>", "d, a, b", c, buildCarry<carrySubtract>},
      {"subc", "[cc] <u32|s32|u64|s64>", "d, a, b", c, buildCarry<carryIn | carrySubtract>},
      {"mad", "<lo|hi> cc <u32|s32|u64|s64>", "d, a, b, c", c, buildCarryMad<0>},
      {"madc", "<lo|hi> [cc] <u32|s32|u64|s64>", "d, a, b, c", c, buildCarryMad<carryIn>},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
