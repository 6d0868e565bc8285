// RUN: mmc-opt %s --mmc-insert-adapters="spec='mm-adapter group=llm targets=input_layernorm as=layers.{layer}.adapter_attn rank=6 groups=3 temperature=5 scale=0.7 dropout=0.1; mm-adapter group=vision targets=layer_norm1 as=backbone.visual.transformer.resblocks.{layer}.adapter_attn rank=2 groups=2 sample0=1'" | FileCheck %s
// Without targets it goes where LaVIN puts it, with what the clause says; with a group only there.
// RUN: mmc-opt %s --mmc-insert-adapters="spec='mm-adapter rank=6 groups=3'" | FileCheck %s --check-prefix=PLACES
// RUN: mmc-opt %s --mmc-insert-adapters="spec='mm-adapter group=llm targets=input_layernorm as=layers.{layer}.adapter_attn dropout=0.1 rank=6 groups=3; mm-adapter group=vision targets=layer_norm1 as=backbone.visual.transformer.resblocks.{layer}.adapter_attn dropout=0.1 rank=6 groups=3'" | sed 's/mmc.adapter = "[^"]*"//' > %t.written
// RUN: mmc-opt %s --mmc-insert-adapters="spec='mm-adapter rank=6 groups=3'" | sed 's/mmc.adapter = "[^"]*"//' | diff %t.written -
// RUN: mmc-opt %s --mmc-insert-adapters="spec='mm-adapter rank=6 groups=3 dropout=0.3 group=vision'" | FileCheck %s --check-prefix=TOWER

// PLACES: mmc.param "layers.30.adapter_attn.conv_A.weight" init("xavier_uniform") {{.*}} : tensor<6x12x1xf32>
// PLACES: mmc.param "backbone.visual.transformer.resblocks.7.adapter_attn.conv_A.weight" {{.*}} : tensor<6x6x1xf32>
// PLACES: mmc.dropout {{.*}} rate(1.000000e-01)
// TOWER-NOT: "layers.30.adapter_attn
// TOWER: mmc.param "backbone.visual.transformer.resblocks.7.adapter_attn.conv_A.weight" {{.*}} : tensor<6x6x1xf32>
// TOWER: mmc.dropout {{.*}} rate(3.000000e-01)

// CHECK-LABEL: func.func @f
// CHECK: %[[A:.*]] = mmc.param "layers.30.adapter_attn.conv_A.weight" init("xavier_uniform") {mmc.group = "adapters"} : tensor<6x12x1xf32>
// CHECK-NEXT: %[[AB:.*]] = mmc.param "layers.30.adapter_attn.conv_A.bias" init("zeros") {mmc.group = "adapters"} : tensor<6xf32>
// CHECK-NEXT: %[[B:.*]] = mmc.param "layers.30.adapter_attn.conv_B.weight" init("zeros") {mmc.group = "adapters"} : tensor<12x2x1xf32>
// CHECK-NEXT: %[[BB:.*]] = mmc.param "layers.30.adapter_attn.conv_B.bias" init("zeros") {mmc.group = "adapters"} : tensor<12xf32>
// CHECK-NEXT: %[[D:.*]] = mmc.param "layers.30.adapter_attn.conv_D.weight" init("zeros") {mmc.group = "adapters"} : tensor<12x2x1xf32>
// CHECK-NEXT: %[[DB:.*]] = mmc.param "layers.30.adapter_attn.conv_D.bias" init("zeros") {mmc.group = "adapters"} : tensor<12xf32>
// CHECK-NEXT: %[[W:.*]] = mmc.param "layers.30.adapter_attn.expert_weights.weight" init("fan_in_uniform") {mmc.group = "adapters"} : tensor<2x12xf32>
// CHECK-NEXT: %[[WB:.*]] = mmc.param "layers.30.adapter_attn.expert_weights.bias" init("uniform_fan(12)") {mmc.group = "adapters"} : tensor<2xf32>
// rank = groups: a weight of one column per group.
// CHECK: mmc.param "backbone.visual.transformer.resblocks.7.adapter_attn.conv_B.weight" init("zeros") {mmc.group = "adapters"} : tensor<6x1x1xf32>

// CHECK: %[[Y:.*]] = mmc.rms_norm %arg0, %{{.*}} eps({{.*}}) {mmc.adapted = 0 : i64}
// The router reads token 0 of each sample.
// CHECK-NEXT: %[[R:.*]] = mmc.slice %[[Y]] axis(1) at(0) size(1) drop : tensor<2x5x12xf32>
// CHECK-NEXT: %[[L:.*]] = mmc.linear %[[R]], %[[W]] bias %[[WB]] : tensor<2x12xf32>, tensor<2x12xf32>, tensor<2xf32>
// CHECK-NEXT: %[[P:.*]] = mmc.softmax %[[L]] temperature(5.000000e+00) : tensor<2x2xf32>
// CHECK-DAG: %[[A2:.*]] = mmc.reshape %[[A]] : tensor<6x12x1xf32> to tensor<6x12xf32>
// CHECK-DAG: %[[B2:.*]] = mmc.reshape %[[B]] : tensor<12x2x1xf32> to tensor<12x2xf32>
// CHECK-DAG: %[[D2:.*]] = mmc.reshape %[[D]] : tensor<12x2x1xf32> to tensor<12x2xf32>
// CHECK: %[[DOWN:.*]] = mmc.linear %[[Y]], %[[A2]] bias %[[AB]]
// CHECK-NEXT: %[[U:.*]] = mmc.dropout %[[DOWN]] rate(1.000000e-01) : tensor<2x5x6xf32>
// CHECK-NEXT: %[[E0:.*]] = mmc.linear %[[U]], %[[B2]] bias %[[BB]] groups(3)
// CHECK-NEXT: %[[E1:.*]] = mmc.linear %[[U]], %[[D2]] bias %[[DB]] groups(3)
// CHECK-NEXT: %[[M:.*]] = mmc.route %[[P]], %[[E0]], %[[E1]] axis(0)
// CHECK-NEXT: %[[S:.*]] = mmc.scale %[[M]] by(0.69999999999999996)
// CHECK-NEXT: %[[Z:.*]] = mmc.add %[[Y]], %[[S]] {mmc.adapts = 0 : i64}
// All users of the norm read the adapter.
// CHECK-NEXT: mmc.linear %[[Z]], %
// CHECK-NEXT: mmc.linear %[[Z]], %

// In the tower, as LaVIN's code has it, sample 0 at every position.
// CHECK: %[[V:.*]] = mmc.layer_norm %arg1
// CHECK-NEXT: %[[VR:.*]] = mmc.slice %[[V]] axis(0) at(0) size(1) drop : tensor<2x3x6xf32>
// CHECK-NEXT: %[[VL:.*]] = mmc.linear %[[VR]], %{{.*}} bias %{{.*}} : tensor<3x6xf32>
// CHECK: mmc.reshape %{{.*}} : tensor<6x1x1xf32> to tensor<6x1xf32>
// CHECK: mmc.route %{{.*}}, %{{.*}}, %{{.*}} axis(1) : tensor<3x2xf32>
// CHECK: mmc.layer_norm
// CHECK-NEXT: return
func.func @f(%x: tensor<2x5x12xf32>, %v: tensor<2x3x6xf32>) -> (tensor<2x5x12xf32>, tensor<2x5x12xf32>, tensor<2x3x6xf32>) {
  %g = mmc.param "model.layers.30.input_layernorm.weight" {mmc.group = "llm"} : tensor<12xf32>
  %wq = mmc.param "model.layers.30.self_attn.q_proj.weight" {mmc.group = "llm"} : tensor<12x12xf32>
  %wk = mmc.param "model.layers.30.self_attn.k_proj.weight" {mmc.group = "llm"} : tensor<12x12xf32>
  %w = mmc.param "vision_model.encoder.layers.7.layer_norm1.weight" {mmc.group = "vision"} : tensor<6xf32>
  %b = mmc.param "vision_model.encoder.layers.7.layer_norm1.bias" {mmc.group = "vision"} : tensor<6xf32>
  // The same name in another group is left alone.
  %other = mmc.param "model.layers.7.layer_norm1.weight" {mmc.group = "llm"} : tensor<6xf32>
  %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<2x5x12xf32>, tensor<12xf32>
  %q = mmc.linear %n, %wq : tensor<2x5x12xf32>, tensor<12x12xf32>
  %k = mmc.linear %n, %wk : tensor<2x5x12xf32>, tensor<12x12xf32>
  %m = mmc.layer_norm %v, %w, %b eps(1.0e-5) : tensor<2x3x6xf32>, tensor<6xf32>, tensor<6xf32>
  %l = mmc.layer_norm %m, %other, %b eps(1.0e-5) : tensor<2x3x6xf32>, tensor<6xf32>, tensor<6xf32>
  return %q, %k, %l : tensor<2x5x12xf32>, tensor<2x5x12xf32>, tensor<2x3x6xf32>
}
