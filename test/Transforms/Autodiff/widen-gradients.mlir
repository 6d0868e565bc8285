// RUN: mmc-opt %s --mmc-widen-gradients | FileCheck %s

// CHECK-LABEL: @sums
// CHECK-NOT: mmc.cast
// CHECK: %[[W:.*]] = mmc.linear_grad_weight {{.*}} -> tensor<5x4xf32>
// CHECK: %[[B:.*]] = mmc.sum_rows {{.*}} to tensor<5xf32>
// CHECK: %[[T:.*]] = mmc.embedding_grad {{.*}} -> tensor<7x5xf32>
// CHECK: %[[R:.*]] = mmc.rms_norm_grad_weight {{.*}} -> tensor<4xf32>
// CHECK: %[[L:.*]] = mmc.layer_norm_grad_weight {{.*}} -> tensor<4xf32>
// CHECK: return %[[W]], %[[B]], %[[T]], %[[R]], %[[L]]
func.func @sums(%dy: tensor<2x3x5xbf16>, %x: tensor<2x3x4xbf16>, %ids: tensor<2x3xi32>)
    -> (tensor<5x4xf32>, tensor<5xf32>, tensor<7x5xf32>, tensor<4xf32>, tensor<4xf32>) {
  %w = mmc.linear_grad_weight %dy, %x : tensor<2x3x5xbf16>, tensor<2x3x4xbf16> -> tensor<5x4xbf16>
  %b = mmc.sum_rows %dy : tensor<2x3x5xbf16> to tensor<5xbf16>
  %t = mmc.embedding_grad %ids, %dy : tensor<2x3xi32>, tensor<2x3x5xbf16> -> tensor<7x5xbf16>
  %r = mmc.rms_norm_grad_weight %x, %x eps(1.0e-6) : tensor<2x3x4xbf16>, tensor<2x3x4xbf16> -> tensor<4xbf16>
  %l = mmc.layer_norm_grad_weight %x, %x eps(1.0e-6) : tensor<2x3x4xbf16>, tensor<2x3x4xbf16> -> tensor<4xbf16>
  %0 = mmc.cast %w : tensor<5x4xbf16> to tensor<5x4xf32>
  %1 = mmc.cast %b : tensor<5xbf16> to tensor<5xf32>
  %2 = mmc.cast %t : tensor<7x5xbf16> to tensor<7x5xf32>
  %3 = mmc.cast %r : tensor<4xbf16> to tensor<4xf32>
  %4 = mmc.cast %l : tensor<4xbf16> to tensor<4xf32>
  return %0, %1, %2, %3, %4 : tensor<5x4xf32>, tensor<5xf32>, tensor<7x5xf32>, tensor<4xf32>, tensor<4xf32>
}

// A weight used twice and through a view: each sum is widened, what is no sum is cast before it is added.

// CHECK-LABEL: @through
// CHECK-DAG: %[[A:.*]] = mmc.linear_grad_weight {{.*}} -> tensor<5x4xf32>
// CHECK-DAG: %[[C:.*]] = mmc.cast %{{.*}} : tensor<5x4xbf16> to tensor<5x4xf32>
// CHECK: %[[S:.*]] = mmc.add %[[A]], %[[C]] : tensor<5x4xf32>, tensor<5x4xf32>
// CHECK: %[[V:.*]] = mmc.reshape %[[S]] : tensor<5x4xf32> to tensor<5x4x1xf32>
// CHECK: return %[[V]]
func.func @through(%dy: tensor<3x5xbf16>, %x: tensor<3x4xbf16>, %other: tensor<5x4xbf16>) -> tensor<5x4x1xf32> {
  %a = mmc.linear_grad_weight %dy, %x : tensor<3x5xbf16>, tensor<3x4xbf16> -> tensor<5x4xbf16>
  %s = mmc.add %a, %other : tensor<5x4xbf16>, tensor<5x4xbf16>
  %v = mmc.reshape %s : tensor<5x4xbf16> to tensor<5x4x1xbf16>
  %0 = mmc.cast %v : tensor<5x4x1xbf16> to tensor<5x4x1xf32>
  return %0 : tensor<5x4x1xf32>
}

// What something else reads keeps its type, and so does what was not summed, what is made narrower, and what is summed in f32.

// CHECK-LABEL: @left
// CHECK: mmc.sum_rows {{.*}} to tensor<5xbf16>
// CHECK: mmc.silu {{.*}} : tensor<3x5xbf16>
// CHECK: mmc.sum_rows {{.*}} to tensor<4xf32>
// CHECK: mmc.sum_rows {{.*}} to tensor<4xf32>
// CHECK-COUNT-4: mmc.cast
func.func @left(%dy: tensor<3x5xbf16>, %x: tensor<3x4xf32>)
    -> (tensor<5xf32>, tensor<5xbf16>, tensor<3x5xf32>, tensor<4xbf16>, tensor<4xf64>) {
  %b = mmc.sum_rows %dy : tensor<3x5xbf16> to tensor<5xbf16>
  %y = mmc.silu %dy : tensor<3x5xbf16>
  %n = mmc.sum_rows %x : tensor<3x4xf32> to tensor<4xf32>
  %m = mmc.sum_rows %x : tensor<3x4xf32> to tensor<4xf32>
  %0 = mmc.cast %b : tensor<5xbf16> to tensor<5xf32>
  %1 = mmc.cast %y : tensor<3x5xbf16> to tensor<3x5xf32>
  %2 = mmc.cast %n : tensor<4xf32> to tensor<4xbf16>
  %3 = mmc.cast %m : tensor<4xf32> to tensor<4xf64>
  return %0, %b, %1, %2, %3 : tensor<5xf32>, tensor<5xbf16>, tensor<3x5xf32>, tensor<4xbf16>, tensor<4xf64>
}
