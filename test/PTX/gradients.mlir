// The kernels of the backward pass and of the optimizer.
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_90 dtype=f32 fuse=false dump-ptx=%t.ptx" -o %t.mlir
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not=.extern --implicit-check-not=.local --implicit-check-not=call

// CHECK: .version 7.8
// CHECK: .target sm_90
// CHECK-DAG: .visible .entry linear_grad_input_{{[0-9]+}}(
// CHECK-DAG: .visible .entry linear_grad_weight_{{[0-9]+}}(
// CHECK-DAG: .visible .entry embedding_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry rms_norm_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry rms_norm_grad_weight_{{[0-9]+}}(
// CHECK-DAG: .visible .entry layer_norm_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry layer_norm_grad_weight_{{[0-9]+}}(
// CHECK-DAG: .visible .entry attention_{{[0-9]+}}(
// CHECK-DAG: .visible .entry attention_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry silu_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry gelu_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry softmax_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry patches_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry fill_slots_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry mask_slots_{{[0-9]+}}(
// CHECK-DAG: .visible .entry route_grad_expert_{{[0-9]+}}(
// CHECK-DAG: .visible .entry route_grad_weights_{{[0-9]+}}(
// CHECK-DAG: .visible .entry cross_entropy_{{[0-9]+}}(
// CHECK-DAG: .visible .entry cross_entropy_grad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry scale_by_{{[0-9]+}}(
// CHECK-DAG: .visible .entry inner_product_{{[0-9]+}}(
// CHECK-DAG: .visible .entry sum_rows_{{[0-9]+}}(
// CHECK-DAG: .visible .entry repeat_rows_{{[0-9]+}}(
// CHECK-DAG: .visible .entry pad_{{[0-9]+}}(
// CHECK-DAG: .visible .entry adamw_{{[0-9]+}}(

func.func @linears(%x: tensor<67x23xf32>, %dy: tensor<67x70xf32>, %w: tensor<70x23xf32>, %ids: tensor<67xi32>)
    -> (tensor<67x23xf32>, tensor<70x23xf32>, tensor<70xf32>, tensor<9x23xf32>) {
  %dx = mmc.linear_grad_input %dy, %w : tensor<67x70xf32>, tensor<70x23xf32> -> tensor<67x23xf32>
  %dw = mmc.linear_grad_weight %dy, %x : tensor<67x70xf32>, tensor<67x23xf32> -> tensor<70x23xf32>
  %db = mmc.sum_rows %dy : tensor<67x70xf32> to tensor<70xf32>
  %de = mmc.embedding_grad %ids, %dx : tensor<67xi32>, tensor<67x23xf32> -> tensor<9x23xf32>
  return %dx, %dw, %db, %de : tensor<67x23xf32>, tensor<70x23xf32>, tensor<70xf32>, tensor<9x23xf32>
}

func.func @norms(%x: tensor<3x5x13xf32>, %g: tensor<13xf32>, %dy: tensor<3x5x13xf32>)
    -> (tensor<3x5x13xf32>, tensor<13xf32>, tensor<3x5x13xf32>, tensor<13xf32>) {
  %r = mmc.rms_norm_grad %x, %g, %dy eps(1.0e-6) : tensor<3x5x13xf32>, tensor<13xf32>, tensor<3x5x13xf32> -> tensor<3x5x13xf32>
  %rw = mmc.rms_norm_grad_weight %x, %dy eps(1.0e-6) : tensor<3x5x13xf32>, tensor<3x5x13xf32> -> tensor<13xf32>
  %l = mmc.layer_norm_grad %x, %g, %dy eps(1.0e-5) : tensor<3x5x13xf32>, tensor<13xf32>, tensor<3x5x13xf32> -> tensor<3x5x13xf32>
  %lw = mmc.layer_norm_grad_weight %x, %dy eps(1.0e-5) : tensor<3x5x13xf32>, tensor<3x5x13xf32> -> tensor<13xf32>
  return %r, %rw, %l, %lw : tensor<3x5x13xf32>, tensor<13xf32>, tensor<3x5x13xf32>, tensor<13xf32>
}

// 53 tokens: more than one block of queries, and a rest.
func.func @attend(%q: tensor<2x53x24xf32>, %k: tensor<2x53x12xf32>, %v: tensor<2x53x12xf32>, %s: tensor<2x53xi32>,
                  %dy: tensor<2x53x24xf32>) -> (tensor<2x53x24xf32>, tensor<2x53x12xf32>, tensor<2x53x12xf32>) {
  %o, %lse = mmc.attention %q, %k, %v segments %s heads(4) kv_heads(2) causal
      : tensor<2x53x24xf32>, tensor<2x53x12xf32>, tensor<2x53x12xf32>, tensor<2x53xi32> -> tensor<2x53x24xf32>, tensor<2x53x4xf32>
  %dq, %dk, %dv = mmc.attention_grad %q, %k, %v segments %s output %o lse %lse gradient %dy heads(4) kv_heads(2) causal scale(0.4)
      : tensor<2x53x24xf32>, tensor<2x53x12xf32>, tensor<2x53x12xf32>, tensor<2x53xi32>, tensor<2x53x24xf32>, tensor<2x53x4xf32>, tensor<2x53x24xf32>
      -> tensor<2x53x24xf32>, tensor<2x53x12xf32>, tensor<2x53x12xf32>
  return %dq, %dk, %dv : tensor<2x53x24xf32>, tensor<2x53x12xf32>, tensor<2x53x12xf32>
}

func.func @maps(%x: tensor<2x9x13xf32>, %dy: tensor<2x9x13xf32>, %patches: tensor<2x9x27xf32>, %slots: tensor<2x9xi32>,
                %row: tensor<13xf32>)
    -> (tensor<2x9x13xf32>, tensor<2x9x13xf32>, tensor<2x9x13xf32>, tensor<2x9x13xf32>, tensor<2x9x13xf32>,
        tensor<2x3x11x10xf32>, tensor<7x13xf32>, tensor<2x9x13xf32>, tensor<2x12x13xf32>, tensor<2x1x13xf32>) {
  %silu = mmc.silu_grad %x, %dy : tensor<2x9x13xf32>, tensor<2x9x13xf32> -> tensor<2x9x13xf32>
  %quick = mmc.gelu_grad quick %x, %dy : tensor<2x9x13xf32>, tensor<2x9x13xf32> -> tensor<2x9x13xf32>
  %tanh = mmc.gelu_grad tanh %x, %dy : tensor<2x9x13xf32>, tensor<2x9x13xf32> -> tensor<2x9x13xf32>
  %erf = mmc.gelu_grad erf %x, %dy : tensor<2x9x13xf32>, tensor<2x9x13xf32> -> tensor<2x9x13xf32>
  %soft = mmc.softmax_grad %x, %dy temperature(10.0) : tensor<2x9x13xf32>, tensor<2x9x13xf32> -> tensor<2x9x13xf32>
  %pixels = mmc.patches_grad %patches patch(3) : tensor<2x9x27xf32> -> tensor<2x3x11x10xf32>
  %features = mmc.fill_slots_grad %dy, %slots : tensor<2x9x13xf32>, tensor<2x9xi32> -> tensor<7x13xf32>
  %masked = mmc.mask_slots %dy, %slots : tensor<2x9x13xf32>, tensor<2x9xi32> -> tensor<2x9x13xf32>
  %padded = mmc.pad %dy axis(1) at(2) size(12) : tensor<2x9x13xf32>
  %repeated = mmc.repeat_rows %row : tensor<13xf32> to tensor<2x1x13xf32>
  return %silu, %quick, %tanh, %erf, %soft, %pixels, %features, %masked, %padded, %repeated
      : tensor<2x9x13xf32>, tensor<2x9x13xf32>, tensor<2x9x13xf32>, tensor<2x9x13xf32>, tensor<2x9x13xf32>,
        tensor<2x3x11x10xf32>, tensor<7x13xf32>, tensor<2x9x13xf32>, tensor<2x12x13xf32>, tensor<2x1x13xf32>
}

func.func @routes(%w: tensor<2x2xf32>, %dy: tensor<2x5x8xf32>, %a: tensor<2x5x8xf32>, %b: tensor<2x5x8xf32>)
    -> (tensor<2x5x8xf32>, tensor<2x2xf32>, tensor<5x2xf32>) {
  %d = mmc.route_grad_expert %w, %dy expert(1) axis(0) : tensor<2x2xf32>, tensor<2x5x8xf32> -> tensor<2x5x8xf32>
  %dw = mmc.route_grad_weights %dy, %a, %b axis(0) : tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32> -> tensor<2x2xf32>
  %dt = mmc.route_grad_weights %dy, %a, %b axis(1) : tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32> -> tensor<5x2xf32>
  return %d, %dw, %dt : tensor<2x5x8xf32>, tensor<2x2xf32>, tensor<5x2xf32>
}

func.func @losses(%z: tensor<3x7x1009xf32>, %labels: tensor<3x7xi32>, %cotangent: tensor<3x7xf32>)
    -> (tensor<f32>, tensor<i32>, tensor<3x7x1009xf32>, tensor<f32>, tensor<3x7x1009xf32>) {
  %targets = mmc.shift_labels %labels : tensor<3x7xi32>
  %l = mmc.cross_entropy %z, %targets : tensor<3x7x1009xf32>, tensor<3x7xi32>
  %sum = mmc.sum %l : tensor<3x7xf32>
  %count = mmc.count_labels %targets : tensor<3x7xi32>
  %dz = mmc.cross_entropy_grad %z, %targets, %cotangent : tensor<3x7x1009xf32>, tensor<3x7xi32>, tensor<3x7xf32> -> tensor<3x7x1009xf32>
  %product = mmc.inner_product %l, %cotangent : tensor<3x7xf32>, tensor<3x7xf32>
  %scaled = mmc.scale_by %dz, %sum : tensor<3x7x1009xf32>, tensor<f32> -> tensor<3x7x1009xf32>
  return %sum, %count, %dz, %product, %scaled
      : tensor<f32>, tensor<i32>, tensor<3x7x1009xf32>, tensor<f32>, tensor<3x7x1009xf32>
}

func.func @optimizer(%p: tensor<5003xf32>, %g: tensor<5003xf32>, %m: tensor<5003xf32>, %v: tensor<5003xf32>, %s: tensor<6xf32>)
    -> (tensor<5003xf32>, tensor<5003xf32>, tensor<5003xf32>) {
  %p1, %m1, %v1 = mmc.adamw %p, %g, %m, %v, %s betas(0.9, 0.999) eps(1.0e-8) weight_decay(0.01)
      : tensor<5003xf32>, tensor<5003xf32>, tensor<5003xf32>, tensor<5003xf32>, tensor<6xf32>
  return %p1, %m1, %v1 : tensor<5003xf32>, tensor<5003xf32>, tensor<5003xf32>
}
