// RUN: split-file %s %t
// RUN: mmc-opt %t/lavin.mlir --mmc-build-decoding="entries=prefill,decode" --canonicalize --cse --split-input-file | FileCheck %s
// RUN: mmc-opt %t/lavin.mlir --mmc-build-decoding="entries=decode" | FileCheck %s --check-prefix=ONE
// RUN: mmc-opt %t/plain.mlir --mmc-build-decoding="entries=prefill,decode" --canonicalize | FileCheck %s --check-prefix=PLAIN

// ONE-LABEL: func.func @logits(
// ONE-LABEL: func.func @decode(
// ONE-NOT: func.func @prefill

// A row of 16 tokens whose router reads the first one. @logits stays as it is.

// CHECK-LABEL: func.func @logits(
// CHECK: mmc.attention
// CHECK: return %{{.*}} : tensor<1x16x10xf32>

// What the prompt leaves is among the results: keys (tied to values here), segments, router weights. Norm and
// head are computed for the last token only.
// CHECK-LABEL: func.func @prefill(
// CHECK-SAME: tensor<1x16xi32> {mmc.name = "input_ids"}
// CHECK-SAME: tensor<1xi32> {mmc.name = "modality"}
// CHECK-SAME: %[[LAST:[^:]*]]: tensor<1xi32> {mmc.name = "last_token"}
// CHECK-SAME: -> (tensor<1x1x10xf32> {mmc.name = "logits"}, tensor<1x16x8xf32> {mmc.name = "new:0"}, tensor<1x16xi32> {mmc.name = "new:1"}, tensor<1x2xf32> {mmc.name = "state:0"})
// CHECK: mmc.attention {{.*}} segments
// CHECK: mmc.softmax
// CHECK: %[[SUM:.*]] = mmc.route
// CHECK: %[[ROWS:.*]] = mmc.reshape %[[SUM]] : tensor<1x16x8xf32> to tensor<16x8xf32>
// CHECK: %[[ROW:.*]] = mmc.embedding %[[LAST]], %[[ROWS]]
// CHECK: mmc.reshape %[[ROW]] : tensor<1x8xf32> to tensor<1x1x8xf32>
// CHECK: mmc.rms_norm {{.*}} : tensor<1x1x8xf32>
// CHECK: mmc.linear {{.*}} : tensor<1x1x8xf32>, tensor<10x8xf32>
// CHECK: return

// One token: no picture, no modality token, and the router's weights as the prompt left them.
// CHECK-LABEL: func.func @decode(
// CHECK-SAME: %[[IDS:[^:]*]]: tensor<1x1xi32> {mmc.name = "input_ids"}
// CHECK-SAME: %[[SEG:[^:]*]]: tensor<1x1xi32> {mmc.name = "segment_ids"}
// CHECK-SAME: tensor<1x1xi32> {mmc.name = "image_slots"}
// CHECK-NOT: modality
// CHECK-SAME: %[[LENGTH:[^:]*]]: tensor<i32> {mmc.name = "past_length"}
// CHECK-SAME: %[[KEYS:[^:]*]]: tensor<1x16x8xf32> {mmc.name = "past:0"}
// CHECK-SAME: %[[SEGMENTS:[^:]*]]: tensor<1x16xi32> {mmc.name = "past:1"}
// CHECK-SAME: %[[ROUTE:[^:]*]]: tensor<1x2xf32> {mmc.name = "state:0"}
// CHECK-SAME: -> (tensor<1x1x10xf32> {mmc.name = "logits"}, tensor<1x1x8xf32> {mmc.name = "new:0"}, tensor<1x1xi32> {mmc.name = "new:1"})
// CHECK-NOT: mmc.softmax
// CHECK-NOT: "features"
// CHECK: %[[X:.*]] = mmc.embedding %[[IDS]]
// CHECK: %[[K:.*]] = mmc.linear %[[X]]
// CHECK: %[[A:.*]] = mmc.cached_attention %[[X]], %[[K]], %[[K]] past %[[KEYS]], %[[KEYS]] length %[[LENGTH]] segments %[[SEG]], %[[SEGMENTS]] heads(2) kv_heads(2) scale(5.000000e-01)
// CHECK: mmc.route %[[ROUTE]], %[[A]], %[[X]] axis(0) : tensor<1x2xf32>, tensor<1x1x8xf32>, tensor<1x1x8xf32>
// CHECK: return %{{.*}}, %[[K]], %[[SEG]] :

//--- lavin.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}, %seg: tensor<1x16xi32> {mmc.name = "segment_ids"},
                  %slots: tensor<1x16xi32> {mmc.name = "image_slots"}, %modality: tensor<1xi32> {mmc.name = "modality"})
    -> (tensor<1x16x10xf32> {mmc.name = "logits"}) {
  %table = mmc.param "table" : tensor<10x8xf32>
  %features = mmc.param "features" : tensor<3x8xf32>
  %modalities = mmc.param "modalities" : tensor<2x8xf32>
  %wk = mmc.param "wk" : tensor<8x8x1xf32>
  %wr = mmc.param "wr" : tensor<2x8xf32>
  %g = mmc.param "g" : tensor<8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %x1 = mmc.fill_slots %x, %features, %slots : tensor<1x16x8xf32>, tensor<3x8xf32>, tensor<1x16xi32>
  %m = mmc.embedding %modality, %modalities : tensor<1xi32>, tensor<2x8xf32>
  %x2 = mmc.replace_token %x1, %m at(0) : tensor<1x16x8xf32>, tensor<1x8xf32>
  %w = mmc.reshape %wk : tensor<8x8x1xf32> to tensor<8x8xf32>
  %k = mmc.linear %x2, %w : tensor<1x16x8xf32>, tensor<8x8xf32>
  %a = mmc.attention %x2, %k, %k segments %seg heads(2) kv_heads(2) causal
      : tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16xi32> -> tensor<1x16x8xf32>
  %r = mmc.slice %x2 axis(1) at(0) size(1) drop : tensor<1x16x8xf32>
  %z = mmc.linear %r, %wr : tensor<1x8xf32>, tensor<2x8xf32>
  %route = mmc.softmax %z : tensor<1x2xf32>
  %y = mmc.route %route, %a, %x2 axis(0) : tensor<1x2xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>
  %n = mmc.rms_norm %y, %g eps(1.0e-6) : tensor<1x16x8xf32>, tensor<8xf32>
  %logits = mmc.linear %n, %table : tensor<1x16x8xf32>, tensor<10x8xf32>
  return %logits : tensor<1x16x10xf32>
}

// Without segments, with values in two and three dimensions. `past:` are key and value.

// PLAIN-LABEL: func.func @prefill(
// PLAIN-LABEL: func.func @decode(
// PLAIN-SAME: tensor<1x16x8xf32> {mmc.name = "past:0"}, %{{.*}}: tensor<1x16x8xf32> {mmc.name = "past:1"})
// PLAIN: mmc.reshape %{{.*}} : tensor<1x1x8xf32> to tensor<1x8xf32>
// PLAIN: mmc.linear %{{.*}} : tensor<1x8xf32>, tensor<8x8xf32>
// PLAIN: mmc.cached_attention {{.*}} length %{{[^ ]*}} heads(1) kv_heads(1) scale(5.000000e-01)

//--- plain.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> (tensor<1x16x10xf32> {mmc.name = "logits"}) {
  %table = mmc.param "table" : tensor<10x8xf32>
  %wv = mmc.param "wv" : tensor<8x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %rows = mmc.reshape %x : tensor<1x16x8xf32> to tensor<16x8xf32>
  %u = mmc.linear %rows, %wv : tensor<16x8xf32>, tensor<8x8xf32>
  %v = mmc.reshape %u : tensor<16x8xf32> to tensor<1x16x8xf32>
  %a = mmc.attention %x, %x, %v heads(1) kv_heads(1) causal scale(0.5)
      : tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32> -> tensor<1x16x8xf32>
  %y = mmc.add %a, %x : tensor<1x16x8xf32>, tensor<1x16x8xf32>
  %logits = mmc.linear %y, %table : tensor<1x16x8xf32>, tensor<10x8xf32>
  return %logits : tensor<1x16x10xf32>
}
