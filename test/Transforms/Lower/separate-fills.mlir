// RUN: mmc-opt %s --mmc-separate-fills | FileCheck %s

// Each sum starts from a fill of its own.
// CHECK-LABEL: func.func @shared
// CHECK: %[[OLD:.*]] = linalg.fill
// CHECK: %[[NEW:.*]] = linalg.fill
// CHECK: %[[A:.*]] = linalg.matmul {{.*}} outs(%[[NEW]]
// CHECK: %[[B:.*]] = linalg.matmul {{.*}} outs(%[[OLD]]
// CHECK: return %[[A]], %[[B]]
func.func @shared(%x: tensor<3x5xf32>, %y: tensor<5x7xf32>) -> (tensor<3x7xf32>, tensor<3x7xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3x7xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x7xf32>) -> tensor<3x7xf32>
  %a = linalg.matmul ins(%x, %y : tensor<3x5xf32>, tensor<5x7xf32>) outs(%fill : tensor<3x7xf32>) -> tensor<3x7xf32>
  %b = linalg.matmul ins(%x, %y : tensor<3x5xf32>, tensor<5x7xf32>) outs(%fill : tensor<3x7xf32>) -> tensor<3x7xf32>
  return %a, %b : tensor<3x7xf32>, tensor<3x7xf32>
}

// One use needs no second fill.
// CHECK-LABEL: func.func @single
// CHECK-COUNT-1: linalg.fill
// CHECK-NOT: linalg.fill
func.func @single(%x: tensor<3x5xf32>, %y: tensor<5x7xf32>) -> tensor<3x7xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3x7xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x7xf32>) -> tensor<3x7xf32>
  %a = linalg.matmul ins(%x, %y : tensor<3x5xf32>, tensor<5x7xf32>) outs(%fill : tensor<3x7xf32>) -> tensor<3x7xf32>
  return %a : tensor<3x7xf32>
}

// Fills of buffers are left alone.
// CHECK-LABEL: func.func @buffer
// CHECK-COUNT-1: linalg.fill
// CHECK-NOT: linalg.fill
func.func @buffer(%x: memref<3xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<3xf32>)
  return
}
