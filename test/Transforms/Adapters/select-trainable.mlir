// RUN: mmc-opt %s --mmc-select-trainable="train=adapters,connector" | FileCheck %s --check-prefixes=CHECK,GROUP
// RUN: mmc-opt %s --mmc-select-trainable="train=llm" | FileCheck %s --check-prefixes=CHECK,LLM
// RUN: mmc-opt %s --mmc-select-trainable="train=*.bias,double" | FileCheck %s --check-prefixes=CHECK,PATTERN
// RUN: mmc-opt %s --mmc-select-trainable="train=all" | FileCheck %s --check-prefixes=CHECK,ALL

// Selection is by name: the parameter trains in each function that reads it, and what else it had stays.
// CHECK-LABEL: func.func @logits
func.func @logits(%x: tensor<2x4xbf16>) -> tensor<2x4xbf16> {
  // GROUP: %[[W:.*]] = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4x4xbf16>
  // LLM: %[[WIDE:.*]] = mmc.param trainable "fc.weight" {mmc.group = "llm"} : tensor<4x4xf32>
  // LLM: %[[W:.*]] = mmc.cast %[[WIDE]] : tensor<4x4xf32> to tensor<4x4xbf16>
  // PATTERN: %[[W:.*]] = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4x4xbf16>
  // ALL: mmc.param trainable "fc.weight"
  %w = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4x4xbf16>
  // GROUP: mmc.param "fc.bias" : tensor<4xbf16>
  // LLM: mmc.param "fc.bias" : tensor<4xbf16>
  // PATTERN: mmc.param trainable "fc.bias" : tensor<4xf32>
  // ALL: mmc.param trainable "fc.bias"
  %b = mmc.param "fc.bias" : tensor<4xbf16>
  // GROUP: mmc.linear %{{.*}}, %[[W]] bias
  // LLM: mmc.linear %{{.*}}, %[[W]] bias
  %y = mmc.linear %x, %w bias %b : tensor<2x4xbf16>, tensor<4x4xbf16>, tensor<4xbf16>
  return %y : tensor<2x4xbf16>
}

// CHECK-LABEL: func.func @loss
func.func @loss(%x: tensor<2x4xbf16>, %z: tensor<2x4xf32>, %d: tensor<2x4xf64>) -> (tensor<2x4xbf16>, tensor<2x4xf32>, tensor<2x4xf64>) {
  // GROUP: mmc.param "fc.weight"
  // LLM: mmc.param trainable "fc.weight" {mmc.group = "llm"} : tensor<4x4xf32>
  // PATTERN: mmc.param "fc.weight"
  // ALL: mmc.param trainable "fc.weight"
  %w = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4x4xbf16>
  %y = mmc.linear %x, %w : tensor<2x4xbf16>, tensor<4x4xbf16>
  // One that trained and is not chosen any more is frozen. f32 and f64 are wide enough: no cast.
  // GROUP: %[[A:.*]] = mmc.param trainable "a.weight" init("zeros") {mmc.group = "adapters"} : tensor<4x4xf32>
  // LLM: %[[A:.*]] = mmc.param "a.weight" init("zeros") {mmc.group = "adapters"} : tensor<4x4xf32>
  // PATTERN: %[[A:.*]] = mmc.param "a.weight"
  // ALL: %[[A:.*]] = mmc.param trainable "a.weight" init("zeros") {mmc.group = "adapters"} : tensor<4x4xf32>
  // CHECK-NEXT: mmc.linear %{{.*}}, %[[A]]
  %a = mmc.param trainable "a.weight" init("zeros") {mmc.group = "adapters"} : tensor<4x4xf32>
  %u = mmc.linear %z, %a : tensor<2x4xf32>, tensor<4x4xf32>
  // GROUP: mmc.param "double" : tensor<4xf64>
  // PATTERN: %[[D:.*]] = mmc.param trainable "double" : tensor<4xf64>
  // PATTERN-NEXT: mmc.add %{{.*}}, %[[D]]
  %p = mmc.param "double" : tensor<4xf64>
  %v = mmc.add %d, %p : tensor<2x4xf64>, tensor<4xf64>
  return %y, %u, %v : tensor<2x4xbf16>, tensor<2x4xf32>, tensor<2x4xf64>
}
