// RUN: mmc-opt %s --mmc-hoist-scratch -split-input-file -verify-diagnostics | FileCheck %s

// A buffer of a loop is one slot at the start; nothing is allocated or freed any more.
// CHECK-LABEL: func.func @loop
// CHECK-NEXT: memref.alloca() {alignment = 64 : i64} : memref<4xf32>
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.dealloc
// CHECK: scf.for
// CHECK: return
func.func @loop(%n: index, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %b = memref.alloc() : memref<4xf32>
    memref.store %v, %b[%c0] : memref<4xf32>
    memref.dealloc %b : memref<4xf32>
  }
  return
}

// Branches that exclude each other share a slot of one type; what lives beside them does not.
// CHECK-LABEL: func.func @branches
// CHECK-SAME: (%{{.*}}: i1, %[[V:.*]]: f32)
// CHECK-DAG: %[[A:.*]] = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
// CHECK-DAG: %[[B:.*]] = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<8xf32>
// CHECK-NOT: memref.alloca
// CHECK: memref.store %[[V]], %[[OUTER:.*]][
// CHECK: scf.if
// CHECK-NEXT: memref.store %[[V]], %[[SHARED:.*]][
// CHECK: else
// CHECK-NEXT: memref.store %[[V]], %[[SHARED]][
// CHECK: memref.load %[[OUTER]][
func.func @branches(%c: i1, %v: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %o = memref.alloc() : memref<4xf32>
  memref.store %v, %o[%c0] : memref<4xf32>
  scf.if %c {
    %b = memref.alloc() : memref<4xf32>
    memref.store %v, %b[%c0] : memref<4xf32>
  } else {
    %b = memref.alloc() : memref<4xf32>
    memref.store %v, %b[%c0] : memref<4xf32>
    %d = memref.alloc() : memref<8xf32>
    memref.store %v, %d[%c0] : memref<8xf32>
  }
  %r = memref.load %o[%c0] : memref<4xf32>
  return %r : f32
}

// CHECK: func.func private @declared
func.func private @declared(memref<4xf32>)

// -----

func.func @dynamic(%n: index) {
  // expected-error @+1 {{in a tile must have a static shape, got: 'memref<?xf32>'}}
  %b = memref.alloc(%n) : memref<?xf32>
  return
}
