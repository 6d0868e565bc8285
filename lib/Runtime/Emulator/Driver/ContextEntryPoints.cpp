// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuDevicePrimaryCtx…, cuCtx….

#include "EntryPoint.h"
#include "Graph.h"
#include "Stream.h"

using namespace mmc::emulator::driver;

static bool areContextFlags(unsigned flags) {
  unsigned schedule = flags & CU_CTX_SCHED_MASK;
  return !(flags & ~unsigned(CU_CTX_FLAGS_MASK)) && (schedule & (schedule - 1)) == 0;
}

MMC_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(context, CUDA_ERROR_INVALID_VALUE);
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  std::lock_guard<std::mutex> lock(primaryMutex());
  if (!gpu->primary)
    gpu->primary = createContext(*gpu, gpu->primaryFlags, /*isPrimary=*/true);
  ++gpu->retained;
  *context = gpu->primary->handle;
  return CUDA_SUCCESS;
}

/// Ends the primary context. Under primaryMutex().
static void endPrimary(Gpu &gpu) {
  if (gpu.primary)
    destroyContext(*gpu.primary);
  gpu.primary = nullptr;
}

MMC_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  MMC_TRY(checkReady());
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  std::lock_guard<std::mutex> lock(primaryMutex());
  MMC_REQUIRE(gpu->retained, CUDA_ERROR_INVALID_CONTEXT);
  if (!--gpu->retained)
    endPrimary(*gpu);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  MMC_TRY(checkReady());
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  std::lock_guard<std::mutex> lock(primaryMutex());
  endPrimary(*gpu);
  gpu->retained = 0;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned int flags) {
  MMC_TRY(checkReady());
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  MMC_REQUIRE(areContextFlags(flags), CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(primaryMutex());
  gpu->primaryFlags = flags;
  if (gpu->primary)
    gpu->primary->flags = flags;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int *flags, int *active) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(flags && active, CUDA_ERROR_INVALID_VALUE);
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  std::lock_guard<std::mutex> lock(primaryMutex());
  *flags = gpu->primaryFlags;
  *active = gpu->primary != nullptr;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(context && areContextFlags(flags), CUDA_ERROR_INVALID_VALUE);
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  MMC_REQUIRE(!contextStack().isFull(), CUDA_ERROR_OUT_OF_MEMORY);
  Context *made = createContext(*gpu, flags, /*isPrimary=*/false);
  contextStack().push(made);
  *context = made->handle;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxCreate_v4(CUcontext *context, CUctxCreateParams *parameters,
                                   unsigned int flags, CUdevice device) {
  MMC_TRY(checkReady());
  // Programs pass a structure of zeros.
  MMC_REQUIRE(!parameters || (!parameters->numExecAffinityParams && !parameters->cigParams),
              CUDA_ERROR_NOT_SUPPORTED);
  return cuCtxCreate_v2(context, flags, device);
}

MMC_EXPORT CUresult cuCtxDestroy_v2(CUcontext handle) {
  MMC_TRY(checkReady());
  Context *context = findContext(handle);
  MMC_REQUIRE(context && !context->isPrimary, CUDA_ERROR_INVALID_CONTEXT);
  if (!contextStack().empty() && contextStack().back() == context)
    contextStack().pop();
  destroyContext(*context);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext handle) {
  MMC_TRY(checkReady());
  Context *context = findContext(handle);
  MMC_REQUIRE(context, CUDA_ERROR_INVALID_CONTEXT);
  MMC_REQUIRE(!contextStack().isFull(), CUDA_ERROR_OUT_OF_MEMORY);
  contextStack().push(context);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(!contextStack().empty() && contextStack().back(), CUDA_ERROR_INVALID_CONTEXT);
  if (context)
    *context = contextStack().back()->handle;
  contextStack().pop();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxSetCurrent(CUcontext handle) {
  MMC_TRY(checkReady());
  Context *context = handle ? findContext(handle) : nullptr;
  MMC_REQUIRE(context || !handle, CUDA_ERROR_INVALID_CONTEXT);
  if (!contextStack().empty())
    contextStack().pop();
  if (context)
    contextStack().push(context);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxGetCurrent(CUcontext *context) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(context, CUDA_ERROR_INVALID_VALUE);
  *context =
      contextStack().empty() || !contextStack().back() ? nullptr : contextStack().back()->handle;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxGetDevice(CUdevice *device) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(device, CUDA_ERROR_INVALID_VALUE);
  *device = deviceOf(*context);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxGetFlags(unsigned int *flags) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(flags, CUDA_ERROR_INVALID_VALUE);
  *flags = context->flags;
  return CUDA_SUCCESS;
}

/// The context of a handle; null is the current one.
static CUresult findOrCurrent(CUcontext handle, Context *&context) {
  if (!handle)
    return currentContext(context);
  MMC_TRY(checkReady());
  context = findContext(handle);
  return context ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

MMC_EXPORT CUresult cuCtxGetId(CUcontext handle, unsigned long long *id) {
  Context *context = nullptr;
  MMC_TRY(findOrCurrent(handle, context));
  MMC_REQUIRE(id, CUDA_ERROR_INVALID_VALUE);
  *id = context->id;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxGetApiVersion(CUcontext handle, unsigned int *version) {
  Context *context = nullptr;
  MMC_TRY(findOrCurrent(handle, context));
  MMC_REQUIRE(version, CUDA_ERROR_INVALID_VALUE);
  *version = 3020;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxSynchronize(void) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_TRY(refuseUnsafeCall());
  return synchronize(*context);
}

MMC_EXPORT CUresult cuCtxGetLimit(size_t *value, CUlimit limit) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(value, CUDA_ERROR_INVALID_VALUE);
  switch (limit) {
  case CU_LIMIT_STACK_SIZE:
    *value = 64 * 1024;
    return CUDA_SUCCESS;
  case CU_LIMIT_PRINTF_FIFO_SIZE:
    *value = context->printfBytes;
    return CUDA_SUCCESS;
  case CU_LIMIT_MALLOC_HEAP_SIZE:
    *value = context->gpu.device.kernelHeapBytes();
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_UNSUPPORTED_LIMIT;
}

MMC_EXPORT CUresult cuCtxSetLimit(CUlimit limit, size_t value) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  switch (limit) {
  case CU_LIMIT_STACK_SIZE: // a thread's stack is what it is: whatever fits is granted
    return value <= 64 * 1024 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  case CU_LIMIT_PRINTF_FIFO_SIZE: // nothing is lost, however much kernels print
    context->printfBytes = value;
    return CUDA_SUCCESS;
  case CU_LIMIT_MALLOC_HEAP_SIZE:
    return context->gpu.device.setHeapBytes(value) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_ERROR_UNSUPPORTED_LIMIT;
}

MMC_EXPORT CUresult cuCtxGetCacheConfig(CUfunc_cache *config) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(config, CUDA_ERROR_INVALID_VALUE);
  *config = CU_FUNC_CACHE_PREFER_NONE;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuCtxSetCacheConfig(CUfunc_cache config) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  return config <= CU_FUNC_CACHE_PREFER_EQUAL ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

MMC_EXPORT CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  if (least)
    *least = 0;
  if (greatest)
    *greatest = -5;
  return CUDA_SUCCESS;
}
