// RUN: mmc-opt %s --mmc-unique-params | FileCheck %s

// One parameter per name, at the start of the function, in the order of first use.
// CHECK-LABEL: func.func @tied
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf32>)
func.func @tied(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK-NEXT: %[[W:.*]] = mmc.param "w" : tensor<4x4xf32>
  // CHECK-NEXT: %[[V:.*]] = mmc.param "v" : tensor<4x4xf32>
  // CHECK-NEXT: %[[A:.*]] = mmc.linear %[[X]], %[[W]]
  // CHECK-NEXT: %[[B:.*]] = mmc.linear %[[A]], %[[V]]
  // CHECK-NEXT: %[[C:.*]] = mmc.linear %[[B]], %[[W]]
  // CHECK-NEXT: return %[[C]]
  %w = mmc.param "w" : tensor<4x4xf32>
  %a = mmc.linear %x, %w : tensor<2x4xf32>, tensor<4x4xf32>
  %v = mmc.param "v" : tensor<4x4xf32>
  %b = mmc.linear %a, %v : tensor<2x4xf32>, tensor<4x4xf32>
  %w2 = mmc.param "w" : tensor<4x4xf32>
  %c = mmc.linear %b, %w2 : tensor<2x4xf32>, tensor<4x4xf32>
  return %c : tensor<2x4xf32>
}

// Each function has its own.
// CHECK-LABEL: func.func @another
func.func @another() -> tensor<4x4xf32> {
  // CHECK-NEXT: mmc.param "w"
  %w = mmc.param "w" : tensor<4x4xf32>
  return %w : tensor<4x4xf32>
}

// CHECK: func.func private @declared
func.func private @declared(tensor<4xf32>)
