// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bulk copies, for sm_90 and later: pipelines of them, stores and reductions into global memory, clusters of one block.

#include <cuda/barrier>
#include <cuda/ptx>

#if __CUDA_ARCH__ >= 900
typedef unsigned u32;
typedef uint64_t u64;
namespace ptx = cuda::ptx;
using Barrier = cuda::barrier<cuda::thread_scope_block>;

__device__ u32 sharedAddress(const void *p) { return (u32)__cvta_generic_to_shared(p); }
__device__ void waitParity(u64 *bar, u32 parity) {
  while (!ptx::mbarrier_try_wait_parity(bar, parity))
    ;
}

// One thread keeps four stages filled, the warps behind it read: y[r][t] = x[r][n - 1 - t] + r.
extern "C" __global__ void bulk_pipeline(int rows, const int *x, int *y) {
  constexpr int n = 96, stages = 4;
  __shared__ alignas(128) int s[stages][n];
  __shared__ alignas(8) u64 full[stages], empty[stages];
  int t = threadIdx.x;
  if (t == 0) {
    for (int i = 0; i < stages; ++i) {
      ptx::mbarrier_init(&full[i], 1);
      ptx::mbarrier_init(&empty[i], n);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    ptx::fence_proxy_async(ptx::space_shared);
  }
  __syncthreads();
  if (t == 0) {
    for (int r = 0; r < rows; ++r) {
      int i = r % stages;
      waitParity(&empty[i], (r / stages & 1) ^ 1);
      ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &full[i], sizeof(s[i]));
      ptx::cp_async_bulk(ptx::space_cluster, ptx::space_global, s[i], x + r * n, sizeof(s[i]), &full[i]);
    }
  } else if (t >= 32) {
    t -= 32;
    for (int r = 0; r < rows; ++r) {
      int i = r % stages;
      waitParity(&full[i], r / stages & 1);
      y[r * n + t] = s[i][n - 1 - t] + r;
      ptx::mbarrier_arrive(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &empty[i]);
    }
  }
}

// A tile comes by cuda::barrier, is changed in place, and goes out by a bulk copy.
extern "C" __global__ void bulk_in_out(int rows, const int *x, int *y) {
  constexpr int n = 128;
  __shared__ alignas(128) int s[n];
  __shared__ alignas(Barrier) char space[sizeof(Barrier)];
  Barrier &bar = *reinterpret_cast<Barrier *>(space);
  int t = threadIdx.x;
  if (t == 0) {
    init(&bar, n);
    ptx::fence_proxy_async(ptx::space_shared);
  }
  __syncthreads();
  for (int r = 0; r < rows; ++r) {
    Barrier::arrival_token token;
    if (t == 0) {
      cuda::device::memcpy_async_tx(s, x + r * n, cuda::aligned_size_t<16>(sizeof(s)), bar);
      token = cuda::device::barrier_arrive_tx(bar, 1, sizeof(s));
    } else {
      token = bar.arrive();
    }
    bar.wait(std::move(token));
    s[t] += r;
    ptx::fence_proxy_async(ptx::space_shared);
    __syncthreads();
    if (t == 0) {
      ptx::cp_async_bulk(ptx::space_global, ptx::space_shared, y + r * n, s, sizeof(s));
      ptx::cp_async_bulk_commit_group();
      ptx::cp_async_bulk_wait_group_read(ptx::n32_t<0>());
    }
    __syncthreads();
  }
  if (t == 0)
    ptx::cp_async_bulk_wait_group(ptx::n32_t<0>());
}

// Every block adds its rows to one: y[t] = sum of x[r][t].
extern "C" __global__ void bulk_reduce(int rows, const int *x, int *y) {
  constexpr int n = 64;
  __shared__ alignas(16) int s[2][n];
  int t = threadIdx.x;
  for (int r = blockIdx.x; r < rows; r += gridDim.x) {
    int i = r / gridDim.x % 2;
    if (t == 0)
      ptx::cp_async_bulk_wait_group_read(ptx::n32_t<1>());
    __syncthreads();
    s[i][t] = x[r * n + t];
    ptx::fence_proxy_async(ptx::space_shared);
    __syncthreads();
    if (t == 0) {
      ptx::cp_reduce_async_bulk(ptx::space_global, ptx::space_shared, ptx::op_add, y, s[i], sizeof(s[i]));
      ptx::cp_async_bulk_commit_group();
    }
  }
  if (t == 0)
    ptx::cp_async_bulk_wait_group(ptx::n32_t<0>());
}

// Within a cluster of one: copies between parts of shared memory, the cluster's barrier, addresses in it.
extern "C" __global__ void cluster_of_one(int, const int *x, int *y) {
  __shared__ alignas(16) int from[64], to[64];
  __shared__ alignas(8) u64 bar;
  int t = threadIdx.x;
  from[t] = x[t];
  if (t == 0)
    ptx::mbarrier_init(&bar, 1);
  ptx::fence_proxy_async(ptx::space_shared);
  ptx::barrier_cluster_arrive();
  ptx::barrier_cluster_wait();
  if (t < 32) {
    u32 leader;
    asm volatile("{\n.reg .pred p;\nelect.sync _|p, 0xffffffff;\nselp.u32 %0, 1, 0, p;\n}" : "=r"(leader));
    if (leader) {
      u32 rank, size, there, object;
      asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
      asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
      asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(sharedAddress(to)), "r"(size - 1 - rank));
      asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(object) : "r"(sharedAddress(&bar)), "r"(0));
      asm volatile("mbarrier.arrive.expect_tx.release.cluster.shared::cluster.b64 _, [%0], 256;" ::"r"(object) : "memory");
      asm volatile("cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%0], [%1], 256, [%2];" ::"r"(there),
                   "r"(sharedAddress(from)), "r"(object)
                   : "memory");
    }
  }
  waitParity(&bar, 0);
  int value;
  asm volatile("ld.shared::cluster.u32 %0, [%1];" : "=r"(value) : "r"(sharedAddress(&to[63 - t])) : "memory");
  y[t] = value;
  asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}
#endif
