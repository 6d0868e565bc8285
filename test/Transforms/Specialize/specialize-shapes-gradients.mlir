// Gradient ops that are written by hand have their result types written down. They follow --dtype as all others do.
// RUN: mmc-opt %s --mmc-specialize-shapes="dtype=f32" | FileCheck %s -DE=f32 -DW=f32
// RUN: mmc-opt %s --mmc-specialize-shapes="dtype=f64" | FileCheck %s -DE=f64 -DW=f64
// RUN: mmc-opt %s --mmc-specialize-shapes="dtype=bf16" | FileCheck %s -DE=bf16 -DW=f32

// CHECK-LABEL: func.func @gradients
// CHECK-SAME: -> (tensor<2x8x[[E]]>, tensor<4x8x[[E]]>, tensor<9x4x[[E]]>, tensor<8x[[E]]>)
func.func @gradients(%x: tensor<2x8xbf16>, %w: tensor<4x8xbf16>, %dy: tensor<2x4xbf16>, %ids: tensor<2xi32>)
    -> (tensor<2x8xbf16>, tensor<4x8xbf16>, tensor<9x4xbf16>, tensor<8xbf16>) {
  // CHECK: mmc.linear_grad_input {{.*}} -> tensor<2x8x[[E]]>
  %dx = mmc.linear_grad_input %dy, %w : tensor<2x4xbf16>, tensor<4x8xbf16> -> tensor<2x8xbf16>
  // CHECK: mmc.linear_grad_weight {{.*}} -> tensor<4x8x[[E]]>
  %dw = mmc.linear_grad_weight %dy, %x : tensor<2x4xbf16>, tensor<2x8xbf16> -> tensor<4x8xbf16>
  // CHECK: mmc.embedding_grad {{.*}} -> tensor<9x4x[[E]]>
  %de = mmc.embedding_grad %ids, %dy : tensor<2xi32>, tensor<2x4xbf16> -> tensor<9x4xbf16>
  // CHECK: mmc.rms_norm_grad_weight {{.*}} -> tensor<8x[[E]]>
  %dg = mmc.rms_norm_grad_weight %x, %dx eps(1.0e-6) : tensor<2x8xbf16>, tensor<2x8xbf16> -> tensor<8xbf16>
  return %dx, %dw, %de, %dg : tensor<2x8xbf16>, tensor<4x8xbf16>, tensor<9x4xbf16>, tensor<8xbf16>
}

// The logarithms of a softmax's sums are f32 beside bf16, and widen with f64.
// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<1x3x8xbf16>) -> tensor<1x3x8xbf16> {
  // CHECK: mmc.attention {{.*}} -> tensor<1x3x8x[[E]]>, tensor<1x3x2x[[W]]>
  %y, %lse = mmc.attention %q, %q, %q heads(2) kv_heads(2)
      : tensor<1x3x8xbf16>, tensor<1x3x8xbf16>, tensor<1x3x8xbf16> -> tensor<1x3x8xbf16>, tensor<1x3x2xf32>
  // CHECK: mmc.attention_grad {{.*}} -> tensor<1x3x8x[[E]]>, tensor<1x3x8x[[E]]>, tensor<1x3x8x[[E]]>
  %d:3 = mmc.attention_grad %q, %q, %q output %y lse %lse gradient %y heads(2) kv_heads(2) scale(0.5)
      : tensor<1x3x8xbf16>, tensor<1x3x8xbf16>, tensor<1x3x8xbf16>, tensor<1x3x8xbf16>, tensor<1x3x2xf32>, tensor<1x3x8xbf16>
      -> tensor<1x3x8xbf16>, tensor<1x3x8xbf16>, tensor<1x3x8xbf16>
  return %d#0 : tensor<1x3x8xbf16>
}
