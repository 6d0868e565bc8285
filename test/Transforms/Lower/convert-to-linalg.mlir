// RUN: mmc-opt %s --mmc-convert-to-linalg -split-input-file -verify-diagnostics | FileCheck %s

// No mmc op is left in a kernel; scalars are f32 whatever the tensors' type is, and rounded at the result.

// CHECK-LABEL: func.func private @silu
// CHECK-NOT: mmc.silu
// CHECK: linalg.generic
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: math.exp %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: return
func.func private @silu(%x: tensor<4x8xbf16>) -> tensor<4x8xbf16> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

// f64 is computed in f64.
// CHECK-LABEL: func.func private @silu64
// CHECK: math.exp %{{.*}} : f64
// CHECK-NOT: arith.truncf
// CHECK: return
func.func private @silu64(%x: tensor<4x8xf64>) -> tensor<4x8xf64> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<4x8xf64>
  return %y : tensor<4x8xf64>
}

// A contraction of bf16 accumulates in f32.
// CHECK-LABEL: func.func private @linear
// CHECK-NOT: mmc.linear
// CHECK: tensor<4x16xf32>
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: return
func.func private @linear(%x: tensor<4x8xbf16>, %w: tensor<16x8xbf16>) -> tensor<4x16xbf16> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<4x8xbf16>, tensor<16x8xbf16>
  return %y : tensor<4x16xbf16>
}

// Linear layers and their gradients take rows of any number of dimensions, in groups too.
// CHECK-LABEL: func.func private @rows_of_rank_four
// CHECK-NOT: mmc.{{[a-z_]+}} %
// CHECK: return
func.func private @rows_of_rank_four(%x: tensor<2x3x2x5x8xf32>, %w: tensor<16x8xf32>, %g: tensor<16x4xf32>)
    -> (tensor<2x3x2x5x16xf32>, tensor<2x3x2x5x16xf32>, tensor<2x3x2x5x8xf32>, tensor<16x8xf32>) attributes {mmc.kernel} {
  %a = mmc.linear %x, %w : tensor<2x3x2x5x8xf32>, tensor<16x8xf32>
  %b = mmc.linear %x, %g groups(2) : tensor<2x3x2x5x8xf32>, tensor<16x4xf32>
  %c = mmc.linear_grad_input %a, %w : tensor<2x3x2x5x16xf32>, tensor<16x8xf32> -> tensor<2x3x2x5x8xf32>
  %d = mmc.linear_grad_weight %b, %c : tensor<2x3x2x5x16xf32>, tensor<2x3x2x5x8xf32> -> tensor<16x8xf32>
  return %a, %b, %c, %d : tensor<2x3x2x5x16xf32>, tensor<2x3x2x5x16xf32>, tensor<2x3x2x5x8xf32>, tensor<16x8xf32>
}

// CHECK-LABEL: func.func private @many
// CHECK-NOT: mmc.{{[a-z_]+}} %
// CHECK: return
func.func private @many(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %t: tensor<4xi32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>) attributes {mmc.kernel} {
  %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<4x8xf32>, tensor<8xf32>
  %s = mmc.softmax %n temperature(2.0) : tensor<4x8xf32>
  %l = mmc.cross_entropy %s, %t : tensor<4x8xf32>, tensor<4xi32>
  return %n, %s, %l : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>
}

// -----

// Dimensions that are neither split nor merged are regrouped by way of one.
// CHECK-LABEL: func.func @regrouped
// CHECK: tensor.collapse_shape %{{.*}} : tensor<2x3xf32> into tensor<6xf32>
// CHECK: tensor.expand_shape {{.*}} : tensor<6xf32> into tensor<3x2xf32>
func.func @regrouped(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %y = mmc.reshape %x : tensor<2x3xf32> to tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// A parameter is no computation: it has no place in a kernel.
func.func private @param() -> tensor<4xf32> attributes {mmc.kernel} {
  // expected-error @+1 {{has no lowering to linalg}}
  %p = mmc.param "p" : tensor<4xf32>
  return %p : tensor<4xf32>
}

// -----

func.func private @dynamic(%x: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {mmc.kernel} {
  // expected-error @+1 {{must have static shapes to become linalg; --mmc-specialize-shapes gives them}}
  %y = mmc.silu %x : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
