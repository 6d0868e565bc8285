// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which instruction set code is generated for.

#ifndef MMC_LIB_RUNTIME_JIT_CPUTARGET_H
#define MMC_LIB_RUNTIME_JIT_CPUTARGET_H

#include "mmc/Runtime/Core/Status.h"

#include <string>

namespace mmc {

struct CpuTarget {
  /// What Lower chooses its recipes by: avx2, avx512, avx512-bf16 or amx.
  std::string recipe;
  /// LLVM's names: "znver4", "+avx512f,…".
  std::string cpu, features;
};

/// `name` is native (the best that the host has) or a recipe's. BadUsage for another name; BadInput
/// when the host lacks the instructions.
StatusOr<CpuTarget> selectCpuTarget(const std::string &name);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_JIT_CPUTARGET_H
