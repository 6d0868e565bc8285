// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels whose lanes work together: shuffles, votes, matches, reductions, warp barriers.

#define FULL 0xffffffffu

extern "C" __global__ void warp_reduce(const float *x, float *out) {
  float v = x[blockIdx.x * blockDim.x + threadIdx.x];
  for (int step = 16; step > 0; step /= 2)
    v += __shfl_down_sync(FULL, v, step);
  if (threadIdx.x % 32 == 0)
    out[(blockIdx.x * blockDim.x + threadIdx.x) / 32] = v;
}

extern "C" __global__ void warp_scan(const int *x, int *y) {
  int lane = threadIdx.x % 32, i = blockIdx.x * blockDim.x + threadIdx.x, v = x[i];
  for (int step = 1; step < 32; step *= 2) {
    int other = __shfl_up_sync(FULL, v, step);
    if (lane >= step)
      v += other;
  }
  y[i] = v;
}

extern "C" __global__ void butterfly(const float *x, float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float v = x[i];
  for (int step = 1; step < 8; step *= 2)
    v = fmaxf(v, __shfl_xor_sync(FULL, v, step, 8));
  y[i] = v;
}

extern "C" __global__ void block_reduce_warps(int n, const float *x, float *out) {
  __shared__ float part[32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  float v = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
    v += x[i];
  for (int step = 16; step > 0; step /= 2)
    v += __shfl_down_sync(FULL, v, step);
  if (lane == 0)
    part[warp] = v;
  __syncthreads();
  if (warp == 0) {
    v = lane < blockDim.x / 32 ? part[lane] : 0;
    for (int step = 16; step > 0; step /= 2)
      v += __shfl_down_sync(FULL, v, step);
    if (lane == 0)
      atomicAdd(out, v);
  }
}

extern "C" __global__ void ballot_compact(int n, const int *x, int *y, int *count) {
  int i = threadIdx.x;
  bool keep = i < n && x[i] % 3 == 0;
  unsigned kept = __ballot_sync(FULL, keep);
  if (keep)
    y[__popc(kept & ((1u << i) - 1))] = x[i];
  int any = __any_sync(FULL, keep), all = __all_sync(FULL, keep);
  if (i == 0)
    *count = __popc(kept) + (any ? 100 : 0) + (all ? 1000 : 0);
}

extern "C" __global__ void match_groups(const int *x, unsigned *out) {
  int i = threadIdx.x, same;
  out[3 * i] = __match_any_sync(FULL, x[i]);
  out[3 * i + 1] = __match_all_sync(FULL, x[i], &same);
  out[3 * i + 2] = same;
}

extern "C" __global__ void redux(const unsigned *x, unsigned *out) {
  unsigned v = x[threadIdx.x];
  out[5 * threadIdx.x + 0] = __reduce_add_sync(FULL, v);
  out[5 * threadIdx.x + 1] = __reduce_min_sync(FULL, v);
  out[5 * threadIdx.x + 2] = __reduce_max_sync(FULL, (int)v);
  out[5 * threadIdx.x + 3] = __reduce_and_sync(FULL, v);
  out[5 * threadIdx.x + 4] = __reduce_xor_sync(FULL, v);
}

// The halves of a warp work alone, each with its own mask.
extern "C" __global__ void half_warps(const int *x, int *y) {
  int lane = threadIdx.x, v = x[lane];
  if (lane < 16) {
    for (int step = 8; step > 0; step /= 2)
      v += __shfl_xor_sync(0x0000ffffu, v, step);
  } else {
    for (int step = 8; step > 0; step /= 2)
      v = max(v, __shfl_xor_sync(0xffff0000u, v, step));
  }
  y[lane] = v;
}

// Lanes hand values on through shared memory, with warp barriers between.
extern "C" __global__ void warp_shared(const int *x, int *y) {
  __shared__ int s[64];
  int t = threadIdx.x, lane = t % 32, base = t - lane;
  s[t] = x[t];
  __syncwarp();
  for (int step = 16; step > 0; step /= 2) {
    int other = lane < step ? s[base + lane + step] : 0;
    __syncwarp();
    if (lane < step)
      s[t] += other;
    __syncwarp();
  }
  y[t] = s[base];
}

// A lock that lanes of the same warp take from one another.
extern "C" __global__ void spin_lock(int *lock, int *counter) {
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      __threadfence();
      volatile int *c = counter;
      *c = *c + 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
}

extern "C" __global__ void layer_norm(int columns, float eps, const float *x, const float *gamma, const float *beta, float *y) {
  const float *row = x + blockIdx.x * columns;
  int lane = threadIdx.x;
  float sum = 0, square = 0;
  for (int i = lane; i < columns; i += 32)
    sum += row[i];
  for (int step = 16; step > 0; step /= 2)
    sum += __shfl_xor_sync(FULL, sum, step);
  float mean = sum / columns;
  for (int i = lane; i < columns; i += 32)
    square += (row[i] - mean) * (row[i] - mean);
  for (int step = 16; step > 0; step /= 2)
    square += __shfl_xor_sync(FULL, square, step);
  float scale = rsqrtf(square / columns + eps);
  for (int i = lane; i < columns; i += 32)
    y[blockIdx.x * columns + i] = (row[i] - mean) * scale * gamma[i] + beta[i];
}
