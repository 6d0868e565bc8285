// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches on the CPU: tiles are shared out over OpenMP's threads.

#include "mmc/Runtime/Device/Abi.h"

void mmc_rt_kernel_launch(mmc_rt_context *context, mmc_rt_tile tile, int64_t tiles,
                          void *const *arguments) {
  if (tiles == 1 || context->threads == 1) {
    for (int64_t index = 0; index < tiles; ++index)
      tile(index, arguments);
    return;
  }
  // Tiles are independent, so which thread computes which changes nothing in the result.
#pragma omp parallel for schedule(dynamic) num_threads(context->threads)
  for (int64_t index = 0; index < tiles; ++index)
    tile(index, arguments);
}
