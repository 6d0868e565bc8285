// RUN: mmc-opt %s --mmc-expand-copies | FileCheck %s

// CHECK-LABEL: func.func @strided
// CHECK-SAME: %[[FROM:.*]]: memref<3x4xf32, strided<[9, 1]>>, %[[TO:.*]]: memref<3x4xf32>
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} ins(%[[FROM]] : {{.*}}) outs(%[[TO]] :
func.func @strided(%from: memref<3x4xf32, strided<[9, 1]>>, %to: memref<3x4xf32>) {
  memref.copy %from, %to : memref<3x4xf32, strided<[9, 1]>> to memref<3x4xf32>
  return
}

// What is no copy stays.
// CHECK-LABEL: func.func @fill
// CHECK: linalg.fill
func.func @fill(%to: memref<3x4xf32>, %value: f32) {
  linalg.fill ins(%value : f32) outs(%to : memref<3x4xf32>)
  return
}
