// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuBLASLt as the emulator has it, for C++ code that is built without NVIDIA's headers.
// What each function does is NVIDIA's documentation; limits:
// lib/Runtime/Emulator/CublasLt/README.md.

#ifndef MMC_RUNTIME_EMULATOR_CUBLASLT_CUBLASLT_H
#define MMC_RUNTIME_EMULATOR_CUBLASLT_CUBLASLT_H

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "mmc/Runtime/Emulator/CublasLt/Types.h"

extern "C" {
#define MMC_CUBLASLT_FUNCTION(result, name, parameters)                                            \
  __attribute__((visibility("default"))) result name parameters;
#include "mmc/Runtime/Emulator/CublasLt/Functions.def"
}

#endif // MMC_RUNTIME_EMULATOR_CUBLASLT_CUBLASLT_H
