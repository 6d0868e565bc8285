// RUN: mmc-opt %s --mmc-collapse-rows | FileCheck %s

// Batch and sequence become one dimension of rows; the launch is wrapped in reshapes.
// CHECK-LABEL: func.func @rows
// CHECK-SAME: (%[[X:.*]]: tensor<2x8x16xf32>, %[[W:.*]]: tensor<32x16xf32>)
func.func @rows(%x: tensor<2x8x16xf32>, %w: tensor<32x16xf32>) -> tensor<2x8x32xf32> {
  // CHECK: %[[IN:.*]] = mmc.reshape %[[X]] : tensor<2x8x16xf32> to tensor<16x16xf32>
  // CHECK: %[[OUT:.*]] = mmc.launch @linear_silu(%[[IN]], %[[W]]) : (tensor<16x16xf32>, tensor<32x16xf32>) -> tensor<16x32xf32>
  // CHECK: %[[Y:.*]] = mmc.reshape %[[OUT]] : tensor<16x32xf32> to tensor<2x8x32xf32>
  // CHECK: return %[[Y]]
  %y = mmc.launch @linear_silu(%x, %w) : (tensor<2x8x16xf32>, tensor<32x16xf32>) -> tensor<2x8x32xf32>
  return %y : tensor<2x8x32xf32>
}

// Attention does not treat them alike: its kernel stays as it is.
// CHECK-LABEL: func.func @attends
func.func @attends(%x: tensor<2x8x16xf32>) -> tensor<2x8x16xf32> {
  // CHECK-NOT: mmc.reshape
  // CHECK: mmc.launch @attention(%{{.*}}) : (tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
  // CHECK-NOT: mmc.reshape
  // CHECK: return
  %y = mmc.launch @attention(%x) : (tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
  return %y : tensor<2x8x16xf32>
}

// Two dimensions have no rows to merge that would leave a column.
// CHECK-LABEL: func.func @matrix
func.func @matrix(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  // CHECK-NEXT: mmc.launch @silu(%{{.*}}) : (tensor<8x16xf32>) -> tensor<8x16xf32>
  // CHECK-NEXT: return
  %y = mmc.launch @silu(%x) : (tensor<8x16xf32>) -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// CHECK: func.func private @linear_silu(%{{.*}}: tensor<16x16xf32>, %{{.*}}: tensor<32x16xf32>) -> tensor<16x32xf32>
// CHECK-NEXT: mmc.linear %{{.*}}, %{{.*}} : tensor<16x16xf32>, tensor<32x16xf32>
// CHECK-NEXT: mmc.silu %{{.*}} : tensor<16x32xf32>
func.func private @linear_silu(%x: tensor<2x8x16xf32>, %w: tensor<32x16xf32>) -> tensor<2x8x32xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<2x8x16xf32>, tensor<32x16xf32>
  %s = mmc.silu %y : tensor<2x8x32xf32>
  return %s : tensor<2x8x32xf32>
}

// CHECK: func.func private @attention(%{{.*}}: tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
func.func private @attention(%x: tensor<2x8x16xf32>) -> tensor<2x8x16xf32> attributes {mmc.kernel} {
  %y = mmc.attention %x, %x, %x heads(2) kv_heads(2)
      : tensor<2x8x16xf32>, tensor<2x8x16xf32>, tensor<2x8x16xf32> -> tensor<2x8x16xf32>
  return %y : tensor<2x8x16xf32>
}

// CHECK: func.func private @silu(%{{.*}}: tensor<8x16xf32>) -> tensor<8x16xf32>
func.func private @silu(%x: tensor<8x16xf32>) -> tensor<8x16xf32> attributes {mmc.kernel} {
  %s = mmc.silu %x : tensor<8x16xf32>
  return %s : tensor<8x16xf32>
}

// CHECK: func.func private @declared(tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
func.func private @declared(tensor<2x8x16xf32>) -> tensor<2x8x16xf32> attributes {mmc.kernel}

// CHECK: func.func private @foreign(%{{.*}}: tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
func.func private @foreign(%x: tensor<2x8x16xf32>) -> tensor<2x8x16xf32> attributes {mmc.kernel} {
  %y = arith.negf %x : tensor<2x8x16xf32>
  return %y : tensor<2x8x16xf32>
}
