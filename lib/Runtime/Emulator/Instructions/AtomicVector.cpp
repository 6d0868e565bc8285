// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// atom and red of vectors: each element is added atomically, the vector is not one.

#include "../Execute/Access.h"
#include "CacheHints.h"
#include "Order.h"
#include "Reductions.h"

namespace mmc::emulator {

namespace {

/// The list has the destinations (noOperand: not wanted), then the operands.
template <typename T, typename F, unsigned count>
Step atomicVector(Warp &warp, const Op &op, uint32_t mask) {
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  warp.worker->counters.atomics += uint64_t(count) * __builtin_popcount(mask);
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  T before[count][32] = {};
  accessLanes<sizeof(T) * count>(warp, op.space, {op, AccessKind::Atomic, op.flags}, addresses,
                                 mask, [&](unsigned lane, uint8_t *data) {
                                   for (unsigned i = 0; i < count; ++i) {
                                     T value;
                                     std::memcpy(&value, data + i * sizeof(T), sizeof(T));
                                     before[i][lane] = value;
                                     value = F::apply(value, warp.source<T>(list[count + i])[lane]);
                                     std::memcpy(data + i * sizeof(T), &value, sizeof(T));
                                   }
                                 });
  for (unsigned i = 0; i < count; ++i)
    if (list[i] != noOperand)
      store(warp.destination<T>(list[i]), mask, [&](unsigned lane) { return before[i][lane]; });
  return Step::Next;
}

template <typename T, typename F>
OpFn ofCount(unsigned count) {
  if constexpr (sizeof(T) == 2)
    if (count == 8)
      return atomicVector<T, F, 8>;
  return count == 4 ? atomicVector<T, F, 4> : atomicVector<T, F, 2>;
}

OpFn handlerOf(Type type, unsigned count) {
  switch (type) {
  case Type::F16:
    return ofCount<uint16_t, AddHalf<false>>(count);
  case Type::BF16:
    return ofCount<uint16_t, AddHalf<true>>(count);
  case Type::F16x2:
    return ofCount<uint32_t, AddHalves<false>>(count);
  case Type::BF16x2:
    return ofCount<uint32_t, AddHalves<true>>(count);
  default:
    return ofCount<uint32_t, AddSingle<true>>(count);
  }
}

void build(Builder &b, const Instruction &in) {
  Op &op = b.op();
  size_t at = in.opcode == "atom" ? 1 : 0;
  unsigned count = in.has("v8") ? 8 : in.has("v4") ? 4 : 2;
  op.flags = accessStrong | orderFlags(in);
  std::vector<uint32_t> list;
  if (at)
    for (const Operand *element : b.elements(0, count))
      list.push_back(b.destination(*element, in.type(), /*sink=*/true));
  else
    list.assign(count, noOperand);
  b.address(at, in.has("global") ? Space::Global : Space::Generic);
  for (const Operand *element : b.elements(at + 1, count))
    list.push_back(b.source(*element, in.type()));
  takePolicy(b, in, at + 2);
  op.list = b.addList(list);
  b.run(handlerOf(in.type(), count));
}

} // namespace

#define SCOPE "[cta|cluster|gpu|sys] [global] "

void addAtomicVectorRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Atomic;
  Rows mine = {
      {"atom", "[relaxed|acquire|release|acq_rel] " SCOPE "add [L2::cache_hint] <v2|v4> f32",
       "d, [a], b[, policy]", c, build, 90},
      {"atom",
       "[relaxed|acquire|release|acq_rel] " SCOPE
       "add noftz [L2::cache_hint] <v2|v4|v8> <f16|bf16>",
       "d, [a], b[, policy]", c, build, 90},
      {"atom",
       "[relaxed|acquire|release|acq_rel] " SCOPE
       "add noftz [L2::cache_hint] <v2|v4> <f16x2|bf16x2>",
       "d, [a], b[, policy]", c, build, 90},
      {"red", "[relaxed|release] " SCOPE "add [L2::cache_hint] <v2|v4> f32", "[a], b[, policy]", c,
       build, 90},
      {"red", "[relaxed|release] " SCOPE "add noftz [L2::cache_hint] <v2|v4|v8> <f16|bf16>",
       "[a], b[, policy]", c, build, 90},
      {"red", "[relaxed|release] " SCOPE "add noftz [L2::cache_hint] <v2|v4> <f16x2|bf16x2>",
       "[a], b[, policy]", c, build, 90},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
