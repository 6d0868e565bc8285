// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mbarrier, and cp.async.mbarrier.arrive. Whatever an arrival releases, a wait that finds the phase
// complete acquires; as with atomics, for the whole warp.

#include "../Execute/Access.h"
#include "Alu.h"

namespace mmc::emulator {

namespace {

/// Bits of Op::target.
enum MbarrierFlags : uint32_t {
  arrivalKeepsPhase = 1, ///< .noComplete
  arrivalDrops = 2,
  arrivalExpects = 4, ///< .expect_tx
  arrivalCounts = 8,  ///< without .noinc, what an asynchronous arrival takes is added first
  waitsForParity = 16,
  completesBytes = 32,
};

/// What arrive gives and test_wait takes: the phase, above it how many arrivals were pending.
constexpr unsigned pendingShift = 32;

void invalid(Warp &warp, unsigned lane, uint64_t address, const std::string &why) {
  warp.block->launch->violations.add(warp, warp.pc, ViolationKind::InvalidInstruction, lane,
                                     address, [&] { return why; });
}

/// Whether a count of arrivals is one; reports it if not.
bool checkCount(Warp &warp, unsigned lane, uint64_t address, uint32_t count) {
  if (count && count <= Mbarrier::maxCount)
    return true;
  invalid(warp, lane, address,
          "a count of arrivals is from 1 to " + std::to_string(Mbarrier::maxCount) +
              ", got: " + std::to_string(count));
  return false;
}

/// Calls f(lane, object, address) for the lanes whose address is that of a live object, and returns
/// those lanes.
template <typename F>
uint32_t forObjects(Warp &warp, const Op &op, uint32_t mask, AccessKind kind, F f) {
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  uint32_t done = 0;
  forLanes(mask, [&](unsigned lane) {
    uint32_t offset = 0;
    if (!Mbarriers::locate(warp, op, lane, addresses[lane], kind, offset))
      return;
    Mbarrier *object = warp.block->mbarriers.find(warp, lane, offset, kind);
    if (!object)
      return;
    f(lane, *object, offset);
    done |= 1u << lane;
  });
  return done;
}

Step initialize(Warp &warp, const Op &op, uint32_t mask) {
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  const uint32_t *counts = warp.source<uint32_t>(op.b);
  forLanes(mask, [&](unsigned lane) {
    uint32_t offset = 0;
    if (Mbarriers::locate(warp, op, lane, addresses[lane], AccessKind::Write, offset) &&
        checkCount(warp, lane, addresses[lane], counts[lane]))
      warp.block->mbarriers.initialize(warp, lane, offset, counts[lane]);
  });
  return Step::Next;
}

Step invalidate(Warp &warp, const Op &op, uint32_t mask) {
  Addresses addresses;
  computeAddresses(warp, op, addresses);
  forLanes(mask, [&](unsigned lane) {
    uint32_t offset = 0;
    if (Mbarriers::locate(warp, op, lane, addresses[lane], AccessKind::Write, offset))
      warp.block->mbarriers.invalidate(warp, lane, offset);
  });
  return Step::Next;
}

/// What an arrival publishes: everything with .release, else what a fence made ready.
Knowledge published(const Warp &warp, const Op &op) {
  if (op.flags & accessRelease)
    return warp.knowledge();
  return warp.fenced ? warp.fencedKnowledge(*warp.fenced, warp.lanes) : Knowledge();
}

void arriveOn(Warp &warp, const Op &op, unsigned lane, Mbarrier &object, uint64_t address,
              const Knowledge &news) {
  Mbarriers &all = warp.block->mbarriers;
  uint32_t count = 1;
  if (op.target & arrivalExpects)
    all.expectBytes(warp, warp.pc, lane, object, warp.source<uint32_t>(op.c)[lane]);
  else if (op.b != noOperand)
    count = warp.source<uint32_t>(op.b)[lane];
  if (!checkCount(warp, lane, address, count))
    return;
  if ((op.target & arrivalKeepsPhase) && count == object.pending && !object.bytes)
    return invalid(warp, lane, address,
                   "the arrival completes the phase, which .noComplete does not allow");
  if ((op.target & arrivalDrops) && count <= object.pending)
    object.expected -= std::min(count, object.expected);
  all.arrive(warp, warp.pc, lane, object, count, news);
}

Step arrive(Warp &warp, const Op &op, uint32_t mask) {
  uint64_t states[32] = {};
  Knowledge news = published(warp, op);
  forObjects(warp, op, mask, AccessKind::Atomic,
             [&](unsigned lane, Mbarrier &object, uint32_t offset) {
               states[lane] = object.phase | uint64_t(object.pending) << pendingShift;
               arriveOn(warp, op, lane, object, sharedBegin + offset, news);
             });
  if (op.flags & accessRelease)
    warp.advanceClock();
  if (op.dst != noOperand)
    store(warp.destination<uint64_t>(op.dst), mask, [&](unsigned lane) { return states[lane]; });
  return Step::Next;
}

Step countBytes(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *bytes = warp.source<uint32_t>(op.b);
  forObjects(warp, op, mask, AccessKind::Atomic, [&](unsigned lane, Mbarrier &object, uint32_t) {
    int64_t change = op.target & completesBytes ? -static_cast<int64_t>(bytes[lane]) : bytes[lane];
    warp.block->mbarriers.expectBytes(warp, warp.pc, lane, object, change);
  });
  return Step::Next;
}

/// Whether the phase that a lane waits for is complete. Waits are for the current phase or the one
/// before.
bool isComplete(Warp &warp, const Op &op, unsigned lane, const Mbarrier &object, uint32_t offset) {
  if (op.target & waitsForParity) {
    uint32_t parity = warp.source<uint32_t>(op.b)[lane];
    if (parity > 1)
      invalid(warp, lane, sharedBegin + offset,
              "the parity of a phase is 0 or 1, got: " + std::to_string(parity));
    return (parity & 1) != (object.phase & 1);
  }
  uint32_t phase = static_cast<uint32_t>(warp.source<uint64_t>(op.b)[lane]);
  if (phase != object.phase && phase + 1 != object.phase)
    invalid(warp, lane, sharedBegin + offset,
            "the state is of phase " + std::to_string(phase) + ", the mbarrier is in phase " +
                std::to_string(object.phase) + ": only that and the one before can be waited for");
  return phase != object.phase;
}

Step wait(Warp &warp, const Op &op, uint32_t mask) {
  Mbarriers &all = warp.block->mbarriers;
  uint32_t failed = 0, learning = 0;
  const Mbarrier *known = nullptr;
  auto learn = [&] {
    if (learning)
      warp.learn(known->completed, learning);
    learning = 0;
  };
  forObjects(warp, op, mask, AccessKind::Read,
             [&](unsigned lane, Mbarrier &object, uint32_t offset) {
               bool isDone = isComplete(warp, op, lane, object, offset);
               if (!isDone && !object.underWay.empty()) {
                 all.settle(*warp.block, object);
                 isDone = isComplete(warp, op, lane, object, offset);
               }
               if (!isDone) {
                 failed |= 1u << lane;
                 return all.waitFailed(warp, lane, offset);
               }
               // Mostly all lanes wait for one object.
               if (known != &object)
                 learn();
               known = &object;
               learning |= 1u << lane;
             });
  learn();
  // After a wait that was reported the kernel goes on.
  warp.setPredicate(op.dst, ~failed, mask);
  finishStrong(warp, AccessKind::Write, 0, 0, 0);
  if (!failed)
    return Step::Next;
  // The other warps' turn: what is waited for may be theirs to do.
  ++warp.pc;
  return Step::Yield;
}

Step pendingCount(Warp &warp, const Op &op, uint32_t mask) {
  const uint64_t *states = warp.source<uint64_t>(op.a);
  store(warp.destination<uint32_t>(op.dst), mask,
        [&](unsigned lane) { return static_cast<uint32_t>(states[lane] >> pendingShift); });
  return Step::Next;
}

Step arriveAfterCopies(Warp &warp, const Op &op, uint32_t mask) {
  Knowledge news = warp.knowledge();
  forObjects(warp, op, mask, AccessKind::Atomic,
             [&](unsigned lane, Mbarrier &object, uint32_t offset) {
               if (op.target & arrivalCounts) {
                 if (object.pending == Mbarrier::maxCount)
                   return invalid(warp, lane, sharedBegin + offset,
                                  "the mbarrier's count of arrivals goes beyond " +
                                      std::to_string(Mbarrier::maxCount));
                 ++object.pending;
               }
               // With nothing to wait for it comes at once.
               if (!hasCopiesBefore(warp, lane, ~uint64_t(0)))
                 return warp.block->mbarriers.arrive(warp, warp.pc, lane, object, 1, news);
               PendingArrival arrival;
               arrival.warp = warp.index;
               arrival.lane = lane;
               arrival.pc = warp.pc;
               arrival.isArrival = true;
               arrival.copies = copiesOf(warp, lane).issued;
               arrival.published = news;
               warp.block->mbarriers.start(object, std::move(arrival));
             });
  warp.advanceClock();
  return Step::Next;
}

/// An order and a scope come together; both may be left out.
void checkOrder(Builder &b, const Instruction &in) {
  bool isRelaxed = in.has("relaxed");
  if ((isRelaxed || in.has("release") || in.has("acquire")) != (in.has("cta") || in.has("cluster")))
    b.error("an order needs a scope, and a scope an order: .relaxed.cta");
  if (isRelaxed && b.parsedModule().sm < 90)
    b.error(".relaxed needs .target sm_90 or newer, got: " + b.parsedModule().target);
}

void takeAddress(Builder &b, const Instruction &in, size_t operand) {
  bool isShared = in.has("shared") || in.has("shared::cta") || in.has("shared::cluster");
  b.address(operand, isShared ? Space::Shared : Space::Generic);
}

void buildInitialize(Builder &b, const Instruction &in) {
  takeAddress(b, in, 0);
  b.op().b = b.source(1, Type::U32);
  if (in.operands[1].kind == OperandKind::Integer)
    b.constant(1, 1, Mbarrier::maxCount);
  b.run(initialize);
}
void buildInvalidate(Builder &b, const Instruction &in) {
  takeAddress(b, in, 0);
  b.run(invalidate);
}

void buildArrive(Builder &b, const Instruction &in) {
  checkOrder(b, in);
  Op &op = b.op();
  op.dst = b.destination(0, Type::B64, /*sink=*/true);
  takeAddress(b, in, 1);
  if (!in.has("relaxed"))
    op.flags |= accessRelease;
  op.target = (in.has("noComplete") ? arrivalKeepsPhase : 0) |
              (in.opcode == "mbarrier" && in.has("arrive_drop") ? arrivalDrops : 0) |
              (in.has("expect_tx") ? arrivalExpects : 0);
  if (in.has("shared::cluster") && op.dst != noOperand)
    return b.error(in.operands[0], "an arrival in .shared::cluster gives no state: expected '_'");
  bool hasCount = in.operands.size() > 2;
  if ((op.target & (arrivalKeepsPhase | arrivalExpects)) && !hasCount)
    return b.error("expected a third operand");
  if (hasCount && !(op.target & arrivalKeepsPhase) && b.parsedModule().sm < 90)
    return b.error(in.operands[2], "a count of arrivals without .noComplete needs .target sm_90");
  if (hasCount)
    (op.target & arrivalExpects ? op.c : op.b) = b.source(2, Type::U32);
  b.run(arrive);
}

void buildCountBytes(Builder &b, const Instruction &in) {
  checkOrder(b, in);
  takeAddress(b, in, 0);
  b.op().b = b.source(1, Type::U32);
  b.op().target = in.has("complete_tx") ? completesBytes : 0;
  b.run(countBytes);
}

void buildWait(Builder &b, const Instruction &in) {
  checkOrder(b, in);
  Op &op = b.op();
  op.dst = b.predicateDestination(in.operands[0]);
  takeAddress(b, in, 1);
  op.target = in.has("parity") ? waitsForParity : 0;
  op.b = b.source(2, in.has("parity") ? Type::U32 : Type::B64);
  if (in.operands.size() > 3)
    b.source(3, Type::U32); // how long it may be suspended
  b.run(wait);
}

void buildPendingCount(Builder &b, const Instruction &) {
  b.op().dst = b.destination(0, Type::U32);
  b.op().a = b.source(1, Type::B64);
  b.run(pendingCount);
}

void buildArriveAfterCopies(Builder &b, const Instruction &in) {
  takeAddress(b, in, 0);
  b.op().target = in.has("noinc") ? 0 : arrivalCounts;
  b.run(arriveAfterCopies);
}

} // namespace

#define CTA "[shared|shared::cta] b64"
#define CLUSTER "[shared|shared::cta|shared::cluster] b64"
#define RELEASES "[release|relaxed] [cta|cluster] "
#define ACQUIRES "[acquire|relaxed] [cta|cluster] "

void addMbarrierRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Barrier;
  Rows mine = {
      {"mbarrier", "init " CTA, "[a], count", c, buildInitialize},
      {"mbarrier", "inval " CTA, "[a]", c, buildInvalidate},
      {"mbarrier", "<arrive|arrive_drop> " RELEASES CLUSTER, "state, [a][, count]", c, buildArrive},
      {"mbarrier", "<arrive|arrive_drop> expect_tx " RELEASES CLUSTER, "state, [a], bytes", c,
       buildArrive, 90},
      {"mbarrier", "<arrive|arrive_drop> noComplete [release] [cta] " CTA, "state, [a], count", c,
       buildArrive},
      {"mbarrier", "<expect_tx|complete_tx> [relaxed] [cta|cluster] " CLUSTER, "[a], bytes", c,
       buildCountBytes, 90},
      {"mbarrier", "test_wait [parity] " ACQUIRES CTA, "p, [a], state", c, buildWait},
      {"mbarrier", "try_wait [parity] " ACQUIRES CTA, "p, [a], state[, time]", c, buildWait, 90},
      {"mbarrier", "pending_count b64", "d, state", c, buildPendingCount},
      {"cp", "async mbarrier arrive [noinc] " CTA, "[a]", InstructionClass::AsyncCopy,
       buildArriveAfterCopies},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
