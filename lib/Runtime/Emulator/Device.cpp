// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches: checked against the chip, run, reported.

#include "mmc/Runtime/Emulator/Device.h"

#include "Execute/Launch.h"

#include <cstring>

namespace mmc::emulator {

Device::Device(const Chip &chip, unsigned ordinal)
    : model(chip), global(chip.memoryBytes, ordinal) {}

Device::~Device() = default;

KernelHeap *Device::kernelHeap() {
  if (heap)
    return heap.get();
  auto address = global.allocate(heapBytes, "heap of the kernels");
  if (!address.isOk())
    return nullptr;
  heap = std::make_unique<KernelHeap>(global.view(*address, heapBytes)->owner);
  return heap.get();
}

bool Device::setHeapBytes(uint64_t bytes) {
  std::lock_guard<std::mutex> lock(running);
  if (heap && heap->bytes() != bytes)
    return false;
  heapBytes = bytes;
  return true;
}

uint64_t Device::kernelHeapBytes() {
  std::lock_guard<std::mutex> lock(running);
  return heapBytes;
}

StatusOr<std::shared_ptr<Module>> Device::load(std::string_view ptx, const std::string &name) {
  return Module::load(ptx, name, model, global);
}

static std::string text(const Dim3 &dims) {
  return "(" + std::to_string(dims.x) + ", " + std::to_string(dims.y) + ", " +
         std::to_string(dims.z) + ")";
}

Status Device::checkLaunch(const Kernel &kernel, const LaunchConfig &config) const {
  auto refuse = [&](const std::string &why) {
    return Status::badInput("launch of '" + kernel.name + "' refused: " + why);
  };
  const Dim3 &block = config.block, &grid = config.grid;
  const uint32_t blockSizes[] = {block.x, block.y, block.z}, gridSizes[] = {grid.x, grid.y, grid.z};
  for (unsigned i = 0; i < 3; ++i) {
    if (!blockSizes[i] || blockSizes[i] > model.maxBlock[i])
      return refuse("a block may have up to (1024, 1024, 64) threads along each side, got: " +
                    text(block));
    if (!gridSizes[i] || gridSizes[i] > model.maxGrid[i])
      return refuse(
          "a grid may have up to (2147483647, 65535, 65535) blocks along each side, got: " +
          text(grid));
  }
  uint64_t threads = block.count();
  if (threads > model.maxThreadsPerBlock)
    return refuse("a block may have " + std::to_string(model.maxThreadsPerBlock) +
                  " threads, got: " + std::to_string(threads));
  const uint32_t (&required)[3] = kernel.requiredBlock;
  if (required[0] && (required[0] != block.x || required[1] != block.y || required[2] != block.z))
    return refuse("the kernel is compiled for blocks of " +
                  text({required[0], required[1], required[2]}) +
                  " (.reqntid), got: " + text(block));
  if (threads > kernel.maxThreads)
    return refuse("the kernel is compiled for at most " + std::to_string(kernel.maxThreads) +
                  " threads (.maxntid), got: " + std::to_string(threads));
  uint64_t warps = (threads + 31) / 32;
  // Registers are given to warps in units of 8 per thread.
  uint64_t registers = warps * 32 * ((kernel.registers + 7) / 8 * 8);
  if (kernel.registers && registers > model.registersPerBlock)
    return refuse("the block needs " + std::to_string(registers) + " registers, the chip has " +
                  std::to_string(model.registersPerBlock));
  uint64_t limit = config.dynamicSharedLimit
                       ? std::max<uint64_t>(*config.dynamicSharedLimit + kernel.staticShared,
                                            model.sharedPerBlock)
                       : model.sharedPerBlockOptIn;
  uint64_t shared = kernel.staticShared + config.dynamicShared;
  if (kernel.staticShared > model.sharedPerBlock)
    return refuse("a kernel may have " + std::to_string(model.sharedPerBlock) +
                  " bytes of static shared memory, got: " + std::to_string(kernel.staticShared));
  limit = std::min<uint64_t>(limit, model.sharedPerBlockOptIn);
  if (shared > limit || config.dynamicShared > limit)
    return refuse("a block may have " + std::to_string(limit) +
                  " bytes of shared memory, got: " + std::to_string(kernel.staticShared) +
                  " static and " + std::to_string(config.dynamicShared) + " dynamic");
  return Status::ok();
}

/// What the stamps of a launch say was accessed.
static void collectAccesses(const AllocationTable &table, uint32_t generation,
                            std::vector<AccessRange> &ranges) {
  for (bool written : {false, true})
    for (const auto &allocation : table) {
      if (allocation->isFreed || allocation->isHeap) // whose parts are no two kernels' at a time
        continue;
      for (uint64_t i = 0; i < allocation->chunkCount(); ++i) {
        const MemoryChunk &chunk = allocation->chunks[i];
        if (chunk.generation != generation || chunk.cells.isEmpty())
          continue;
        uint64_t begin = ((allocation->base >> MemoryChunk::shift) + i) << MemoryChunk::shift;
        unsigned granule = chunk.cells.granule();
        const std::vector<RaceCell> &cells = chunk.cells.all();
        for (size_t c = 0; c < cells.size(); ++c) {
          Stamp stamp = written ? cells[c].write : cells[c].reads[0];
          if (!stamp.bits || stamp.generation() != (generation & 0xff))
            continue;
          uint64_t at = begin + c * granule;
          if (!ranges.empty() && ranges.back().end == at && ranges.back().written == written)
            ranges.back().end += granule;
          else
            ranges.push_back({at, at + granule, written});
        }
      }
    }
}

LaunchResult Device::launch(const Kernel &kernel, const LaunchConfig &config,
                            const std::vector<const void *> &arguments,
                            const LaunchOptions &options) {
  LaunchResult result;
  result.report.kernel = kernel.name;
  result.report.chip = model.name;
  result.status = checkLaunch(kernel, config);
  if (result.status.isOk() && arguments.size() != kernel.parameters.size())
    result.status = Status::badInput("launch of '" + kernel.name + "' refused: the kernel has " +
                                     std::to_string(kernel.parameters.size()) +
                                     " parameters, got: " + std::to_string(arguments.size()));
  if (!result.status.isOk()) {
    Violation violation;
    violation.kind = ViolationKind::LaunchConfiguration;
    violation.count = 1;
    violation.message = result.status.message();
    result.report.violations.push_back(std::move(violation));
    return result;
  }
  std::lock_guard<std::mutex> lock(running);
  Launch launch(*kernel.program, model, config, options);
  if (config.isCooperative) {
    // Each launch has its own: nothing is left of one that has been given up.
    auto workspace = global.allocate(8, "workspace of the grid", 8, MemoryUse::Variable);
    result.status = workspace.status();
    if (!result.status.isOk())
      return result;
    launch.gridWorkspace = *workspace;
  }
  if (kernel.program->usesHeap)
    launch.heap = kernelHeap();
  launch.memory = global.snapshot();
  launch.generation = ++generation;
  launch.parameters.resize(kernel.parameterBytes);
  for (size_t i = 0; i < arguments.size(); ++i)
    std::memcpy(launch.parameters.data() + kernel.parameters[i].offset, arguments[i],
                kernel.parameters[i].bytes);
  launch.run();
  if (launch.gridWorkspace)
    (void)global.free(launch.gridWorkspace); // it is there
  result.hasFailedAssertion = launch.hasFailedAssertion;
  result.report.counters = launch.total;
  result.report.violations = launch.violations.take(result.report.truncated);
  if (launch.isHung)
    result.status =
        Status::badInput("'" + kernel.name + "' has not ended after " +
                         std::to_string(options.maxInstructions) + " warp instructions");
  if (options.collectAccesses)
    collectAccesses(*launch.memory, launch.generation, result.accesses);
  return result;
}

} // namespace mmc::emulator
