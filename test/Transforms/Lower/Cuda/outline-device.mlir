// RUN: mmc-opt %s --mmc-outline-device --split-input-file --verify-diagnostics | FileCheck %s

// A function of a tile moves to the device, where the block's index is the tile's; launches keep a declaration.

// CHECK-LABEL: func.func @entry
// CHECK:         mmc.launch
func.func @entry(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = mmc.launch @double(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
// CHECK:       func.func private @double(index, memref<8xf32>, memref<8xf32>) attributes {mmc.kernel, mmc.tiles = 2 : i64}
// CHECK:       module @kernels {
// CHECK:         func.func @double(%[[IN:.*]]: memref<8xf32>, %[[OUT:.*]]: memref<8xf32>) attributes {mmc.kernel, mmc.tiles = 2 : i64}
// CHECK:           %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x : i32
// CHECK:           %[[TILE:.*]] = arith.index_castui %[[BLOCK]] : i32 to index
// CHECK:           memref.load %[[IN]][%[[TILE]]]
func.func private @double(%tile: index, %in: memref<8xf32>, %out: memref<8xf32>) attributes {mmc.kernel, mmc.tiles = 2 : i64} {
  %v = memref.load %in[%tile] : memref<8xf32>
  memref.store %v, %out[%tile] : memref<8xf32>
  return
}

// -----

// expected-error@+1 {{has the name of the device's module, 'kernels'; rename it}}
func.func @kernels() {
  return
}
func.func private @tile(%tile: index) attributes {mmc.kernel, mmc.tiles = 1 : i64} {
  return
}

// -----

// expected-error@+1 {{must have at least one tile; a kernel that computes nothing leaves its results unwritten}}
func.func private @nothing(%tile: index, %in: memref<8xf32>, %out: memref<8xf32>) attributes {mmc.kernel, mmc.tiles = 0 : i64} {
  return
}

// -----

// expected-error@+1 {{has mmc.tiles: its first argument must be the index of the tile}}
func.func private @no_index(%in: memref<8xf32>) attributes {mmc.kernel, mmc.tiles = 2 : i64} {
  return
}
