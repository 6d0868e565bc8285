// RUN: mmc-opt %s | mmc-opt | FileCheck %s
// RUN: mmc-opt %s --mlir-print-op-generic | mmc-opt | FileCheck %s

// The layers survive printing and parsing, and infer their result types: the op after each names the type.

// CHECK-LABEL: func.func @layers
func.func @layers(%ids: tensor<2x8xi32>, %table: tensor<100x64xf32>, %w: tensor<48x64xf32>, %b: tensor<48xf32>,
                  %g: tensor<64xf32>) {
  // CHECK: mmc.embedding %{{.*}}, %{{.*}} : tensor<2x8xi32>, tensor<100x64xf32>
  %x = mmc.embedding %ids, %table : tensor<2x8xi32>, tensor<100x64xf32>
  // CHECK: mmc.rms_norm %{{.*}}, %{{.*}} eps(1.250000e-01) : tensor<2x8x64xf32>, tensor<64xf32>
  %n = mmc.rms_norm %x, %g eps(0.125) : tensor<2x8x64xf32>, tensor<64xf32>
  // CHECK: mmc.layer_norm %{{.*}}, %{{.*}}, %{{.*}} eps(1.000000e-05) : tensor<2x8x64xf32>, tensor<64xf32>, tensor<64xf32>
  %m = mmc.layer_norm %n, %g, %g eps(1.0e-5) : tensor<2x8x64xf32>, tensor<64xf32>, tensor<64xf32>
  // CHECK: mmc.linear %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<48x64xf32>
  %y = mmc.linear %m, %w : tensor<2x8x64xf32>, tensor<48x64xf32>
  // CHECK: mmc.silu %{{.*}} : tensor<2x8x48xf32>
  %s = mmc.silu %y : tensor<2x8x48xf32>
  // CHECK: mmc.linear %{{.*}}, %{{.*}} bias %{{.*}} : tensor<2x8x64xf32>, tensor<48x64xf32>, tensor<48xf32>
  %z = mmc.linear %m, %w bias %b : tensor<2x8x64xf32>, tensor<48x64xf32>, tensor<48xf32>
  // CHECK: mmc.gelu erf %{{.*}} : tensor<2x8x48xf32>
  %e = mmc.gelu erf %z : tensor<2x8x48xf32>
  // CHECK: mmc.gelu tanh
  %t = mmc.gelu tanh %z : tensor<2x8x48xf32>
  // CHECK: mmc.gelu quick
  %q = mmc.gelu quick %z : tensor<2x8x48xf32>
  // CHECK: mmc.softmax %{{.*}} : tensor<2x8x48xf32>
  %p = mmc.softmax %z : tensor<2x8x48xf32>
  // CHECK: mmc.softmax %{{.*}} temperature(1.000000e+01) : tensor<2x8x48xf32>
  %r = mmc.softmax %z temperature(10.0) : tensor<2x8x48xf32>
  return
}

// With groups the weight holds one block of in / groups columns per group.
// CHECK-LABEL: func.func @grouped
func.func @grouped(%x: tensor<?x?x64xbf16>, %w: tensor<48x16xbf16>) {
  // CHECK: mmc.linear %{{.*}}, %{{.*}} groups(4) : tensor<?x?x64xbf16>, tensor<48x16xbf16>
  %0 = mmc.linear %x, %w groups(4) : tensor<?x?x64xbf16>, tensor<48x16xbf16>
  // CHECK: mmc.silu %{{.*}} : tensor<?x?x48xbf16>
  %1 = mmc.silu %0 : tensor<?x?x48xbf16>
  return
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<2x8x64xf32>, %k: tensor<2x8x32xf32>, %pos: tensor<2x8xi32>, %seg: tensor<2x8xi32>,
                     %long: tensor<2x20x64xf32>) {
  // CHECK: mmc.rotary_table %{{.*}} dim(16) theta(1.000000e+04) : tensor<2x8xi32>
  %t = mmc.rotary_table %pos dim(16) theta(1.0e4) : tensor<2x8xi32>
  // CHECK: mmc.rotary_table %{{.*}} dim(16) theta(1.000000e+04) scaling {factor = 2.000000e+00 : f64, rope_type = "linear"}
  %u = mmc.rotary_table %pos dim(16) theta(1.0e4) scaling {rope_type = "linear", factor = 2.0} : tensor<2x8xi32>
  // CHECK: mmc.rotary %{{.*}}, %{{.*}} heads(4) : tensor<2x8x64xf32>, tensor<2x8x16xf32>
  %qr = mmc.rotary %q, %t heads(4) : tensor<2x8x64xf32>, tensor<2x8x16xf32>
  // CHECK: mmc.rotary %{{.*}}, %{{.*}} heads(2) inverse : tensor<2x8x32xf32>, tensor<2x8x16xf32>
  %kr = mmc.rotary %k, %t heads(2) inverse : tensor<2x8x32xf32>, tensor<2x8x16xf32>
  // CHECK: mmc.attention %{{.*}}, %{{.*}}, %{{.*}} segments %{{.*}} heads(4) kv_heads(2) causal :
  %a = mmc.attention %qr, %kr, %k segments %seg heads(4) kv_heads(2) causal
      : tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>, tensor<2x8xi32> -> tensor<2x8x64xf32>
  // Keys may be more than queries, and the second result is the softmax's denominator.
  // CHECK: mmc.attention %{{.*}}, %{{.*}}, %{{.*}} heads(4) kv_heads(4) scale(5.000000e-01) : tensor<2x8x64xf32>, tensor<2x20x64xf32>, tensor<2x20x64xf32> -> tensor<2x8x64xf32>, tensor<2x8x4xf32>
  %b:2 = mmc.attention %q, %long, %long heads(4) kv_heads(4) scale(0.5)
      : tensor<2x8x64xf32>, tensor<2x20x64xf32>, tensor<2x20x64xf32> -> tensor<2x8x64xf32>, tensor<2x8x4xf32>
  return
}

// CHECK-LABEL: func.func @cached_attention
func.func @cached_attention(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %past: tensor<1x80x16xf32>, %n: tensor<i32>,
                            %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // CHECK: mmc.cached_attention %{{.*}}, %{{.*}}, %{{.*}} past %{{.*}}, %{{.*}} length %{{.*}} segments %{{.*}}, %{{.*}} heads(8) kv_heads(2) scale(1.250000e-01) : {{.*}} -> tensor<1x1x64xf32>
  %a = mmc.cached_attention %q, %k, %k past %past, %past length %n segments %s, %ps heads(8) kv_heads(2) scale(0.125)
      : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>,
        tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  // CHECK: mmc.cached_attention %{{.*}}, %{{.*}}, %{{.*}} past %{{.*}}, %{{.*}} length %{{.*}} heads(8) kv_heads(2) scale(1.250000e-01) : {{.*}}, tensor<i32> -> tensor<1x1x64xf32>
  %b = mmc.cached_attention %q, %k, %k past %past, %past length %n heads(8) kv_heads(2) scale(0.125)
      : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>
        -> tensor<1x1x64xf32>
  return
}

// CHECK-LABEL: func.func @vision
func.func @vision(%pixels: tensor<2x3x29x30xf32>, %unknown: tensor<?x3x?x?xf32>, %class: tensor<588xf32>,
                  %x: tensor<2x8x588xf32>, %slots: tensor<2x8xi32>, %m: tensor<2x588xf32>, %rows: tensor<10x588xf32>) {
  // Of 29 × 30 pixels 2 × 2 patches of 14 are whole: 4 tokens of 3·14·14 = 588.
  // CHECK: mmc.patches %{{.*}} patch(14) as f32 : tensor<2x3x29x30xf32>
  %p = mmc.patches %pixels patch(14) as f32 : tensor<2x3x29x30xf32>
  // CHECK: mmc.prepend_token %{{.*}}, %{{.*}} : tensor<588xf32>, tensor<2x4x588xf32>
  %t = mmc.prepend_token %class, %p : tensor<588xf32>, tensor<2x4x588xf32>
  // CHECK: mmc.scale %{{.*}} by(2.000000e+00) : tensor<2x5x588xf32>
  %s = mmc.scale %t by(2.0) : tensor<2x5x588xf32>
  // CHECK: mmc.patches %{{.*}} patch(14) as bf16 : tensor<?x3x?x?xf32>
  %u = mmc.patches %unknown patch(14) as bf16 : tensor<?x3x?x?xf32>
  // CHECK: mmc.scale %{{.*}} by(2.000000e+00) : tensor<?x?x?xbf16>
  %v = mmc.scale %u by(2.0) : tensor<?x?x?xbf16>
  // CHECK: mmc.fill_slots %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x8x588xf32>, tensor<10x588xf32>, tensor<2x8xi32>
  %f = mmc.fill_slots %x, %rows, %slots : tensor<2x8x588xf32>, tensor<10x588xf32>, tensor<2x8xi32>
  // CHECK: mmc.replace_token %{{.*}}, %{{.*}} at(7) : tensor<2x8x588xf32>, tensor<2x588xf32>
  %r = mmc.replace_token %f, %m at(7) : tensor<2x8x588xf32>, tensor<2x588xf32>
  return
}
