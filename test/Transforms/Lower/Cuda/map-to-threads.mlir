// RUN: mmc-opt %s --pass-pipeline="builtin.module(func.func(mmc-map-to-threads{threads=32}))" --split-input-file --verify-diagnostics | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// More elements than threads: every thread takes each 32nd; the last dimension is the fastest.
// CHECK-LABEL: func.func @map
// CHECK-SAME:    mmc.threads = 32
// CHECK:         %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK:         scf.for %[[I:.*]] = %[[THREAD]] to %c35_i32 step %c32_i32
// CHECK:           %[[REM:.*]] = arith.remui %[[I]], %c7_i32
// CHECK:           %[[COLUMN:.*]] = arith.index_castui %[[REM]]
// CHECK:           %[[DIV:.*]] = arith.divui %[[I]], %c7_i32
// CHECK:           %[[ROW:.*]] = arith.index_castui %[[DIV]]
// CHECK:           %[[V:.*]] = memref.load %{{.*}}[%[[ROW]], %[[COLUMN]]]
// CHECK:           %[[N:.*]] = arith.negf %[[V]]
// CHECK:           memref.store %[[N]], %{{.*}}[%[[ROW]], %[[COLUMN]]]
// CHECK:         nvvm.barrier0
func.func @map(%in: memref<5x7xf32>, %out: memref<5x7xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%in : memref<5x7xf32>) outs(%out : memref<5x7xf32>) {
  ^bb0(%a: f32, %b: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  }
  return
}

// A row's sum is one thread's, in order, in a register; the barrier is outside the branch that some threads skip.
// CHECK-LABEL: func.func @sum
// CHECK:         %[[INSIDE:.*]] = arith.cmpi ult, %{{.*}}, %c5_i32
// CHECK:         scf.if %[[INSIDE]] {
// CHECK:           %[[START:.*]] = memref.load %{{.*}} : memref<5xf32>
// CHECK:           %[[SUM:.*]] = scf.for %[[J:.*]] = %c0 to %c7 step %c1 iter_args(%[[ACC:.*]] = %[[START]])
// CHECK:             arith.addf %[[ACC]]
// CHECK:           memref.store %[[SUM]]
// CHECK:         }
// CHECK-NEXT:    nvvm.barrier0
// CHECK-NEXT:    return
func.func @sum(%in: memref<5x7xf32>, %out: memref<5xf32>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%in : memref<5x7xf32>) outs(%out : memref<5xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %b, %a : f32
    linalg.yield %s : f32
  }
  return
}

// What a whole block reads is read before it may be overwritten.
// CHECK-LABEL: func.func @uniform
// CHECK:         memref.load
// CHECK-NEXT:    nvvm.barrier0
// CHECK:         memref.store
func.func @uniform(%in: memref<f32>) {
  %v = memref.load %in[] : memref<f32>
  linalg.fill ins(%v : f32) outs(%in : memref<f32>)
  return
}

// A copy is spread as an op is.
// CHECK-LABEL: func.func @copy
// CHECK-NOT:     memref.copy
// CHECK:         memref.load
// CHECK:         memref.store
// CHECK:         nvvm.barrier0
func.func @copy(%in: memref<32xf32>, %out: memref<32xf32>) {
  memref.copy %in, %out : memref<32xf32> to memref<32xf32>
  return
}

// -----

func.func @stray(%out: memref<f32>, %v: f32) {
  // expected-error@+1 {{outside a linalg op cannot be spread over threads}}
  memref.store %v, %out[] : memref<f32>
  return
}

// -----

func.func @dynamic(%out: memref<?xf32>, %v: f32) {
  // expected-error@+1 {{in a tile must have static shapes}}
  linalg.fill ins(%v : f32) outs(%out : memref<?xf32>)
  return
}

// -----

// Two points would write one element.
func.func @shared(%in: memref<5x7xf32>, %out: memref<5xf32>) {
  // expected-error@+1 {{must write each element of its results from one point of its parallel dimensions}}
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "parallel"]}
      ins(%in : memref<5x7xf32>) outs(%out : memref<5xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

func.func @tensors(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{in a tile must work on buffers, not on tensors}}
  %z = linalg.copy ins(%x : tensor<4xf32>) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
