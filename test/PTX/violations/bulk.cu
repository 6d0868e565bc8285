// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// As violations.cu, with bulk copies, for sm_90 and later: 2 blocks of 64 threads, x is 1, 2, 3, …

#if __CUDA_ARCH__ >= 900
typedef unsigned u32;
typedef unsigned long long u64;

#define PAIR(name, ...)                                                                             \
  extern "C" __global__ void bad_##name(const int *x, int *y) { constexpr bool bad = true; __VA_ARGS__ }  \
  extern "C" __global__ void good_##name(const int *x, int *y) { constexpr bool bad = false; __VA_ARGS__ }
#define FIRST (blockIdx.x * blockDim.x)
#define INDEX int t = threadIdx.x, i = blockIdx.x * blockDim.x + t; (void)t; (void)i; (void)bad; \
  __shared__ __align__(128) int s[64]; __shared__ u64 bar[2]; if (t == 0) { init(bar, 1); init(bar + 1, 64); } __syncthreads();

__device__ u32 at(const void *p) { return (u32)__cvta_generic_to_shared(p); }
__device__ void init(u64 *bar, u32 count) { asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(at(bar)), "r"(count) : "memory"); }
__device__ void expect(u64 *bar, u32 bytes) { asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(at(bar)), "r"(bytes) : "memory"); }
__device__ void arrive(u64 *bar) { asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(at(bar)) : "memory"); }
__device__ void wait(u64 *bar, u32 parity) {
  u32 done;
  do asm volatile("{.reg .pred p;\nmbarrier.try_wait.parity.shared.b64 p, [%1], %2;\nselp.u32 %0, 1, 0, p;}" : "=r"(done) : "r"(at(bar)), "r"(parity) : "memory");
  while (!done);
}
__device__ void load(void *to, const void *from, u32 bytes, u64 *bar) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(at(to)), "l"(from), "r"(bytes), "r"(at(bar)) : "memory");
}
__device__ void store(void *to, const void *from, u32 bytes) { asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(to), "r"(at(from)), "r"(bytes) : "memory"); }
__device__ void commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }
__device__ void waitRead() { asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory"); }
__device__ void waitAll() { asm volatile("cp.async.bulk.wait_group 0;" ::: "memory"); }
__device__ void fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ int get(const int *p) { return *(volatile const int *)p; }

// Into shared memory.
PAIR(bulk_no_wait, INDEX if (t == 0) { expect(bar, 256); load(s, x + FIRST, 256, bar); } if (!bad) wait(bar, 0); else __syncthreads(); y[i] = get(s + 63 - t);)
PAIR(bulk_no_expect, INDEX if (t == 0) { if (bad) arrive(bar); else expect(bar, 256); load(s, x + FIRST, 256, bar); } wait(bar, 0); y[i] = get(s + 63 - t);)
PAIR(bulk_expects_more, INDEX if (t == 0) { expect(bar, bad ? 272 : 256); load(s, x + FIRST, 256, bar); } wait(bar, 0); y[i] = get(s + 63 - t);)
PAIR(bulk_expects_less, INDEX if (t == 0) { expect(bar, bad ? 128 : 256); load(s, x + FIRST, 128, bar); load(s + 32, x + FIRST + 32, 128, bar); } wait(bar, 0); y[i] = get(s + 63 - t);)
PAIR(bulk_free_early, INDEX
     for (int k = 0; k < 2; ++k) { if (t == 0) { if (k) wait(bar + 1, 0); expect(bar, 256); load(s, x + FIRST, 256, bar); }
       wait(bar, k); if (bad) arrive(bar + 1); int v = get(s + 63 - t); if (!bad) arrive(bar + 1); y[i] = v; })
PAIR(bulk_misaligned_source, INDEX if (t == 0) { expect(bar, 128); load(s, x + (bad ? x[0] : 4), 128, bar); } wait(bar, 0); y[i] = get(s + t % 32);)
PAIR(bulk_misaligned_destination, INDEX if (t == 0) { expect(bar, 128); load((char *)s + 8 * (bad ? x[0] : x[1]), x, 128, bar); } wait(bar, 0); y[i] = bad ? 0 : get(s + 4 + t % 32);)
PAIR(bulk_odd_size, INDEX if (t == 0) { expect(bar, 4 * x[31]); load(s, x, 4 * x[31] - (bad ? 4 : 0), bar); } if (!bad) wait(bar, 0); y[i] = bad ? 0 : get(s + t % 32);)
PAIR(bulk_past_source, INDEX if (t == 0) { expect(bar, 128); load(s, x + (bad ? 100 : 96), 128, bar); } wait(bar, 0); y[i] = get(s + t % 32);)
PAIR(bulk_past_destination, INDEX if (t == 0) { expect(bar, 128); load(s + (bad ? 36 : 32), x, 128, bar); } wait(bar, 0); y[i] = bad ? 0 : get(s + 32 + t % 32);)
PAIR(bulk_no_object, INDEX if (t == 0) { expect(bar, 256); load(s, x, 256, bad ? (u64 *)s + 2 : bar); } if (!bad) { wait(bar, 0); y[i] = get(s + t); } else y[i] = 0;)
PAIR(bulk_overlap, INDEX if (t == 0) { expect(bar, 256); load(s, x + FIRST, 128, bar); load(s + (bad ? 28 : 32), x + FIRST + 32, 128, bar); } wait(bar, 0); y[i] = bad ? 0 : get(s + 63 - t);)

// Into global memory.
PAIR(bulk_no_proxy_fence, INDEX s[t] = x[i]; if (!bad) fence(); __syncthreads(); if (t == 0) { store(y + FIRST, s, 256); commit(); waitAll(); })
PAIR(bulk_fence_too_early, INDEX if (bad) fence(); s[t] = x[i]; if (!bad) fence(); __syncthreads(); if (t == 0) { store(y + FIRST, s, 256); commit(); waitAll(); })
PAIR(bulk_fence_of_another, INDEX s[t] = x[i]; if (!bad) __syncthreads(); if (t == 0) fence(); if (bad) __syncthreads(); if (t == 0) { store(y + FIRST, s, 256); commit(); waitAll(); })
PAIR(bulk_store_race, INDEX s[t] = x[i]; fence(); if (!bad) __syncthreads(); else __syncwarp(); if (t == 0) { store(y + FIRST, s, 256); commit(); waitAll(); })
PAIR(bulk_write_while_read, INDEX s[t] = x[i]; fence(); __syncthreads(); if (t == 0) { store(y + FIRST, s, 256); commit(); if (!bad) waitRead(); s[5] = 7; waitAll(); })
PAIR(bulk_read_early, INDEX s[t] = x[i]; fence(); __syncthreads(); if (t == 0) { store(y + FIRST, s, 256); commit(); if (bad) waitRead(); else waitAll(); } __syncthreads();
     int v = bad ? *(volatile int *)(y + i) : *(volatile int *)(y + i); __syncthreads(); y[i] = v + 1;)
PAIR(bulk_store_uninitialised, INDEX if (!bad || t != 9) s[t] = x[i]; fence(); __syncthreads(); if (t == 0) { store(y + FIRST, s, 256); commit(); waitAll(); })
PAIR(bulk_store_past, INDEX s[t] = x[i]; fence(); __syncthreads(); if (t == 0) { store(y + (bad ? 80 : FIRST), s, 256); commit(); waitAll(); })
PAIR(bulk_store_misaligned, INDEX s[t] = x[i]; fence(); __syncthreads(); if (t == 0) { store(y + (bad ? 1 : FIRST), s, bad ? 128 : 256); commit(); waitAll(); })
PAIR(bulk_store_blocks, INDEX s[t] = x[i]; fence(); __syncthreads(); if (t == 0) { store(y + (bad ? 0 : FIRST), s, 256); commit(); waitAll(); })

// The cluster's barrier.
PAIR(cluster_one_missing, INDEX if (!bad || t < 32) { asm volatile("barrier.cluster.arrive.release;\nbarrier.cluster.wait.acquire;" ::: "memory"); } else { wait(bar + 1, 0); } if (bad && t < 32) { arrive(bar + 1); } y[i] = x[i];)
PAIR(cluster_no_wait, INDEX s[t] = x[i]; asm volatile("barrier.cluster.arrive.release;" ::: "memory"); int v = bad ? get(s + 63 - t) : 0; asm volatile("barrier.cluster.wait.acquire;" ::: "memory");
     if (!bad) v = get(s + 63 - t); y[i] = v;)
PAIR(cluster_arrives_twice, INDEX asm volatile("barrier.cluster.arrive.release;" ::: "memory"); if (bad) asm volatile("barrier.cluster.arrive.release;" ::: "memory"); asm volatile("barrier.cluster.wait.acquire;" ::: "memory"); y[i] = x[i];)
PAIR(cluster_rank, INDEX u32 a; asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(a) : "r"(at(s)), "r"(bad ? x[0] : 0)); y[i] = a == at(s);)
#endif
