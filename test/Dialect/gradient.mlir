// RUN: mmc-opt %s | mmc-opt | FileCheck %s
// RUN: mmc-opt %s --mlir-print-op-generic | mmc-opt | FileCheck %s

// The ops of derivatives survive printing and parsing.

!x = tensor<2x8x64xf32>
!v = tensor<64xf32>

// CHECK-LABEL: func.func @layers
func.func @layers(%x: !x, %w: tensor<64x64xf32>, %g: tensor<64x16xf32>, %v: !v, %ids: tensor<2x8xi32>) {
  // CHECK: mmc.linear_grad_input %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<64x64xf32> -> tensor<2x8x64xf32>
  %0 = mmc.linear_grad_input %x, %w : !x, tensor<64x64xf32> -> !x
  // CHECK: mmc.linear_grad_input %{{.*}}, %{{.*}} groups(4) : tensor<2x8x64xf32>, tensor<64x16xf32> -> tensor<2x8x64xf32>
  %1 = mmc.linear_grad_input %x, %g groups(4) : !x, tensor<64x16xf32> -> !x
  // CHECK: mmc.linear_grad_weight %{{.*}}, %{{.*}} groups(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<64x16xf32>
  %2 = mmc.linear_grad_weight %x, %x groups(4) : !x, !x -> tensor<64x16xf32>
  // CHECK: mmc.embedding_grad %{{.*}}, %{{.*}} : tensor<2x8xi32>, tensor<2x8x64xf32> -> tensor<100x64xf32>
  %3 = mmc.embedding_grad %ids, %x : tensor<2x8xi32>, !x -> tensor<100x64xf32>
  // CHECK: mmc.rms_norm_grad %{{.*}}, %{{.*}}, %{{.*}} eps(1.250000e-01) :
  %4 = mmc.rms_norm_grad %x, %v, %x eps(0.125) : !x, !v, !x -> !x
  // CHECK: mmc.rms_norm_grad_weight %{{.*}}, %{{.*}} eps(1.250000e-01) : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<64xf32>
  %5 = mmc.rms_norm_grad_weight %x, %x eps(0.125) : !x, !x -> !v
  // CHECK: mmc.layer_norm_grad %{{.*}}, %{{.*}}, %{{.*}} eps(1.000000e-05) :
  %6 = mmc.layer_norm_grad %x, %v, %x eps(1.0e-5) : !x, !v, !x -> !x
  // CHECK: mmc.layer_norm_grad_weight
  %7 = mmc.layer_norm_grad_weight %x, %x eps(1.0e-5) : !x, !x -> !v
  // CHECK: mmc.silu_grad %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  %8 = mmc.silu_grad %x, %x : !x, !x -> !x
  // CHECK: mmc.gelu_grad tanh %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  %9 = mmc.gelu_grad tanh %x, %x : !x, !x -> !x
  // CHECK: mmc.softmax_grad %{{.*}}, %{{.*}} temperature(1.000000e+01) :
  %10 = mmc.softmax_grad %x, %x temperature(10.0) : !x, !x -> !x
  return
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: !x, %k: tensor<2x8x32xf32>, %lse: tensor<2x8x4xf32>, %seg: tensor<2x8xi32>) {
  // CHECK: mmc.attention_grad %{{.*}}, %{{.*}}, %{{.*}} segments %{{.*}} output %{{.*}} lse %{{.*}} gradient %{{.*}} heads(4) kv_heads(2) causal scale(2.500000e-01) :
  %0:3 = mmc.attention_grad %q, %k, %k segments %seg output %q lse %lse gradient %q heads(4) kv_heads(2) causal scale(0.25)
      : !x, tensor<2x8x32xf32>, tensor<2x8x32xf32>, tensor<2x8xi32>, !x, tensor<2x8x4xf32>, !x
      -> !x, tensor<2x8x32xf32>, tensor<2x8x32xf32>
  // CHECK: mmc.attention_grad %{{.*}}, %{{.*}}, %{{.*}} output %{{.*}} lse %{{.*}} gradient %{{.*}} heads(4) kv_heads(4) scale(2.500000e-01) :
  %1:3 = mmc.attention_grad %q, %q, %q output %q lse %lse gradient %q heads(4) kv_heads(4) scale(0.25)
      : !x, !x, !x, !x, tensor<2x8x4xf32>, !x -> !x, !x, !x
  return
}

// CHECK-LABEL: func.func @vision_and_adapters
func.func @vision_and_adapters(%p: tensor<2x4x12xf32>, %x: !x, %s: tensor<2x8xi32>, %w: tensor<2x2xf32>) {
  // CHECK: mmc.patches_grad %{{.*}} patch(2) : tensor<2x4x12xf32> -> tensor<2x3x5x4xf32>
  %0 = mmc.patches_grad %p patch(2) : tensor<2x4x12xf32> -> tensor<2x3x5x4xf32>
  // CHECK: mmc.fill_slots_grad %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<2x8xi32> -> tensor<10x64xf32>
  %1 = mmc.fill_slots_grad %x, %s : !x, tensor<2x8xi32> -> tensor<10x64xf32>
  // CHECK: mmc.mask_slots %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<2x8xi32> -> tensor<2x8x64xf32>
  %2 = mmc.mask_slots %x, %s : !x, tensor<2x8xi32> -> !x
  // CHECK: mmc.route_grad_expert %{{.*}}, %{{.*}} expert(1) axis(0) : tensor<2x2xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  %3 = mmc.route_grad_expert %w, %x expert(1) axis(0) : tensor<2x2xf32>, !x -> !x
  // CHECK: mmc.route_grad_weights %{{.*}}, %{{.*}}, %{{.*}} axis(0) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x2xf32>
  %4 = mmc.route_grad_weights %x, %x, %x axis(0) : !x, !x, !x -> tensor<2x2xf32>
  return
}

// CHECK-LABEL: func.func @loss
func.func @loss(%z: tensor<2x8x100xf32>, %t: tensor<2x8xi32>, %d: tensor<2x8xf32>, %s: tensor<f32>) {
  // CHECK: mmc.cross_entropy_grad %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x8x100xf32>, tensor<2x8xi32>, tensor<2x8xf32> -> tensor<2x8x100xf32>
  %0 = mmc.cross_entropy_grad %z, %t, %d : tensor<2x8x100xf32>, tensor<2x8xi32>, tensor<2x8xf32> -> tensor<2x8x100xf32>
  // CHECK: mmc.scale_by %{{.*}}, %{{.*}} : tensor<2x8x100xf32>, tensor<f32> -> tensor<2x8x100xf32>
  %1 = mmc.scale_by %0, %s : tensor<2x8x100xf32>, tensor<f32> -> tensor<2x8x100xf32>
  return
}
