// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that do something wrong (bad_…), each with one that differs as little as possible and does not
// (good_…). Every launch is of 2 blocks of 64 threads unless the test says otherwise; x and y have 128
// elements; x is 1, 2, 3, …

#include <assert.h>

#define PAIR(name, ...)                                                                             \
  extern "C" __global__ void bad_##name(const int *x, int *y) { constexpr bool bad = true; __VA_ARGS__ }  \
  extern "C" __global__ void good_##name(const int *x, int *y) { constexpr bool bad = false; __VA_ARGS__ }
#define INDEX int t = threadIdx.x, i = blockIdx.x * blockDim.x + t; (void)t; (void)i;

// Bounds.
PAIR(global_read_past, INDEX y[i] = x[i + (bad ? 1 : 0)];)
PAIR(global_read_before, INDEX y[i] = i ? x[i - 1] : bad ? x[i - 1] : 0;)
PAIR(global_write_past, INDEX if (i < (bad ? 129 : 128)) y[bad ? i + 4 : i] = x[i];)
PAIR(global_null, INDEX const int *p = bad && x[i] >= 0 && i == 70 ? (const int *)(long long)(x[0] - 1) : x; y[i] = p[i & 1];)
PAIR(shared_past, INDEX __shared__ int s[64]; s[t] = x[i]; __syncthreads(); y[i] = s[(t + 1) % (bad ? 65 : 64)];)
PAIR(shared_negative, INDEX __shared__ int s[64]; s[t] = x[i]; __syncthreads(); y[i] = s[t - (bad ? 1 : t > 0 ? 1 : 0)];)
PAIR(shared_other_array, INDEX __shared__ int a[64]; __shared__ int b[64]; a[t] = x[i]; b[t] = -x[i]; __syncthreads();
     volatile int *p = a; volatile int *q = b; y[i] = p[(t & 31) + (bad ? 40 : 0)] + q[(t & 31) + (bad ? 40 : 0)];)
PAIR(dynamic_shared_past, INDEX extern __shared__ int s[]; s[bad ? t + 1 : t] = x[i]; __syncthreads(); y[i] = s[bad ? t + 1 : t];)
PAIR(local_past, INDEX int a[8]; for (int k = 0; k < 8; ++k) a[k] = x[(i + k) & 127]; a[(x[i] & 1) + (bad ? 7 : 6)] = 3;
     int sum = 0; for (int k = 0; k < 8; ++k) sum += a[(k * x[i]) & 7]; y[i] = sum;)
PAIR(local_negative, INDEX int a[8]; for (int k = 0; k < 8; ++k) a[k] = x[(i + k) & 127]; y[i] = a[(x[i] & 3) - (bad ? x[3] : 0)];)
__constant__ int table[16] = {1, 2, 3};
PAIR(const_past, INDEX y[i] = table[(x[i] & 15) + (bad ? 8 : 0)];)

// Alignment.
PAIR(misaligned_global, INDEX const char *p = (const char *)x; y[i] = *(const int *)(p + (i & 31) * 4 + (bad && i == 5 ? 2 : 0));)
PAIR(misaligned_vector, INDEX const int4 *p = (const int4 *)(x + (bad ? 2 : 4)); int4 v = p[i & 15]; y[i] = v.x + v.w;)
PAIR(misaligned_shared, INDEX __shared__ int s[80]; s[t] = x[i]; __syncthreads();
     const int *p = (const int *)((const char *)s + 4 * (t & 31) + (bad ? x[0] : 0)); y[i] = *p;)

// What nobody has written.
PAIR(uninitialized_shared, INDEX __shared__ int s[64]; if (t < (bad ? 63 : 64)) s[t] = x[i]; __syncthreads(); y[i] = s[63 - t];)
PAIR(uninitialized_local, INDEX int a[8]; for (int k = 0; k < (bad ? 7 : 8); ++k) a[(k * 3) & 7] = x[(i + k) & 127];
     y[i] = a[x[i] & 7] + a[(x[i] + 1) & 7];)
PAIR(uninitialized_global, INDEX if (bad ? t != 7 : true) y[i] = x[i]; __syncthreads(); int v = y[i]; y[i] = v + 1;)

// Shared memory without a barrier.
PAIR(race_no_barrier, INDEX __shared__ int s[64]; s[t] = x[i]; if (!bad) __syncthreads(); y[i] = ((volatile int *)s)[63 - t];)
PAIR(race_write_after_read, INDEX __shared__ int s[64]; s[t] = x[i]; __syncthreads(); int v = s[63 - t]; if (!bad) __syncthreads();
     s[t] = v + 1; __syncthreads(); y[i] = s[t];)
PAIR(race_write_write, INDEX __shared__ int s[64]; s[bad ? t / 2 : t] = x[i] + t; __syncthreads(); y[i] = s[bad ? t / 2 : t];)
PAIR(race_bytes, INDEX __shared__ unsigned char s[65]; s[t] = x[i]; if (bad) s[t + 1] = x[i] + 2; __syncthreads(); y[i] = s[t];)
PAIR(race_same_warp, INDEX __shared__ int s[64]; s[t] = x[i]; if (!bad) __syncwarp(); int v = ((volatile int *)s)[t ^ 1]; y[i] = v;)
PAIR(race_reduction, INDEX __shared__ int s[64]; s[t] = x[i]; __syncthreads();
     for (int k = 32; k > 0; k /= 2) { if (t < k) s[t] += s[t + k]; if (!bad || k > 8) __syncthreads(); } if (t == 0) y[blockIdx.x] = s[0];)
PAIR(race_atomic_plain, INDEX __shared__ int s; if (t == 0) s = 0; __syncthreads(); atomicAdd(&s, 1); if (bad) s = 5; __syncthreads();
     y[i] = s;)
PAIR(race_named_barrier, INDEX __shared__ int s[64]; s[t] = x[i];
     if (bad) asm volatile("bar.sync %0, 32;" ::"r"(1 + t / 32) : "memory"); else asm volatile("bar.sync 1, 64;" ::: "memory");
     y[i] = s[63 - t];)

// Global memory between blocks and within one.
PAIR(race_blocks, INDEX y[bad ? t : i] = x[i] + i;)
PAIR(race_block_read, INDEX y[i] = x[i]; __syncthreads(); y[i] = y[bad ? i ^ 64 : i ^ 0] + 1;)
PAIR(read_only_written, INDEX y[i] = x[i]; __syncthreads(); int v = bad ? __ldg(y + (i ^ 1)) : y[i ^ 1]; __syncthreads(); y[i] = v + 1;)
PAIR(race_threads, INDEX y[i] = x[i]; if (!bad) __syncthreads(); int v = ((volatile int *)y)[i ^ 33]; __syncthreads(); y[i] = v;)
PAIR(race_flag, INDEX
     if (blockIdx.x == 0) { if (t == 0) { y[0] = x[5]; if (!bad) __threadfence(); atomicExch(&y[1], 1); } }
     else if (t == 0) { while (atomicAdd(&y[1], 0) == 0); __threadfence(); y[2] = y[0]; })
PAIR(race_flag_scope, INDEX if (blockIdx.x == 0) {
  if (t == 0) { y[0] = x[5]; if (bad) __threadfence_block(); else __threadfence(); atomicExch(&y[1], 1); }
} else if (t == 0) { while (atomicAdd(&y[1], 0) == 0); __threadfence(); y[2] = y[0]; })
PAIR(race_counter_scope, INDEX if (t == 0) { if (bad) atomicAdd_block(&y[0], 1); else atomicAdd(&y[0], 1); })
PAIR(race_counter, INDEX if (t == 0) { if (bad) y[0] = y[0] + 1; else atomicAdd(&y[0], 1); })

// Barriers that not all come to.
PAIR(barrier_half_warp, INDEX __shared__ int s[64]; s[t] = x[i]; if (!bad || t % 32 < 16) __syncthreads(); y[i] = s[t];)
PAIR(barrier_one_warp, INDEX __shared__ int s[64]; s[t] = x[i]; if (!bad || t < 32) __syncthreads(); y[i] = s[t];)
PAIR(barrier_loop, INDEX __shared__ int s[64]; s[t] = 0; for (int k = 0; k < (bad ? 1 + t % 3 : 2); ++k) { s[t] += x[i]; __syncthreads(); } y[i] = s[t];)
PAIR(barrier_count, INDEX __shared__ int s[64]; s[t] = x[i]; if (bad) asm volatile("bar.sync 1, 96;" ::: "memory"); else asm volatile("bar.sync 1, 64;" ::: "memory"); y[i] = s[t];)

// Shuffles whose lanes do not all take part.
PAIR(shuffle_half, INDEX int v = x[i]; if (t % 32 < 16) v += __shfl_xor_sync(bad ? 0xffffffffu : 0x0000ffffu, v, 8); y[i] = v;)
PAIR(shuffle_lane_gone, INDEX int v = x[i]; if (t % 32 >= 24) return; v = __shfl_sync(bad ? 0xffffffffu : 0x00ffffffu, v, bad ? 30 : 20); y[i] = v;)
PAIR(shuffle_not_named, INDEX int v = x[i]; v = __shfl_sync(bad ? 0x7fffffffu : 0xffffffffu, v, 3); y[i] = v;)
PAIR(vote_half, INDEX int v = x[i]; if (t & 1) v = __ballot_sync(bad ? 0xffffffffu : 0xaaaaaaaau, v > 2); y[i] = v;)

// Asynchronous copies that have not arrived.
PAIR(async_early, INDEX __shared__ __align__(16) int s[64];
     unsigned at = (unsigned)__cvta_generic_to_shared(&s[t]);
     asm volatile("cp.async.ca.shared.global [%0], [%1], 4;\n cp.async.commit_group;" ::"r"(at), "l"(x + i) : "memory");
     if (!bad) asm volatile("cp.async.wait_group 0;" ::: "memory"); __syncthreads(); y[i] = s[63 - t];)
PAIR(async_wrong_group, INDEX __shared__ __align__(16) int s[2][64];
     unsigned at = (unsigned)__cvta_generic_to_shared(&s[0][t]);
     asm volatile("cp.async.ca.shared.global [%0], [%1], 4;\n cp.async.commit_group;" ::"r"(at), "l"(x + i) : "memory");
     asm volatile("cp.async.ca.shared.global [%0], [%1], 4;\n cp.async.commit_group;" ::"r"(at + 256), "l"(x + (i ^ 1)) : "memory");
     asm volatile("cp.async.wait_group 1;" ::: "memory"); __syncthreads(); y[i] = s[bad ? 1 : 0][63 - t];)
PAIR(async_no_barrier, INDEX __shared__ __align__(16) int s[64];
     unsigned at = (unsigned)__cvta_generic_to_shared(&s[t]);
     asm volatile("cp.async.ca.shared.global [%0], [%1], 4;\n cp.async.commit_group;" ::"r"(at), "l"(x + i) : "memory");
     asm volatile("cp.async.wait_group 0;" ::: "memory"); if (!bad) __syncthreads(); y[i] = ((volatile int *)s)[63 - t];)

// Others.
PAIR(trap, INDEX if (bad && x[i] > 1000000) __trap(); if (bad && i == 77) __trap(); y[i] = x[i];)
PAIR(assertion, INDEX assert(bad ? i != 77 : i < 128); y[i] = x[i];)

// A register that no compiler has a say in.
PAIR(unwritten_register, INDEX asm volatile("{\n .reg .u32 r;\n .reg .pred p;\n setp.lt.s32 p, %2, %3;\n @p add.u32 r, %1, 1;\n st.global.u32 [%0], r;\n }" ::"l"(y + i), "r"(x[i]), "r"(t), "r"(bad ? 63 : 64) : "memory");)
