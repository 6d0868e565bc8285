// RUN: mmc-opt %s --canonicalize | FileCheck %s

// What needs no computation disappears; what looks like it but does compute stays.

// CHECK-LABEL: func.func @add_zero
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf32>)
func.func @add_zero(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %zero = mmc.fill 0.0 : tensor<2x4xf32>
  %row = mmc.fill 0.0 : tensor<4xf32>
  %a = mmc.add %x, %zero : tensor<2x4xf32>, tensor<2x4xf32>
  %b = mmc.add %a, %row : tensor<2x4xf32>, tensor<4xf32>
  %c = mmc.add %zero, %b : tensor<2x4xf32>, tensor<2x4xf32>
  // CHECK-NEXT: return %[[X]]
  return %c : tensor<2x4xf32>
}

// Zeros of a larger shape repeat the row: the sum is not the row itself.
// CHECK-LABEL: func.func @zero_add_row
func.func @zero_add_row(%x: tensor<4xf32>) -> tensor<2x4xf32> {
  %zero = mmc.fill 0.0 : tensor<2x4xf32>
  // CHECK: mmc.add
  %a = mmc.add %zero, %x : tensor<2x4xf32>, tensor<4xf32>
  return %a : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @add_one
func.func @add_one(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = mmc.fill 1.0 : tensor<4xf32>
  // CHECK: mmc.add
  %a = mmc.add %x, %one : tensor<4xf32>, tensor<4xf32>
  return %a : tensor<4xf32>
}

// CHECK-LABEL: func.func @scale
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
func.func @scale(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = mmc.scale %x by(1.0) : tensor<4xf32>
  // CHECK-NEXT: %[[B:.*]] = mmc.scale %[[X]] by(-1.0
  %b = mmc.scale %x by(-1.0) : tensor<4xf32>
  // CHECK-NEXT: return %[[X]], %[[B]]
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// To a wider type and back is exact.
// CHECK-LABEL: func.func @cast_there_and_back
// CHECK-SAME: (%[[X:.*]]: tensor<4xbf16>)
func.func @cast_there_and_back(%x: tensor<4xbf16>) -> (tensor<4xbf16>, tensor<4xbf16>) {
  %a = mmc.cast %x : tensor<4xbf16> to tensor<4xf32>
  %b = mmc.cast %a : tensor<4xf32> to tensor<4xbf16>
  %c = mmc.cast %x : tensor<4xbf16> to tensor<4xbf16>
  // CHECK-NEXT: return %[[X]], %[[X]]
  return %b, %c : tensor<4xbf16>, tensor<4xbf16>
}

// To a narrower type and back rounds; so does bf16 to f16.
// CHECK-LABEL: func.func @cast_rounds
func.func @cast_rounds(%x: tensor<4xf32>, %y: tensor<4xf16>) -> (tensor<4xf32>, tensor<4xf16>) {
  // CHECK-COUNT-4: mmc.cast
  %a = mmc.cast %x : tensor<4xf32> to tensor<4xbf16>
  %b = mmc.cast %a : tensor<4xbf16> to tensor<4xf32>
  %c = mmc.cast %y : tensor<4xf16> to tensor<4xbf16>
  %d = mmc.cast %c : tensor<4xbf16> to tensor<4xf16>
  return %b, %d : tensor<4xf32>, tensor<4xf16>
}

// CHECK-LABEL: func.func @reshape
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>)
func.func @reshape(%x: tensor<2x3x4xf32>) -> (tensor<24xf32>, tensor<2x3x4xf32>) {
  %a = mmc.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
  // CHECK-NEXT: %[[B:.*]] = mmc.reshape %[[X]] : tensor<2x3x4xf32> to tensor<24xf32>
  %b = mmc.reshape %a : tensor<6x4xf32> to tensor<24xf32>
  %c = mmc.reshape %b : tensor<24xf32> to tensor<2x3x4xf32>
  // CHECK-NEXT: return %[[B]], %[[X]]
  return %b, %c : tensor<24xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @dropout
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
func.func @dropout(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = mmc.dropout %x rate(0.0) : tensor<4xf32>
  // CHECK-NEXT: %[[B:.*]] = mmc.dropout
  %b = mmc.dropout %x rate(0.5) : tensor<4xf32>
  // CHECK-NEXT: return %[[X]], %[[B]]
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @dim_size
func.func @dim_size(%x: tensor<?x7xf32>) -> (tensor<i32>, tensor<i32>) {
  // CHECK-DAG: mmc.fill 7.000000e+00 : tensor<i32>
  %a = mmc.dim_size %x axis(1) : tensor<?x7xf32>
  // CHECK-DAG: mmc.dim_size %{{.*}} axis(0)
  %b = mmc.dim_size %x axis(0) : tensor<?x7xf32>
  return %a, %b : tensor<i32>, tensor<i32>
}
