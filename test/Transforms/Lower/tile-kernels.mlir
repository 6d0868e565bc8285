// RUN: mmc-opt %s --mmc-tile-kernels | FileCheck %s
// RUN: mmc-opt %s --mmc-tile-kernels="elements=256 rows=8 columns=16" | FileCheck %s --check-prefix=CUT

// A kernel becomes a function of a tile's index and one buffer per operand and result. How it is cut is a matter
// of speed; that a tile writes its part of the outputs, and that all tiles are counted, is the contract.

// Entry functions stay as they are.
// CHECK-LABEL: func.func @entry
// CHECK: mmc.launch @silu(%{{.*}}) : (tensor<64x32xf32>) -> tensor<64x32xf32>
// CUT-LABEL: func.func @entry
func.func @entry(%x: tensor<64x32xf32>) -> tensor<64x32xf32> {
  %y = mmc.launch @silu(%x) : (tensor<64x32xf32>) -> tensor<64x32xf32>
  return %y : tensor<64x32xf32>
}

// CHECK: func.func private @silu(%{{.*}}: index, %{{.*}}: memref<64x32xf32>, %[[OUT:.*]]: memref<64x32xf32>)
// CHECK-SAME: mmc.kernel
// CHECK-SAME: mmc.tiles = 1 : i64
// CHECK: %[[Y:.*]] = mmc.silu %{{.*}} : tensor<64x32xf32>
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[OUT]]
// 2048 elements in tiles of 256.
// CUT: func.func private @silu(%[[INDEX:.*]]: index, %{{.*}}: memref<64x32xf32>, %{{.*}}: memref<64x32xf32>)
// CUT-SAME: mmc.tiles = 8 : i64
// CUT: memref.subview
// CUT: mmc.silu %{{.*}} : tensor<8x32xf32>
func.func private @silu(%x: tensor<64x32xf32>) -> tensor<64x32xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<64x32xf32>
  return %y : tensor<64x32xf32>
}

// Both results are written, and the ops of a kernel see slices of each other's tiles.
// CHECK: func.func private @two(%{{.*}}: index, %{{.*}}: memref<8x4xf32>, %{{.*}}: memref<8x4xf32>, %{{.*}}: memref<8x4xf32>)
// CHECK: %[[A:.*]] = mmc.silu
// CHECK: %[[B:.*]] = mmc.scale %[[A]]
// CHECK-DAG: materialize_in_destination %[[A]]
// CHECK-DAG: materialize_in_destination %[[B]]
func.func private @two(%x: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) attributes {mmc.kernel} {
  %a = mmc.silu %x : tensor<8x4xf32>
  %b = mmc.scale %a by(2.0) : tensor<8x4xf32>
  return %a, %b : tensor<8x4xf32>, tensor<8x4xf32>
}

// A last tile that is smaller has code of its own: every shape is static.
// CUT: func.func private @ragged(
// CUT: scf.if
// CUT: mmc.silu %{{.*}} : tensor<{{[0-9]+}}x32xf32>
// CUT: else
// CUT: mmc.silu %{{.*}} : tensor<{{[0-9]+}}x32xf32>
// CUT-NOT: ?x
func.func private @ragged(%x: tensor<13x32xf32>) -> tensor<13x32xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<13x32xf32>
  return %y : tensor<13x32xf32>
}

// Equal tiles are preferred to larger ones with a smaller last: 65 rows are 13 tiles of 5, not 8 of 8 and a last one of 1.
// CUT: func.func private @equal(
// CUT-SAME: mmc.tiles = 13 : i64
// CUT-NOT: scf.if
// CUT: mmc.linear %{{.*}} : tensor<5x4xf32>
func.func private @equal(%x: tensor<65x4xf32>, %w: tensor<16x4xf32>) -> tensor<65x16xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<65x4xf32>, tensor<16x4xf32>
  return %y : tensor<65x16xf32>
}

// Every head of every sample is a tile: several in one would be copies of the code.
// CHECK: func.func private @heads(
// CHECK-SAME: mmc.tiles = 6 : i64
// CHECK: mmc.attention {{.*}} heads(1) kv_heads(1)
func.func private @heads(%q: tensor<2x5x24xf32>) -> tensor<2x5x24xf32> attributes {mmc.kernel} {
  %y = mmc.attention %q, %q, %q heads(3) kv_heads(3)
      : tensor<2x5x24xf32>, tensor<2x5x24xf32>, tensor<2x5x24xf32> -> tensor<2x5x24xf32>
  return %y : tensor<2x5x24xf32>
}

// The linears of one input: their tiles follow each other, each in a branch of its own.
// CHECK: func.func private @shared(
// CHECK: scf.if
// CHECK: mmc.linear
// CHECK: scf.if
// CHECK: mmc.linear
func.func private @shared(%x: tensor<4x8xf32>, %v: tensor<16x8xf32>, %w: tensor<24x8xf32>)
    -> (tensor<4x16xf32>, tensor<4x24xf32>) attributes {mmc.kernel} {
  %a = mmc.linear %x, %v : tensor<4x8xf32>, tensor<16x8xf32>
  %b = mmc.linear %x, %w : tensor<4x8xf32>, tensor<24x8xf32>
  return %a, %b : tensor<4x16xf32>, tensor<4x24xf32>
}

// A kernel that is cut already is left alone.
// CHECK: func.func private @done(%{{.*}}: index) attributes {mmc.kernel, mmc.tiles = 3 : i64}
func.func private @done(%index: index) attributes {mmc.kernel, mmc.tiles = 3 : i64} {
  return
}

// Nothing to compute is one tile, which reads and writes nothing; of heads there are as many as ever.
// CHECK: func.func private @no_rows(%{{.*}}: index, %{{.*}}: memref<0x32xf32>, %{{.*}}: memref<0x32xf32>) attributes {mmc.kernel, mmc.tiles = 1 : i64}
// CHECK: mmc.silu %{{.*}} : tensor<0x32xf32>
// CHECK-NOT: materialize_in_destination
func.func private @no_rows(%x: tensor<0x32xf32>) -> tensor<0x32xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<0x32xf32>
  return %y : tensor<0x32xf32>
}
// CHECK: func.func private @no_columns({{.*}} mmc.tiles = 1 : i64
// CHECK: mmc.linear %{{.*}} : tensor<4x8xf32>, tensor<0x8xf32>
// CHECK-NOT: materialize_in_destination
func.func private @no_columns(%x: tensor<4x8xf32>, %w: tensor<0x8xf32>) -> tensor<4x0xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<4x8xf32>, tensor<0x8xf32>
  return %y : tensor<4x0xf32>
}
// CHECK: func.func private @no_samples({{.*}} mmc.tiles = 3 : i64
// CHECK: mmc.attention {{.*}} heads(1) kv_heads(1) {{.*}} : tensor<0x5x8xf32>
// CHECK-NOT: materialize_in_destination
func.func private @no_samples(%q: tensor<0x5x24xf32>) -> tensor<0x5x24xf32> attributes {mmc.kernel} {
  %y = mmc.attention %q, %q, %q heads(3) kv_heads(3)
      : tensor<0x5x24xf32>, tensor<0x5x24xf32>, tensor<0x5x24xf32> -> tensor<0x5x24xf32>
  return %y : tensor<0x5x24xf32>
}

// A sum of nothing is written in all its tiles.
// CHECK: func.func private @sum_of_nothing(
// CUT: func.func private @sum_of_nothing({{.*}} mmc.tiles = 16 : i64
// CUT: mmc.linear %{{.*}} : tensor<8x0xf32>, tensor<16x0xf32>
// CUT: bufferization.materialize_in_destination
func.func private @sum_of_nothing(%x: tensor<64x0xf32>, %w: tensor<32x0xf32>) -> tensor<64x32xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<64x0xf32>, tensor<32x0xf32>
  return %y : tensor<64x32xf32>
}

// A tile of a dropout knows where it lies in the whole, whose elements are counted; a single one need not.
// CHECK: func.func private @dropped(
// CHECK: mmc.dropout %{{[^ ]*}} rng %{{[^ ]*}} rate(5.000000e-01) : tensor<64x32xf32>, tensor<2xi64>
// CUT: func.func private @dropped(%[[INDEX:.*]]: index,
// CUT-SAME: mmc.tiles = 8 : i64
// CUT: mmc.dropout %{{[^ ]*}} rng %{{[^ ]*}} at[%{{.*}}, %{{.*}}] of [64, 32] rate(5.000000e-01) : tensor<8x32xf32>, tensor<2xi64>, index, index
func.func private @dropped(%x: tensor<64x32xf32>, %r: tensor<2xi64>) -> tensor<64x32xf32> attributes {mmc.kernel} {
  %y = mmc.dropout %x rng %r rate(0.5) : tensor<64x32xf32>, tensor<2xi64>
  return %y : tensor<64x32xf32>
}
