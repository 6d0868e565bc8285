// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// As violations.cu, with matrices of wmma: 2 blocks of 64 threads, x is 1, 2, 3, …

#define PAIR(name, ...)                                                                             \
  extern "C" __global__ void bad_##name(const int *x, int *y) { constexpr bool bad = true; __VA_ARGS__ }  \
  extern "C" __global__ void good_##name(const int *x, int *y) { constexpr bool bad = false; __VA_ARGS__ }
#define INDEX int t = threadIdx.x, i = blockIdx.x * blockDim.x + t; (void)t; (void)i; (void)bad;
#define FILLED(n) __shared__ __align__(32) int s[n]; for (int k = t; k < n; k += 64) s[k] = k; __syncthreads();

__device__ unsigned at(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }
__device__ int load(unsigned address, int stride) {
  int a;
  asm volatile("{.reg .b32 r;\nwmma.load.a.sync.aligned.row.m16n16k16.shared.s8 {%0, r}, [%1], %2;}" : "=r"(a) : "r"(address), "r"(stride) : "memory");
  return a;
}

PAIR(wmma_half_warp, INDEX FILLED(256) int a = 0; if (!bad || t % 32 < 16) a = load(at(s), 16); y[i] = a;)
PAIR(wmma_different, INDEX FILLED(256) y[i] = load(at(s + (bad && t % 32 == 5 ? 8 : 0)), 16);)
PAIR(wmma_misaligned, INDEX FILLED(256) y[i] = load(at(s) + (bad ? 4 * x[0] : 16), 16);)
PAIR(wmma_stride, INDEX FILLED(256) y[i] = load(at(s), bad ? 20 * x[0] : 24);)
PAIR(wmma_past, INDEX FILLED(64) y[i] = load(at(s), bad ? 32 : 16);)
PAIR(wmma_uninitialised, INDEX __shared__ __align__(32) int s[64]; if (!bad || t < 63) s[t] = x[i]; __syncthreads(); y[i] = load(at(s), 16);)
PAIR(wmma_race, INDEX __shared__ __align__(32) int s[64]; s[t] = x[i]; if (!bad) __syncthreads(); else __syncwarp(); y[i] = load(at(s), 16);)
