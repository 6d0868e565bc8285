// RUN: mmc-opt %s --mmc-form-kernels | FileCheck %s

// What is no tensor is returned as it is; a tile of an op is no kernel.
// CHECK-LABEL: func.func @odd
// CHECK-NEXT: %[[TILE:.*]] = mmc.dropout
// CHECK-NEXT: %[[COPY:.*]] = mmc.launch @copy_{{.*}}(%[[TILE]])
// CHECK-NEXT: return %{{.*}}, %[[COPY]] : index, tensor<4xf32>
func.func @odd(%x: tensor<4xf32>, %r: tensor<2xi64>, %i: index) -> (index, tensor<4xf32>) {
  %0 = mmc.dropout %x rng %r at[%i] of [64] rate(0.5) : tensor<4xf32>, tensor<2xi64>, index
  return %i, %0 : index, tensor<4xf32>
}
