// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuLaunchKernel and its kin.

#include "EntryPoint.h"
#include "Modules.h"

#include <cstring>

using namespace mmc::emulator::driver;
using mmc::emulator::Kernel;
using mmc::emulator::KernelParameter;
using mmc::emulator::LaunchConfig;
using mmc::emulator::LaunchOptions;
using mmc::emulator::LaunchReport;
using mmc::emulator::LaunchResult;
using mmc::emulator::Violation;
using mmc::emulator::ViolationKind;

/// The parameters' bytes, as they lie in the kernel's buffer, from either form.
static CUresult collectParameters(const Kernel &kernel, void **parameters, void **extra,
                                  std::vector<uint8_t> &bytes) {
  MMC_REQUIRE(!parameters || !extra, CUDA_ERROR_INVALID_VALUE);
  bytes.assign(kernel.parameterBytes, 0);
  if (kernel.parameters.empty())
    return CUDA_SUCCESS;
  if (parameters) {
    for (size_t i = 0; i < kernel.parameters.size(); ++i) {
      const KernelParameter &parameter = kernel.parameters[i];
      MMC_REQUIRE(parameters[i], CUDA_ERROR_INVALID_VALUE);
      std::memcpy(bytes.data() + parameter.offset, parameters[i], parameter.bytes);
    }
    return CUDA_SUCCESS;
  }
  MMC_REQUIRE(extra, CUDA_ERROR_INVALID_VALUE);
  const void *buffer = nullptr;
  const size_t *size = nullptr;
  for (; *extra != CU_LAUNCH_PARAM_END; extra += 2) {
    if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER)
      buffer = extra[1];
    else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE)
      size = static_cast<const size_t *>(extra[1]);
    else
      return CUDA_ERROR_INVALID_VALUE;
  }
  MMC_REQUIRE(buffer && size && *size >= kernel.parameterBytes, CUDA_ERROR_INVALID_VALUE);
  std::memcpy(bytes.data(), buffer, kernel.parameterBytes);
  return CUDA_SUCCESS;
}

/// What hardware would make of a violation, if it notices.
static CUresult faultOf(ViolationKind kind) {
  switch (kind) {
  case ViolationKind::OutOfBounds:
  case ViolationKind::LocalOutOfBounds:
  case ViolationKind::UseAfterFree:
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  case ViolationKind::Misaligned:
    return CUDA_ERROR_MISALIGNED_ADDRESS;
  case ViolationKind::InvalidInstruction:
    return CUDA_ERROR_LAUNCH_FAILED;
  default:
    return CUDA_SUCCESS; // goes unnoticed
  }
}

static CUresult run(const Function &function, const LaunchConfig &config,
                    const std::vector<uint8_t> &bytes, Execution &execution) {
  const Kernel &kernel = *function.kernel;
  std::vector<const void *> arguments;
  for (const KernelParameter &parameter : kernel.parameters)
    arguments.push_back(bytes.data() + parameter.offset);
  LaunchOptions options;
  options.threads = settings().threads;
  options.schedule = settings().schedule;
  options.maxInstructions = settings().maxInstructions;
  options.collectAccesses = settings().hazards;
  // A capture may have nodes of other contexts than its graph's.
  LaunchResult result = function.context->gpu.device.launch(kernel, config, arguments, options);
  execution.accesses = std::move(result.accesses);
  report(result.report);
  if (!result.status.isOk()) {
    Finding finding;
    finding.kind = "hang";
    finding.operation = kernel.name;
    finding.message = result.status.message();
    report(std::move(finding));
    return CUDA_ERROR_LAUNCH_TIMEOUT;
  }
  if (result.hasFailedAssertion && settings().sticky)
    return CUDA_ERROR_ASSERT;
  if (settings().sticky)
    for (const Violation &violation : result.report.violations)
      if (CUresult fault = faultOf(violation.kind))
        return fault;
  return CUDA_SUCCESS;
}

/// Why the chip refuses the launch: reported, and as an error.
static CUresult refuse(const Function &function, const LaunchConfig &config,
                       const std::string &why) {
  LaunchReport launch;
  launch.kernel = function.kernel->name;
  Violation violation;
  violation.kind = ViolationKind::LaunchConfiguration;
  violation.count = 1;
  violation.message = why;
  launch.violations.push_back(std::move(violation));
  report(launch);
  uint64_t threads = config.block.count();
  bool isTooLarge =
      threads <= chipOf(*function.context).maxThreadsPerBlock &&
      (threads > function.kernel->maxThreads || why.find("registers") != std::string::npos);
  return isTooLarge ? CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES : CUDA_ERROR_INVALID_VALUE;
}

static CUresult launch(CUfunction handle, LaunchConfig config, CUstream stream, void **parameters,
                       void **extra, bool isCooperative) {
  config.isCooperative = isCooperative;
  Context *context = nullptr;
  MMC_TRY(contextOf(stream, context));
  std::shared_ptr<Function> function;
  MMC_TRY(findFunction(handle, *context, function));
  std::vector<uint8_t> bytes;
  MMC_TRY(collectParameters(*function->kernel, parameters, extra, bytes));
  config.dynamicSharedLimit = function->dynamicShared;
  auto status = context->gpu.device.checkLaunch(*function->kernel, config);
  if (!status.isOk())
    return refuse(*function, config, status.message());
  if (isCooperative) {
    // All blocks must be there at once.
    uint64_t blocks =
        blocksPerMultiprocessor(*function, config.block.count(), config.dynamicShared);
    MMC_REQUIRE(config.grid.count() <= blocks * chipOf(*context).multiprocessors,
                CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
  }
  Operation operation;
  operation.name = function->kernel->name;
  operation.type = CU_GRAPH_NODE_TYPE_KERNEL;
  operation.work = [function, config, bytes = std::move(bytes)](Execution &execution) {
    return run(*function, config, bytes, execution);
  };
  return enqueue(stream, std::move(operation));
}

MMC_EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned int gridX, unsigned int gridY,
                                   unsigned int gridZ, unsigned int blockX, unsigned int blockY,
                                   unsigned int blockZ, unsigned int sharedBytes, CUstream stream,
                                   void **parameters, void **extra) {
  LaunchConfig config;
  config.grid = {gridX, gridY, gridZ};
  config.block = {blockX, blockY, blockZ};
  config.dynamicShared = sharedBytes;
  return launch(function, config, stream, parameters, extra, /*isCooperative=*/false);
}

MMC_EXPORT CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned int gridX,
                                              unsigned int gridY, unsigned int gridZ,
                                              unsigned int blockX, unsigned int blockY,
                                              unsigned int blockZ, unsigned int sharedBytes,
                                              CUstream stream, void **parameters) {
  LaunchConfig config;
  config.grid = {gridX, gridY, gridZ};
  config.block = {blockX, blockY, blockZ};
  config.dynamicShared = sharedBytes;
  return launch(function, config, stream, parameters, nullptr, /*isCooperative=*/true);
}

MMC_EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig *ex, CUfunction function,
                                     void **parameters, void **extra) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(ex && (!ex->numAttrs || ex->attrs), CUDA_ERROR_INVALID_VALUE);
  bool isCooperative = false;
  for (unsigned i = 0; i < ex->numAttrs; ++i) {
    const CUlaunchAttribute &attribute = ex->attrs[i];
    switch (static_cast<int>(attribute.id)) { // whatever the program has
    case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
      isCooperative = attribute.value.cooperative != 0;
      break;
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: {
      const auto &cluster = attribute.value.clusterDim;
      MMC_REQUIRE(cluster.x && cluster.y && cluster.z, CUDA_ERROR_INVALID_VALUE);
      MMC_REQUIRE(cluster.x == 1 && cluster.y == 1 && cluster.z == 1, CUDA_ERROR_NOT_SUPPORTED);
      break;
    }
    // Hints, which nothing depends on here; serialised launches may overlap, but need not.
    case CU_LAUNCH_ATTRIBUTE_IGNORE:
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
    case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
    case CU_LAUNCH_ATTRIBUTE_PRIORITY:
      break;
    default:
      return CUDA_ERROR_NOT_SUPPORTED;
    }
  }
  LaunchConfig config;
  config.grid = {ex->gridDimX, ex->gridDimY, ex->gridDimZ};
  config.block = {ex->blockDimX, ex->blockDimY, ex->blockDimZ};
  config.dynamicShared = ex->sharedMemBytes;
  return launch(function, config, ex->hStream, parameters, extra, isCooperative);
}
