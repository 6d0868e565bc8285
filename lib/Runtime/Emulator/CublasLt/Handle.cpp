// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handles, versions and names of statuses.

#include "Handle.h"

#include "../Driver/HandleTable.h"
#include "Log.h"

namespace mmc::emulator::cublaslt {
namespace {

/// A handle has no state: only that it exists counts.
struct Library {};

/// The cuBLAS whose interface this is, and the CUDA runtime that it came with.
constexpr int versionMajor = 13, versionMinor = 0, versionPatch = 0;
constexpr size_t cudartVersion = 13000;

/// Never destroyed: calls may come as the process ends.
driver::HandleTable<cublasLtHandle_t, Library> &handles() {
  static auto *table = new driver::HandleTable<cublasLtHandle_t, Library>;
  return *table;
}

} // namespace

bool isLive(cublasLtHandle_t handle) { return handles().find(handle) != nullptr; }

} // namespace mmc::emulator::cublaslt

using namespace mmc::emulator::cublaslt;

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
  if (!handle)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "the place for the handle is null");
  *handle = handles().add(std::make_shared<Library>());
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  if (handles().take(handle))
    return CUBLAS_STATUS_SUCCESS;
  return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__,
                "this is no handle, or one destroyed before");
}

#define MMC_LT_STATUSES(STATUS)                                                                    \
  STATUS(CUBLAS_STATUS_SUCCESS, "success")                                                         \
  STATUS(CUBLAS_STATUS_NOT_INITIALIZED, "the library was not initialized")                         \
  STATUS(CUBLAS_STATUS_ALLOC_FAILED, "the resource allocation failed")                             \
  STATUS(CUBLAS_STATUS_INVALID_VALUE, "an invalid value was used as an argument")                  \
  STATUS(CUBLAS_STATUS_ARCH_MISMATCH, "an absent device architectural feature is required")        \
  STATUS(CUBLAS_STATUS_MAPPING_ERROR, "an access to GPU memory space failed")                      \
  STATUS(CUBLAS_STATUS_EXECUTION_FAILED, "the GPU program failed to execute")                      \
  STATUS(CUBLAS_STATUS_INTERNAL_ERROR, "an internal operation failed")                             \
  STATUS(CUBLAS_STATUS_NOT_SUPPORTED, "the requested functionality is not supported")              \
  STATUS(CUBLAS_STATUS_LICENSE_ERROR, "the functionality requested requires some license")

const char *cublasLtGetStatusName(cublasStatus_t status) {
  switch (status) {
#define MMC_LT_NAME(name, text)                                                                    \
  case name:                                                                                       \
    return #name;
    MMC_LT_STATUSES(MMC_LT_NAME)
  }
  return "CUBLAS_STATUS_UNKNOWN";
}

const char *cublasLtGetStatusString(cublasStatus_t status) {
  switch (status) {
#define MMC_LT_TEXT(name, text)                                                                    \
  case name:                                                                                       \
    return text;
    MMC_LT_STATUSES(MMC_LT_TEXT)
  }
  return "unknown status";
}

size_t cublasLtGetVersion() {
  return size_t(versionMajor * 10000 + versionMinor * 100 + versionPatch);
}
size_t cublasLtGetCudartVersion() { return cudartVersion; }

cublasStatus_t cublasLtGetProperty(libraryPropertyType type, int *value) {
  if (!value || type < MAJOR_VERSION || type > PATCH_LEVEL)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "the place for the value is null, or no such property");
  *value = type == MAJOR_VERSION   ? versionMajor
           : type == MINOR_VERSION ? versionMinor
                                   : versionPatch;
  return CUBLAS_STATUS_SUCCESS;
}

// Nothing is cached, whatever the capacity asked for.
cublasStatus_t cublasLtHeuristicsCacheGetCapacity(size_t *capacity) {
  if (!capacity)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "the place for the capacity is null");
  *capacity = 0;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtHeuristicsCacheSetCapacity(size_t) { return CUBLAS_STATUS_SUCCESS; }

// No instruction beyond AVX2 is used, so there is nothing to switch off.
unsigned cublasLtDisableCpuInstructionsSetMask(unsigned) { return 0; }
}
