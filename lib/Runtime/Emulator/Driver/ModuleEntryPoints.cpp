// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuModule…, cuLibrary…, cuKernel….

#include "EntryPoint.h"
#include "FatBinary.h"
#include "Graph.h"
#include "Modules.h"

#include <chrono>
#include <fstream>
#include <sstream>

using namespace mmc::emulator::driver;

/// Loads into a context, with what the JIT options ask for. `available` bounds the image, and `ptx`
/// is its text.
static CUresult load(Context &context, const void *image, size_t available, bool isOfLibrary,
                     unsigned count, CUjit_option *options, void **values, std::string &ptx,
                     CUmodule &module) {
  MMC_TRY(checkJitOptions(count, options, values));
  MMC_TRY(refuseUnsafeCall());
  auto begin = std::chrono::steady_clock::now();
  std::string log;
  CUresult result = ptxOfImage(image, available, chipOf(context), log, ptx);
  if (result == CUDA_SUCCESS)
    result = loadModule(context, ptx, isOfLibrary, log, module);
  std::chrono::duration<float, std::milli> time = std::chrono::steady_clock::now() - begin;
  writeJitLogs(count, options, values, log, result != CUDA_SUCCESS, time.count());
  return result;
}

MMC_EXPORT CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int count,
                                       CUjit_option *options, void **values) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(module && image, CUDA_ERROR_INVALID_VALUE);
  std::string ptx;
  return load(*context, image, unknownImageSize, /*isOfLibrary=*/false, count, options, values, ptx,
              *module);
}

MMC_EXPORT CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

MMC_EXPORT CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

MMC_EXPORT CUresult cuModuleLoad(CUmodule *module, const char *file) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(module && file, CUDA_ERROR_INVALID_VALUE);
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  MMC_REQUIRE(in && content << in.rdbuf(), CUDA_ERROR_FILE_NOT_FOUND);
  std::string image = content.str(), ptx;
  return load(*context, image.data(), image.size(), /*isOfLibrary=*/false, 0, nullptr, nullptr, ptx,
              *module);
}

MMC_EXPORT CUresult cuModuleUnload(CUmodule module) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_TRY(refuseUnsafeCall());
  return unloadModule(module);
}

MMC_EXPORT CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode *mode) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(mode, CUDA_ERROR_INVALID_VALUE);
  *mode = CU_MODULE_EAGER_LOADING;
  return CUDA_SUCCESS;
}

static CUresult findModule(CUmodule handle, std::shared_ptr<LoadedModule> &module) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  module = moduleTable().find(handle);
  return module ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

MMC_EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule handle, const char *name) {
  std::shared_ptr<LoadedModule> module;
  MMC_TRY(findModule(handle, module));
  MMC_REQUIRE(function && name, CUDA_ERROR_INVALID_VALUE);
  return getFunction(handle, name, *function);
}

MMC_EXPORT CUresult cuModuleGetFunctionCount(unsigned int *count, CUmodule handle) {
  std::shared_ptr<LoadedModule> module;
  MMC_TRY(findModule(handle, module));
  MMC_REQUIRE(count, CUDA_ERROR_INVALID_VALUE);
  *count = static_cast<unsigned>(module->module->kernels().size());
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuModuleEnumerateFunctions(CUfunction *functions, unsigned int count,
                                               CUmodule handle) {
  std::shared_ptr<LoadedModule> module;
  MMC_TRY(findModule(handle, module));
  MMC_REQUIRE(functions && count, CUDA_ERROR_INVALID_VALUE);
  const auto &kernels = module->module->kernels();
  for (unsigned i = 0; i < count && i < kernels.size(); ++i)
    MMC_TRY(getFunction(handle, kernels[i].name, functions[i]));
  return CUDA_SUCCESS;
}

/// A variable of a module; either result may be null.
static CUresult getGlobal(const LoadedModule &module, const char *name, CUdeviceptr *address,
                          size_t *bytes) {
  MMC_REQUIRE(name && (address || bytes), CUDA_ERROR_INVALID_VALUE);
  const auto *variable = module.module->variable(name);
  MMC_REQUIRE(variable, CUDA_ERROR_NOT_FOUND);
  if (address)
    *address = variable->address;
  if (bytes)
    *bytes = variable->bytes;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes, CUmodule handle,
                                         const char *name) {
  std::shared_ptr<LoadedModule> module;
  MMC_TRY(findModule(handle, module));
  return getGlobal(*module, name, address, bytes);
}

MMC_EXPORT CUresult cuLibraryLoadData(CUlibrary *handle, const void *code, CUjit_option *jitOptions,
                                      void **jitValues, unsigned int jitCount,
                                      CUlibraryOption *options, void **values, unsigned int count) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(handle && code && (!count || (options && values)), CUDA_ERROR_INVALID_VALUE);
  // Into the current context at once, so that errors are told here.
  CUmodule module = nullptr;
  auto library = std::make_shared<Library>();
  MMC_TRY(load(*context, code, unknownImageSize, /*isOfLibrary=*/true, jitCount, jitOptions,
               jitValues, library->ptx, module));
  library->modules[context] = module;
  *handle = libraryTable().add(std::move(library));
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuLibraryUnload(CUlibrary handle) {
  MMC_TRY(checkReady());
  std::shared_ptr<Library> library = libraryTable().take(handle);
  MMC_REQUIRE(library, CUDA_ERROR_INVALID_HANDLE);
  std::lock_guard<std::mutex> lock(library->mutex);
  library->isUnloaded = true;
  for (auto &[name, kernel] : library->kernels)
    kernelTable().take(kernel);
  for (auto &[context, module] : library->modules)
    (void)unloadModule(module); // it went with its context if that is no more
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuLibraryGetModule(CUmodule *module, CUlibrary library) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(module, CUDA_ERROR_INVALID_VALUE);
  return moduleOfLibrary(library, *context, *module);
}

MMC_EXPORT CUresult cuLibraryGetKernel(CUkernel *kernel, CUlibrary handle, const char *name) {
  MMC_REQUIRE(kernel && name, CUDA_ERROR_INVALID_VALUE);
  CUmodule moduleHandle = nullptr;
  MMC_TRY(cuLibraryGetModule(&moduleHandle, handle));
  std::shared_ptr<LoadedModule> module;
  MMC_TRY(findModule(moduleHandle, module));
  MMC_REQUIRE(module->module->kernel(name), CUDA_ERROR_NOT_FOUND);
  std::shared_ptr<Library> library = libraryTable().find(handle);
  MMC_REQUIRE(library, CUDA_ERROR_INVALID_HANDLE);
  std::lock_guard<std::mutex> lock(library->mutex);
  MMC_REQUIRE(!library->isUnloaded, CUDA_ERROR_INVALID_HANDLE);
  CUkernel &known = library->kernels[name];
  if (!known) {
    auto made = std::make_shared<LibraryKernel>();
    made->library = handle;
    made->name = name;
    known = kernelTable().add(std::move(made));
  }
  *kernel = known;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuLibraryGetGlobal(CUdeviceptr *address, size_t *bytes, CUlibrary handle,
                                       const char *name) {
  CUmodule module = nullptr;
  MMC_TRY(cuLibraryGetModule(&module, handle));
  return cuModuleGetGlobal_v2(address, bytes, module, name);
}

MMC_EXPORT CUresult cuKernelGetFunction(CUfunction *function, CUkernel handle) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(function, CUDA_ERROR_INVALID_VALUE);
  std::shared_ptr<LibraryKernel> kernel = kernelTable().find(handle);
  MMC_REQUIRE(kernel, CUDA_ERROR_INVALID_HANDLE);
  CUmodule module = nullptr;
  MMC_TRY(moduleOfLibrary(kernel->library, *context, module));
  return getFunction(module, kernel->name, *function);
}
