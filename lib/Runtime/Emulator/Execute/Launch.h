// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A launch under way: what all blocks share, and the host threads that run them.

#ifndef MMC_EMULATOR_EXECUTE_LAUNCH_H
#define MMC_EMULATOR_EXECUTE_LAUNCH_H

#include "../Memory/Allocation.h"
#include "../Memory/KernelHeap.h"
#include "../Program.h"
#include "Violations.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <atomic>

namespace mmc::emulator {

struct Launch {
  const Program &program;
  const Chip &chip;
  LaunchConfig config;
  LaunchOptions options;
  uint32_t generation = 0;
  std::shared_ptr<const AllocationTable> memory;
  std::vector<uint8_t> parameters;
  SyncTable syncs;
  std::atomic<bool> hasSyncs{false}; ///< something has been published in `syncs`
  Violations violations;
  uint64_t gridWorkspace = 0; ///< of a cooperative launch: two words, zeros at its begin
  KernelHeap *heap = nullptr; ///< null: malloc gives nothing
  std::atomic<uint64_t> nextBlock{0};
  std::atomic<uint64_t> instructions{0}; ///< of warps, as far as workers have told
  std::atomic<bool> isHung{false};
  std::atomic<bool> isStopped{false}; ///< a trap
  std::atomic<bool> hasFailedAssertion{false};
  Counters total; ///< when it has run

  Launch(const Program &program, const Chip &chip, LaunchConfig config, LaunchOptions options)
      : program(program), chip(chip), config(config), options(options),
        violations(program, options.maxViolations) {}
  /// Runs all blocks.
  void run();
  /// What printf and assert say.
  void print(bool isError, const std::string &text) const;
  uint64_t blockCount() const { return config.grid.count(); }
};

/// One host thread's share.
struct Worker {
  Launch &launch;
  Counters counters;
  std::vector<uint64_t> threadCounts; ///< by operation
  std::vector<uint64_t> warpCounts;
  uint64_t issued = 0; ///< since the launch was last told

  explicit Worker(Launch &launch)
      : launch(launch), threadCounts(launch.program.code.size()),
        warpCounts(launch.program.code.size()) {}
  /// Takes blocks as they come, several at a time when one does not finish.
  void run();
  /// Interleaves many blocks as the seed says.
  void runSeeded(uint64_t seed);
  /// False when the launch is to be given up.
  bool account(uint64_t instructions);
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_EXECUTE_LAUNCH_H
