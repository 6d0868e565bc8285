// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// As violations.cu, with malloc, free and printf in kernels: 2 blocks of 64 threads, x is 1, 2, 3, …
#include <cstdio>
#include <cstdlib>

#define PAIR(name, ...)                                                                             \
  extern "C" __global__ void bad_##name(const int *x, int *y) { constexpr bool bad = true; __VA_ARGS__ }  \
  extern "C" __global__ void good_##name(const int *x, int *y) { constexpr bool bad = false; __VA_ARGS__ }
#define INDEX int t = threadIdx.x, i = blockIdx.x * blockDim.x + t; (void)t; (void)i; (void)bad;

__device__ volatile int *get(int words) { return (volatile int *)malloc(words * sizeof(int)); }
__device__ void give(volatile int *p) { free((void *)p); }

PAIR(heap_past, INDEX volatile int *p = get(4); p[bad ? 4 : 3] = x[i]; y[i] = p[bad ? 4 : 3]; give(p);)
PAIR(heap_before, INDEX volatile int *p = get(4); p[0] = x[i]; y[i] = p[bad ? -1 : 0]; give(p);)
PAIR(heap_freed, INDEX volatile int *p = get(4); p[1] = x[i]; if (bad) give(p); y[i] = p[1]; if (!bad) give(p);)
PAIR(heap_uninitialised, INDEX volatile int *p = get(4); p[bad ? 1 : 2] = x[i]; y[i] = p[2]; give(p);)
PAIR(heap_freed_twice, INDEX volatile int *p = get(4); p[1] = x[i]; y[i] = p[1]; give(p); if (bad && i == 77) give(p);)
PAIR(heap_freed_within, INDEX volatile int *p = get(4); p[1] = x[i]; y[i] = p[1]; give(bad ? p + 4 : p); give(nullptr);)
PAIR(heap_race, INDEX __shared__ int *p; if (t == 0) p = (int *)malloc(64 * sizeof(int)); __syncthreads();
     p[bad ? t / 2 : t] = x[i]; __syncthreads(); y[i] = p[bad ? t / 2 : t]; __syncthreads(); if (t == 0) free(p);)
// What one thread has freed another may get: their accesses are no race.
PAIR(heap_reuse, INDEX int sum = 0; for (int k = 0; k < 3; ++k) { volatile int *p = get(3000); for (int j = 0; j < 3000; j += 500) p[j] = x[i]; sum += p[bad ? 1 : 500]; give(p); } y[i] = sum;)
PAIR(print_text, INDEX volatile char *p = (volatile char *)malloc(4); p[0] = 'x'; if (!bad) p[1] = 0; y[i] = printf("%s\n", (char *)p); free((char *)p);)
