// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Control flow within a function: bra, brx.idx, exit, trap.

#include "Control.h"
#include "../Execute/Block.h"

#include <algorithm>

namespace mmc::emulator {

Step stopLaunch(Warp &warp, uint32_t mask, const std::string &why) {
  Launch &launch = *warp.block->launch;
  launch.violations.add(warp, warp.pc, ViolationKind::InvalidInstruction, __builtin_ctz(mask), 0,
                        [&] { return why; });
  launch.isStopped = true;
  warp.block->isAborted = true;
  return Step::Yield;
}

namespace {

/// Finding the same by the same access so often means waiting.
constexpr uint32_t patience = 16;

Step branch(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t stays = warp.mask & ~mask;
  if (stays) {
    ++warp.worker->counters.divergentBranches;
    // The lanes that are to go first, those behind, stay current.
    bool backward = op.target <= warp.pc;
    if (!backward) {
      warp.others.push_back({op.target, mask, warp.frame});
      warp.mask = stays;
      ++warp.pc;
      return Step::Jump;
    }
    warp.others.push_back({warp.pc + 1, stays, warp.frame});
    warp.mask = mask;
  }
  warp.pc = op.target;
  if (warp.polls > patience) {
    warp.polls = 0;
    warp.isPolling = true;
    return Step::Yield;
  }
  return Step::Jump;
}

Step branchIndexed(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *index = warp.source<uint32_t>(op.a);
  const Launch &launch = *warp.block->launch;
  warp.split(warp.mask & ~mask, warp.pc + 1);
  uint32_t rest = mask;
  bool isFirst = true;
  uint32_t first = 0, firstLanes = 0;
  while (rest) {
    unsigned lane = __builtin_ctz(rest);
    uint32_t same = 0;
    forLanes(rest, [&](unsigned other) { same |= uint32_t(index[other] == index[lane]) << other; });
    rest &= ~same;
    if (index[lane] >= op.target) {
      warp.block->launch->violations.add(
          warp, warp.pc, ViolationKind::InvalidInstruction, lane, 0, [&] {
            return "the list has " + std::to_string(op.target) + " targets, the index is " +
                   std::to_string(index[lane]);
          });
      warp.split(same, warp.pc + 1);
      continue;
    }
    uint32_t target = launch.program.lists[op.list + index[lane]];
    if (isFirst) {
      isFirst = false;
      first = target;
      firstLanes = same;
      continue;
    }
    ++warp.worker->counters.divergentBranches;
    warp.split(same, target);
  }
  warp.mask = firstLanes;
  if (!firstLanes)
    return warp.resume() ? Step::Jump : Step::Yield;
  warp.pc = first;
  return Step::Jump;
}

void buildBranch(Builder &b, const Instruction &in) {
  b.branchTo(in.operands[0]);
  b.run(branch);
}
void buildIndexed(Builder &b, const Instruction &in) {
  b.op().a = b.source(0, Type::U32);
  b.branchTable(in.operands[1].name, in.operands[1]);
  b.run(branchIndexed);
}

Step exitThread(Warp &warp, const Op &, uint32_t mask) { return warp.exitLanes(mask); }
void buildExit(Builder &b, const Instruction &) { b.run(exitThread); }

Step trap(Warp &warp, const Op &, uint32_t mask) {
  return stopLaunch(warp, mask,
                    "trap: the kernel stops here (a failed assertion, or an unreachable place)");
}
void buildTrap(Builder &b, const Instruction &) { b.run(trap); }

Step nothing(Warp &, const Op &, uint32_t) { return Step::Next; }
void buildNothing(Builder &b, const Instruction &) { b.run(nothing); }
/// Performance monitors, of which there are none, count events 0 to 15.
void buildEvent(Builder &b, const Instruction &in) {
  b.constant(0, 0, in.has("mask") ? 0xffff : 15);
  b.run(nothing);
}
void buildSleep(Builder &b, const Instruction &) {
  b.source(0, Type::U32);
  b.run(nothing);
}

} // namespace

void addControlRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Control;
  Rows mine = {
      {"bra", "[uni]", "label", c, buildBranch},
      {"brx", "idx [uni]", "index, targets", c, buildIndexed},
      {"exit", "", "", c, buildExit},
      {"trap", "", "", c, buildTrap},
      {"brkpt", "", "", c, buildNothing},
      {"pmevent", "[mask]", "a", c, buildEvent},
      {"nanosleep", "u32", "t", c, buildSleep},
      {"griddepcontrol", "<launch_dependents|wait>", "", c, buildNothing, 90},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
