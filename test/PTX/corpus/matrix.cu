// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix instructions and asynchronous copies.

typedef unsigned u32;

__device__ u32 sharedAddress(const void *p) { return (u32)__cvta_generic_to_shared(p); }

// C[16, 8] = A[16, 16] B[8, 16]ᵀ of bf16 or f16, fragments loaded by hand.
#define MMA_16816(name, type)                                                                       \
  extern "C" __global__ void name(const u32 *a, const u32 *b, float *c) {                            \
    int group = threadIdx.x / 4, member = threadIdx.x % 4;                                           \
    u32 a0 = a[group * 8 + member], a1 = a[(group + 8) * 8 + member];                                \
    u32 a2 = a[group * 8 + member + 4], a3 = a[(group + 8) * 8 + member + 4];                        \
    u32 b0 = b[group * 8 + member], b1 = b[group * 8 + member + 4];                                  \
    float d0, d1, d2, d3;                                                                            \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." type "." type ".f32 {%0, %1, %2, %3}, "    \
                 "{%4, %5, %6, %7}, {%8, %9}, {%10, %10, %10, %10};"                                 \
                 : "=f"(d0), "=f"(d1), "=f"(d2), "=f"(d3)                                            \
                 : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1), "f"(0.5f));                 \
    c[group * 8 + 2 * member] = d0;                                                                  \
    c[group * 8 + 2 * member + 1] = d1;                                                              \
    c[(group + 8) * 8 + 2 * member] = d2;                                                            \
    c[(group + 8) * 8 + 2 * member + 1] = d3;                                                        \
  }
MMA_16816(mma_f16, "f16")
MMA_16816(mma_bf16, "bf16")

extern "C" __global__ void mma_tf32(const float *a, const float *b, float *c) {
  int group = threadIdx.x / 4, member = threadIdx.x % 4;
  u32 f[6];
  const float *from[6] = {a + group * 8 + member, a + (group + 8) * 8 + member, a + group * 8 + member + 4,
                          a + (group + 8) * 8 + member + 4, b + group * 8 + member, b + group * 8 + member + 4};
  for (int i = 0; i < 6; ++i)
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(f[i]) : "f"(*from[i]));
  float d[4];
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%10, %10, %10, %10};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(f[0]), "r"(f[1]), "r"(f[2]), "r"(f[3]), "r"(f[4]), "r"(f[5]), "f"(0.0f));
  for (int i = 0; i < 4; ++i)
    c[(group + 8 * (i / 2)) * 8 + 2 * member + i % 2] = d[i];
}

extern "C" __global__ void mma_s8(const u32 *a, const u32 *b, int *c) {
  int group = threadIdx.x / 4, member = threadIdx.x % 4, d[4];
  asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%10, %10, %10, %10};"
               : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
               : "r"(a[group * 8 + member]), "r"(a[(group + 8) * 8 + member]), "r"(a[group * 8 + member + 4]),
                 "r"(a[(group + 8) * 8 + member + 4]), "r"(b[group * 8 + member]), "r"(b[group * 8 + member + 4]), "r"(7));
  for (int i = 0; i < 4; ++i)
    c[(group + 8 * (i / 2)) * 8 + 2 * member + i % 2] = d[i];
}

// C[M, N] = A[M, K] B[N, K]ᵀ in bf16 with f32 sums: tiles of 16 × 16 per warp, ldmatrix, cp.async in two
// stages.
extern "C" __global__ void gemm_bf16(int n, int k, const unsigned short *a, const unsigned short *b, float *c) {
  __shared__ __align__(16) unsigned short sa[2][16][16], sb[2][16][16];
  int lane = threadIdx.x, row = lane / 2, part = lane % 2 * 8;
  const unsigned short *ga = a + (blockIdx.y * 16 + row) * k + part, *gb = b + (blockIdx.x * 16 + row) * k + part;
  auto load = [&](int stage, int at) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(&sa[stage][row][part])), "l"(ga + at));
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(&sb[stage][row][part])), "l"(gb + at));
    asm volatile("cp.async.commit_group;");
  };
  float d[2][4] = {};
  load(0, 0);
  for (int at = 0; at < k; at += 16) {
    int stage = at / 16 % 2;
    if (at + 16 < k) {
      load(1 - stage, at + 16);
      asm volatile("cp.async.wait_group 1;" ::: "memory");
    } else {
      asm volatile("cp.async.wait_group 0;" ::: "memory");
    }
    __syncthreads();
    u32 fa[4], fb[4];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(fa[0]), "=r"(fa[1]), "=r"(fa[2]), "=r"(fa[3])
                 : "r"(sharedAddress(&sa[stage][lane % 16][lane / 16 * 8])));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(fb[0]), "=r"(fb[1]), "=r"(fb[2]), "=r"(fb[3])
                 : "r"(sharedAddress(&sb[stage][lane % 16][lane / 16 * 8])));
    for (int j = 0; j < 2; ++j)
      asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
                   "{%8, %9}, {%0, %1, %2, %3};"
                   : "+f"(d[j][0]), "+f"(d[j][1]), "+f"(d[j][2]), "+f"(d[j][3])
                   : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "r"(fb[j]), "r"(fb[2 + j]));
    __syncthreads();
  }
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 4; ++i)
      c[(blockIdx.y * 16 + lane / 4 + 8 * (i / 2)) * n + blockIdx.x * 16 + 8 * j + 2 * (lane % 4) + i % 2] = d[j][i];
}

// Copies rows through shared memory in four stages.
extern "C" __global__ void async_pipeline(int rows, const int4 *in, int4 *out) {
  __shared__ int4 stage[4][64];
  int t = threadIdx.x;
  for (int r = 0; r < 3; ++r) {
    if (r < rows)
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(&stage[r][t])), "l"(in + r * 64 + t));
    asm volatile("cp.async.commit_group;");
  }
  for (int r = 0; r < rows; ++r) {
    asm volatile("cp.async.wait_group 2;" ::: "memory");
    __syncthreads();
    int4 v = stage[r % 4][63 - t];
    v.x += r;
    out[r * 64 + t] = v;
    if (r + 3 < rows)
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(&stage[(r + 3) % 4][t])),
                   "l"(in + (r + 3) * 64 + t));
    asm volatile("cp.async.commit_group;");
  }
}

extern "C" __global__ void transpose_ldmatrix(const unsigned short *in, u32 *out) {
  __shared__ __align__(16) unsigned short tile[8][8];
  int t = threadIdx.x;
  tile[t / 4][t % 4 * 2] = in[2 * t];
  tile[t / 4][t % 4 * 2 + 1] = in[2 * t + 1];
  __syncthreads();
  u32 v;
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(v) : "r"(sharedAddress(&tile[t % 8][0])));
  out[t] = v;
}
