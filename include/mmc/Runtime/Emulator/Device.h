// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An emulated NVIDIA GPU: memory, modules and launches.

#ifndef MMC_RUNTIME_EMULATOR_DEVICE_H
#define MMC_RUNTIME_EMULATOR_DEVICE_H

#include "mmc/Runtime/Emulator/Chip.h"
#include "mmc/Runtime/Emulator/Memory.h"
#include "mmc/Runtime/Emulator/Module.h"
#include "mmc/Runtime/Emulator/Report.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mmc::emulator {

class KernelHeap;

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

/// A launch as the driver is asked for it.
struct LaunchConfig {
  Dim3 grid, block;
  uint64_t dynamicShared = 0; ///< bytes
  /// What the function's attribute allows of dynamic shared memory; nothing: up to the chip's
  /// largest block without asking.
  std::optional<uint64_t> dynamicSharedLimit;
  /// The blocks may wait for one another by CUDA's grid groups: %envreg1 and %envreg2 hold the
  /// address of a workspace.
  bool isCooperative = false;
};

/// How a launch is run.
struct LaunchOptions {
  unsigned threads = 0; ///< host threads; 0: one per core
  /// With a seed: one host thread, warps and blocks interleaved as the seed says, always alike.
  std::optional<uint64_t> schedule;
  bool checkRaces = true;
  bool checkUninitialized = true;
  size_t maxViolations = 1000;  ///< entries (kind and line) that are kept
  uint64_t maxInstructions = 0; ///< warp instructions before a launch counts as hung; 0: no limit
  bool collectAccesses = false; ///< fill LaunchResult::accesses
  /// Gets what kernels print: printf's text, and with `isError` what assert says. Without it they
  /// go to stdout and stderr. Called from several threads.
  std::function<void(bool isError, std::string_view text)> print;
};

/// `status` is not ok when the launch was refused, nothing having run (bad configuration), or given
/// up (a hang). Violations do not make it fail: the access is skipped (a load gives 0), and the
/// report has them.
struct LaunchResult {
  Status status;
  LaunchReport report;
  bool hasFailedAssertion = false;   ///< what stopped the launch
  std::vector<AccessRange> accesses; ///< disjoint per kind, ascending
};

/// One device. Launches run one at a time, in the order of the calls.
class Device {
public:
  /// Devices of one process have different ordinals.
  explicit Device(const Chip &chip, unsigned ordinal = 0);
  ~Device();

  const Chip &chip() const { return model; }
  DeviceMemory &memory() { return global; }
  /// See Module::load.
  StatusOr<std::shared_ptr<Module>> load(std::string_view ptx, const std::string &name);
  /// Runs a kernel to its end. `arguments` has one pointer per parameter, to its bytes, which are
  /// copied before anything runs.
  LaunchResult launch(const Kernel &kernel, const LaunchConfig &config,
                      const std::vector<const void *> &arguments,
                      const LaunchOptions &options = {});
  /// Why the chip would refuse the launch, or ok. `dynamicShared` above the limit, too many threads
  /// or registers, a block other than .reqntid, ….
  Status checkLaunch(const Kernel &kernel, const LaunchConfig &config) const;
  /// The size of the heap of malloc in kernels, 8 MiB unless it is set. False, and nothing changes,
  /// when a kernel that uses it has run already.
  bool setHeapBytes(uint64_t bytes);
  uint64_t kernelHeapBytes();

private:
  /// Made when it is first wanted; null when the memory is exhausted.
  KernelHeap *kernelHeap();

  Chip model;
  DeviceMemory global;
  uint64_t heapBytes = 8 << 20;
  std::unique_ptr<KernelHeap> heap;
  std::mutex running;
  uint32_t generation = 0; ///< of the last launch, which the race detector stamps accesses with
};

} // namespace mmc::emulator

#endif // MMC_RUNTIME_EMULATOR_DEVICE_H
