// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels whose blocks work together: atomics, fences, flags.

__device__ unsigned finished = 0;

// The last block to finish adds up what all have written.
extern "C" __global__ void last_block(int n, const float *x, volatile float *partial, float *out) {
  __shared__ float s[64];
  __shared__ bool isLast;
  int t = threadIdx.x;
  float sum = 0;
  for (int i = blockIdx.x * 64 + t; i < n; i += gridDim.x * 64)
    sum += x[i];
  s[t] = sum;
  __syncthreads();
  for (int step = 32; step > 0; step /= 2) {
    if (t < step)
      s[t] += s[t + step];
    __syncthreads();
  }
  if (t == 0) {
    partial[blockIdx.x] = s[0];
    __threadfence();
    unsigned ticket = atomicInc(&finished, gridDim.x - 1);
    isLast = ticket == gridDim.x - 1;
  }
  __syncthreads();
  if (isLast && t == 0) {
    float total = 0;
    for (int b = 0; b < gridDim.x; ++b)
      total += partial[b];
    *out = total;
  }
}

// Each block waits for the one before it and adds to what that has passed on.
extern "C" __global__ void chained_scan(const int *x, int *y, int *carry, int *flags) {
  __shared__ int before;
  int t = threadIdx.x, v = x[blockIdx.x * 32 + t];
  for (int step = 1; step < 32; step *= 2) {
    int other = __shfl_up_sync(0xffffffffu, v, step);
    if (t >= step)
      v += other;
  }
  if (t == 31) {
    int sum = 0;
    if (blockIdx.x > 0) {
      while (atomicAdd(&flags[blockIdx.x - 1], 0) == 0)
        ;
      __threadfence();
      sum = carry[blockIdx.x - 1];
    }
    before = sum;
    carry[blockIdx.x] = sum + v;
    __threadfence();
    atomicExch(&flags[blockIdx.x], 1);
  }
  __syncthreads();
  y[blockIdx.x * 32 + t] = before + v;
}

// All blocks meet in the middle.
extern "C" __global__ void grid_barrier(int *data, int *out, unsigned *arrived) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, n = gridDim.x * blockDim.x;
  data[i] = i * i;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    atomicAdd(arrived, 1u);
    while (*(volatile unsigned *)arrived < gridDim.x)
      ;
    __threadfence();
  }
  __syncthreads();
  out[i] = data[n - 1 - i];
}

extern "C" __global__ void atomics(int n, const int *x, int *i32, unsigned long long *u64, float *f32, double *f64) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  atomicAdd(&i32[0], x[i]);
  atomicMin(&i32[1], x[i]);
  atomicMax(&i32[2], x[i]);
  atomicAnd(&i32[3], x[i] | 0xff00);
  atomicOr(&i32[4], x[i] & 0xff);
  atomicXor(&i32[5], x[i]);
  atomicInc((unsigned *)&i32[6], 9u);
  atomicDec((unsigned *)&i32[7], 9u);
  atomicAdd(&u64[0], (unsigned long long)(unsigned)x[i]);
  atomicMax(&u64[1], (unsigned long long)(unsigned)x[i] << 20);
  atomicAdd(f32, (float)(x[i] & 15));
  atomicAdd(f64, (double)(x[i] & 15));
}

extern "C" __global__ void atomic_cas_max(int n, const float *x, unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned old = *(volatile unsigned *)out;
  while (__uint_as_float(old) < x[i]) {
    unsigned seen = atomicCAS(out, old, __float_as_uint(x[i]));
    if (seen == old)
      break;
    old = seen;
  }
}

extern "C" __global__ void queue(int n, int *next, const int *x, int *y) {
  for (;;) {
    int i = atomicAdd(next, 1);
    if (i >= n)
      return;
    y[i] = 2 * x[i] + 1;
  }
}
