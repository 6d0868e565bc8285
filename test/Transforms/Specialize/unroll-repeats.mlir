// RUN: mmc-opt %s --mmc-unroll-repeats | FileCheck %s

// One copy per index, each fed by the one before it.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
func.func @chain(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[P2:.*]] = mmc.param "layers.2.weight"
  // CHECK: %[[A2:.*]] = mmc.add %[[X]], %[[P2]]
  // CHECK: %[[P3:.*]] = mmc.param "layers.3.weight"
  // CHECK: %[[A3:.*]] = mmc.add %[[A2]], %[[P3]]
  // CHECK-NOT: mmc.param
  // CHECK: return %[[A3]]
  %y = mmc.repeat i = 2 to 4 iter(%z = %x) -> tensor<4xf32> {
    %p = mmc.param "layers.{i}.weight" : tensor<4xf32>
    %s = mmc.add %z, %p : tensor<4xf32>, tensor<4xf32>
    mmc.yield %s : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// Values that swap places, and one from outside.
// CHECK-LABEL: func.func @swap
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>)
func.func @swap(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %r:2 = mmc.repeat i = 0 to 3 iter(%a = %x, %b = %y) -> (tensor<4xf32>, tensor<4xf32>) {
    mmc.yield %b, %a : tensor<4xf32>, tensor<4xf32>
  }
  // CHECK-NEXT: return %[[Y]], %[[X]]
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @never
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
func.func @never(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: return %[[X]]
  %y = mmc.repeat i = 1 to 1 iter(%z = %x) -> tensor<4xf32> {
    %s = mmc.silu %z : tensor<4xf32>
    mmc.yield %s : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// Collected pieces follow each other in the order of the indices.
// CHECK-LABEL: func.func @collect
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf32>)
func.func @collect(%x: tensor<2x4xf32>) -> tensor<6x4xf32> {
  // CHECK: %[[A:.*]] = mmc.silu %[[X]]
  // CHECK: %[[B:.*]] = mmc.silu %[[A]]
  // CHECK: %[[C:.*]] = mmc.silu %[[B]]
  // CHECK: %[[ALL:.*]] = mmc.concat %[[X]], %[[A]], %[[B]] axis(0)
  // CHECK: return %[[ALL]]
  %r:2 = mmc.repeat i = 0 to 3 iter(%z = %x) collect axis(0) -> (tensor<2x4xf32>, tensor<6x4xf32>) {
    %s = mmc.silu %z : tensor<2x4xf32>
    mmc.yield %s, %z : tensor<2x4xf32>, tensor<2x4xf32>
  }
  return %r#1 : tensor<6x4xf32>
}

// Expressions, of the indices of several repeats too.
// CHECK-LABEL: func.func @nested
func.func @nested(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: mmc.param "block.4.even.0.first"
  // CHECK: mmc.param "block.5.even.2.first"
  // CHECK: mmc.param "block.8.even.0.first"
  // CHECK: mmc.param "block.9.even.2.first"
  // CHECK-NOT: mmc.param
  %y = mmc.repeat outer = 1 to 3 iter(%z = %x) -> tensor<4xf32> {
    %w = mmc.repeat i = 0 to 2 iter(%v = %z) -> tensor<4xf32> {
      %p = mmc.param "block.{4*outer+i}.even.{2*i}.first" : tensor<4xf32>
      %s = mmc.add %v, %p : tensor<4xf32>, tensor<4xf32>
      mmc.yield %s : tensor<4xf32>
    }
    mmc.yield %w : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// A definition's placeholders are filled in where it is instantiated.
// CHECK: mmc.param trainable "{name}.a"
mmc.adapter @keeps(%x: tensor<?xf32>, %y: tensor<?xf32>) {
  %p = mmc.param trainable "{name}.a" : tensor<?xf32>
  mmc.yield %y : tensor<?xf32>
}
