// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A warp: registers of 32 lanes, and the groups of lanes that stand at different places.

#ifndef MMC_EMULATOR_EXECUTE_WARP_H
#define MMC_EMULATOR_EXECUTE_WARP_H

#include "../Memory/Allocation.h"
#include "../Program.h"
#include "Copies.h"

#include <array>
#include <cstring>
#include <memory>
#include <vector>

namespace mmc::emulator {

struct Block;
struct Worker;

constexpr uint32_t fullMask = 0xffffffff;

enum class GroupState : uint8_t {
  Ready,
  AtWarpSync,       ///< at an instruction that needs the lanes of `members`
  AtAlignedBarrier, ///< at a barrier that the whole warp must come to together
  AtBarrier,        ///< counted in; waits for the other warps
};

/// Lanes that stand at the same instruction with the same callers.
struct Group {
  uint32_t pc = 0, mask = 0;
  uint32_t frame = 0; ///< node of Warp::frames
  GroupState state = GroupState::Ready;
  uint32_t members = 0;  ///< AtWarpSync
  uint32_t barrier = 0;  ///< AtBarrier
  bool isForced = false; ///< let go although lanes are missing, which has been reported
};

/// A call that is under way. The same call from the same place is one node, so that lanes that call
/// at different times can meet again.
struct FrameNode {
  uint32_t parent = 0;
  uint32_t returnPc = 0;
  uint32_t function = 0;
  uint32_t localBase = 0;
  uint32_t depth = 0;
  uint32_t call = 0;                   ///< operation of the call
  std::vector<uint8_t> savedRegisters; ///< of the callee, when it is being executed already
};

/// What lanes know of one another's clocks when only some of them have met.
using LaneTable = std::array<LaneClocks, 32>;

/// What fences of a scope have made ready to publish.
struct Fenced {
  std::shared_ptr<const Knowledge> others; ///< of other warps; null: there was no fence
  LaneTable lanes{};    ///< of this warp: of each lane, which clocks of which lane its fence covers
  bool hasNews = false; ///< there has been a fence since `others` has last been joined
};

struct Warp {
  Block *block = nullptr;
  Worker *worker = nullptr;
  const uint8_t *bases[2] = {nullptr, nullptr}; ///< registers, constants
  uint8_t *registers = nullptr;
  const Op *code = nullptr;
  uint32_t index = 0; ///< in the block

  // The group that runs.
  uint32_t pc = 0, mask = 0, frame = 0, localBase = 0;
  uint32_t carry = 0; ///< condition code of each lane: add.cc
  uint32_t live = 0;  ///< lanes that have not exited
  uint32_t lanes = 0; ///< lanes that there are: the last warp may have fewer than 32
  bool isForced = false;
  std::vector<Group> others;
  std::vector<FrameNode> frames;
  uint32_t switchBudget = 0, stickiness = 0;
  std::array<uint32_t, 32> exitPc{};

  // Local memory: 32 stacks, and a state for each byte (see Shared.h).
  uint8_t *local = nullptr, *localState = nullptr;
  uint32_t stackBytes = 0;
  /// Where what alloca has taken begins, of the calls that are under way by depth: Stack.cpp.
  std::vector<std::array<uint32_t, 32>> stackTops;
  bool carriesUnknown = false; ///< the load that runs may read unwritten local memory: Tracking.cpp

  std::array<uint32_t, 32> tid[3];

  // Order of accesses: Memory/Race.h.
  uint32_t generation = 0, number = 0; ///< of the launch and of the block, as stamps have them
  uint32_t clock = 1, laneBase = 0;
  std::unique_ptr<LaneTable> laneClocks;
  BlockClocks known{};                       ///< of the warps of this block
  bool knowsApart = false;                   ///< there has been something in what follows
  std::shared_ptr<const Knowledge> external; ///< of other blocks
  /// What some lanes have learnt and not yet shared with the others.
  std::unique_ptr<std::array<std::shared_ptr<const Knowledge>, 32>> laneNews;
  std::unique_ptr<Fenced> fenced;       ///< to the block
  std::unique_ptr<Fenced> fencedForAll; ///< to all blocks

  /// The last that was learnt, of what is published to all and within the block.
  uint64_t acquiredAddress = ~uint64_t(0), acquiredVersion = 0, acquiredVersionInBlock = 0;
  uint32_t acquiredLanes = 0; ///< who has learnt it

  std::unique_ptr<std::array<LaneCopies, 32>> copies;

  /// The strong access that came last, and how often in a row it has found the same.
  uint32_t pollPc = ~0u, polls = 0;
  uint64_t pollAddress = 0, pollValue = 0;
  bool isPolling = false; ///< the turn has ended because it waits for somebody

  /// The allocations that this warp accessed last.
  std::array<const Allocation *, 4> recent{};
  unsigned recentNext = 0;

  template <typename T>
  const T *source(uint32_t operand) const {
    return reinterpret_cast<const T *>(bases[operand >> 31] + (operand & ~constantBit));
  }
  template <typename T>
  T *destination(uint32_t operand) {
    return reinterpret_cast<T *>(registers + operand);
  }
  uint32_t predicate(uint32_t operand, bool negated) const {
    uint32_t value = *source<uint32_t>(operand);
    return negated ? ~value : value;
  }
  void setPredicate(uint32_t operand, uint32_t value, uint32_t lanesSet) {
    if (operand == noOperand)
      return;
    uint32_t &bits = *destination<uint32_t>(operand);
    bits = (bits & ~lanesSet) | (value & lanesSet);
  }

  bool isDone() const { return live == 0; }
  bool hasReady() const;
  /// Runs until the lanes are blocked, done, waiting in a loop for what others write, or `budget`
  /// instructions are spent. True if anything ran.
  bool run(uint32_t budget);

  // Groups: Groups.cpp.
  /// At a place where lanes may meet: takes waiting lanes along and may let others go first.
  void meet();
  /// Puts the current group aside and goes on with the best one that can; false if none can.
  bool switchGroup(Group blocked);
  /// Goes on with the best ready group; there is no current one. False if none is ready.
  bool resume();
  /// A ready group for some lanes elsewhere; they leave the current group.
  void split(uint32_t lanesAway, uint32_t atPc);
  /// Ends lanes of the current group.
  Step exitLanes(uint32_t lanesGone);
  /// Takes groups in `state` at this very instruction (and with these members) along.
  void absorb(GroupState state, uint32_t members);
  /// Puts the lanes of the current group that `waiting` has aside in a blocked group; the rest of
  /// the group goes on behind the instruction.
  Step wait(Group waiting);
  /// Lets groups that wait for lanes that are no more go on.
  void recheckWaiting();
  /// Lane-wise meeting of `met` lanes: accesses before are ordered before accesses after.
  void synchronizeLanes(uint32_t met);
  /// Of lane 0; add lane << Stamp::threadShift for the others.
  Stamp stamp(bool strong) const {
    return Stamp::make(generation, number, 32 * index, strong, clock);
  }
  /// Whether the access of `earlier` is ordered before what `lane` does now.
  bool isOrdered(Stamp earlier, unsigned lane) const {
    uint32_t when = earlier.clock(), thread = earlier.thread();
    if (when == maxClock)
      return true; // the clock has run out: nothing can be said
    if (earlier.block() != number)
      return knowsApart && isKnownApart(earlier, lane);
    if (thread / 32 != index)
      return known[thread / 32] > when || (knowsApart && isKnownApart(earlier, lane));
    return thread % 32 == lane || when < laneBase ||
           (laneClocks && when < (*laneClocks)[lane][thread % 32]);
  }
  /// The same for other warps, by what is not in `known`.
  bool isKnownApart(Stamp earlier, unsigned lane) const;
  void advanceClock();
  /// Everything that this warp knows, its own accesses so far included.
  Knowledge knowledge() const;
  /// The same of some lanes: what the others have done only as far as they know of it.
  Knowledge knowledge(uint32_t publishing) const;
  void learn(const Knowledge &news);
  /// The same, of what is kept elsewhere: shared where possible.
  void learn(const std::shared_ptr<const Knowledge> &news);
  /// The same for some lanes, which also learn of the other lanes of this warp.
  void learn(const Knowledge &news, uint32_t learning);
  /// Only those lanes learn it; the others when they meet them.
  void learnAlone(const std::shared_ptr<const Knowledge> &news, uint32_t learning);
  /// What any of some lanes has learnt alone they all know now.
  void shareNews(uint32_t from);
  /// A fence by some lanes, for the block or for all.
  void fence(uint32_t fencing, bool forAll);
  /// What fences have made ready for some lanes to publish. There has been one.
  Knowledge fencedKnowledge(const Fenced &by, uint32_t publishing) const;
  /// For barriers: what fences of any lane have made ready, and what the others' have.
  std::shared_ptr<const Knowledge> fencedByAll(const std::unique_ptr<Fenced> &by) const;
  void takeFenced(std::unique_ptr<Fenced> &by, const std::shared_ptr<const Knowledge> &joined);
  /// Which clocks of a lane another one knows of.
  uint32_t knownOfLane(unsigned lane, unsigned other) const {
    return laneClocks ? std::max(laneBase, (*laneClocks)[lane][other]) : laneBase;
  }

  uint32_t enterFrame(const Op &call, uint32_t callee, uint32_t atPc);
  void setFrame(uint32_t node);
};

/// Stores f(lane) for the lanes of the mask.
template <typename D, typename F>
inline void store(D *destination, uint32_t mask, F f) {
  D values[32];
  for (unsigned lane = 0; lane < 32; ++lane)
    values[lane] = f(lane);
  if (mask == fullMask) {
    std::memcpy(destination, values, sizeof values);
    return;
  }
  for (unsigned lane = 0; lane < 32; ++lane)
    destination[lane] = mask >> lane & 1 ? values[lane] : destination[lane];
}

/// Calls f(lane) for each lane of the mask, in order.
template <typename F>
inline void forLanes(uint32_t mask, F f) {
  for (; mask; mask &= mask - 1)
    f(static_cast<unsigned>(__builtin_ctz(mask)));
}

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_WARP_H
