// RUN: mmc-opt %s --mmc-plan-memory --mmc-summarize-entries --split-input-file | FileCheck %s

// A forward pass of two launches, a backward pass of two. The numbers:
//  frozen products   @down: 2·4·8·16 = 1024, its input's gradient likewise: 2048 operations;
//                    each reads [4, 16] and [8, 16] and writes [4, 8], or the other way: 2 · 4·(64 + 128 + 32) = 1792 bytes
//  trained products  @up: 2·4·16·2 = 256 operations and 64 of the bias, the weight's gradient 256: 576 operations;
//                    bytes 4·(8 + 32 + 16 + 64) and 4·(64 + 8 + 32) = 896
//  element-wise      the sum: 4·8 operations, 4·(32 + 1) bytes
//  kept              @up's result is read again by @up_grad, @down's by @down_grad
// CHECK-LABEL: func.func @gradients
// CHECK-SAME: mmc.summary = {classes = [
// CHECK-SAME: {bytes = 1792 : i64, flops = 2048 : i64, name = "products, frozen weights"},
// CHECK-SAME: {bytes = 896 : i64, flops = 576 : i64, name = "products, trained weights"},
// CHECK-SAME: {bytes = 132 : i64, flops = 32 : i64, name = "element-wise, norms, sums"}],
// CHECK-SAME: kept = [{bytes = 256 : i64, count = 1 : i64, name = "up : tensor<4x16xf32>"},
// CHECK-SAME: {bytes = 128 : i64, count = 1 : i64, name = "down : tensor<4x8xf32>"}],
// At @down_grad live: up's result, down's result and down_grad's.
// CHECK-SAME: live_bytes = 640 : i64,
// CHECK-SAME: peak = [{bytes = 256 : i64, name = "up of a.weight : tensor<4x16xf32>"},
// CHECK-SAME: {bytes = 256 : i64, name = "down_grad of b.weight : tensor<4x16xf32>"},
// CHECK-SAME: {bytes = 128 : i64, name = "down of b.weight : tensor<4x8xf32>"}]}
func.func @gradients(%x: tensor<4x2xf32>) -> (tensor<f32>, tensor<16x2xf32>) {
  %a = mmc.param trainable "a.weight" : tensor<16x2xf32>
  %bias = mmc.param trainable "a.bias" : tensor<16xf32>
  %b = mmc.param "b.weight" : tensor<8x16xf32>
  %u = mmc.launch @up(%x, %a, %bias) : (tensor<4x2xf32>, tensor<16x2xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  %d = mmc.launch @down(%u, %b) : (tensor<4x16xf32>, tensor<8x16xf32>) -> tensor<4x8xf32>
  %loss = mmc.launch @sum(%d) : (tensor<4x8xf32>) -> tensor<f32>
  // The gradient of the loss is taken to be the result itself.
  %du = mmc.launch @down_grad(%d, %b) : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  // It reads @up's result once more, through a view.
  %v = mmc.reshape %u : tensor<4x16xf32> to tensor<64xf32>
  %w = mmc.reshape %v : tensor<64xf32> to tensor<4x16xf32>
  %da = mmc.launch @up_grad(%w, %x) : (tensor<4x16xf32>, tensor<4x2xf32>) -> tensor<16x2xf32>
  return %loss, %da : tensor<f32>, tensor<16x2xf32>
}
func.func private @up(%x: tensor<4x2xf32>, %w: tensor<16x2xf32>, %b: tensor<16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w bias %b : tensor<4x2xf32>, tensor<16x2xf32>, tensor<16xf32>
  return %y : tensor<4x16xf32>
}
func.func private @down(%x: tensor<4x16xf32>, %w: tensor<8x16xf32>) -> tensor<4x8xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<4x16xf32>, tensor<8x16xf32>
  return %y : tensor<4x8xf32>
}
func.func private @sum(%x: tensor<4x8xf32>) -> tensor<f32> attributes {mmc.kernel} {
  %y = mmc.sum %x : tensor<4x8xf32>
  return %y : tensor<f32>
}
func.func private @down_grad(%g: tensor<4x8xf32>, %w: tensor<8x16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel} {
  %y = mmc.linear_grad_input %g, %w : tensor<4x8xf32>, tensor<8x16xf32> -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}
func.func private @up_grad(%g: tensor<4x16xf32>, %x: tensor<4x2xf32>) -> tensor<16x2xf32> attributes {mmc.kernel} {
  %y = mmc.linear_grad_weight %g, %x : tensor<4x16xf32>, tensor<4x2xf32> -> tensor<16x2xf32>
  return %y : tensor<16x2xf32>
}

// -----

// Attention over 3 tokens, 2 heads of 4: causal, a query sees 1, 2, 3 keys: 6 pairs · (2 products · 2 · 8 + 4 · 2 heads) = 240.
// Copies move data only. Other functions than @gradients keep nothing.
// CHECK-LABEL: func.func @logits
// CHECK-SAME: mmc.summary = {classes = [
// CHECK-SAME: {bytes = 384 : i64, flops = 240 : i64, name = "attention"},
// CHECK-SAME: {bytes = 192 : i64, flops = 0 : i64, name = "data movement"}],
// CHECK-SAME: kept = [],
func.func @logits(%x: tensor<1x3x8xf32>) -> tensor<1x3x8xf32> {
  %a = mmc.launch @attend(%x, %x, %x) : (tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  %c = mmc.launch @copy(%a) : (tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  return %c : tensor<1x3x8xf32>
}
func.func private @attend(%q: tensor<1x3x8xf32>, %k: tensor<1x3x8xf32>, %v: tensor<1x3x8xf32>) -> tensor<1x3x8xf32> attributes {mmc.kernel} {
  %y = mmc.attention %q, %k, %v heads(2) kv_heads(2) causal : tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x8xf32> -> tensor<1x3x8xf32>
  return %y : tensor<1x3x8xf32>
}
func.func private @copy(%x: tensor<1x3x8xf32>) -> tensor<1x3x8xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<1x3x8xf32>
  return %y : tensor<1x3x8xf32>
}

// -----

// One token over the 4 rows of a cache and itself: 5 pairs · 40 = 200; it reads 3·8 + 2·32 numbers and the length, and writes 8.
// CHECK-LABEL: func.func @decode
// CHECK-SAME: mmc.summary = {classes = [
// CHECK-SAME: {bytes = 388 : i64, flops = 200 : i64, name = "attention"}],
func.func @decode(%x: tensor<1x1x8xf32>, %past: tensor<1x4x8xf32>, %n: tensor<i32>) -> tensor<1x1x8xf32> {
  %a = mmc.launch @attend(%x, %x, %x, %past, %past, %n) : (tensor<1x1x8xf32>, tensor<1x1x8xf32>, tensor<1x1x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<i32>) -> tensor<1x1x8xf32>
  return %a : tensor<1x1x8xf32>
}
func.func private @attend(%q: tensor<1x1x8xf32>, %k: tensor<1x1x8xf32>, %v: tensor<1x1x8xf32>, %pk: tensor<1x4x8xf32>, %pv: tensor<1x4x8xf32>, %n: tensor<i32>) -> tensor<1x1x8xf32> attributes {mmc.kernel} {
  %y = mmc.cached_attention %q, %k, %v past %pk, %pv length %n heads(2) kv_heads(2) scale(0.5)
      : tensor<1x1x8xf32>, tensor<1x1x8xf32>, tensor<1x1x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<i32> -> tensor<1x1x8xf32>
  return %y : tensor<1x1x8xf32>
}
