// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuFunc…, cuOccupancy….

#include "EntryPoint.h"
#include "Modules.h"

#include <algorithm>

using namespace mmc::emulator::driver;
using mmc::emulator::Chip;
using mmc::emulator::Kernel;

static CUresult findCurrent(CUfunction handle, std::shared_ptr<Function> &function) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  return findFunction(handle, *context, function);
}

/// What nothing is known of without .maxnreg: as many registers as its largest block could have.
static int registersOf(const Function &function) {
  const Kernel &kernel = *function.kernel;
  if (kernel.registers)
    return static_cast<int>(kernel.registers);
  uint64_t threads = (std::max(1u, kernel.maxThreads) + 31) / 32 * 32;
  return static_cast<int>(
      std::min<uint64_t>(255, chipOf(*function.context).registersPerBlock / threads));
}

MMC_EXPORT CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute,
                                       CUfunction handle) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  MMC_REQUIRE(value, CUDA_ERROR_INVALID_VALUE);
  const Kernel &kernel = *function->kernel;
  auto give = [&](uint64_t number) {
    *value = static_cast<int>(number);
    return CUDA_SUCCESS;
  };
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    return give(kernel.maxThreads);
  case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    return give(kernel.staticShared);
  case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES: {
    uint64_t bytes = 0;
    for (const auto &variable : function->module->variables())
      bytes += variable.constant ? variable.bytes : 0;
    return give(bytes);
  }
  case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    return give(kernel.localBytes);
  case CU_FUNC_ATTRIBUTE_NUM_REGS:
    *value = registersOf(*function);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    // Of the virtual architecture, not of the language: CUB chooses by it.
    return give(function->module->targetArchitecture());
  case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
    return give(chipOf(*function->context).sm());
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    return give(function->dynamicShared);
  case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    *value = function->carveout;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA:
  case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
  case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    return give(0);
  }
  return CUDA_ERROR_INVALID_VALUE;
}

MMC_EXPORT CUresult cuFuncSetAttribute(CUfunction handle, CUfunction_attribute attribute,
                                       int value) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  const Chip &chip = chipOf(*function->context);
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    MMC_REQUIRE(value >= 0 &&
                    uint64_t(value) + function->kernel->staticShared <= chip.sharedPerBlockOptIn,
                CUDA_ERROR_INVALID_VALUE);
    function->dynamicShared = static_cast<uint64_t>(value);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    MMC_REQUIRE(value >= -1 && value <= 100, CUDA_ERROR_INVALID_VALUE);
    function->carveout = value;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
  case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    return value ? CUDA_ERROR_NOT_SUPPORTED : CUDA_SUCCESS;
  default:
    return CUDA_ERROR_INVALID_VALUE;
  }
}

MMC_EXPORT CUresult cuFuncSetCacheConfig(CUfunction handle, CUfunc_cache config) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  return config <= CU_FUNC_CACHE_PREFER_EQUAL ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

MMC_EXPORT CUresult cuFuncGetModule(CUmodule *module, CUfunction handle) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  MMC_REQUIRE(module, CUDA_ERROR_INVALID_VALUE);
  *module = function->owner;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuFuncGetName(const char **name, CUfunction handle) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  MMC_REQUIRE(name, CUDA_ERROR_INVALID_VALUE);
  *name = function->kernel->name.c_str();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuFuncGetParamInfo(CUfunction handle, size_t index, size_t *offset,
                                       size_t *bytes) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  MMC_REQUIRE(offset && index < function->kernel->parameters.size(), CUDA_ERROR_INVALID_VALUE);
  *offset = function->kernel->parameters[index].offset;
  if (bytes)
    *bytes = function->kernel->parameters[index].bytes;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int *blocks, CUfunction handle, int blockSize, size_t dynamicShared, unsigned int flags) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  MMC_REQUIRE(blocks && blockSize > 0 && flags <= 1, CUDA_ERROR_INVALID_VALUE);
  *blocks = static_cast<int>(
      blocksPerMultiprocessor(*function, static_cast<uint64_t>(blockSize), dynamicShared));
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function,
                                                                int blockSize,
                                                                size_t dynamicShared) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, blockSize,
                                                              dynamicShared, 0);
}

MMC_EXPORT CUresult cuOccupancyMaxPotentialBlockSize(int *minGrid, int *blockSize,
                                                     CUfunction handle,
                                                     CUoccupancyB2DSize sharedOfBlock,
                                                     size_t dynamicShared, int blockSizeLimit) {
  std::shared_ptr<Function> function;
  MMC_TRY(findCurrent(handle, function));
  MMC_REQUIRE(minGrid && blockSize && blockSizeLimit >= 0, CUDA_ERROR_INVALID_VALUE);
  const Chip &chip = chipOf(*function->context);
  uint32_t limit = std::min(function->kernel->maxThreads, chip.maxThreadsPerBlock);
  if (blockSizeLimit)
    limit = std::min(limit, static_cast<uint32_t>(blockSizeLimit));
  uint64_t best = 0;
  *minGrid = *blockSize = 0;
  // The largest block among those that keep most threads busy.
  for (uint32_t size = limit; size; size = (size - 1) / 32 * 32) {
    size_t shared = sharedOfBlock ? sharedOfBlock(static_cast<int>(size)) : dynamicShared;
    uint64_t blocks = blocksPerMultiprocessor(*function, size, shared);
    if (blocks * size <= best)
      continue;
    best = blocks * size;
    *blockSize = static_cast<int>(size);
    *minGrid = static_cast<int>(blocks * chip.multiprocessors);
  }
  return CUDA_SUCCESS;
}
