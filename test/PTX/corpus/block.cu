// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels whose threads work together through shared memory and barriers.

extern "C" __global__ void reduce_tree(int n, const float *x, float *out) {
  __shared__ float part[256];
  int t = threadIdx.x, i = blockIdx.x * 256 + t;
  part[t] = i < n ? x[i] : 0.0f;
  __syncthreads();
  for (int step = 128; step > 0; step >>= 1) {
    if (t < step)
      part[t] += part[t + step];
    __syncthreads();
  }
  if (t == 0)
    out[blockIdx.x] = part[0];
}

extern "C" __global__ void reduce_dynamic(int n, const float *x, float *out) {
  extern __shared__ float dynamic[];
  int t = threadIdx.x;
  float sum = 0;
  for (int i = t; i < n; i += blockDim.x)
    sum += x[i];
  dynamic[t] = sum;
  __syncthreads();
  for (int step = blockDim.x / 2; step > 0; step /= 2) {
    if (t < step)
      dynamic[t] += dynamic[t + step];
    __syncthreads();
  }
  if (t == 0)
    *out = dynamic[0];
}

extern "C" __global__ void scan_hillis(const int *x, int *y) {
  __shared__ int buffer[2][128];
  int t = threadIdx.x, from = 0;
  buffer[0][t] = x[blockIdx.x * 128 + t];
  __syncthreads();
  for (int step = 1; step < 128; step *= 2) {
    buffer[1 - from][t] = buffer[from][t] + (t >= step ? buffer[from][t - step] : 0);
    from = 1 - from;
    __syncthreads();
  }
  y[blockIdx.x * 128 + t] = buffer[from][t];
}

extern "C" __global__ void scan_blelloch(const int *x, int *y) {
  __shared__ int s[256];
  int t = threadIdx.x, offset = 1;
  s[2 * t] = x[2 * t];
  s[2 * t + 1] = x[2 * t + 1];
  for (int d = 128; d > 0; d >>= 1) {
    __syncthreads();
    if (t < d)
      s[offset * (2 * t + 2) - 1] += s[offset * (2 * t + 1) - 1];
    offset *= 2;
  }
  if (t == 0)
    s[255] = 0;
  for (int d = 1; d < 256; d *= 2) {
    offset >>= 1;
    __syncthreads();
    if (t < d) {
      int low = offset * (2 * t + 1) - 1, high = offset * (2 * t + 2) - 1, keep = s[low];
      s[low] = s[high];
      s[high] += keep;
    }
  }
  __syncthreads();
  y[2 * t] = s[2 * t];
  y[2 * t + 1] = s[2 * t + 1];
}

extern "C" __global__ void transpose(int width, int height, const float *in, float *out) {
  __shared__ float tile[16][17];
  int x = blockIdx.x * 16 + threadIdx.x, y = blockIdx.y * 16 + threadIdx.y;
  if (x < width && y < height)
    tile[threadIdx.y][threadIdx.x] = in[y * width + x];
  __syncthreads();
  x = blockIdx.y * 16 + threadIdx.x;
  y = blockIdx.x * 16 + threadIdx.y;
  if (x < height && y < width)
    out[y * height + x] = tile[threadIdx.x][threadIdx.y];
}

extern "C" __global__ void stencil(int n, const float *in, float *out) {
  __shared__ float tile[128 + 6];
  int i = blockIdx.x * 128 + threadIdx.x, t = threadIdx.x + 3;
  tile[t] = i < n ? in[i] : 0;
  if (threadIdx.x < 3) {
    tile[t - 3] = i >= 3 ? in[i - 3] : 0;
    tile[t + 128] = i + 128 < n ? in[i + 128] : 0;
  }
  __syncthreads();
  float sum = 0;
#pragma unroll
  for (int k = -3; k <= 3; ++k)
    sum += tile[t + k];
  if (i < n)
    out[i] = sum;
}

extern "C" __global__ void stencil2d(int n, const float *in, float *out) {
  __shared__ float tile[10][10];
  int x = blockIdx.x * 8 + threadIdx.x, y = blockIdx.y * 8 + threadIdx.y;
  for (int r = threadIdx.y; r < 10; r += 8)
    for (int c = threadIdx.x; c < 10; c += 8) {
      int gx = blockIdx.x * 8 + c - 1, gy = blockIdx.y * 8 + r - 1;
      tile[r][c] = gx >= 0 && gy >= 0 && gx < n && gy < n ? in[gy * n + gx] : 0;
    }
  __syncthreads();
  int r = threadIdx.y + 1, c = threadIdx.x + 1;
  if (x < n && y < n)
    out[y * n + x] = tile[r][c] * 0.5f + 0.125f * (tile[r - 1][c] + tile[r + 1][c] + tile[r][c - 1] + tile[r][c + 1]);
}

extern "C" __global__ void histogram(int n, const unsigned char *x, unsigned *bins) {
  __shared__ unsigned local[256];
  for (int b = threadIdx.x; b < 256; b += blockDim.x)
    local[b] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&local[x[i]], 1u);
  __syncthreads();
  for (int b = threadIdx.x; b < 256; b += blockDim.x)
    atomicAdd(&bins[b], local[b]);
}

extern "C" __global__ void matmul_tiled(int n, const float *a, const float *b, float *c) {
  __shared__ float ta[16][16], tb[16][16];
  int row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; k += 16) {
    ta[threadIdx.y][threadIdx.x] = a[row * n + k + threadIdx.x];
    tb[threadIdx.y][threadIdx.x] = b[(k + threadIdx.y) * n + column];
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 16; ++i)
      sum += ta[threadIdx.y][i] * tb[i][threadIdx.x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}

extern "C" __global__ void bitonic_sort(int *x) {
  __shared__ int s[128];
  int t = threadIdx.x;
  s[t] = x[blockIdx.x * 128 + t];
  __syncthreads();
  for (int k = 2; k <= 128; k *= 2)
    for (int j = k / 2; j > 0; j /= 2) {
      int other = t ^ j;
      if (other > t) {
        bool up = (t & k) == 0;
        int mine = s[t], theirs = s[other];
        if ((mine > theirs) == up) {
          s[t] = theirs;
          s[other] = mine;
        }
      }
      __syncthreads();
    }
  x[blockIdx.x * 128 + t] = s[t];
}

extern "C" __global__ void softmax_rows(int columns, const float *x, float *y) {
  __shared__ float part[64];
  const float *row = x + blockIdx.x * columns;
  int t = threadIdx.x;
  float top = -3.4e38f;
  for (int i = t; i < columns; i += 64)
    top = fmaxf(top, row[i]);
  part[t] = top;
  __syncthreads();
  for (int s = 32; s > 0; s /= 2) {
    if (t < s)
      part[t] = fmaxf(part[t], part[t + s]);
    __syncthreads();
  }
  top = part[0];
  __syncthreads();
  float sum = 0;
  for (int i = t; i < columns; i += 64)
    sum += expf(row[i] - top);
  part[t] = sum;
  __syncthreads();
  for (int s = 32; s > 0; s /= 2) {
    if (t < s)
      part[t] += part[t + s];
    __syncthreads();
  }
  for (int i = t; i < columns; i += 64)
    y[blockIdx.x * columns + i] = expf(row[i] - top) / part[0];
}

extern "C" __global__ void vote_block(int n, const int *x, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int positive = i < n && x[i] > 0;
  int count = __syncthreads_count(positive), all = __syncthreads_and(positive), any = __syncthreads_or(positive);
  if (threadIdx.x == 0)
    out[blockIdx.x] = count * 4 + (all ? 2 : 0) + (any ? 1 : 0);
}

// Producers and consumers with named barriers: half of the block fills what the other half reads.
extern "C" __global__ void named_barriers(int rounds, const int *x, int *y) {
  __shared__ int slot[64];
  int t = threadIdx.x & 63;
  bool produces = threadIdx.x < 64;
  int sum = 0;
  for (int r = 0; r < rounds; ++r) {
    if (produces) {
      slot[t] = x[r * 64 + t];
      asm volatile("bar.arrive 1, 128;" ::: "memory");
      asm volatile("bar.sync 2, 128;" ::: "memory");
    } else {
      asm volatile("bar.sync 1, 128;" ::: "memory");
      sum += slot[63 - t];
      asm volatile("bar.arrive 2, 128;" ::: "memory");
    }
  }
  if (!produces)
    y[t] = sum;
}

// Threads without work leave before the barriers that the others meet at.
extern "C" __global__ void early_exit(int n, const int *x, int *y) {
  __shared__ int s[96];
  int t = threadIdx.x;
  if (t >= n)
    return;
  s[t] = x[t];
  __syncthreads();
  y[t] = s[n - 1 - t];
}
