// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loaded modules, their functions, and libraries: modules for whichever context asks.

#ifndef MMC_EMULATOR_DRIVER_MODULES_H
#define MMC_EMULATOR_DRIVER_MODULES_H

#include "Context.h"

#include <map>
#include <mutex>

namespace mmc::emulator::driver {

/// A kernel of a module, with what cuFuncSetAttribute has set.
struct Function {
  std::shared_ptr<Module> module; ///< keeps the kernel
  CUmodule owner = nullptr;
  const Kernel *kernel = nullptr;
  Context *context = nullptr;
  std::atomic<uint64_t> dynamicShared{0}; ///< the most that a launch may ask for
  std::atomic<int> carveout{-1};
};

struct LoadedModule {
  std::shared_ptr<Module> module;
  Context *context = nullptr;
  std::string name;
  bool isOfLibrary = false; ///< cuLibraryUnload unloads it, or its context's end
  std::mutex mutex;
  std::map<std::string, CUfunction> functions; ///< under the mutex
};

struct Library {
  std::string ptx;
  std::mutex mutex; ///< for the rest
  bool isUnloaded = false;
  std::map<Context *, CUmodule> modules;
  std::map<std::string, CUkernel> kernels;
};

struct LibraryKernel {
  CUlibrary library = nullptr;
  std::string name;
};

HandleTable<CUmodule, LoadedModule> &moduleTable();
HandleTable<CUfunction, Function> &functionTable();
HandleTable<CUlibrary, Library> &libraryTable();
HandleTable<CUkernel, LibraryKernel> &kernelTable();

/// Loads PTX into the context. `log` gets the errors, or what was loaded. CUDA_ERROR_INVALID_PTX,
/// CUDA_ERROR_NO_BINARY_FOR_GPU, CUDA_ERROR_OUT_OF_MEMORY.
CUresult loadModule(Context &context, const std::string &text, bool isOfLibrary, std::string &log,
                    CUmodule &module);
/// Ends the module and its functions. CUDA_ERROR_INVALID_HANDLE.
CUresult unloadModule(CUmodule module);
/// CUDA_ERROR_NOT_FOUND, CUDA_ERROR_INVALID_HANDLE.
CUresult getFunction(CUmodule module, const std::string &name, CUfunction &function);
/// The library's module in the context, loaded when it is not yet.
CUresult moduleOfLibrary(CUlibrary library, Context &context, CUmodule &module);
/// The function of a handle, which may be a CUkernel too: it is then looked up in the context.
CUresult findFunction(CUfunction handle, Context &context, std::shared_ptr<Function> &function);
/// What JIT options ask for and are told. CUDA_ERROR_INVALID_VALUE for options that there are not.
CUresult checkJitOptions(unsigned count, const CUjit_option *options, void *const *values);
/// Writes the logs into the buffers of the options.
void writeJitLogs(unsigned count, const CUjit_option *options, void **values,
                  const std::string &log, bool isError, float milliseconds);
/// Unloads whatever the context has loaded.
void endModules(Context &context);

/// How many blocks of the function a multiprocessor holds at a time; 0: it cannot be launched so.
unsigned blocksPerMultiprocessor(const Function &function, uint64_t threads,
                                 uint64_t dynamicShared);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_MODULES_H
