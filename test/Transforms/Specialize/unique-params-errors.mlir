// RUN: mmc-opt %s --mmc-unique-params -verify-diagnostics -split-input-file

func.func @types() -> (tensor<4x4xf32>, tensor<16xf32>) {
  // expected-note @+1 {{'w' used here first}}
  %w = mmc.param "w" : tensor<4x4xf32>
  // expected-error @+1 {{must have one type wherever it is used, got: 'tensor<16xf32>' != 'tensor<4x4xf32>'}}
  %v = mmc.param "w" : tensor<16xf32>
  return %w, %v : tensor<4x4xf32>, tensor<16xf32>
}
