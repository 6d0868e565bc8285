// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// atom and red.

#include "../Execute/Access.h"
#include "CacheHints.h"
#include "Order.h"
#include "Reductions.h"

namespace mmc::emulator {

namespace {

/// Two values side by side, each atomic for itself.
template <typename F>
constexpr bool isPacked = std::is_same_v<F, AddHalves<false>> || std::is_same_v<F, AddHalves<true>>;

/// Lanes go one after the other, in ascending order. dst holds what was there before.
template <typename T, typename F>
Step atomic(Warp &warp, const Op &op, uint32_t mask) {
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  warp.worker->counters.atomics += __builtin_popcount(mask);
  const T *b = warp.source<T>(op.b);
  T before[32] = {};
  accessLanes<sizeof(T)>(warp, op.space, {op, AccessKind::Atomic, op.flags, !isPacked<F>},
                         addresses, mask, [&](unsigned lane, uint8_t *data) {
                           T value;
                           std::memcpy(&value, data, sizeof(T));
                           before[lane] = value;
                           value = F::apply(value, b[lane]);
                           std::memcpy(data, &value, sizeof(T));
                         });
  if (op.dst != noOperand)
    store(warp.destination<T>(op.dst), mask, [&](unsigned lane) { return before[lane]; });
  return Step::Next;
}

template <typename T>
Step compareAndSwap(Warp &warp, const Op &op, uint32_t mask) {
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  warp.worker->counters.atomics += __builtin_popcount(mask);
  const T *b = warp.source<T>(op.b), *c = warp.source<T>(op.c);
  T before[32] = {};
  accessLanes<sizeof(T)>(warp, op.space, {op, AccessKind::Atomic, op.flags, true}, addresses, mask,
                         [&](unsigned lane, uint8_t *data) {
                           T value;
                           std::memcpy(&value, data, sizeof(T));
                           before[lane] = value;
                           if (value == b[lane])
                             std::memcpy(data, &c[lane], sizeof(T));
                         });
  if (op.dst != noOperand)
    store(warp.destination<T>(op.dst), mask, [&](unsigned lane) { return before[lane]; });
  return Step::Next;
}

template <typename F>
OpFn unsignedOf(unsigned bytes) {
  return bytes == 8 ? OpFn(atomic<uint64_t, F>) : OpFn(atomic<uint32_t, F>);
}
template <typename F>
OpFn ordered(Type type) {
  switch (type) {
  case Type::U32:
    return atomic<uint32_t, F>;
  case Type::S32:
    return atomic<int32_t, F>;
  case Type::U64:
    return atomic<uint64_t, F>;
  default:
    return atomic<int64_t, F>;
  }
}

OpFn handlerOf(const Instruction &in, bool isGlobal) {
  Type type = in.type();
  unsigned bytes = sizeOf(type);
  if (in.has("exch"))
    return bytes == 16 ? OpFn(atomic<unsigned __int128, Exchange>) : unsignedOf<Exchange>(bytes);
  if (in.has("and"))
    return unsignedOf<And>(bytes);
  if (in.has("or"))
    return unsignedOf<Or>(bytes);
  if (in.has("xor"))
    return unsignedOf<Xor>(bytes);
  if (in.has("inc"))
    return atomic<uint32_t, Increment>;
  if (in.has("dec"))
    return atomic<uint32_t, Decrement>;
  if (in.has("min"))
    return ordered<Min>(type);
  if (in.has("max"))
    return ordered<Max>(type);
  if (in.has("cas"))
    return bytes == 2   ? compareAndSwap<uint16_t>
           : bytes == 4 ? compareAndSwap<uint32_t>
           : bytes == 8 ? compareAndSwap<uint64_t>
                        : compareAndSwap<unsigned __int128>;
  switch (type) {
  case Type::F32:
    return isGlobal ? atomic<uint32_t, AddSingle<true>> : atomic<uint32_t, AddSingle<false>>;
  case Type::F64:
    return atomic<uint64_t, AddDouble>;
  case Type::F16:
    return atomic<uint16_t, AddHalf<false>>;
  case Type::BF16:
    return atomic<uint16_t, AddHalf<true>>;
  case Type::F16x2:
    return atomic<uint32_t, AddHalves<false>>;
  case Type::BF16x2:
    return atomic<uint32_t, AddHalves<true>>;
  default:
    return unsignedOf<AddInteger>(bytes);
  }
}

void build(Builder &b, const Instruction &in) {
  Op &op = b.op();
  bool returns = in.opcode == "atom", isCas = in.has("cas");
  size_t at = returns ? 1 : 0;
  Space space = in.has("global") ? Space::Global
                : in.has("shared") || in.has("shared::cta") || in.has("shared::cluster")
                    ? Space::Shared
                    : Space::Generic;
  op.flags = accessStrong | orderFlags(in);
  Type type = in.type();
  if (returns)
    op.dst = b.destination(0, type, /*sink=*/true);
  b.address(at, space);
  op.b = b.source(at + 1, type);
  if (isCas)
    op.c = b.source(at + 2, type);
  checkCacheHints(b, in, sizeOf(type));
  takePolicy(b, in, at + (isCas ? 3 : 2));
  b.run(handlerOf(in, op.space == Space::Global));
}

} // namespace

#define ORDER                                                                                      \
  "[relaxed|acquire|release|acq_rel] [cta|cluster|gpu|sys] "                                       \
  "[global|shared|shared::cta|shared::cluster] "
#define RED_ORDER                                                                                  \
  "[relaxed|release] [cta|cluster|gpu|sys] [global|shared|shared::cta|shared::cluster] "

void addAtomicRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Atomic;
  Rows mine = {
      {"atom", ORDER "<and|or|xor> [L2::cache_hint] <b32|b64>", "d, [a], b[, policy]", c, build},
      {"atom", ORDER "exch [L2::cache_hint] <b32|b64>", "d, [a], b[, policy]", c, build},
      {"atom", ORDER "exch b128", "d, [a], b", c, build, 90},
      {"atom", ORDER "cas <b16|b32|b64>", "d, [a], b, c", c, build},
      {"atom", ORDER "cas b128", "d, [a], b, c", c, build, 90},
      {"atom", ORDER "add [L2::cache_hint] <u32|s32|u64|f32|f64>", "d, [a], b[, policy]", c, build},
      {"atom", ORDER "add noftz [L2::cache_hint] <f16|f16x2>", "d, [a], b[, policy]", c, build},
      {"atom", ORDER "add noftz [L2::cache_hint] <bf16|bf16x2>", "d, [a], b[, policy]", c, build,
       90},
      {"atom", ORDER "<inc|dec> [L2::cache_hint] u32", "d, [a], b[, policy]", c, build},
      {"atom", ORDER "<min|max> [L2::cache_hint] <u32|s32|u64|s64>", "d, [a], b[, policy]", c,
       build},
      {"red", RED_ORDER "<and|or|xor> [L2::cache_hint] <b32|b64>", "[a], b[, policy]", c, build},
      {"red", RED_ORDER "add [L2::cache_hint] <u32|s32|u64|f32|f64>", "[a], b[, policy]", c, build},
      {"red", RED_ORDER "add noftz [L2::cache_hint] <f16|f16x2>", "[a], b[, policy]", c, build},
      {"red", RED_ORDER "add noftz [L2::cache_hint] <bf16|bf16x2>", "[a], b[, policy]", c, build,
       90},
      {"red", RED_ORDER "<inc|dec> [L2::cache_hint] u32", "[a], b[, policy]", c, build},
      {"red", RED_ORDER "<min|max> [L2::cache_hint] <u32|s32|u64|s64>", "[a], b[, policy]", c,
       build},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
