// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Device/KernelStacks.h"

#include <omp.h>
#include <sys/resource.h>

#include <algorithm>

void mmc::reserveKernelStacks() {
  constexpr rlim_t kBytes = rlim_t(64) << 20;
  rlimit limit;
  // The kernel reads the limit when the first thread's stack grows, so it may be raised while the
  // process runs.
  if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur < kBytes) {
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? kBytes : std::min(limit.rlim_max, kBytes);
    setrlimit(RLIMIT_STACK, &limit);
  }
  kmp_set_stacksize_s(kBytes);
}
