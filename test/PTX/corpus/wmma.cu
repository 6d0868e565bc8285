// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// nvcuda::wmma: every type and shape, operations on elements, tiles in shared memory.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

using namespace nvcuda;
using Row = wmma::row_major;
using Column = wmma::col_major;

// D = relu(2 A B + C); leading dimensions are given.
template <typename Element, typename Sum, int M, int N, int K, typename LayoutA, typename LayoutB, typename Memory>
__device__ void multiply(const Memory *a, const Memory *b, const Sum *c, Sum *d, int lda, int ldb, int ldc, wmma::layout_t layout) {
  wmma::fragment<wmma::matrix_a, M, N, K, Element, LayoutA> fa;
  wmma::fragment<wmma::matrix_b, M, N, K, Element, LayoutB> fb;
  wmma::fragment<wmma::accumulator, M, N, K, Sum> fc, fd;
  wmma::load_matrix_sync(fa, a, lda);
  wmma::load_matrix_sync(fb, b, ldb);
  wmma::load_matrix_sync(fc, c, ldc, layout);
  wmma::fill_fragment(fd, Sum(0));
  wmma::mma_sync(fd, fa, fb, fd);
  for (int i = 0; i < fd.num_elements; ++i) {
    Sum sum = fd.x[i] + fd.x[i] + fc.x[i];
    fd.x[i] = sum > Sum(0) ? sum : Sum(0);
  }
  wmma::store_matrix_sync(d, fd, ldc, layout);
}

#define WMMA(name, Element, Memory, Sum, M, N, K, LayoutA, LayoutB, layout)                                              \
  extern "C" __global__ void name(const Memory *a, const Memory *b, const Sum *c, Sum *d, int lda, int ldb, int ldc) {    \
    multiply<Element, Sum, M, N, K, LayoutA, LayoutB>(a, b, c, d, lda, ldb, ldc, layout);                                 \
  }
WMMA(f16_f32_16x16, half, half, float, 16, 16, 16, Row, Column, wmma::mem_row_major)
WMMA(f16_f32_32x8, half, half, float, 32, 8, 16, Column, Column, wmma::mem_col_major)
WMMA(f16_f32_8x32, half, half, float, 8, 32, 16, Row, Row, wmma::mem_row_major)
WMMA(f16_f16_16x16, half, half, half, 16, 16, 16, Column, Row, wmma::mem_col_major)
WMMA(f16_f16_32x8, half, half, half, 32, 8, 16, Row, Column, wmma::mem_row_major)
WMMA(f16_f16_8x32, half, half, half, 8, 32, 16, Column, Column, wmma::mem_col_major)
WMMA(bf16_16x16, __nv_bfloat16, __nv_bfloat16, float, 16, 16, 16, Row, Column, wmma::mem_col_major)
WMMA(bf16_32x8, __nv_bfloat16, __nv_bfloat16, float, 32, 8, 16, Row, Row, wmma::mem_row_major)
WMMA(bf16_8x32, __nv_bfloat16, __nv_bfloat16, float, 8, 32, 16, Column, Column, wmma::mem_row_major)
WMMA(tf32_16x16, wmma::precision::tf32, float, float, 16, 16, 8, Row, Column, wmma::mem_row_major)
WMMA(s8_16x16, signed char, signed char, int, 16, 16, 16, Row, Column, wmma::mem_row_major)
WMMA(u8_32x8, unsigned char, unsigned char, int, 32, 8, 16, Column, Row, wmma::mem_col_major)
WMMA(s8_8x32, signed char, signed char, int, 8, 32, 16, Row, Row, wmma::mem_row_major)
WMMA(f64_8x8, double, double, double, 8, 8, 4, Column, Column, wmma::mem_row_major)

// C[M, N] = A[M, K] B[K, N], in f16 with sums in f32: four warps, a tile of 32 × 32 in shared memory each step.
extern "C" __global__ void wmma_gemm(int n, int k, const half *a, const half *b, float *c) {
  __shared__ __align__(32) half sa[32][16 + 8], sb[16][32 + 8];
  __shared__ __align__(32) float sc[32][32 + 4];
  int t = threadIdx.x, warp = t / 32, row = warp / 2 * 16, column = warp % 2 * 16;
  const half *ga = a + blockIdx.y * 32 * k, *gb = b + blockIdx.x * 32;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(sum, 0.0f);
  for (int at = 0; at < k; at += 16) {
    for (int i = t; i < 512; i += 128) {
      sa[i / 16][i % 16] = ga[i / 16 * k + at + i % 16];
      sb[i / 32][i % 32] = gb[(at + i / 32) * n + i % 32];
    }
    __syncthreads();
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, Row> fa;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, half, Row> fb;
    wmma::load_matrix_sync(fa, &sa[row][0], 24);
    wmma::load_matrix_sync(fb, &sb[0][column], 40);
    wmma::mma_sync(sum, fa, fb, sum);
    __syncthreads();
  }
  wmma::store_matrix_sync(&sc[row][column], sum, 36, wmma::mem_row_major);
  __syncthreads();
  for (int i = t; i < 1024; i += 128)
    c[(blockIdx.y * 32 + i / 32) * n + blockIdx.x * 32 + i % 32] = sc[i / 32][i % 32];
}
