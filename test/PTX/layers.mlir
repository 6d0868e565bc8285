// The kernels of the layers: entry points of PTX that need nothing from outside.
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_80 dtype=f32 fuse=false dump-ptx=%t.ptx" -o %t.mlir
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not=.extern --implicit-check-not=.local --implicit-check-not=call

// CHECK: .version 7.0
// CHECK: .target sm_80
// CHECK-DAG: .visible .entry embedding_{{[0-9]+}}(
// CHECK-DAG: .visible .entry linear_{{[0-9]+}}(
// CHECK-DAG: .visible .entry rms_norm_{{[0-9]+}}(
// CHECK-DAG: .visible .entry layer_norm_{{[0-9]+}}(
// CHECK-DAG: .visible .entry rotary_table_{{[0-9]+}}(
// CHECK-DAG: .visible .entry rotary_{{[0-9]+}}(
// CHECK-DAG: .visible .entry attention_{{[0-9]+}}(
// CHECK-DAG: .visible .entry silu_{{[0-9]+}}(
// CHECK-DAG: .visible .entry gelu_{{[0-9]+}}(
// CHECK-DAG: .visible .entry softmax_{{[0-9]+}}(
// CHECK-DAG: .visible .entry patches_{{[0-9]+}}(
// CHECK-DAG: .visible .entry prepend_token_{{[0-9]+}}(
// CHECK-DAG: .visible .entry fill_slots_{{[0-9]+}}(
// CHECK-DAG: .visible .entry replace_token_{{[0-9]+}}(
// CHECK-DAG: .visible .entry concat_{{[0-9]+}}(

func.func @decoder(%ids: tensor<3x7xi32>, %positions: tensor<3x7xi32>, %segments: tensor<3x7xi32>,
                   %table: tensor<11x24xf32>, %g: tensor<24xf32>, %wq: tensor<24x24xf32>, %wk: tensor<12x24xf32>,
                   %w: tensor<70x24xf32>, %b: tensor<70xf32>)
    -> (tensor<3x7x24xf32>, tensor<3x7x70xf32>) {
  %x = mmc.embedding %ids, %table : tensor<3x7xi32>, tensor<11x24xf32>
  %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<3x7x24xf32>, tensor<24xf32>
  %rope = mmc.rotary_table %positions dim(4) theta(1.0e4) : tensor<3x7xi32>
  %q = mmc.linear %n, %wq : tensor<3x7x24xf32>, tensor<24x24xf32>
  %k = mmc.linear %n, %wk : tensor<3x7x24xf32>, tensor<12x24xf32>
  %qr = mmc.rotary %q, %rope heads(4) : tensor<3x7x24xf32>, tensor<3x7x4xf32>
  %kr = mmc.rotary %k, %rope heads(2) : tensor<3x7x12xf32>, tensor<3x7x4xf32>
  %a = mmc.attention %qr, %kr, %k segments %segments heads(4) kv_heads(2) causal
      : tensor<3x7x24xf32>, tensor<3x7x12xf32>, tensor<3x7x12xf32>, tensor<3x7xi32> -> tensor<3x7x24xf32>
  %wide = mmc.linear %a, %w bias %b : tensor<3x7x24xf32>, tensor<70x24xf32>, tensor<70xf32>
  %s = mmc.silu %wide : tensor<3x7x70xf32>
  return %a, %s : tensor<3x7x24xf32>, tensor<3x7x70xf32>
}

func.func @tower(%pixels: tensor<2x3x11x10xf32>, %wp: tensor<13x27xf32>, %class: tensor<13xf32>,
                 %g: tensor<13xf32>, %b: tensor<13xf32>, %position: tensor<10x13xf32>)
    -> (tensor<2x10x13xf32>, tensor<2x10x13xf32>, tensor<2x10x13xf32>, tensor<2x10x13xf32>) {
  %p = mmc.patches %pixels patch(3) as f32 : tensor<2x3x11x10xf32>
  %e = mmc.linear %p, %wp : tensor<2x9x27xf32>, tensor<13x27xf32>
  %t = mmc.prepend_token %class, %e : tensor<13xf32>, tensor<2x9x13xf32>
  %x = mmc.add %t, %position : tensor<2x10x13xf32>, tensor<10x13xf32>
  %n = mmc.layer_norm %x, %g, %b eps(1.0e-5) : tensor<2x10x13xf32>, tensor<13xf32>, tensor<13xf32>
  %quick = mmc.gelu quick %n : tensor<2x10x13xf32>
  %tanh = mmc.gelu tanh %n : tensor<2x10x13xf32>
  %erf = mmc.gelu erf %n : tensor<2x10x13xf32>
  %soft = mmc.softmax %n temperature(10.0) : tensor<2x10x13xf32>
  return %quick, %tanh, %erf, %soft : tensor<2x10x13xf32>, tensor<2x10x13xf32>, tensor<2x10x13xf32>, tensor<2x10x13xf32>
}

func.func @adapters(%x: tensor<2x5x8xf32>, %features: tensor<6x8xf32>, %slots: tensor<2x5xi32>, %token: tensor<2x8xf32>,
                    %w: tensor<8x4xf32>, %route: tensor<2x2xf32>, %along: tensor<5x2xf32>, %rng: tensor<2xi64>)
    -> (tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x6x8xf32>) {
  %f = mmc.fill_slots %x, %features, %slots : tensor<2x5x8xf32>, tensor<6x8xf32>, tensor<2x5xi32>
  %r = mmc.replace_token %f, %token at(2) : tensor<2x5x8xf32>, tensor<2x8xf32>
  %grouped = mmc.linear %r, %w groups(2) : tensor<2x5x8xf32>, tensor<8x4xf32>
  %d = mmc.dropout %grouped rng %rng rate(0.25) stream(3) : tensor<2x5x8xf32>, tensor<2xi64>
  %m = mmc.route %route, %d, %r axis(0) : tensor<2x2xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>
  %n = mmc.route %along, %d, %r axis(1) : tensor<5x2xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>
  %one = mmc.slice %m axis(1) at(1) size(1) : tensor<2x5x8xf32>
  %c = mmc.concat %one, %n axis(1) : tensor<2x1x8xf32>, tensor<2x5x8xf32>
  return %m, %n, %c : tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x6x8xf32>
}
