// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cooperative groups: of the grid, which a cooperative launch must have, and of several warps.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

namespace cg = cooperative_groups;

// Each round, each block adds what the next block had in the round before: rounds + 1 arrays of one word per block.
extern "C" __global__ void grid_rounds(const int *x, int *sums, int rounds) {
  cg::grid_group grid = cg::this_grid();
  if (threadIdx.x == 0)
    sums[blockIdx.x] = x[blockIdx.x];
  for (int i = 0; i < rounds; ++i) {
    grid.sync();
    if (threadIdx.x == blockDim.x - 1)
      sums[(i + 1) * gridDim.x + blockIdx.x] = sums[i * gridDim.x + blockIdx.x] + sums[i * gridDim.x + (blockIdx.x + 1) % gridDim.x];
  }
}

// The sums of 64 values each, by tiles of two warps.
extern "C" __global__ void tile_sums(const int *x, int *sums) {
  __shared__ cg::block_tile_memory<256> memory;
  cg::thread_block block = cg::this_thread_block(memory);
  auto tile = cg::tiled_partition<64>(block);
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int sum = cg::reduce(tile, x[i], cg::plus<int>());
  tile.sync();
  sum += 1000 * cg::reduce(tile, x[i], cg::greater<int>());
  if (tile.thread_rank() == 5)
    sums[i / 64] = sum + 1000000 * tile.shfl(x[i], 63);
  else
    tile.shfl(x[i], 63);
}
