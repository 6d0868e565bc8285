// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Library handles: which ones live.

#ifndef MMC_EMULATOR_CUBLASLT_HANDLE_H
#define MMC_EMULATOR_CUBLASLT_HANDLE_H

#include "mmc/Runtime/Emulator/CublasLt/CublasLt.h"

namespace mmc::emulator::cublaslt {

/// Whether cublasLtCreate gave this handle and cublasLtDestroy has not had it. The handle is not
/// followed.
bool isLive(cublasLtHandle_t handle);

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_HANDLE_H
