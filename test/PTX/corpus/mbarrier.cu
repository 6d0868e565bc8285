// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Barriers in shared memory: cuda::barrier and cuda::pipeline, and mbarrier instructions as libraries write them.

#include <cooperative_groups.h>
#include <cuda/barrier>
#include <cuda/pipeline>

typedef unsigned u32;
typedef unsigned long long u64;
using Barrier = cuda::barrier<cuda::thread_scope_block>;

__device__ u32 sharedAddress(const void *p) { return (u32)__cvta_generic_to_shared(p); }
__device__ void initialize(u64 *bar, u32 count) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(sharedAddress(bar)), "r"(count) : "memory");
}
__device__ u64 arrive(u64 *bar) {
  u64 state;
  asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(state) : "r"(sharedAddress(bar)) : "memory");
  return state;
}
__device__ void waitParity(u64 *bar, u32 parity) {
  asm volatile("{\n.reg .pred done;\nagain:\nmbarrier.test_wait.parity.shared.b64 done, [%0], %1;\n@done bra over;\nbra again;\nover:\n}" ::"r"(
                   sharedAddress(bar)),
               "r"(parity)
               : "memory");
}

// Rows go through shared memory, each thread's neighbour reads: y[r][t] = x[r][n - 1 - t] + r.
extern "C" __global__ void barrier_exchange(int rows, const int *x, int *y) {
  __shared__ alignas(Barrier) char space[sizeof(Barrier)];
  __shared__ int s[2][128];
  Barrier &bar = *reinterpret_cast<Barrier *>(space);
  int t = threadIdx.x, n = blockDim.x;
  if (t == 0)
    init(&bar, n);
  __syncthreads();
  for (int r = 0; r < rows; ++r) {
    s[r % 2][t] = x[r * n + t];
    if (r % 2)
      bar.arrive_and_wait();
    else
      bar.wait(bar.arrive());
    y[r * n + t] = s[r % 2][n - 1 - t] + r;
  }
}

// The same with asynchronous copies that the barrier waits for.
extern "C" __global__ void barrier_copies(int rows, const int *x, int *y) {
  __shared__ alignas(Barrier) char space[sizeof(Barrier)];
  __shared__ int s[2][128];
  Barrier &bar = *reinterpret_cast<Barrier *>(space);
  int t = threadIdx.x, n = blockDim.x;
  if (t == 0)
    init(&bar, n);
  __syncthreads();
  for (int r = 0; r < rows; ++r) {
    cuda::memcpy_async(&s[r % 2][t], x + r * n + t, cuda::aligned_size_t<4>(4), bar);
    bar.arrive_and_wait();
    y[r * n + t] = s[r % 2][n - 1 - t] + r;
  }
}

// A pipeline of two stages that the whole block fills and drains.
extern "C" __global__ void pipeline_copies(int rows, const int *x, int *y) {
  using State = cuda::pipeline_shared_state<cuda::thread_scope_block, 2>;
  __shared__ alignas(State) char space[sizeof(State)];
  __shared__ alignas(16) int s[2][128];
  auto group = cooperative_groups::this_thread_block();
  auto pipeline = cuda::make_pipeline(group, reinterpret_cast<State *>(space));
  int t = threadIdx.x, n = blockDim.x;
  auto fill = [&](int r) {
    pipeline.producer_acquire();
    if (r < rows)
      cuda::memcpy_async(group, s[r % 2], x + r * n, cuda::aligned_size_t<16>(n * sizeof(int)), pipeline);
    pipeline.producer_commit();
  };
  fill(0);
  for (int r = 0; r < rows; ++r) {
    fill(r + 1);
    pipeline.consumer_wait();
    y[r * n + t] = s[r % 2][n - 1 - t] + r;
    pipeline.consumer_release();
  }
}

// One warp writes, the others read: full and empty barriers of three stages, waited for by parity.
extern "C" __global__ void producer_consumer(int rows, const int *x, int *y) {
  __shared__ u64 full[3], empty[3];
  __shared__ int s[3][96];
  int t = threadIdx.x, n = blockDim.x - 32;
  if (t < 3) {
    initialize(&full[t], 32);
    initialize(&empty[t], n);
  }
  __syncthreads();
  if (t < 32) {
    for (int r = 0; r < rows; ++r) {
      if (r >= 3)
        waitParity(&empty[r % 3], r / 3 + 1 & 1);
      for (int i = t; i < n; i += 32)
        s[r % 3][i] = x[r * n + i];
      arrive(&full[r % 3]);
    }
  } else {
    t -= 32;
    for (int r = 0; r < rows; ++r) {
      waitParity(&full[r % 3], r / 3 & 1);
      y[r * n + t] = s[r % 3][n - 1 - t] + r;
      arrive(&empty[r % 3]);
    }
  }
}

// Copies by two warps, 16 bytes a thread, that arrive by themselves; counted in beforehand.
extern "C" __global__ void arrive_noinc(int rows, const int4 *x, int4 *y) {
  __shared__ u64 full[2];
  __shared__ int4 s[2][64];
  int t = threadIdx.x;
  if (t < 2)
    initialize(&full[t], 64);
  __syncthreads();
  auto load = [&](int r) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\ncp.async.mbarrier.arrive.noinc.shared.b64 [%2];" ::"r"(sharedAddress(&s[r % 2][t])),
                 "l"(x + r * 64 + t), "r"(sharedAddress(&full[r % 2]))
                 : "memory");
  };
  load(0);
  for (int r = 0; r < rows; ++r) {
    if (r + 1 < rows)
      load(r + 1);
    waitParity(&full[r % 2], r / 2 & 1);
    int4 v = s[r % 2][63 - t];
    v.x += r;
    y[r * 64 + t] = v;
    __syncthreads();
  }
}

// Threads leave one after the other: thread t takes part in t + 1 phases, those left sum up who was there.
extern "C" __global__ void arrive_drop(int, const int *x, int *y) {
  __shared__ u64 bar;
  __shared__ int here[65];
  int t = threadIdx.x, sum = 0;
  here[t] = 0;
  if (t == 0) {
    here[64] = 0;
    initialize(&bar, 64);
  }
  __syncthreads();
  for (int phase = 0; phase <= t; ++phase) {
    atomicAdd(&here[phase], x[t]);
    if (phase == t) {
      asm volatile("{\n.reg .b64 state;\nmbarrier.arrive_drop.shared.b64 state, [%0];\n}" ::"r"(sharedAddress(&bar)) : "memory");
      break;
    }
    arrive(&bar);
    waitParity(&bar, phase & 1);
    sum += here[phase];
  }
  y[t] = sum;
}
