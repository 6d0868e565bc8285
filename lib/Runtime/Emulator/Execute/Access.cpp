// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the checks of memory accesses report, and what requests are counted as.

#include "Access.h"

#include "../Memory/Describe.h"

#include <algorithm>

namespace mmc::emulator {

static constexpr uint32_t spinPenalty =
    256; ///< meetings of lanes (Groups.cpp) that a strong access counts as

static const char *verb(AccessKind kind) {
  return kind == AccessKind::Read ? "read" : kind == AccessKind::Write ? "write" : "atomic access";
}

std::string accessText(AccessKind kind, unsigned bytes, Space space) {
  return std::string(verb(kind)) + " of " + std::to_string(bytes) +
         (bytes == 1 ? " byte of " : " bytes of ") + std::string(nameOf(space)) + " memory";
}

void reportMisaligned(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                      AccessKind kind) {
  warp.block->launch->violations.add(warp, warp.pc, ViolationKind::Misaligned, lane, address, [&] {
    return accessText(kind, bytes, space) + " at an address that is no multiple of " +
           std::to_string(bytes);
  });
}

void reportGlobalBounds(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                        AccessKind kind) {
  Launch &launch = *warp.block->launch;
  std::shared_ptr<Allocation> found = findAllocation(*launch.memory, address);
  bool isFreed = found && found->isFreed;
  launch.violations.add(
      warp, warp.pc, isFreed ? ViolationKind::UseAfterFree : ViolationKind::OutOfBounds, lane,
      address, [&] {
        std::string text = accessText(kind, bytes, space);
        if (found && found->isConstant && kind != AccessKind::Read)
          return text + " goes to the constant '" + found->name + "'";
        if (found && !isFreed && space == Space::Const && !found->isConstant)
          return text + " goes to '" + found->name + "', which is not constant memory";
        if (found && !isFreed)
          return text + ": only " + std::to_string(found->end() - address) + " bytes of '" +
                 found->name + "' (" + std::to_string(found->bytes) + " bytes at " +
                 hex(found->base) + ") follow";
        return text + ": " + describeAddress(*launch.memory, address);
      });
}

void reportHeapBounds(Warp &warp, unsigned bytes, uint64_t address, unsigned lane, AccessKind kind,
                      bool isFreed) {
  warp.block->launch->violations.add(
      warp, warp.pc, isFreed ? ViolationKind::UseAfterFree : ViolationKind::OutOfBounds, lane,
      address, [&] {
        return accessText(kind, bytes, Space::Global) + " of the kernels' heap that " +
               (isFreed ? "free has taken back" : "malloc has not given");
      });
}

void reportUninitialized(Warp &warp, Space space, unsigned bytes, uint64_t address, unsigned lane,
                         AccessKind kind, const std::string &where) {
  if (!warp.block->launch->options.checkUninitialized)
    return;
  warp.block->launch->violations.add(
      warp, warp.pc, ViolationKind::Uninitialized, lane, address, [&] {
        return accessText(kind, bytes, space) + " that nobody has written, in '" + where + "'";
      });
}

/// The variable that lies nearest to an offset of shared or local memory.
static std::string nearest(const std::vector<Placed> &variables, uint64_t begin, uint64_t address,
                           std::string *name) {
  const Placed *best = nullptr;
  uint64_t distance = ~uint64_t(0);
  for (const Placed &placed : variables) {
    uint64_t at = placed.offset + begin, end = at + placed.bytes;
    uint64_t d = address < at ? at - address : address >= end ? address - end : 0;
    if (d < distance)
      distance = d, best = &placed;
  }
  if (!best)
    return "no variable is there";
  std::string text = best->variable ? best->variable->name : "dynamic shared memory";
  if (name)
    *name = text;
  return describeRange(text, best->offset + begin, best->bytes, address);
}

void reportBytes(Warp &warp, Space space, const uint8_t *states, unsigned bytes, uint64_t address,
                 unsigned lane, AccessKind kind) {
  Launch &launch = *warp.block->launch;
  const Program &program = launch.program;
  bool isLocal = space == Space::Local;
  std::string name;
  auto describe = [&] {
    if (isLocal) {
      std::vector<Placed> all;
      for (uint32_t node = warp.frame;; node = warp.frames[node].parent) {
        for (Placed placed : program.functions[warp.frames[node].function].frame) {
          placed.offset += warp.frames[node].localBase;
          all.push_back(placed);
        }
        if (!node)
          break;
      }
      return nearest(all, 0, address, &name);
    }
    std::vector<Placed> all = program.shared;
    if (launch.config.dynamicShared)
      all.push_back({nullptr, program.sharedEnd, launch.config.dynamicShared});
    return nearest(all, 0, address, &name);
  };
  bool outside = !states, unknown = false;
  uint8_t all = 0;
  for (unsigned i = 0; states && i < bytes; ++i) {
    outside |= states[i] == stateNone;
    unknown |= (states[i] & stateUnknown) != 0;
    all |= states[i];
  }
  if (outside) {
    launch.violations.add(
        warp, warp.pc, isLocal ? ViolationKind::LocalOutOfBounds : ViolationKind::OutOfBounds, lane,
        address, [&] { return accessText(kind, bytes, space) + ": " + describe(); });
    return;
  }
  if (all & stateMbarrier) {
    launch.violations.add(warp, warp.pc, ViolationKind::InvalidInstruction, lane, address, [&] {
      return accessText(kind, bytes, space) +
             " where a live mbarrier object is: only mbarrier instructions may access it before "
             "mbarrier.inval; " +
             describe();
    });
    return;
  }
  if (all & statePending)
    launch.violations.add(warp, warp.pc, ViolationKind::SharedRace, lane, address, [&] {
      return accessText(kind, bytes, space) +
             " that a cp.async is still writing: it has not been waited for; " + describe();
    });
  if ((all & stateRead) && kind != AccessKind::Read)
    launch.violations.add(warp, warp.pc, ViolationKind::SharedRace, lane, address, [&] {
      return accessText(kind, bytes, space) +
             " that a cp.async.bulk is still reading: cp.async.bulk.wait_group.read must come "
             "before; " +
             describe();
    });
  if (unknown && kind != AccessKind::Write) {
    describe();
    reportUninitialized(warp, space, bytes, address, lane, kind, name);
  }
}

void reportParameter(Warp &warp, unsigned bytes, uint64_t address, unsigned lane, AccessKind kind) {
  Launch &launch = *warp.block->launch;
  launch.violations.add(warp, warp.pc, ViolationKind::OutOfBounds, lane, address, [&] {
    std::string text = accessText(kind, bytes, Space::Param);
    if (kind != AccessKind::Read)
      return text + ": a kernel's parameters cannot be written";
    return text + ": " + nearest(launch.program.parameters, 0, address, nullptr);
  });
}

const Allocation *findForWarp(Warp &warp, uint64_t address) {
  for (const Allocation *recent : warp.recent)
    if (recent && address - recent->base < recent->bytes)
      return recent;
  std::shared_ptr<Allocation> found = findAllocation(*warp.block->launch->memory, address);
  if (!found || found->isFreed)
    return nullptr;
  // The launch's table keeps it alive.
  warp.recent[warp.recentNext++ % warp.recent.size()] = found.get();
  return found.get();
}

void countSectors(Warp &warp, const Addresses &addresses, uint32_t mask, unsigned bytes) {
  Counters &counters = warp.worker->counters;
  ++counters.globalRequests;
  uint64_t sectors[64];
  unsigned count = 0;
  bool ascending = true;
  forLanes(mask, [&](unsigned lane) {
    for (uint64_t sector = addresses[lane] >> 5; sector <= (addresses[lane] + bytes - 1) >> 5;
         ++sector) {
      if (count && sectors[count - 1] == sector)
        continue;
      ascending &= !count || sectors[count - 1] < sector;
      sectors[count++] = sector;
    }
  });
  if (!ascending) {
    std::sort(sectors, sectors + count);
    count = static_cast<unsigned>(std::unique(sectors, sectors + count) - sectors);
  }
  counters.globalSectors += count;
}

void countBanks(Warp &warp, const Addresses &addresses, uint32_t mask, unsigned bytes) {
  Counters &counters = warp.worker->counters;
  ++counters.sharedRequests;
  // Lanes one after the other, or all at one word: one pass, the usual case.
  unsigned first = __builtin_ctz(mask);
  if (bytes <= 4) {
    uint64_t base = addresses[first] >> 2;
    bool isSimple = true;
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
      unsigned lane = __builtin_ctz(rest);
      isSimple &= (addresses[lane] >> 2) - base < 32;
    }
    if (isSimple)
      return;
  }
  // Wide accesses are served by halves or quarters of the warp.
  unsigned lanesPerPass = bytes <= 4 ? 32 : bytes == 8 ? 16 : 8;
  unsigned passes = 0, parts = 0;
  for (unsigned begin = 0; begin < 32; begin += lanesPerPass) {
    uint32_t part = mask & (lanesPerPass == 32 ? fullMask : ((1u << lanesPerPass) - 1) << begin);
    if (!part)
      continue;
    ++parts;
    uint64_t words[256];
    unsigned count = 0;
    forLanes(part, [&](unsigned lane) {
      for (uint64_t word = addresses[lane] >> 2; word <= (addresses[lane] + bytes - 1) >> 2; ++word)
        words[count++] = word;
    });
    std::sort(words, words + count);
    count = static_cast<unsigned>(std::unique(words, words + count) - words);
    unsigned load[32] = {}, most = 1;
    for (unsigned i = 0; i < count; ++i)
      most = std::max(most, ++load[words[i] % 32]);
    passes += most;
  }
  counters.bankConflicts += passes - parts;
}

/// Calls what(address, lanes that have it); lanes apart may make the same address come again.
template <typename F>
static void forAddresses(const Addresses &addresses, uint32_t lanes, F what) {
  while (lanes) {
    unsigned first = __builtin_ctz(lanes);
    uint32_t same = 0;
    for (uint32_t rest = lanes; rest; rest &= rest - 1) {
      unsigned lane = __builtin_ctz(rest);
      if (addresses[lane] != addresses[first])
        break;
      same |= 1u << lane;
    }
    what(addresses[first], same);
    lanes &= ~same;
  }
}

void publishAt(Warp &warp, const Addresses &addresses, uint32_t lanes, uint8_t flags,
               bool isGlobal) {
  const bool isRelease = flags & accessRelease, isForAll = isGlobal && !(flags & accessBlockScope);
  if (!lanes || (!isRelease && !warp.fenced))
    return;
  Launch &launch = *warp.block->launch;
  forAddresses(addresses, lanes, [&](uint64_t address, uint32_t publishing) {
    // What all may know, the block's threads find there too.
    if (isForAll && isRelease)
      return launch.syncs.release(address, warp.knowledge(publishing));
    if (isForAll && warp.fencedForAll)
      launch.syncs.release(address, warp.fencedKnowledge(*warp.fencedForAll, publishing));
    if (isForAll && warp.fencedForAll && warp.fencedForAll->others == warp.fenced->others)
      return;
    warp.block->syncs.release(address, isRelease ? warp.knowledge(publishing)
                                                 : warp.fencedKnowledge(*warp.fenced, publishing));
    warp.block->hasGlobalSyncs |= isGlobal;
  });
  if (isForAll && (isRelease || warp.fencedForAll))
    launch.hasSyncs = true;
}

void learnAt(Warp &warp, const Addresses &addresses, uint32_t lanes, bool isGlobal) {
  Block &block = *warp.block;
  const bool fromAll = isGlobal && block.launch->hasSyncs,
             fromBlock = !isGlobal || block.hasGlobalSyncs;
  if (!fromAll && !fromBlock)
    return;
  forAddresses(addresses, lanes, [&](uint64_t address, uint32_t learning) {
    if (address != warp.acquiredAddress || (learning & ~warp.acquiredLanes))
      warp.acquiredVersion = warp.acquiredVersionInBlock = 0;
    warp.acquiredAddress = address;
    // Lanes that are not here have not learnt what is new now.
    warp.acquiredLanes = learning;
    if (fromAll)
      if (auto news = block.launch->syncs.acquire(address, warp.acquiredVersion))
        warp.learnAlone(news, learning);
    if (fromBlock)
      if (auto news = block.syncs.acquire(address, warp.acquiredVersionInBlock))
        warp.learnAlone(news, learning);
  });
}

void finishStrong(Warp &warp, AccessKind kind, uint8_t flags, uint64_t address, uint64_t last) {
  // A loop with such an access may wait for lanes of this warp: they shall have their turn soon.
  warp.switchBudget += spinPenalty;
  // Or for other warps, if it finds the same there time and again.
  bool isSame = kind != AccessKind::Write && warp.pollPc == warp.pc &&
                warp.pollAddress == address && warp.pollValue == last;
  warp.polls = isSame ? warp.polls + 1 : 0;
  warp.pollPc = warp.pc;
  warp.pollAddress = address;
  warp.pollValue = last;
  if (kind != AccessKind::Read && (flags & accessRelease))
    warp.advanceClock();
}

} // namespace mmc::emulator
