// RUN: mmc-opt %s --split-input-file --mmc-differentiate --canonicalize --cse --mmc-verify-gradients | FileCheck %s

// Gradients that nobody wants are not built in the first place: nothing is left to the removal of dead code.
// RUN: mmc-opt %s --split-input-file --mmc-differentiate --mmc-verify-gradients | FileCheck %s --check-prefix=BUILT

// A LoRA-like branch on the second of three frozen layers. The adjoint ends at the first trainable parameter: no op
// below it is differentiated, no frozen weight has a gradient, and the products go through the rank.

// CHECK-LABEL: func.func @loss(
// CHECK-SAME: mmc.name = "labels"
// CHECK-NOT: _grad
// CHECK: return %{{.*}}, %{{.*}} : tensor<f32>, tensor<i32>

// CHECK-LABEL: func.func @gradients(
// CHECK-SAME: %[[IDS:[^:]*]]: tensor<2x3xi32> {mmc.name = "input_ids"}
// CHECK-SAME: %[[LABELS:[^:]*]]: tensor<2x3xi32> {mmc.name = "labels"}
// CHECK-SAME: -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<i32> {mmc.name = "label_count"},
// CHECK-SAME: tensor<2x5xf32> {mmc.name = "grad:a"}, tensor<7x2xf32> {mmc.name = "grad:b"})
// CHECK-DAG: %[[HEAD:.*]] = mmc.param "head"
// CHECK-DAG: %[[A:.*]] = mmc.param trainable "a"
// CHECK-DAG: %[[B:.*]] = mmc.param trainable "b"
// CHECK: %[[X:.*]] = mmc.embedding
// CHECK: %[[H:.*]] = mmc.linear %[[X]]
// CHECK: %[[U:.*]] = mmc.linear %[[H]], %[[A]]
// CHECK: %[[LOGITS:.*]] = mmc.linear %{{.*}}, %[[HEAD]]
// CHECK: %[[SUM:.*]] = mmc.sum
// CHECK: %[[COUNT:.*]] = mmc.count_labels
// CHECK: %[[ONE:.*]] = mmc.fill 1.0{{.*}} : tensor<f32>
// CHECK: %[[DLOSS:.*]] = mmc.repeat_rows %[[ONE]] : tensor<f32> to tensor<2x3xf32>
// CHECK: %[[DZ:.*]] = mmc.cross_entropy_grad %[[LOGITS]], %{{.*}}, %[[DLOSS]]
// CHECK-NEXT: %[[DH:.*]] = mmc.linear_grad_input %[[DZ]], %[[HEAD]]
// CHECK-NEXT: %[[DY:.*]] = mmc.scale %[[DH]] by(2.0
// CHECK-DAG: %[[DB:.*]] = mmc.linear_grad_weight %[[DY]], %[[U]]
// CHECK-DAG: %[[DU:.*]] = mmc.linear_grad_input %[[DY]], %[[B]]
// CHECK: %[[DA:.*]] = mmc.linear_grad_weight %[[DU]], %[[H]]
// CHECK-NOT: _grad
// CHECK: return %[[SUM]], %[[COUNT]], %[[DA]], %[[DB]]

// BUILT-LABEL: func.func @gradients(
// BUILT-COUNT-2: mmc.linear_grad_input
// BUILT-NOT: mmc.linear_grad_input
// BUILT: return
func.func @loss(%ids: tensor<2x3xi32> {mmc.name = "input_ids"}, %labels: tensor<2x3xi32> {mmc.name = "labels"})
    -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<i32> {mmc.name = "label_count"}) {
  %table = mmc.param "table" : tensor<7x5xf32>
  %w0 = mmc.param "w0" : tensor<5x5xf32>
  %w1 = mmc.param "w1" : tensor<7x5xf32>
  %head = mmc.param "head" : tensor<7x7xf32>
  %a = mmc.param trainable "a" : tensor<2x5xf32>
  %b = mmc.param trainable "b" : tensor<7x2xf32>
  %x = mmc.embedding %ids, %table : tensor<2x3xi32>, tensor<7x5xf32>
  %h = mmc.linear %x, %w0 : tensor<2x3x5xf32>, tensor<5x5xf32>
  %base = mmc.linear %h, %w1 : tensor<2x3x5xf32>, tensor<7x5xf32>
  %u = mmc.linear %h, %a : tensor<2x3x5xf32>, tensor<2x5xf32>
  %v = mmc.linear %u, %b : tensor<2x3x2xf32>, tensor<7x2xf32>
  %s = mmc.scale %v by(2.0) : tensor<2x3x7xf32>
  %z = mmc.add %base, %s : tensor<2x3x7xf32>, tensor<2x3x7xf32>
  %logits = mmc.linear %z, %head : tensor<2x3x7xf32>, tensor<7x7xf32>
  %targets = mmc.shift_labels %labels : tensor<2x3xi32>
  %l = mmc.cross_entropy %logits, %targets : tensor<2x3x7xf32>, tensor<2x3xi32>
  %sum = mmc.sum %l : tensor<2x3xf32>
  %count = mmc.count_labels %targets : tensor<2x3xi32>
  return %sum, %count : tensor<f32>, tensor<i32>
}

// -----

// A value that is read twice adds its adjoints up; attention is given its second result in @gradients only.

// CHECK-LABEL: func.func @loss(
// CHECK: mmc.attention {{.*}} -> tensor<1x3x4xf32>
// CHECK-LABEL: func.func @gradients(
// CHECK: %[[O:.*]], %[[LSE:.*]] = mmc.attention %[[X:[^,]*]], %[[X]], %[[X]] heads(2) kv_heads(2) causal {{.*}} -> tensor<1x3x4xf32>, tensor<1x3x2xf32>
// CHECK: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]] = mmc.attention_grad %[[X]], %[[X]], %[[X]] output %[[O]] lse %[[LSE]]
// CHECK: %[[QK:.*]] = mmc.add %[[DQ]], %[[DK]]
// CHECK: %[[ALL:.*]] = mmc.add %[[QK]], %[[DV]]
// CHECK: %[[DP:.*]] = mmc.sum_rows %[[ALL]]
// CHECK: return %{{.*}}, %[[DP]]
func.func @loss(%x: tensor<1x3x4xf32> {mmc.name = "x"}) -> (tensor<f32> {mmc.name = "loss_sum"}) {
  %p = mmc.param trainable "p" : tensor<4xf32>
  %y = mmc.add %x, %p : tensor<1x3x4xf32>, tensor<4xf32>
  %a = mmc.attention %y, %y, %y heads(2) kv_heads(2) causal
      : tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32> -> tensor<1x3x4xf32>
  %sum = mmc.sum %a : tensor<1x3x4xf32>
  return %sum : tensor<f32>
}

// -----

// A parameter that the loss does not depend on has a gradient of zero; the type of a gradient is f32, f64 for f64.

// CHECK-LABEL: func.func @gradients(
// CHECK-SAME: tensor<4xf64> {mmc.name = "grad:p"}, tensor<3xf32> {mmc.name = "grad:idle"}, tensor<2xf64> {mmc.name = "grad:idle64"})
// CHECK-DAG: %[[Z32:.*]] = mmc.fill 0.0{{.*}} : tensor<3xf32>
// CHECK-DAG: %[[Z64:.*]] = mmc.fill 0.0{{.*}} : tensor<2xf64>
// CHECK: return %{{.*}}, %{{.*}}, %[[Z32]], %[[Z64]]
func.func @loss(%x: tensor<4xf64> {mmc.name = "x"}) -> (tensor<f64> {mmc.name = "loss_sum"}) {
  %p = mmc.param trainable "p" : tensor<4xf64>
  %idle = mmc.param trainable "idle" : tensor<3xf32>
  %idle64 = mmc.param trainable "idle64" : tensor<2xf64>
  %y = mmc.mul %x, %p : tensor<4xf64>, tensor<4xf64>
  %sum = mmc.sum %y : tensor<4xf64>
  return %sum : tensor<f64>
}

// -----

// Each dropout that drops anything draws numbers of its own, the same ones in its adjoint; @loss evaluates.

// CHECK-LABEL: func.func @loss(
// CHECK-SAME: %{{[^:]*}}: tensor<2x4xf32> {mmc.name = "x"}) ->
// CHECK-NOT: rng
// CHECK-LABEL: func.func @gradients(
// CHECK-SAME: %[[RNG:[^:]*]]: tensor<2xi64> {mmc.name = "rng"}
// CHECK: mmc.dropout %{{.*}} rng %[[RNG]] rate(2.500000e-01) :
// CHECK: mmc.dropout %{{.*}} rng %[[RNG]] rate(5.000000e-01) stream(1)
// CHECK: mmc.dropout %{{.*}} rng %[[RNG]] rate(5.000000e-01) stream(1)
// CHECK-NOT: mmc.dropout
func.func @loss(%x: tensor<2x4xf32> {mmc.name = "x"}) -> (tensor<f32> {mmc.name = "loss_sum"}) {
  %p = mmc.param trainable "p" : tensor<4xf32>
  %frozen = mmc.dropout %x rate(0.25) : tensor<2x4xf32>
  %none = mmc.dropout %frozen rate(0.0) : tensor<2x4xf32>
  %y = mmc.mul %none, %p : tensor<2x4xf32>, tensor<4xf32>
  %d = mmc.dropout %y rate(0.5) : tensor<2x4xf32>
  %sum = mmc.sum %d : tensor<2x4xf32>
  return %sum : tensor<f32>
}
