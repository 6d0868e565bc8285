// Tensors without elements: what has none is made of nothing, and loops over none do nothing.
// RUN: mmc-opt %s --mmc-convert-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @no_queries
// CHECK-NEXT: %[[R:.*]] = tensor.empty() : tensor<1x0x8xf32>
// CHECK-NEXT: return %[[R]]
func.func @no_queries(%q: tensor<1x0x8xf32>, %k: tensor<1x5x8xf32>) -> tensor<1x0x8xf32> {
  %y = mmc.attention %q, %k, %k heads(2) kv_heads(2) : tensor<1x0x8xf32>, tensor<1x5x8xf32>, tensor<1x5x8xf32> -> tensor<1x0x8xf32>
  return %y : tensor<1x0x8xf32>
}

// Keys that no query reads have gradients all the same: zero.
// CHECK-LABEL: func.func @no_query_gradients
// CHECK: linalg.fill
// CHECK-NOT: scf.for
// CHECK: return
func.func @no_query_gradients(%q: tensor<1x0x8xf32>, %k: tensor<1x5x8xf32>, %l: tensor<1x0x2xf32>) -> tensor<1x5x8xf32> {
  %d:3 = mmc.attention_grad %q, %k, %k output %q lse %l gradient %q heads(2) kv_heads(2) scale(0.5)
      : tensor<1x0x8xf32>, tensor<1x5x8xf32>, tensor<1x5x8xf32>, tensor<1x0x8xf32>, tensor<1x0x2xf32>, tensor<1x0x8xf32>
      -> tensor<1x0x8xf32>, tensor<1x5x8xf32>, tensor<1x5x8xf32>
  return %d#1 : tensor<1x5x8xf32>
}

// CHECK-LABEL: func.func @no_keys
// CHECK: linalg.generic
func.func @no_keys(%q: tensor<1x3x8xf32>, %k: tensor<1x0x8xf32>) -> tensor<1x3x8xf32> {
  %y = mmc.attention %q, %k, %k heads(2) kv_heads(2) : tensor<1x3x8xf32>, tensor<1x0x8xf32>, tensor<1x0x8xf32> -> tensor<1x3x8xf32>
  return %y : tensor<1x3x8xf32>
}

// CHECK-LABEL: func.func @joined
// CHECK: tensor.insert_slice %{{.*}} : tensor<2x3xf32> into tensor<2x3xf32>
// CHECK-NOT: insert_slice
// CHECK: return
func.func @joined(%x: tensor<2x0xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %z = mmc.concat %x, %y axis(1) : tensor<2x0xf32>, tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}

// No token, no gradient.
// CHECK-LABEL: func.func @no_tokens
// CHECK: linalg.fill
// CHECK-NOT: scf.for
// CHECK: return
func.func @no_tokens(%i: tensor<0x3xi32>, %g: tensor<0x3x8xf32>) -> tensor<5x8xf32> {
  %r = mmc.embedding_grad %i, %g : tensor<0x3xi32>, tensor<0x3x8xf32> -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}
