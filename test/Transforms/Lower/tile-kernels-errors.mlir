// RUN: mmc-opt %s --mmc-tile-kernels -split-input-file -verify-diagnostics

// A norm of whole rows cannot follow the columns of a contraction.
// expected-error @+1 {{kernel 'no_tiles' cannot be cut into tiles}}
func.func private @no_tiles(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>, %g: tensor<16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<4x8xf32>, tensor<16x8xf32>
  %n = mmc.rms_norm %y, %g eps(1.0e-6) : tensor<4x16xf32>, tensor<16xf32>
  return %n : tensor<4x16xf32>
}

// -----

// expected-error @+1 {{kernel 'declared' has no body to cut into tiles}}
func.func private @declared(tensor<4x8xf32>) -> tensor<4x8xf32> attributes {mmc.kernel}

// -----

// expected-error @+1 {{kernel 'foreign' cannot be cut into tiles}}
func.func private @foreign(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = arith.negf %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
