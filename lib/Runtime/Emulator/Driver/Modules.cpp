// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loading and unloading.

#include "Modules.h"

#include "Try.h"

#include <algorithm>
#include <cstring>

namespace mmc::emulator::driver {

HandleTable<CUmodule, LoadedModule> &moduleTable() {
  static auto &table = *new HandleTable<CUmodule, LoadedModule>;
  return table;
}

HandleTable<CUfunction, Function> &functionTable() {
  static auto &table = *new HandleTable<CUfunction, Function>;
  return table;
}

HandleTable<CUlibrary, Library> &libraryTable() {
  static auto &table = *new HandleTable<CUlibrary, Library>;
  return table;
}

HandleTable<CUkernel, LibraryKernel> &kernelTable() {
  static auto &table = *new HandleTable<CUkernel, LibraryKernel>;
  return table;
}

/// The chip that the text is for, as a number; 0 if it names none.
static unsigned targetOf(const std::string &text) {
  size_t at = text.find(".target");
  size_t chip = at == std::string::npos ? at : text.find("sm_", at);
  return chip == std::string::npos
             ? 0
             : static_cast<unsigned>(std::strtoul(text.c_str() + chip + 3, nullptr, 10));
}

CUresult loadModule(Context &context, const std::string &text, bool isOfLibrary, std::string &log,
                    CUmodule &handle) {
  const Chip &chip = chipOf(context);
  static std::atomic<uint64_t> last{0};
  std::string name = "module" + std::to_string(++last) + ".ptx";
  auto module = context.gpu.device.load(text, name);
  if (!module.isOk()) {
    log = module.status().message();
    if (targetOf(text) > chip.sm())
      return CUDA_ERROR_NO_BINARY_FOR_GPU;
    return log.find("out of device memory") != std::string::npos ? CUDA_ERROR_OUT_OF_MEMORY
                                                                 : CUDA_ERROR_INVALID_PTX;
  }
  auto loaded = std::make_shared<LoadedModule>();
  loaded->module = *module;
  loaded->context = &context;
  loaded->name = name;
  loaded->isOfLibrary = isOfLibrary;
  for (const Kernel &kernel : loaded->module->kernels())
    log += name + ": '" + kernel.name + "': " + std::to_string(kernel.parameterBytes) +
           " bytes of parameters, " + std::to_string(kernel.staticShared) + " of shared and " +
           std::to_string(kernel.localBytes) + " of local memory\n";
  handle = moduleTable().add(std::move(loaded));
  return CUDA_SUCCESS;
}

CUresult unloadModule(CUmodule handle) {
  MMC_REQUIRE(moduleTable().take(handle), CUDA_ERROR_INVALID_HANDLE);
  for (auto &[functionHandle, function] : functionTable().all())
    if (function->owner == handle)
      functionTable().take(functionHandle);
  return CUDA_SUCCESS;
}

CUresult getFunction(CUmodule handle, const std::string &name, CUfunction &function) {
  std::shared_ptr<LoadedModule> loaded = moduleTable().find(handle);
  MMC_REQUIRE(loaded, CUDA_ERROR_INVALID_HANDLE);
  const Kernel *kernel = loaded->module->kernel(name);
  MMC_REQUIRE(kernel, CUDA_ERROR_NOT_FOUND);
  std::lock_guard<std::mutex> lock(loaded->mutex);
  auto known = loaded->functions.find(name);
  if (known != loaded->functions.end()) {
    function = known->second;
    return CUDA_SUCCESS;
  }
  auto made = std::make_shared<Function>();
  made->module = loaded->module;
  made->owner = handle;
  made->kernel = kernel;
  made->context = loaded->context;
  uint64_t without = chipOf(*loaded->context).sharedPerBlock; // asking for nothing
  made->dynamicShared = without > kernel->staticShared ? without - kernel->staticShared : 0;
  function = functionTable().add(std::move(made));
  loaded->functions[name] = function;
  return CUDA_SUCCESS;
}

CUresult moduleOfLibrary(CUlibrary handle, Context &context, CUmodule &module) {
  std::shared_ptr<Library> library = libraryTable().find(handle);
  MMC_REQUIRE(library, CUDA_ERROR_INVALID_HANDLE);
  std::lock_guard<std::mutex> lock(library->mutex);
  MMC_REQUIRE(!library->isUnloaded, CUDA_ERROR_INVALID_HANDLE);
  auto known = library->modules.find(&context);
  if (known != library->modules.end() && moduleTable().find(known->second)) {
    module = known->second;
    return CUDA_SUCCESS;
  }
  std::string log;
  MMC_TRY(loadModule(context, library->ptx, /*isOfLibrary=*/true, log, module));
  library->modules[&context] = module;
  return CUDA_SUCCESS;
}

CUresult findFunction(CUfunction handle, Context &context, std::shared_ptr<Function> &function) {
  if (std::shared_ptr<LibraryKernel> kernel =
          kernelTable().find(reinterpret_cast<CUkernel>(handle))) {
    CUmodule module = nullptr;
    MMC_TRY(moduleOfLibrary(kernel->library, context, module));
    MMC_TRY(getFunction(module, kernel->name, handle));
  }
  function = functionTable().find(handle);
  return function && function->context == &context ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult checkJitOptions(unsigned count, const CUjit_option *options, void *const *values) {
  MMC_REQUIRE(!count || (options && values), CUDA_ERROR_INVALID_VALUE);
  for (unsigned i = 0; i < count; ++i)
    MMC_REQUIRE(options[i] < CU_JIT_NUM_OPTIONS, CUDA_ERROR_INVALID_VALUE);
  return CUDA_SUCCESS;
}

/// Fills one log buffer, ended by a zero, and says how much of it is used.
static void writeLog(unsigned count, const CUjit_option *options, void **values,
                     CUjit_option bufferOption, CUjit_option sizeOption, const std::string &text) {
  char *buffer = nullptr;
  void **size = nullptr;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == bufferOption)
      buffer = static_cast<char *>(values[i]);
    if (options[i] == sizeOption)
      size = &values[i];
  }
  if (!size)
    return;
  // The value itself is a 32-bit number, in and out.
  size_t room = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(*size)), used = 0;
  if (buffer && room) {
    used = std::min(text.size(), room - 1);
    std::memcpy(buffer, text.data(), used);
    buffer[used] = 0;
  }
  *size = reinterpret_cast<void *>(used);
}

void writeJitLogs(unsigned count, const CUjit_option *options, void **values,
                  const std::string &log, bool isError, float milliseconds) {
  writeLog(count, options, values, CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
           isError ? log : "");
  writeLog(count, options, values, CU_JIT_INFO_LOG_BUFFER, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES,
           isError ? "" : log);
  for (unsigned i = 0; i < count; ++i)
    if (options[i] == CU_JIT_WALL_TIME)
      std::memcpy(&values[i], &milliseconds, sizeof milliseconds);
}

void endModules(Context &context) {
  for (auto &[handle, module] : moduleTable().all())
    if (module->context == &context)
      moduleTable().take(handle);
  for (auto &[handle, function] : functionTable().all())
    if (function->context == &context)
      functionTable().take(handle);
}

unsigned blocksPerMultiprocessor(const Function &function, uint64_t threads,
                                 uint64_t dynamicShared) {
  const Chip &chip = chipOf(*function.context);
  const Kernel &kernel = *function.kernel;
  if (!threads || threads > kernel.maxThreads || threads > chip.maxThreadsPerBlock ||
      dynamicShared > function.dynamicShared)
    return 0;
  uint64_t warps = (threads + 31) / 32, blocks = chip.blocksPerMultiprocessor;
  blocks = std::min<uint64_t>(blocks, chip.threadsPerMultiprocessor / (warps * 32));
  // Registers are given to warps, in units of 256. Without .maxnreg nothing is known of them.
  if (kernel.registers) {
    uint64_t ofWarp = (uint64_t(kernel.registers) * 32 + 255) / 256 * 256;
    blocks = std::min<uint64_t>(blocks, chip.registersPerBlock / (ofWarp * warps));
  }
  // The system takes some of each block's shared memory.
  uint64_t reserved = chip.sharedPerMultiprocessor - chip.sharedPerBlockOptIn;
  uint64_t shared = (kernel.staticShared + dynamicShared + reserved + 127) / 128 * 128;
  return static_cast<unsigned>(std::min<uint64_t>(blocks, chip.sharedPerMultiprocessor / shared));
}

} // namespace mmc::emulator::driver
