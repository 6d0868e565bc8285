// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Early returns with a CUresult.

#ifndef MMC_EMULATOR_DRIVER_TRY_H
#define MMC_EMULATOR_DRIVER_TRY_H

/// Returns the CUresult of `call` unless it is CUDA_SUCCESS.
#define MMC_TRY(call)                                                                              \
  do {                                                                                             \
    CUresult mmcResult = (call);                                                                   \
    if (mmcResult != CUDA_SUCCESS)                                                                 \
      return mmcResult;                                                                            \
  } while (false)

/// Refuses what is not as it must be.
#define MMC_REQUIRE(condition, code)                                                               \
  do {                                                                                             \
    if (!(condition))                                                                              \
      return code;                                                                                 \
  } while (false)

#endif // MMC_EMULATOR_DRIVER_TRY_H
