// RUN: mmc-opt %s --mmc-lower-host -split-input-file -verify-diagnostics | FileCheck %s

// The table of buffers: 0 the arena, 1 the parameter, 2 the input, 3 and 4 the outputs.
// CHECK-DAG: llvm.func @mmc_rt_kernel_launch(!llvm.ptr, !llvm.ptr, i64, !llvm.ptr)
// CHECK-LABEL: llvm.func @mmc_step(
// CHECK-SAME: %[[CONTEXT:.*]]: !llvm.ptr, %[[BUFFERS:.*]]: !llvm.ptr)
func.func @step(%x: tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) attributes {mmc.arena_bytes = 6442451008 : i64} {
  // CHECK: llvm.getelementptr %[[BUFFERS]][0]
  // CHECK: %[[ARENA:.*]] = llvm.load
  %p = mmc.param "p" : tensor<16xf32>
  // Reads the input and the parameter, writes to the arena beyond 4 GiB.
  // CHECK: llvm.getelementptr %[[BUFFERS]][2]
  // CHECK: llvm.getelementptr %[[BUFFERS]][1]
  // CHECK: %[[OFFSET:.*]] = llvm.mlir.constant(6442450944 : i64)
  // CHECK: llvm.getelementptr %[[ARENA]][%[[OFFSET]]]
  // CHECK: %[[ADD:.*]] = llvm.mlir.addressof @tile_add
  // CHECK: %[[TILES:.*]] = llvm.mlir.constant(3 : i64)
  // CHECK: llvm.call @mmc_rt_kernel_launch(%[[CONTEXT]], %[[ADD]], %[[TILES]], %{{.*}})
  %a = mmc.launch @add(%x, %p) {mmc.offsets = array<i64: 6442450944>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // A view is where its value is.
  // CHECK: llvm.mlir.constant(6442450944 : i64)
  // CHECK: llvm.getelementptr %[[ARENA]]
  // CHECK: llvm.getelementptr %[[BUFFERS]][4]
  // CHECK: llvm.mlir.addressof @tile_copy
  // CHECK: llvm.call @mmc_rt_kernel_launch
  %v = mmc.reshape %a : tensor<16xf32> to tensor<4x4xf32>
  %b = mmc.launch @copy(%v) {mmc.offsets = array<i64: -2>} : (tensor<4x4xf32>) -> tensor<16xf32>
  // CHECK: llvm.getelementptr %[[BUFFERS]][4]
  // CHECK: llvm.getelementptr %[[BUFFERS]][3]
  // CHECK: llvm.call @mmc_rt_kernel_launch
  %w = mmc.reshape %b : tensor<16xf32> to tensor<4x4xf32>
  %c = mmc.launch @copy(%w) {mmc.offsets = array<i64: -1>} : (tensor<4x4xf32>) -> tensor<16xf32>
  // CHECK: llvm.return
  return %c, %b : tensor<16xf32>, tensor<16xf32>
}
// Kernels are left to the passes of the target.
// CHECK: func.func private @add
func.func private @add(%i: index, %x: memref<16xf32>, %y: memref<16xf32>, %z: memref<16xf32>) attributes {mmc.kernel, mmc.tiles = 3 : i64} {
  return
}
// CHECK: func.func private @copy
func.func private @copy(%i: index, %x: memref<4x4xf32>, %y: memref<16xf32>) attributes {mmc.kernel, mmc.tiles = 1 : i64} {
  return
}
// CHECK-DAG: llvm.func @tile_add(i64, !llvm.ptr)
// CHECK-DAG: llvm.func @tile_copy(i64, !llvm.ptr)
// CHECK-NOT: func.func @step

// -----

// expected-error @+1 {{has a value without a place; run the Plan phase first}}
func.func @no_plan(%x: tensor<16xf32>) -> tensor<16xf32> {
  %a = mmc.launch @copy(%x) : (tensor<16xf32>) -> tensor<16xf32>
  return %a : tensor<16xf32>
}
func.func private @copy(%i: index, %x: memref<16xf32>, %y: memref<16xf32>) attributes {mmc.kernel, mmc.tiles = 1 : i64} {
  return
}

// -----

func.func @no_tiles(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @+1 {{names a kernel that is not cut into tiles yet: @silu}}
  %a = mmc.launch @silu(%x) {mmc.offsets = array<i64: -1>} : (tensor<16xf32>) -> tensor<16xf32>
  return %a : tensor<16xf32>
}
func.func private @silu(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<16xf32>
  return %y : tensor<16xf32>
}
