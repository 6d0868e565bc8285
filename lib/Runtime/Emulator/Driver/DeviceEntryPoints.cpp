// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuInit, versions, names of errors, cuDevice….

#include "EntryPoint.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

using namespace mmc::emulator::driver;
using mmc::emulator::Chip;

MMC_EXPORT CUresult cuGetErrorName(CUresult error, const char **text) {
  MMC_REQUIRE(text, CUDA_ERROR_INVALID_VALUE);
  switch (static_cast<int>(error)) {
#define MMC_CUDA_RESULT(name, value, string)                                                       \
  case value:                                                                                      \
    *text = #name;                                                                                 \
    return CUDA_SUCCESS;
#include "mmc/Runtime/Emulator/Driver/Results.def"
  }
  *text = nullptr;
  return CUDA_ERROR_INVALID_VALUE;
}

MMC_EXPORT CUresult cuGetErrorString(CUresult error, const char **text) {
  MMC_REQUIRE(text, CUDA_ERROR_INVALID_VALUE);
  switch (static_cast<int>(error)) {
#define MMC_CUDA_RESULT(name, value, string)                                                       \
  case value:                                                                                      \
    *text = string;                                                                                \
    return CUDA_SUCCESS;
#include "mmc/Runtime/Emulator/Driver/Results.def"
  }
  *text = nullptr;
  return CUDA_ERROR_INVALID_VALUE;
}

MMC_EXPORT CUresult cuInit(unsigned int flags) {
  return flags ? CUDA_ERROR_INVALID_VALUE : initialize();
}

MMC_EXPORT CUresult cuDriverGetVersion(int *version) {
  MMC_REQUIRE(version, CUDA_ERROR_INVALID_VALUE);
  *version = 13000;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(device, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(findGpu(ordinal), CUDA_ERROR_INVALID_DEVICE);
  *device = ordinal;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDeviceGetCount(int *count) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(count, CUDA_ERROR_INVALID_VALUE);
  *count = static_cast<int>(gpus().size());
  return CUDA_SUCCESS;
}

/// Copies a string as far as it fits, ended by a zero.
static CUresult copyText(char *to, int length, const std::string &text) {
  MMC_REQUIRE(to && length > 0, CUDA_ERROR_INVALID_VALUE);
  size_t count = std::min(text.size(), static_cast<size_t>(length) - 1);
  std::memcpy(to, text.data(), count);
  to[count] = 0;
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  MMC_TRY(checkReady());
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  return copyText(name, length, std::string(gpu->device.chip().board));
}

MMC_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(uuid, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(findGpu(device), CUDA_ERROR_INVALID_DEVICE);
  std::memcpy(uuid->bytes, "mmc-emulated-000", 16);
  uuid->bytes[14] = static_cast<char>('0' + device / 10);
  uuid->bytes[15] = static_cast<char>('0' + device % 10);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(bytes, CUDA_ERROR_INVALID_VALUE);
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  *bytes = gpu->device.memory().capacity();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute,
                                         CUdevice device) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(value, CUDA_ERROR_INVALID_VALUE);
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  const Chip &chip = gpu->device.chip();
  switch (static_cast<int>(attribute)) {
#define MMC_CUDA_DEVICE_ATTRIBUTE(name, number, result)                                            \
  case number:                                                                                     \
    *value = static_cast<int>(result);                                                             \
    return CUDA_SUCCESS;
#include "mmc/Runtime/Emulator/Driver/DeviceAttributes.def"
  }
  return CUDA_ERROR_INVALID_VALUE;
}

static std::string busId(const Gpu &gpu) {
  char text[24];
  std::snprintf(text, sizeof text, "0000:%02X:00.0", gpu.ordinal + 1);
  return text;
}

MMC_EXPORT CUresult cuDeviceGetPCIBusId(char *id, int length, CUdevice device) {
  MMC_TRY(checkReady());
  Gpu *gpu = findGpu(device);
  MMC_REQUIRE(gpu, CUDA_ERROR_INVALID_DEVICE);
  return copyText(id, length, busId(*gpu));
}

MMC_EXPORT CUresult cuDeviceGetByPCIBusId(CUdevice *device, const char *id) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(device && id, CUDA_ERROR_INVALID_VALUE);
  for (const auto &gpu : gpus())
    if (busId(*gpu) == id) {
      *device = static_cast<CUdevice>(gpu->ordinal);
      return CUDA_SUCCESS;
    }
  return CUDA_ERROR_INVALID_DEVICE;
}

MMC_EXPORT CUresult cuDeviceCanAccessPeer(int *can, CUdevice device, CUdevice peer) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(can, CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(findGpu(device) && findGpu(peer), CUDA_ERROR_INVALID_DEVICE);
  *can = 0;
  return CUDA_SUCCESS;
}

/// Kernels see their own device's memory only.
static CUresult refusePeer(CUcontext peer, CUresult otherwise) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(findContext(peer), CUDA_ERROR_INVALID_CONTEXT);
  return otherwise;
}

MMC_EXPORT CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned int flags) {
  MMC_REQUIRE(!flags, CUDA_ERROR_INVALID_VALUE);
  return refusePeer(peer, CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
}

MMC_EXPORT CUresult cuCtxDisablePeerAccess(CUcontext peer) {
  return refusePeer(peer, CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
}
