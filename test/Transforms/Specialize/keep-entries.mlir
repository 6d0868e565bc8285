// RUN: mmc-opt %s --mmc-keep-entries=entries=loss | FileCheck %s
// RUN: mmc-opt %s --mmc-keep-entries=entries=loss,other | FileCheck %s --check-prefix=TWO
// RUN: mmc-opt %s --mmc-keep-entries=entries=loss --inline --mmc-specialize-shapes | FileCheck %s --check-prefix=INLINED
// RUN: not mmc-opt %s --mmc-keep-entries=entries=losss 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: has no function '@losss'

// What a kept entry calls stays until it is inlined, but is no entry any more.
// CHECK: func.func private @logits
// TWO: func.func private @logits
// INLINED-NOT: @logits
func.func @logits(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @helper(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK: func.func @loss
// TWO: func.func @loss
// INLINED: func.func @loss
func.func @loss(%x: tensor<4xf32>) -> tensor<f32> {
  %y = call @logits(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %s = mmc.sum %y : tensor<4xf32>
  return %s : tensor<f32>
}

// CHECK-NOT: @other
// TWO: func.func @other
func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// Private functions are not entries: they are left alone.
// CHECK: func.func private @helper
// TWO: func.func private @helper
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
