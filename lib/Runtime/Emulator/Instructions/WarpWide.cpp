// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// shfl, vote, match, elect, activemask and bar.warp.sync.

#include "WarpWide.h"

#include "Alu.h"

namespace mmc::emulator {

static std::string lanesText(uint32_t lanes) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", lanes);
  return text;
}

void checkNamedLanes(Warp &warp, uint32_t lanes, uint32_t members) {
  const Program &program = warp.block->launch->program;
  const DecodedFunction &kernel = program.functions[0];
  uint32_t pc = warp.pc;
  for (uint32_t node = warp.frame; node; node = warp.frames[node].parent)
    pc = warp.frames[node].call;
  uint32_t here = program.sites[pc].block;
  forLanes(members & warp.lanes & ~warp.live, [&](unsigned lane) {
    const Site &exit = program.sites[warp.exitPc[lane]];
    if (exit.function != 0 || !kernel.blockHasEffect[exit.block] ||
        !kernel.postDominators[here][exit.block])
      return;
    warp.block->launch->violations.add(
        warp, warp.pc, ViolationKind::DivergentShuffle, __builtin_ctz(lanes), 0, [&] {
          return "the mask " + lanesText(members) + " names lane " + std::to_string(lane) +
                 ", which has gone past the instruction to its end";
        });
  });
}

void reportUnnamed(Warp &warp, uint32_t lanes, uint32_t members) {
  warp.block->launch->violations.add(
      warp, warp.pc, ViolationKind::DivergentShuffle, __builtin_ctz(lanes), 0,
      [&] { return "the lane is not named in its own mask " + lanesText(members); });
}

namespace {

enum class Shuffle : uint8_t { Up, Down, Butterfly, Index };

constexpr uint32_t undefinedValue = 0xbad0bad0; ///< what a lane outside the mask gives

Step shuffle(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *a = warp.source<uint32_t>(op.a), *b = warp.source<uint32_t>(op.b),
                 *c = warp.source<uint32_t>(op.c);
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t members) {
    uint32_t values[32], inRange = 0;
    forLanes(lanes, [&](unsigned lane) {
      int32_t step = b[lane] & 31, segment = c[lane] >> 8 & 31, clamp = c[lane] & 31;
      int32_t self = static_cast<int32_t>(lane), lowest = self & segment,
              highest = lowest | (clamp & ~segment), from = self;
      bool is = false;
      switch (static_cast<Shuffle>(op.flags)) {
      case Shuffle::Up:
        from = self - step;
        is = from >= highest;
        break;
      case Shuffle::Down:
        from = self + step;
        is = from <= highest;
        break;
      case Shuffle::Butterfly:
        from = self ^ step;
        is = from <= highest;
        break;
      case Shuffle::Index:
        from = lowest | (step & ~segment);
        is = from <= highest;
        break;
      }
      if (!is)
        from = self;
      inRange |= uint32_t(is) << lane;
      if (lanes >> from & 1) {
        values[lane] = a[from];
        return;
      }
      values[lane] = undefinedValue;
      // Reductions by shfl.down and .up drop what comes from beyond their lanes; nobody asks for a
      // lane by its number to drop it.
      auto mode = static_cast<Shuffle>(op.flags);
      bool isNamed = members >> from & 1;
      if (isNamed || mode == Shuffle::Index || mode == Shuffle::Butterfly)
        warp.block->launch->violations.add(
            warp, warp.pc, ViolationKind::DivergentShuffle, lane, 0, [&] {
              return "the value of lane " + std::to_string(from) + " is wanted, which " +
                     (!isNamed                 ? "the mask " + lanesText(members) + " does not name"
                      : warp.live >> from & 1  ? "is not here"
                      : warp.lanes >> from & 1 ? "has ended"
                                               : "does not exist");
            });
    });
    if (op.dst != noOperand)
      forLanes(lanes,
               [&](unsigned lane) { warp.destination<uint32_t>(op.dst)[lane] = values[lane]; });
    warp.setPredicate(op.dst2, inRange, lanes);
  });
}

enum class Vote : uint8_t { All, Any, Uniform, Ballot };

Step vote(Warp &warp, const Op &op, uint32_t mask) {
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    uint32_t is = warp.predicate(op.a, op.isSigned) & lanes;
    switch (static_cast<Vote>(op.flags)) {
    case Vote::All:
      return warp.setPredicate(op.dst, is == lanes ? fullMask : 0, lanes);
    case Vote::Any:
      return warp.setPredicate(op.dst, is ? fullMask : 0, lanes);
    case Vote::Uniform:
      return warp.setPredicate(op.dst, is == lanes || !is ? fullMask : 0, lanes);
    case Vote::Ballot:
      forLanes(lanes, [&](unsigned lane) { warp.destination<uint32_t>(op.dst)[lane] = is; });
    }
  });
}

template <typename T, bool all>
Step match(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = warp.source<T>(op.a);
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    uint32_t same[32];
    forLanes(lanes, [&](unsigned lane) {
      same[lane] = 0;
      forLanes(lanes,
               [&](unsigned other) { same[lane] |= uint32_t(a[other] == a[lane]) << other; });
    });
    bool isUniform = same[__builtin_ctz(lanes)] == lanes;
    forLanes(lanes, [&](unsigned lane) {
      if (op.dst != noOperand)
        warp.destination<uint32_t>(op.dst)[lane] = all && !isUniform ? 0 : same[lane];
    });
    if (all)
      warp.setPredicate(op.dst2, isUniform ? fullMask : 0, lanes);
  });
}

Step elect(Warp &warp, const Op &op, uint32_t mask) {
  return together(warp, op.d, mask, [&](uint32_t lanes, uint32_t) {
    uint32_t leader = __builtin_ctz(lanes);
    if (op.dst != noOperand)
      forLanes(lanes, [&](unsigned lane) { warp.destination<uint32_t>(op.dst)[lane] = leader; });
    warp.setPredicate(op.dst2, 1u << leader, lanes);
  });
}

Step activeMask(Warp &warp, const Op &op, uint32_t mask) {
  store(warp.destination<uint32_t>(op.dst), mask, [&](unsigned) { return mask; });
  return Step::Next;
}

/// Lanes may come to bar.warp.sync at different places.
Step warpBarrier(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *named = warp.source<uint32_t>(op.d);
  uint32_t members = named[__builtin_ctz(mask)];
  uint32_t present = mask;
  for (const Group &group : warp.others)
    if (group.state == GroupState::AtWarpSync && group.members == members && group.pc != warp.pc)
      present |= group.mask;
  if (present != mask && !(members & warp.live & ~present)) {
    for (Group &group : warp.others)
      if (group.state == GroupState::AtWarpSync && group.members == members &&
          group.pc != warp.pc) {
        group.state = GroupState::Ready;
        ++group.pc;
      }
    warp.synchronizeLanes(present);
    return Step::Next;
  }
  return together(warp, op.d, mask,
                  [&](uint32_t lanes, uint32_t) { warp.synchronizeLanes(lanes); });
}

void takePair(Builder &b, const Operand &d, Type type) {
  if (d.kind == OperandKind::Pair) {
    b.op().dst = b.destination(d.elements[0], type, /*sink=*/true);
    b.op().dst2 = b.predicateDestination(d.elements[1]);
  } else {
    b.op().dst = b.destination(d, type, /*sink=*/true);
  }
}

void buildShuffle(Builder &b, const Instruction &in) {
  Op &op = b.op();
  takePair(b, in.operands[0], Type::B32);
  op.a = b.source(1, Type::B32);
  op.b = b.source(2, Type::B32);
  op.c = b.source(3, Type::B32);
  op.d = b.source(4, Type::B32);
  op.flags = static_cast<uint8_t>(in.has("up")     ? Shuffle::Up
                                  : in.has("down") ? Shuffle::Down
                                  : in.has("bfly") ? Shuffle::Butterfly
                                                   : Shuffle::Index);
  b.run(shuffle);
}
void buildVote(Builder &b, const Instruction &in) {
  Op &op = b.op();
  bool isBallot = in.has("ballot");
  op.dst = isBallot ? b.destination(0, Type::B32) : b.predicateDestination(in.operands[0]);
  op.a = b.predicateSource(in.operands[1], op.isSigned);
  op.d = b.source(2, Type::B32);
  op.flags = static_cast<uint8_t>(isBallot        ? Vote::Ballot
                                  : in.has("all") ? Vote::All
                                  : in.has("any") ? Vote::Any
                                                  : Vote::Uniform);
  b.run(vote);
}
void buildMatch(Builder &b, const Instruction &in) {
  bool isWide = sizeOf(in.type()) == 8, all = in.has("all");
  if (all)
    takePair(b, in.operands[0], Type::B32);
  else
    b.op().dst = b.destination(0, Type::B32);
  b.op().a = b.source(1, in.type());
  b.op().d = b.source(2, Type::B32);
  b.run(all ? (isWide ? match<uint64_t, true> : match<uint32_t, true>)
            : (isWide ? match<uint64_t, false> : match<uint32_t, false>));
}
void buildElect(Builder &b, const Instruction &in) {
  takePair(b, in.operands[0], Type::B32);
  b.op().d = b.source(1, Type::B32);
  b.run(elect);
}
void buildActiveMask(Builder &b, const Instruction &) {
  b.op().dst = b.destination(0, Type::B32);
  b.run(activeMask);
}
void buildWarpBarrier(Builder &b, const Instruction &) {
  b.op().d = b.source(0, Type::B32);
  b.run(warpBarrier);
}

} // namespace

void addWarpRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Warp;
  Rows mine = {
      {"shfl", "sync <up|down|bfly|idx> b32", "d|p, a, b, c, members", c, buildShuffle},
      {"vote", "sync <all|any|uni> pred", "p, a, members", c, buildVote},
      {"vote", "sync ballot b32", "d, a, members", c, buildVote},
      {"match", "any sync <b32|b64>", "d, a, members", c, buildMatch},
      {"match", "all sync <b32|b64>", "d|p, a, members", c, buildMatch},
      {"elect", "sync", "d|p, members", c, buildElect, 90},
      {"activemask", "b32", "d", c, buildActiveMask},
      {"bar", "warp sync", "members", c, buildWarpBarrier},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
