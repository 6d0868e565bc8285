// RUN: mmc-opt %s --mmc-insert-adapters="spec='lora rank=4 alpha=6 dropout=0.25 targets=q_proj,k_proj layers=1 rslora=1 rank@/layers.1.k_proj/=9 alpha@k_proj=7'" | FileCheck %s
// RUN: mmc-opt %s --mmc-insert-adapters="spec='lora targets=/.*\.layers\.(?:0|7)\.q_proj/'" | FileCheck %s --check-prefix=REGEX
// RUN: mmc-opt %s --mmc-insert-adapters="spec='lora targets=all-linear exclude=k_proj'" | FileCheck %s --check-prefix=LINEAR
// RUN: mmc-opt %s --mmc-insert-adapters="spec='full targets=lm_head; lora targets=q_proj,lm_head exclude=0.q_proj'" | FileCheck %s --check-prefix=FULL
// RUN: mmc-opt %s --mmc-insert-adapters="spec='lora targets=model.layers.0.q_proj,k_proj layers=1 layers_pattern=h,layers'" | FileCheck %s --check-prefix=EXACT
// RUN: mmc-opt %s --mmc-insert-adapters="spec='lora targets=q_proj layers=1 layers_pattern=(h|model.layers)'" | FileCheck %s --check-prefix=PATTERN
// RUN: mmc-opt %s --mmc-insert-adapters="spec='lora targets=/model\.layers\.(?P<layer>\d)\.q_proj/'" | FileCheck %s --check-prefix=NAMED
// RUN: mmc-opt %s --mmc-insert-adapters="spec='full targets=orm,proj'" | FileCheck %s --check-prefix=END
// RUN: mmc-opt %s --mmc-insert-adapters="spec='lora rank=2 init_a=normal(0,{1/rank}) targets=1.q_proj'" | FileCheck %s --check-prefix=GAUSSIAN

// Both functions take the same adapter.
// CHECK-LABEL: func.func @first
// CHECK-DAG: %[[WQ:.*]] = mmc.param "model.layers.1.q_proj.weight"
// CHECK-DAG: %[[WK:.*]] = mmc.param "model.layers.1.k_proj.weight"
// Parameters stand behind the base's; rank and alpha are per module where a pattern matches all of its name.
// CHECK: mmc.param "lm_head.weight"
// CHECK-NEXT: %[[QA:.*]] = mmc.param "base_model.model.model.layers.1.q_proj.lora_A.weight" init("kaiming_uniform(2.23606797749979)") {mmc.group = "adapters"} : tensor<4x8xbf16>
// CHECK-NEXT: %[[QB:.*]] = mmc.param "base_model.model.model.layers.1.q_proj.lora_B.weight" init("zeros") {mmc.group = "adapters"} : tensor<8x4xbf16>
// CHECK-NEXT: %[[KA:.*]] = mmc.param "base_model.model.model.layers.1.k_proj.lora_A.weight" init("kaiming_uniform(2.23606797749979)") {mmc.group = "adapters"} : tensor<9x8xbf16>
// CHECK-NEXT: %[[KB:.*]] = mmc.param "base_model.model.model.layers.1.k_proj.lora_B.weight" init("zeros") {mmc.group = "adapters"} : tensor<3x9xbf16>
// Layer 0 is not among the layers.
// CHECK: %[[Q0:.*]] = mmc.linear %{{.*}}, %{{.*}} : tensor<2x5x8xbf16>, tensor<8x8xbf16>
// CHECK-NEXT: %[[Y:.*]] = mmc.linear %[[Q0]], %[[WQ]] {mmc.adapted = [[#NQ:]] : i64}
// CHECK-NEXT: %[[D:.*]] = mmc.dropout %[[Q0]] rate(2.500000e-01) : tensor<2x5x8xbf16>
// CHECK-NEXT: %[[U:.*]] = mmc.linear %[[D]], %[[QA]] : tensor<2x5x8xbf16>, tensor<4x8xbf16>
// CHECK-NEXT: %[[V:.*]] = mmc.linear %[[U]], %[[QB]] : tensor<2x5x4xbf16>, tensor<8x4xbf16>
// 6 / sqrt(4)
// CHECK-NEXT: %[[S:.*]] = mmc.scale %[[V]] by(3.000000e+00)
// CHECK-NEXT: %[[Q1:.*]] = mmc.add %[[Y]], %[[S]] {mmc.adapts = [[#NQ]] : i64}
// The linear with a bias reads the adapted value; its dropout has a stream of its own.
// CHECK-NEXT: %[[K:.*]] = mmc.linear %[[Q1]], %[[WK]] bias
// CHECK-NEXT: %[[DK:.*]] = mmc.dropout %[[Q1]] rate(2.500000e-01) stream(1)
// CHECK-NEXT: mmc.linear %[[DK]], %[[KA]]
// 7 / sqrt(9)
// CHECK: mmc.scale %{{.*}} by(2.3333333333333335)
// CHECK-LABEL: func.func @second
// CHECK: mmc.param "base_model.model.model.layers.1.q_proj.lora_A.weight" init("kaiming_uniform(2.23606797749979)") {mmc.group = "adapters"} : tensor<4x8xf32>

// REGEX: "base_model.model.model.layers.0.q_proj.lora_A.weight"{{.*}} : tensor<8x8xbf16>
// REGEX: mmc.dropout %{{.*}} rate(0.000000e+00)
// REGEX: mmc.scale %{{.*}} by(1.000000e+00)
// REGEX-NOT: layers.1.q_proj.lora

// All linear layers but the head, norms and what is read by other ops too.
// LINEAR: func.func @first
// LINEAR: "base_model.model.model.layers.0.q_proj.lora_A.weight"
// LINEAR: "base_model.model.model.layers.1.q_proj.lora_A.weight"
// LINEAR-NOT: lora_A
// LINEAR: func.func @second

// A module that trains in full keeps its shape and starts from the base's value.
// FULL: func.func @first
// FULL: mmc.param "model.layers.0.q_proj.weight"
// FULL: mmc.param "base_model.model.lm_head.weight" init("parameter(lm_head.weight)") {mmc.group = "adapters"} : tensor<11x8xbf16>
// FULL-NEXT: "base_model.model.model.layers.1.q_proj.lora_A.weight"
// FULL-NOT: lm_head.lora_A
// FULL-NOT: layers.0.q_proj.lora_A

// An exact name needs no layer.
// EXACT: "base_model.model.model.layers.0.q_proj.lora_A.weight"
// EXACT: "base_model.model.model.layers.1.k_proj.lora_A.weight"

// The pattern may begin a name and have groups of its own.
// PATTERN-NOT: layers.0.q_proj.lora
// PATTERN: "base_model.model.model.layers.1.q_proj.lora_A.weight"
// PATTERN-NOT: layers.0.q_proj.lora

// NAMED: "base_model.model.model.layers.0.q_proj.lora_A.weight"
// NAMED: "base_model.model.model.layers.1.q_proj.lora_A.weight"

// What trains in full is named by any end of its name; a bias belongs to it.
// END: mmc.param "base_model.model.model.norm.weight" init("parameter(model.norm.weight)")
// END-NEXT: mmc.param "base_model.model.model.layers.0.q_proj.weight"
// END-NEXT: mmc.param "base_model.model.model.layers.1.q_proj.weight"
// END-NEXT: mmc.param "base_model.model.model.layers.1.k_proj.weight"
// END-NEXT: mmc.param "base_model.model.model.layers.1.k_proj.bias"
// END-NEXT: mmc.param "lm_head.weight"

// GAUSSIAN: lora_A.weight" init("normal(0,0.5)")

func.func @first(%ids: tensor<2x5xi32>) -> tensor<2x5x11xbf16> {
  %e = mmc.param "model.embed_tokens.weight" : tensor<11x8xbf16>
  %g = mmc.param "model.norm.weight" : tensor<8xbf16>
  %q0 = mmc.param "model.layers.0.q_proj.weight" : tensor<8x8xbf16>
  %q1 = mmc.param "model.layers.1.q_proj.weight" : tensor<8x8xbf16>
  %k1 = mmc.param "model.layers.1.k_proj.weight" : tensor<3x8xbf16>
  %kb = mmc.param "model.layers.1.k_proj.bias" : tensor<3xbf16>
  %head = mmc.param "lm_head.weight" : tensor<11x8xbf16>
  %x = mmc.embedding %ids, %e : tensor<2x5xi32>, tensor<11x8xbf16>
  %tied = mmc.linear %x, %e : tensor<2x5x8xbf16>, tensor<11x8xbf16>
  %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<2x5x8xbf16>, tensor<8xbf16>
  %1 = mmc.linear %n, %q0 : tensor<2x5x8xbf16>, tensor<8x8xbf16>
  %2 = mmc.linear %1, %q1 : tensor<2x5x8xbf16>, tensor<8x8xbf16>
  %3 = mmc.linear %2, %k1 bias %kb : tensor<2x5x8xbf16>, tensor<3x8xbf16>, tensor<3xbf16>
  %y = mmc.linear %2, %head : tensor<2x5x8xbf16>, tensor<11x8xbf16>
  %z = mmc.add %y, %tied : tensor<2x5x11xbf16>, tensor<2x5x11xbf16>
  return %z : tensor<2x5x11xbf16>
}

// Other types and ranks.
func.func @second(%x: tensor<6x8xf32>) -> tensor<6x3xf32> {
  %q0 = mmc.param "model.layers.0.q_proj.weight" : tensor<8x8xf32>
  %q1 = mmc.param "model.layers.1.q_proj.weight" : tensor<8x8xf32>
  %k1 = mmc.param "model.layers.1.k_proj.weight" : tensor<3x8xf32>
  %1 = mmc.linear %x, %q0 : tensor<6x8xf32>, tensor<8x8xf32>
  %2 = mmc.linear %1, %q1 : tensor<6x8xf32>, tensor<8x8xf32>
  %3 = mmc.linear %2, %k1 : tensor<6x8xf32>, tensor<3x8xf32>
  return %3 : tensor<6x3xf32>
}
