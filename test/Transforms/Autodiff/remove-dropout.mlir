// RUN: mmc-opt %s --mmc-remove-dropout | FileCheck %s

// CHECK-LABEL: @evaluates
// CHECK-NEXT: return %arg0
func.func @evaluates(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %y = mmc.dropout %x rate(0.5) : tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: @trains
// CHECK-NEXT: mmc.dropout %arg0 rng %arg1 rate(5.000000e-01)
func.func @trains(%x: tensor<2x4xf32>, %rng: tensor<2xi64>) -> tensor<2x4xf32> {
  %y = mmc.dropout %x rng %rng rate(0.5) : tensor<2x4xf32>, tensor<2xi64>
  return %y : tensor<2x4xf32>
}
