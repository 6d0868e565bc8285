// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Half precision: f16 and bf16, single and in pairs.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void half_axpy(int n, const __half *a, const __half *x, __half *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = __hfma(a[i], x[i], y[i]);
}

extern "C" __global__ void half2_ops(int n, const __half2 *a, const __half2 *b, __half2 *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  out[4 * i + 0] = __hadd2(a[i], b[i]);
  out[4 * i + 1] = __hmul2(a[i], b[i]);
  out[4 * i + 2] = __hmax2(a[i], b[i]);
  out[4 * i + 3] = __hsub2(__hneg2(a[i]), b[i]);
}

extern "C" __global__ void half_convert(int n, const float *x, __half *h, float *back, int *whole) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  h[i] = __float2half_rn(x[i]);
  back[i] = __half2float(__float2half_rz(x[i]));
  whole[i] = __half2int_rn(h[i]);
}

extern "C" __global__ void bf16_axpy(int n, float a, const __nv_bfloat16 *x, __nv_bfloat16 *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = __float2bfloat16_rn(a * __bfloat162float(x[i]) + __bfloat162float(y[i]));
}

extern "C" __global__ void bf16_fma(int n, const __nv_bfloat16 *a, const __nv_bfloat16 *b, __nv_bfloat16 *c) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    c[i] = __hfma(a[i], b[i], c[i]);
}

extern "C" __global__ void bf16_pairs(int n, const float2 *x, __nv_bfloat162 *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = __hfma2(__floats2bfloat162_rn(x[i].x, x[i].y), __float2bfloat162_rn(2.0f), __float2bfloat162_rn(-1.0f));
}

extern "C" __global__ void half_dot(int n, const __half2 *a, const __half2 *b, float *out) {
  __shared__ float part[4];
  float sum = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    float2 x = __half22float2(a[i]), y = __half22float2(b[i]);
    sum += x.x * y.x + x.y * y.y;
  }
  for (int step = 16; step > 0; step /= 2)
    sum += __shfl_down_sync(0xffffffffu, sum, step);
  if (threadIdx.x % 32 == 0)
    part[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0)
    *out = part[0] + part[1] + part[2] + part[3];
}
