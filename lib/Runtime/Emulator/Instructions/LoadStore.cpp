// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads and stores of every space, with vectors and cache modifiers; prefetch, discard, fences.

#include "../Execute/Access.h"
#include "CacheHints.h"
#include "Order.h"

namespace mmc::emulator {

namespace {

Space spaceOf(const Instruction &in) {
  for (std::string_view modifier : in.modifiers) {
    if (modifier == "global")
      return Space::Global;
    if (modifier.substr(0, 6) == "shared")
      return Space::Shared;
    if (modifier == "local")
      return Space::Local;
    if (modifier == "param" || modifier.substr(0, 7) == "param::")
      return Space::Param;
    if (modifier == "const")
      return Space::Const;
  }
  return Space::Generic;
}

/// Puts element `i` of the loaded bytes into its register, extended to the register's width.
template <unsigned N, typename From, typename To>
void scatter(Warp &warp, uint32_t destination, const uint8_t (&bytes)[32][N], unsigned i,
             uint32_t mask) {
  store(warp.destination<To>(destination), mask, [&](unsigned lane) {
    From value;
    std::memcpy(&value, &bytes[lane][i * sizeof(From)], sizeof(From));
    return static_cast<To>(value);
  });
}
template <unsigned N, typename From>
void scatterTo(Warp &warp, uint32_t destination, unsigned width, const uint8_t (&bytes)[32][N],
               unsigned i, uint32_t mask) {
  switch (width) {
  case 1:
    return scatter<N, From, uint8_t>(warp, destination, bytes, i, mask);
  case 2:
    return scatter<N, From, uint16_t>(warp, destination, bytes, i, mask);
  case 4:
    return scatter<N, From, uint32_t>(warp, destination, bytes, i, mask);
  default:
    return scatter<N, From, uint64_t>(warp, destination, bytes, i, mask);
  }
}

template <unsigned N>
Step load(Warp &warp, const Op &op, uint32_t mask) {
  alignas(64) uint8_t bytes[32][N];
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  uint32_t done = accessLanes<N>(
      warp, op.space, {op, AccessKind::Read, op.flags}, addresses, mask,
      [&](unsigned lane, const uint8_t *data) { std::memcpy(bytes[lane], data, N); });
  // What may not be read is 0.
  forLanes(mask & ~done, [&](unsigned lane) { std::memset(bytes[lane], 0, N); });
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  for (unsigned i = 0; i < op.count; ++i) {
    if (list[2 * i] == noOperand)
      continue;
    uint32_t destination = list[2 * i], width = list[2 * i + 1];
    switch (op.size) {
    case 1:
      op.isSigned ? scatterTo<N, int8_t>(warp, destination, width, bytes, i, mask)
                  : scatterTo<N, uint8_t>(warp, destination, width, bytes, i, mask);
      break;
    case 2:
      op.isSigned ? scatterTo<N, int16_t>(warp, destination, width, bytes, i, mask)
                  : scatterTo<N, uint16_t>(warp, destination, width, bytes, i, mask);
      break;
    case 4:
      op.isSigned ? scatterTo<N, int32_t>(warp, destination, width, bytes, i, mask)
                  : scatterTo<N, uint32_t>(warp, destination, width, bytes, i, mask);
      break;
    case 8:
      scatterTo<N, uint64_t>(warp, destination, width, bytes, i, mask);
      break;
    default:
      scatter<N, unsigned __int128, unsigned __int128>(warp, destination, bytes, i, mask);
    }
  }
  return Step::Next;
}

template <unsigned N>
Step storeOp(Warp &warp, const Op &op, uint32_t mask) {
  alignas(64) uint8_t bytes[32][N];
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  for (unsigned i = 0; i < op.count; ++i) {
    const uint8_t *source = warp.source<uint8_t>(list[2 * i]);
    uint32_t width = list[2 * i + 1];
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned byte = 0; byte < op.size; ++byte)
        bytes[lane][i * op.size + byte] = source[lane * width + byte];
  }
  accessLanes<N>(warp, op.space, {op, AccessKind::Write, op.flags}, addresses, mask,
                 [&](unsigned lane, uint8_t *data) { std::memcpy(data, bytes[lane], N); });
  return Step::Next;
}

template <template <unsigned> class Handler>
OpFn bySize(unsigned bytes) {
  switch (bytes) {
  case 1:
    return Handler<1>::fn;
  case 2:
    return Handler<2>::fn;
  case 4:
    return Handler<4>::fn;
  case 8:
    return Handler<8>::fn;
  case 16:
    return Handler<16>::fn;
  case 32:
    return Handler<32>::fn;
  }
  return nullptr;
}
template <unsigned N>
struct Load {
  static constexpr OpFn fn = load<N>;
};
template <unsigned N>
struct Store {
  static constexpr OpFn fn = storeOp<N>;
};

unsigned vectorCount(const Instruction &in) {
  return in.has("v8") ? 8 : in.has("v4") ? 4 : in.has("v2") ? 2 : 1;
}

/// Whether it is the address of a kernel's or function's formal parameter, by its name.
bool isInput(const Function &function, const Operand &address) {
  if (address.elements.empty() || address.elements[0].kind != OperandKind::Variable)
    return false;
  for (const Function::Formal &formal : function.parameters)
    if (!formal.isRegister && formal.variable == address.elements[0].variable)
      return true;
  return false;
}

void buildAccess(Builder &b, const Instruction &in, bool isStore) {
  Op &op = b.op();
  Type type = in.type();
  unsigned count = vectorCount(in);
  op.size = static_cast<uint8_t>(sizeOf(type));
  op.count = static_cast<uint8_t>(count);
  op.isSigned = isSigned(type);
  op.flags = orderFlags(in);
  b.address(isStore ? 0 : 1, spaceOf(in));
  checkCacheHints(b, in, op.size * count);
  // .b128 in one register has no vector form; 32 bytes need newer chips.
  bool mayBeGlobal = op.space == Space::Global || op.space == Space::Generic;
  if (op.size * count > 16 &&
      (op.size * count > 32 || op.size == 16 || b.parsedModule().sm < 100 || !mayBeGlobal))
    return b.error(
        "an access has at most 16 bytes (32 of global memory from sm_100, not of .b128)");
  if (!isStore && count == 8 && op.size == 2) // what ptxas 13.0 crashes at
    return b.error("eight elements of 16 bits are not loaded at once: no assembler does that");
  if (in.opcode == "ldu" && op.size * count > 16)
    return b.error("ldu loads at most 16 bytes");
  if (isStore && isInput(b.function(), in.operands[0]))
    return b.error(in.operands[0], "what a function is given is read only");
  std::vector<uint32_t> list;
  for (const Operand *element : b.elements(isStore ? 1 : 0, count)) {
    uint8_t width = 0;
    list.push_back(isStore ? b.wideSource(*element, type, width)
                           : b.wideDestination(*element, type, width));
    list.push_back(width);
  }
  op.list = b.addList(list);
  takePolicy(b, in, 2);
  b.run(isStore ? bySize<Store>(op.size * count) : bySize<Load>(op.size * count));
}
void buildLoad(Builder &b, const Instruction &in) { buildAccess(b, in, false); }
void buildStore(Builder &b, const Instruction &in) { buildAccess(b, in, true); }

Step nothing(Warp &, const Op &, uint32_t) { return Step::Next; }

/// A prefetch changes nothing, whatever its address.
void buildPrefetch(Builder &b, const Instruction &in) {
  b.address(0, spaceOf(in));
  b.run(nothing);
}

/// applypriority [a], 128: a hint to the cache as well.
void buildPriority(Builder &b, const Instruction &in) {
  b.constant(1, 128, 128);
  buildPrefetch(b, in);
}

/// Policies are hints without an effect: all are one number.
Step createPolicy(Warp &warp, const Op &op, uint32_t mask) {
  store(warp.destination<uint64_t>(op.dst), mask, [](unsigned) { return uint64_t(0); });
  return Step::Next;
}
void buildPolicy(Builder &b, const Instruction &in) {
  b.op().dst = b.destination(0, Type::B64);
  if (in.has("range")) {
    b.address(1, spaceOf(in));
    for (size_t size : {2, 3})
      b.source(size, Type::U32);
  } else if (in.has("cvt")) {
    b.source(1, Type::B64);
  } else if (in.operands.size() > 1) {
    const Operand &fraction = in.operands[1];
    b.source(1, Type::F32);
    double value = 1;
    if (fraction.kind == OperandKind::Float)
      std::memcpy(&value, &fraction.value, sizeof value);
    if (!(value > 0 && value <= 1))
      b.error(fraction,
              "a policy's fraction is above 0 and at most 1, got: " + std::to_string(value));
  }
  b.run(createPolicy);
}

/// What this warp has done so far may be published by a later atomic or volatile store: to the
/// threads in the scope.
template <bool forAll>
Step fence(Warp &warp, const Op &, uint32_t mask) {
  warp.fence(mask, forAll);
  return Step::Next;
}
/// Whoever reads with a strong access knows what was published without a fence: acquiring does
/// nothing more.
void buildFence(Builder &b, const Instruction &in) {
  b.run(in.has("acquire") ? nothing : isBlockScope(in) ? fence<false> : fence<true>);
}

} // namespace

#define STORE_CACHE                                                                                \
  "[L1::evict_normal|L1::evict_unchanged|L1::evict_first|L1::evict_last|L1::no_allocate] "         \
  "[L2::evict_normal|L2::evict_first|L2::evict_last] [L2::cache_hint]"
#define CACHE STORE_CACHE " [L2::64B|L2::128B|L2::256B]"
#define VECTOR "[v2|v4|v8]"
#define TYPES "<b8|b16|b32|b64|b128|u8|u16|u32|u64|s8|s16|s32|s64|f32|f64>"
#define LOAD_SPACE                                                                                 \
  "[global|shared|shared::cta|shared::cluster|local|param|param::entry|param::func|const]"
#define STORE_SPACE "[global|shared|shared::cta|shared::cluster|local|param|param::func]"
#define ORDERED_SPACE "[global|shared|shared::cta|shared::cluster]"
#define SCOPE "<cta|cluster|gpu|sys>"

void addLoadStoreRows(Rows &rows) {
  constexpr InstructionClass l = InstructionClass::Load, s = InstructionClass::Store,
                             m = InstructionClass::Barrier;
  Rows mine = {
      {"ld", "[weak] " LOAD_SPACE " [ca|cg|cs|cv|lu] " CACHE " " VECTOR " " TYPES,
       "d, [a][, policy]", l, buildLoad},
      {"ld", "volatile " ORDERED_SPACE " [L2::64B|L2::128B|L2::256B] " VECTOR " " TYPES, "d, [a]",
       l, buildLoad},
      {"ld", "<relaxed|acquire> " SCOPE " " ORDERED_SPACE " " CACHE " " VECTOR " " TYPES,
       "d, [a][, policy]", l, buildLoad},
      {"ld", "mmio relaxed sys [global] " TYPES, "d, [a]", l, buildLoad},
      {"ld", "global [ca|cg|cs] nc " CACHE " " VECTOR " " TYPES, "d, [a][, policy]", l, buildLoad},
      {"ldu", "[global] [v2|v4] " TYPES, "d, [a]", l, buildLoad},
      {"st", "[weak] " STORE_SPACE " [wb|cg|cs|wt] " STORE_CACHE " " VECTOR " " TYPES,
       "[a], b[, policy]", s, buildStore},
      {"st", "volatile " ORDERED_SPACE " " VECTOR " " TYPES, "[a], b", s, buildStore},
      {"st", "<relaxed|release> " SCOPE " " ORDERED_SPACE " " STORE_CACHE " " VECTOR " " TYPES,
       "[a], b[, policy]", s, buildStore},
      {"st", "mmio relaxed sys [global] " TYPES, "[a], b", s, buildStore},
      {"prefetch", "[global|local] <L1|L2>", "[a]", l, buildPrefetch},
      {"prefetch", "[global] <L2::evict_last|L2::evict_normal>", "[a]", l, buildPrefetch},
      {"applypriority", "[global] L2::evict_normal", "[a], bytes", l, buildPriority},
      {"prefetchu", "L1", "[a]", l, buildPrefetch},
      {"createpolicy",
       "fractional <L2::evict_last|L2::evict_normal|L2::evict_first|L2::evict_unchanged> "
       "[L2::evict_first|L2::evict_unchanged] b64",
       "d[, fraction]", l, buildPolicy},
      {"createpolicy",
       "range [global] <L2::evict_last|L2::evict_normal|L2::evict_first|L2::evict_unchanged> "
       "[L2::evict_first|L2::evict_unchanged] b64",
       "d, [a], primary-bytes, bytes", l, buildPolicy},
      {"createpolicy", "cvt L2 b64", "d, a", l, buildPolicy},
      {"membar", "<cta|gl|sys>", "", m, buildFence},
      {"fence", "[sc|acq_rel] " SCOPE, "", m, buildFence},
      {"fence", "<acquire|release> " SCOPE, "", m, buildFence},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
