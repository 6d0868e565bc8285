// Indices of nested repeats within one name: each repeat fills in its own.
//
// RUN: mmc-opt %s --mmc-unroll-repeats | FileCheck %s

// CHECK-LABEL: func.func @blocks
// CHECK:       mmc.param "layers.0.weight"
// CHECK:       mmc.param "layers.1.weight"
// CHECK:       mmc.param "layers.2.weight"
// CHECK:       mmc.param "layers.3.weight"
// CHECK:       mmc.param "layers.4.weight"
// CHECK:       mmc.param "layers.5.weight"
// CHECK-NOT:   mmc.param
// CHECK:       mmc.concat {{.*}} axis(0)
func.func @blocks(%x0: tensor<4xf32>) -> tensor<8xf32> {
  %last, %taken = mmc.repeat j = 0 to 2 iter(%h = %x0) collect axis(0) -> (tensor<4xf32>, tensor<8xf32>) {
    %y = mmc.repeat i = 0 to 3 iter(%x = %h) -> tensor<4xf32> {
      %w = mmc.param "layers.{3*j+i}.weight" : tensor<4xf32>
      %s = mmc.add %x, %w : tensor<4xf32>, tensor<4xf32>
      mmc.yield %s : tensor<4xf32>
    }
    mmc.yield %y, %y : tensor<4xf32>, tensor<4xf32>
  }
  return %taken : tensor<8xf32>
}
