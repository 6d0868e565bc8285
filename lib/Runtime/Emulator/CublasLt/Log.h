// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Why a call was refused: the API gives a code, its logger the sentence.

#ifndef MMC_EMULATOR_CUBLASLT_LOG_H
#define MMC_EMULATOR_CUBLASLT_LOG_H

#include "mmc/Runtime/Emulator/CublasLt/CublasLt.h"

#include <string>

namespace mmc::emulator::cublaslt {

/// Logs "function: message" as an error and returns `status`.
cublasStatus_t refuse(cublasStatus_t status, const char *function, const std::string &message);

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_LOG_H
