// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// As violations.cu, with mbarrier objects: 2 blocks of 64 threads, x is 1, 2, 3, …

typedef unsigned u32;
typedef unsigned long long u64;

#define PAIR(name, ...)                                                                             \
  extern "C" __global__ void bad_##name(const int *x, int *y) { constexpr bool bad = true; __VA_ARGS__ }  \
  extern "C" __global__ void good_##name(const int *x, int *y) { constexpr bool bad = false; __VA_ARGS__ }
#define INDEX int t = threadIdx.x, i = blockIdx.x * blockDim.x + t; (void)t; (void)i; (void)bad;
#define OBJECT(count) __shared__ __align__(16) u64 bar[4]; if (t == 0) init(bar, count); __syncthreads();

__device__ u32 at(const void *p) { return (u32)__cvta_generic_to_shared(p); }
__device__ void init(u64 *bar, u32 count) { asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(at(bar)), "r"(count) : "memory"); }
__device__ void inval(u64 *bar) { asm volatile("mbarrier.inval.shared.b64 [%0];" ::"r"(at(bar)) : "memory"); }
__device__ u64 arrive(const void *bar) {
  u64 state;
  asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(state) : "r"(at(bar)) : "memory");
  return state;
}
__device__ u64 arriveSome(u64 *bar, u32 count) {
  u64 state;
  asm volatile("mbarrier.arrive.noComplete.shared.b64 %0, [%1], %2;" : "=l"(state) : "r"(at(bar)), "r"(count) : "memory");
  return state;
}
__device__ void drop(u64 *bar) { asm volatile("{.reg .b64 s;\nmbarrier.arrive_drop.shared.b64 s, [%0];}" ::"r"(at(bar)) : "memory"); }
__device__ bool test(u64 *bar, u32 parity) {
  u32 done;
  asm volatile("{.reg .pred p;\nmbarrier.test_wait.parity.shared.b64 p, [%1], %2;\nselp.u32 %0, 1, 0, p;}" : "=r"(done) : "r"(at(bar)), "r"(parity) : "memory");
  return done;
}
__device__ bool testState(u64 *bar, u64 state) {
  u32 done;
  asm volatile("{.reg .pred p;\nmbarrier.test_wait.shared.b64 p, [%1], %2;\nselp.u32 %0, 1, 0, p;}" : "=r"(done) : "r"(at(bar)), "l"(state) : "memory");
  return done;
}
__device__ void wait(u64 *bar, u32 parity) { while (!test(bar, parity)); }
__device__ void copy(void *to, const void *from) { asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(at(to)), "l"(from) : "memory"); }

// What it orders, and what it does not.
PAIR(mbarrier_no_wait, INDEX __shared__ int s[64]; OBJECT(64) s[t] = x[i]; arrive(bar); if (!bad) wait(bar, 0); y[i] = ((volatile int *)s)[63 - t];)
PAIR(mbarrier_wrong_parity, INDEX __shared__ int s[64]; OBJECT(64) s[t] = x[i]; arrive(bar); wait(bar, bad ? 1 : 0); y[i] = ((volatile int *)s)[63 - t];)
PAIR(mbarrier_arrive_early, INDEX __shared__ int s[64]; OBJECT(64) if (bad) arrive(bar); s[t] = x[i]; if (!bad) arrive(bar); wait(bar, 0); y[i] = ((volatile int *)s)[63 - t];)
PAIR(mbarrier_free_early, INDEX __shared__ int s[32]; OBJECT(32) if (t == 1) init(bar + 1, 32); __syncthreads();
     if (t < 32) for (int k = 0; k < 3; ++k) { if (k) wait(bar + 1, k + 1 & 1); s[t] = x[i] + k; arrive(bar); }
     else for (int k = 0; k < 3; ++k) { wait(bar, k & 1); if (bad) arrive(bar + 1); int v = ((volatile int *)s)[63 - t]; if (!bad) arrive(bar + 1); y[i] = v; })
PAIR(mbarrier_init_race, INDEX __shared__ u64 bar[1]; if (t == 0) init(bar, 64); if (!bad) __syncthreads(); else if (t >= 32) for (int k = 0; k < 40; ++k) __nanosleep(10);
     arrive(bar); wait(bar, 0); y[i] = x[i];)

// Phases that never complete.
PAIR(mbarrier_one_short, INDEX OBJECT(bad ? 65 : 64) arrive(bar); wait(bar, 0); y[i] = x[i];)
PAIR(mbarrier_one_missing, INDEX OBJECT(64) if (!bad || t != 13) arrive(bar); wait(bar, 0); y[i] = x[i];)
PAIR(mbarrier_and_barrier, INDEX OBJECT(64) if (t < 32) { if (bad) __syncthreads(); arrive(bar); } else { arrive(bar); wait(bar, 0); } if (!bad || t >= 32) __syncthreads(); y[i] = x[i];)
PAIR(mbarrier_crossed, INDEX OBJECT(32) if (t == 1) init(bar + 1, 32); __syncthreads(); u64 *mine = bar + t / 32; u64 *other = bar + (1 - t / 32);
     if (bad) { wait(other, 0); arrive(mine); } else { arrive(mine); wait(other, 0); } y[i] = x[i];)
PAIR(mbarrier_two_phases, INDEX OBJECT(64) for (int k = 0; k < 2; ++k) { if (!bad || !k || t != 7) arrive(bar); wait(bar, k); } y[i] = x[i];)

// Misuse.
PAIR(mbarrier_not_initialised, INDEX OBJECT(64) arrive(bar + (bad ? 1 : 0)); if (!bad) wait(bar, 0); y[i] = x[i];)
PAIR(mbarrier_invalidated, INDEX OBJECT(64) if (bad) { if (t == 0) inval(bar); __syncthreads(); } arrive(bar); wait(bar, 0); __syncthreads(); if (!bad && t == 0) inval(bar); y[i] = x[i];)
PAIR(mbarrier_misaligned, INDEX OBJECT(64) arrive((char *)bar + (bad ? 4 : 0)); if (!bad) wait(bar, 0); y[i] = x[i];)
PAIR(mbarrier_outside, INDEX OBJECT(64) arrive(bar + (bad ? 4 * x[i] : 0)); if (!bad) wait(bar, 0); y[i] = x[i];)
PAIR(mbarrier_too_many, INDEX OBJECT(128) arriveSome(bar, bad ? 3 : 1); y[i] = x[i];)
PAIR(mbarrier_count_zero, INDEX OBJECT(64 * x[0] - (bad ? 64 : 0)) if (!bad) arrive(bar); y[i] = x[i];)
PAIR(mbarrier_completes, INDEX OBJECT(128) arriveSome(bar, bad ? 2 : 1); __syncthreads(); arrive(bar); y[i] = x[i];)
PAIR(mbarrier_written_over, INDEX OBJECT(64) arrive(bar); wait(bar, 0); __syncthreads(); if (!bad && t == 0) inval(bar); __syncthreads(); if (t == 0) *(volatile int *)bar = x[i]; y[i] = x[i];)
PAIR(mbarrier_read, INDEX OBJECT(64) arrive(bar); wait(bar, 0); if (bad) y[i] = *(volatile int *)bar; else y[i] = x[i];)
PAIR(mbarrier_again, INDEX OBJECT(64) arrive(bar); wait(bar, 0); __syncthreads(); if (t == 0) { if (!bad) inval(bar); init(bar, 64); } __syncthreads(); arrive(bar); wait(bar, 0); y[i] = x[i];)
PAIR(mbarrier_old_state, INDEX OBJECT(64) u64 first = arrive(bar); wait(bar, 0); u64 second = arrive(bar); wait(bar, 1); while (!testState(bar, bad ? first : second)); y[i] = x[i];)
PAIR(mbarrier_parity, INDEX OBJECT(64) arrive(bar); wait(bar, 0); y[i] = test(bar, bad ? 1 + x[0] : 1) + x[i];)
PAIR(mbarrier_dropped, INDEX OBJECT(64) drop(bar); wait(bar, 0); if (bad && t == 5) arrive(bar); y[i] = x[i];)

// Asynchronous copies that arrive by themselves.
PAIR(mbarrier_copies, INDEX __shared__ int s[64]; OBJECT(64) copy(&s[t], x + i);
     if (bad) arrive(bar); else asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(at(bar)) : "memory");
     wait(bar, 0); y[i] = ((volatile int *)s)[63 - t];)
PAIR(mbarrier_later_copies, INDEX __shared__ int s[128]; OBJECT(64) copy(&s[t], x + i); if (!bad) copy(&s[64 + t], x + i);
     asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(at(bar)) : "memory"); if (bad) copy(&s[64 + t], x + i);
     wait(bar, 0); y[i] = ((volatile int *)s)[127 - t];)
PAIR(mbarrier_noinc, INDEX __shared__ int s[64]; OBJECT(64) copy(&s[t], x + i);
     if (bad) asm volatile("cp.async.mbarrier.arrive.shared.b64 [%0];" ::"r"(at(bar)) : "memory");
     else asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(at(bar)) : "memory"); wait(bar, 0); y[i] = ((volatile int *)s)[63 - t];)
