// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuMemcpy…, cuMemset….

#include "Copy.h"
#include "EntryPoint.h"

using namespace mmc::emulator::driver;

static CopyPlan line(const char *name, Rows::Kind toKind, uint64_t to, Rows::Kind fromKind,
                     uint64_t from, uint64_t bytes) {
  return {name, {toKind, to, bytes}, {fromKind, from, bytes}, bytes, 1};
}

static uint64_t number(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }

MMC_EXPORT CUresult cuMemcpy(CUdeviceptr destination, CUdeviceptr source, size_t bytes) {
  return copyNow(line("cuMemcpy", Rows::Unified, destination, Rows::Unified, source, bytes));
}

MMC_EXPORT CUresult cuMemcpyAsync(CUdeviceptr destination, CUdeviceptr source, size_t bytes,
                                  CUstream stream) {
  return copyAsync(line("cuMemcpyAsync", Rows::Unified, destination, Rows::Unified, source, bytes),
                   stream);
}

MMC_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr destination, const void *source, size_t bytes) {
  return copyNow(
      line("cuMemcpyHtoD", Rows::Device, destination, Rows::Host, number(source), bytes));
}

MMC_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr destination, const void *source, size_t bytes,
                                         CUstream stream) {
  return copyAsync(
      line("cuMemcpyHtoDAsync", Rows::Device, destination, Rows::Host, number(source), bytes),
      stream);
}

MMC_EXPORT CUresult cuMemcpyDtoH_v2(void *destination, CUdeviceptr source, size_t bytes) {
  return copyNow(
      line("cuMemcpyDtoH", Rows::Host, number(destination), Rows::Device, source, bytes));
}

MMC_EXPORT CUresult cuMemcpyDtoHAsync_v2(void *destination, CUdeviceptr source, size_t bytes,
                                         CUstream stream) {
  return copyAsync(
      line("cuMemcpyDtoHAsync", Rows::Host, number(destination), Rows::Device, source, bytes),
      stream);
}

MMC_EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr destination, CUdeviceptr source, size_t bytes) {
  return copyNow(line("cuMemcpyDtoD", Rows::Device, destination, Rows::Device, source, bytes));
}

MMC_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr destination, CUdeviceptr source, size_t bytes,
                                         CUstream stream) {
  return copyAsync(
      line("cuMemcpyDtoDAsync", Rows::Device, destination, Rows::Device, source, bytes), stream);
}

MMC_EXPORT CUresult cuMemcpyPeer(CUdeviceptr destination, CUcontext to, CUdeviceptr source,
                                 CUcontext from, size_t bytes) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(findContext(to) && findContext(from), CUDA_ERROR_INVALID_CONTEXT);
  return copyNow(line("cuMemcpyPeer", Rows::Device, destination, Rows::Device, source, bytes));
}

MMC_EXPORT CUresult cuMemcpyPeerAsync(CUdeviceptr destination, CUcontext to, CUdeviceptr source,
                                      CUcontext from, size_t bytes, CUstream stream) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(findContext(to) && findContext(from), CUDA_ERROR_INVALID_CONTEXT);
  return copyAsync(
      line("cuMemcpyPeerAsync", Rows::Device, destination, Rows::Device, source, bytes), stream);
}

/// One side of a two-dimensional copy: CUDA_ERROR_INVALID_VALUE for unknown kinds and rows that
/// overlap.
static CUresult side(CUmemorytype type, const void *host, CUdeviceptr device, size_t pitch,
                     size_t x, size_t y, size_t width, Rows &rows) {
  if (type == CU_MEMORYTYPE_ARRAY)
    return CUDA_ERROR_NOT_SUPPORTED;
  MMC_REQUIRE(type == CU_MEMORYTYPE_HOST || type == CU_MEMORYTYPE_DEVICE ||
                  type == CU_MEMORYTYPE_UNIFIED,
              CUDA_ERROR_INVALID_VALUE);
  constexpr size_t limit = 0x7fffffff; // CU_DEVICE_ATTRIBUTE_MAX_PITCH
  MMC_REQUIRE(pitch <= limit && width <= limit && x <= limit && y <= limit,
              CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(!pitch || pitch >= width + x, CUDA_ERROR_INVALID_VALUE);
  rows.kind = type == CU_MEMORYTYPE_HOST     ? Rows::Host
              : type == CU_MEMORYTYPE_DEVICE ? Rows::Device
                                             : Rows::Unified;
  uint64_t base = type == CU_MEMORYTYPE_HOST ? number(host) : device;
  MMC_REQUIRE(base, CUDA_ERROR_INVALID_VALUE);
  rows.pitch = pitch ? pitch : width + x;
  rows.address = base + y * rows.pitch + x;
  return CUDA_SUCCESS;
}

static CUresult planOf(const char *name, const CUDA_MEMCPY2D *copy, CopyPlan &plan) {
  MMC_REQUIRE(copy, CUDA_ERROR_INVALID_VALUE);
  plan.name = name;
  plan.width = copy->WidthInBytes;
  plan.height = copy->Height;
  MMC_TRY(side(copy->dstMemoryType, copy->dstHost, copy->dstDevice, copy->dstPitch,
               copy->dstXInBytes, copy->dstY, copy->WidthInBytes, plan.to));
  return side(copy->srcMemoryType, copy->srcHost, copy->srcDevice, copy->srcPitch,
              copy->srcXInBytes, copy->srcY, copy->WidthInBytes, plan.from);
}

MMC_EXPORT CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D *copy) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  CopyPlan plan;
  MMC_TRY(planOf("cuMemcpy2D", copy, plan));
  return copyNow(plan);
}

MMC_EXPORT CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D *copy) {
  return cuMemcpy2D_v2(copy);
}

MMC_EXPORT CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *copy, CUstream stream) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  CopyPlan plan;
  MMC_TRY(planOf("cuMemcpy2DAsync", copy, plan));
  return copyAsync(plan, stream);
}

static FillPlan fillOf(const char *name, CUdeviceptr address, uint64_t pitch, uint32_t value,
                       unsigned width, uint64_t count, uint64_t height) {
  FillPlan plan;
  plan.name = name;
  plan.to = {Rows::Device, address, pitch};
  plan.value = value;
  plan.width = width;
  plan.count = count;
  plan.height = height;
  return plan;
}

MMC_EXPORT CUresult cuMemsetD8_v2(CUdeviceptr address, unsigned char value, size_t count) {
  return fillNow(fillOf("cuMemsetD8", address, 0, value, 1, count, 1));
}

MMC_EXPORT CUresult cuMemsetD16_v2(CUdeviceptr address, unsigned short value, size_t count) {
  return fillNow(fillOf("cuMemsetD16", address, 0, value, 2, count, 1));
}

MMC_EXPORT CUresult cuMemsetD32_v2(CUdeviceptr address, unsigned int value, size_t count) {
  return fillNow(fillOf("cuMemsetD32", address, 0, value, 4, count, 1));
}

MMC_EXPORT CUresult cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t count,
                                    CUstream stream) {
  return fillAsync(fillOf("cuMemsetD8Async", address, 0, value, 1, count, 1), stream);
}

MMC_EXPORT CUresult cuMemsetD16Async(CUdeviceptr address, unsigned short value, size_t count,
                                     CUstream stream) {
  return fillAsync(fillOf("cuMemsetD16Async", address, 0, value, 2, count, 1), stream);
}

MMC_EXPORT CUresult cuMemsetD32Async(CUdeviceptr address, unsigned int value, size_t count,
                                     CUstream stream) {
  return fillAsync(fillOf("cuMemsetD32Async", address, 0, value, 4, count, 1), stream);
}

MMC_EXPORT CUresult cuMemsetD2D8_v2(CUdeviceptr address, size_t pitch, unsigned char value,
                                    size_t width, size_t height) {
  return fillNow(fillOf("cuMemsetD2D8", address, pitch, value, 1, width, height));
}

MMC_EXPORT CUresult cuMemsetD2D16_v2(CUdeviceptr address, size_t pitch, unsigned short value,
                                     size_t width, size_t height) {
  return fillNow(fillOf("cuMemsetD2D16", address, pitch, value, 2, width, height));
}

MMC_EXPORT CUresult cuMemsetD2D32_v2(CUdeviceptr address, size_t pitch, unsigned int value,
                                     size_t width, size_t height) {
  return fillNow(fillOf("cuMemsetD2D32", address, pitch, value, 4, width, height));
}

MMC_EXPORT CUresult cuMemsetD2D8Async(CUdeviceptr address, size_t pitch, unsigned char value,
                                      size_t width, size_t height, CUstream stream) {
  return fillAsync(fillOf("cuMemsetD2D8Async", address, pitch, value, 1, width, height), stream);
}

MMC_EXPORT CUresult cuMemsetD2D16Async(CUdeviceptr address, size_t pitch, unsigned short value,
                                       size_t width, size_t height, CUstream stream) {
  return fillAsync(fillOf("cuMemsetD2D16Async", address, pitch, value, 2, width, height), stream);
}

MMC_EXPORT CUresult cuMemsetD2D32Async(CUdeviceptr address, size_t pitch, unsigned int value,
                                       size_t width, size_t height, CUstream stream) {
  return fillAsync(fillOf("cuMemsetD2D32Async", address, pitch, value, 4, width, height), stream);
}
