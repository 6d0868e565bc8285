// RUN: mmc-opt %s --mmc-form-kernels -verify-diagnostics -split-input-file

// Integers are not copied.
// expected-error @+1 {{must return integers straight from the op that makes them, and once, got: result 0}}
func.func @argument(%x: tensor<4xi32>) -> tensor<4xi32> {
  return %x : tensor<4xi32>
}

// -----

// expected-error @+1 {{must return integers straight from the op that makes them, and once, got: result 1}}
func.func @twice(%x: tensor<2x4xi32>) -> (tensor<i32>, tensor<i32>) {
  %n = mmc.count_labels %x : tensor<2x4xi32>
  return %n, %n : tensor<i32>, tensor<i32>
}
