// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuGetProcAddress: entry points by name and version.

#include "EntryPoint.h"

#include <cstring>

using namespace mmc::emulator::driver;

namespace {
struct Entry {
  const char *name;
  void *address;
  int since;
};
} // namespace

static const std::vector<Entry> &entries() {
  static const std::vector<Entry> list = {
#define MMC_CUDA_ENTRY_POINT(name, symbol, since) {#name, reinterpret_cast<void *>(&symbol), since},
#include "mmc/Runtime/Emulator/Driver/EntryPoints.def"
  };
  return list;
}

MMC_EXPORT CUresult cuGetProcAddress_v2(const char *symbol, void **function, int cudaVersion,
                                        cuuint64_t flags, CUdriverProcAddressQueryResult *status) {
  MMC_REQUIRE(symbol && function && flags <= 2, CUDA_ERROR_INVALID_VALUE);
  *function = nullptr;
  CUdriverProcAddressQueryResult result = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  // 2 asks for the variants whose default stream is the thread's own: there are none.
  if (flags != 2)
    for (const Entry &entry : entries()) {
      if (std::strcmp(entry.name, symbol) != 0)
        continue;
      if (entry.since <= cudaVersion) {
        *function = entry.address;
        result = CU_GET_PROC_ADDRESS_SUCCESS;
      } else if (!*function) {
        result = CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT;
      }
    }
  if (status)
    *status = result;
  return *function || status ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
