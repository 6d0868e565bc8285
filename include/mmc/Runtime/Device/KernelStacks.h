// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Room on the stacks of the threads that run kernels.

#ifndef MMC_RUNTIME_DEVICE_KERNELSTACKS_H
#define MMC_RUNTIME_DEVICE_KERNELSTACKS_H

namespace mmc {

/// A tile keeps its scratch on the stack of the thread that computes it: attention the packed keys
/// and values of one head, some 10 MiB at 8,192 tokens of 128 values. Raises the limit of this
/// thread, which must be the process's first, and of OpenMP's threads that do not run yet to 64
/// MiB; pages are taken only when they are touched. A hard limit below that stays.
void reserveKernelStacks();

} // namespace mmc

#endif // MMC_RUNTIME_DEVICE_KERNELSTACKS_H
