// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels in which a thread computes its own elements: arithmetic, math functions, calls, loops.

extern "C" __global__ void saxpy(int n, float a, const float *x, float *y) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    y[i] = a * x[i] + y[i];
}

extern "C" __global__ void vector_types(const float4 *a, const float2 *b, float4 *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float4 v = a[i];
  float2 w = b[i];
  out[i] = make_float4(v.x + w.x, v.y - w.y, v.z * w.x, v.w / w.y);
}

extern "C" __global__ void gelu_erf(int n, const float *x, float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = 0.5f * x[i] * (1.0f + erff(x[i] * 0.70710678f));
}

extern "C" __global__ void math_functions(int n, const float *x, float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float v = x[i];
  y[6 * i + 0] = expf(v);
  y[6 * i + 1] = logf(fabsf(v) + 1.0f);
  y[6 * i + 2] = sinf(v);
  y[6 * i + 3] = tanhf(v);
  y[6 * i + 4] = sqrtf(fabsf(v));
  y[6 * i + 5] = rsqrtf(fabsf(v) + 1.0f);
}

extern "C" __global__ void double_polynomial(int n, const double *x, double *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = fma(fma(fma(0.25, x[i], -1.5), x[i], 3.0), x[i], 1.0) / (1.0 + x[i] * x[i]);
}

extern "C" __global__ void integer_mix(int n, const int *a, const unsigned *b, long long *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  long long v = (long long)a[i] * (int)b[i];
  v += a[i] / 7 + a[i] % 13 + (int)(b[i] / 10u) + (int)(b[i] % 11u);
  v ^= ((long long)__mulhi(a[i], (int)b[i]) << 3) | __umulhi(b[i], 77u);
  out[i] = v + __popc(b[i]) + __clz(a[i]) + __ffs(a[i]) + __brev(b[i]) % 5 + __byte_perm(a[i], b[i], 0x5140);
}

extern "C" __global__ void long_division(int n, const long long *a, const long long *b, long long *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    out[i] = a[i] / b[i] + a[i] % b[i];
}

__device__ __noinline__ float horner(const float *coefficients, int count, float x) {
  float sum = 0;
  for (int i = count - 1; i >= 0; --i)
    sum = sum * x + coefficients[i];
  return sum;
}

extern "C" __global__ void calls(int n, int count, const float *coefficients, const float *x, float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = horner(coefficients, count, x[i]) + horner(coefficients + 1, count - 1, -x[i]);
}

struct Pair {
  float value;
  int index;
  double weight;
};
__device__ __noinline__ Pair combine(Pair a, Pair b) {
  Pair result = a.value < b.value ? b : a;
  result.weight = a.weight + b.weight;
  return result;
}

extern "C" __global__ void struct_calls(int n, Pair scale, const float *x, Pair *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  Pair mine = {x[i] * scale.value, i + scale.index, 1.0};
  out[i] = combine(mine, scale);
}

extern "C" __global__ void collatz(int n, const unsigned *start, unsigned *steps) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned v = start[i], count = 0;
  while (v != 1) {
    v = v & 1 ? 3 * v + 1 : v / 2;
    ++count;
  }
  steps[i] = count;
}

extern "C" __global__ void mandelbrot(int width, int height, int limit, int *out) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height)
    return;
  float cr = -2.0f + 3.0f * x / width, ci = -1.0f + 2.0f * y / height, zr = 0, zi = 0;
  int i = 0;
  for (; i < limit && zr * zr + zi * zi < 4.0f; ++i) {
    float t = __fadd_rn(__fadd_rn(__fmul_rn(zr, zr), -__fmul_rn(zi, zi)), cr);
    zi = __fadd_rn(__fmul_rn(2.0f * zr, zi), ci);
    zr = t;
  }
  out[y * width + x] = i;
}

extern "C" __global__ void switch_table(int n, const int *what, const int *x, int *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  int v = x[i];
  switch (what[i]) {
  case 0: v += 3; break;
  case 1: v *= 5; break;
  case 2: v -= 7; // falls through
  case 3: v ^= 0x55; break;
  case 4: v = -v; break;
  case 5: v = v * v; break;
  case 6: v >>= 2; break;
  case 7: v = v % 9; break;
  default: v = 0;
  }
  y[i] = v;
}

extern "C" __global__ void local_array(int n, const int *x, int *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  int digits[12];
  int count = 0, v = x[i];
  do {
    digits[count++] = v % 10;
    v /= 10;
  } while (v);
  int reversed = 0;
  for (int k = 0; k < count; ++k)
    reversed = reversed * 10 + digits[k] + digits[(k + x[i]) % count];
  y[i] = reversed;
}

__constant__ float weights[9] = {1, 2, 1, 2, 4, 2, 1, 2, 1};
__device__ int launches = 41;

extern "C" __global__ void constants(int n, const float *x, float *y, int *seen) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = x[i] * weights[i % 9];
  if (i == 0)
    *seen = launches + 1;
}

extern "C" __global__ void rounding(int n, const float *a, const float *b, float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  out[8 * i + 0] = __fadd_rz(a[i], b[i]);
  out[8 * i + 1] = __fadd_ru(a[i], b[i]);
  out[8 * i + 2] = __fmul_rd(a[i], b[i]);
  out[8 * i + 3] = __fmaf_rz(a[i], b[i], a[i]);
  out[8 * i + 4] = __fdiv_ru(a[i], b[i]);
  out[8 * i + 5] = __fsqrt_rd(fabsf(a[i]));
  out[8 * i + 6] = __float2int_rn(a[i]) + 0.0f;
  out[8 * i + 7] = __saturatef(a[i]);
}
