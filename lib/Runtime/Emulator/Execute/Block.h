// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A thread block: its warps, shared memory and barriers.

#ifndef MMC_EMULATOR_EXECUTE_BLOCK_H
#define MMC_EMULATOR_EXECUTE_BLOCK_H

#include "Launch.h"
#include "Mbarriers.h"
#include "Warp.h"

namespace mmc::emulator {

/// The state of a byte of shared or local memory.
enum ByteState : uint8_t {
  stateNone = 0,    ///< belongs to no variable
  stateUnknown = 1, ///< of a variable, never written
  stateKnown = 2,
  statePending = 4,  ///< or-ed in: an asynchronous copy will write it
  stateMbarrier = 8, ///< or-ed in: of a live mbarrier object
  stateRead = 16,    ///< or-ed in: a bulk copy is still to read it
};

struct Barrier {
  uint32_t expected = 0;            ///< threads; 0: all of the block
  uint32_t arrived = 0;             ///< threads, as the barrier counts them
  std::array<uint32_t, 32> lanes{}; ///< by warp: who has arrived, waiting or not
  bool isUsed = false;
  uint32_t trueCount = 0, voters = 0; ///< bar.red
  Knowledge released;                 ///< only of bar.arrive, whose warps do not wait
  uint32_t pc = 0;                    ///< of the last arrival, for messages
};

/// The barrier of the cluster, by warp.
constexpr uint32_t clusterBarrier = 16; ///< as Group::barrier has it
struct ClusterBarrier {
  std::array<uint32_t, 32> entered{}; ///< have arrived and not yet waited
  std::array<uint32_t, 32> pending{}; ///< those of them whose phase is not complete
  Knowledge current, completed; ///< released by arrivals of this phase, and of all earlier ones
};

struct Block {
  Launch *launch = nullptr;
  Worker *worker = nullptr;
  uint64_t linear = 0; ///< number in the grid
  uint32_t id[3] = {0, 0, 0};
  std::vector<Warp> warps;
  std::vector<uint8_t> registers, local, localState;
  std::vector<uint8_t> shared, sharedState; ///< from sharedBegin on
  RaceCells sharedCells;
  SyncTable syncs; ///< published within the block, at addresses of shared and of global memory
  bool hasGlobalSyncs = false;
  std::array<Barrier, 16> barriers;
  ClusterBarrier cluster;
  Mbarriers mbarriers;
  /// Of each thread, how far its ordinary accesses to shared memory have been made known to the
  /// async proxy: clocks, empty while nobody has.
  std::vector<uint32_t> proxyFenced;
  uint32_t liveThreads = 0;
  uint32_t nextWarp = 0;
  bool isAborted = false;

  void start(Launch &launch, Worker &worker, uint64_t number);
  /// Runs warps in turn until all are done or about `budget` instructions are spent. False when
  /// done.
  bool run(uint64_t budget);
  /// The same for one warp, for interleavings by a seed.
  bool runWarp(uint32_t warp, uint32_t budget);
  bool isDone() const { return liveThreads == 0 || isAborted; }

  // Barriers.cpp
  /// Counts the current group of the warp in and makes it wait, if `waits`. True if it may go on.
  bool arrive(Warp &warp, uint32_t barrier, uint32_t lanes, uint32_t threads, uint32_t expected,
              bool waits);
  void completeIfFull(uint32_t barrier);
  void threadsExited();
  /// No warp can go on: reports why, and lets somebody go or gives the block up.
  void resolveDeadlock();
  // ClusterBarrier.cpp
  void arriveAtCluster(Warp &warp, uint32_t lanes, bool releases);
  Step waitForCluster(Warp &warp, uint32_t lanes);
  void completeClusterBarrier(bool force);
  bool resolveClusterDeadlock();
  uint64_t sharedEnd() const { return sharedBegin + shared.size(); }
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_BLOCK_H
