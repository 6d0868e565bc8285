// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C functions that generated code calls, and what it passes; nothing else crosses that border.

#ifndef MMC_RUNTIME_DEVICE_ABI_H
#define MMC_RUNTIME_DEVICE_ABI_H

#include <cstdint>

extern "C" {

/// What generated code hands back to the runtime untouched.
struct mmc_rt_context {
  /// Threads that a launch may use.
  int threads;
};

/// Computes one tile of a kernel: `index` counts the kernel's tiles, `arguments` points to a table
/// of pointers, one per operand and then per result.
typedef void (*mmc_rt_tile)(int64_t index, void *const *arguments);

/// Computes tiles 0 … `tiles` − 1 in any order and returns when all are done.
void mmc_rt_kernel_launch(mmc_rt_context *context, mmc_rt_tile tile, int64_t tiles,
                          void *const *arguments);

/// The host program of an entry: `buffers` points to a table of pointers: the arena, the entry's
/// parameters, its inputs and its outputs.
typedef void (*mmc_rt_host)(mmc_rt_context *context, void *const *buffers);

} // extern "C"

#endif // MMC_RUNTIME_DEVICE_ABI_H
