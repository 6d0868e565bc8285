// RUN: mmc-opt %s --mmc-form-kernels | FileCheck %s
// RUN: mmc-opt %s --mmc-form-kernels=enable=false | FileCheck %s --check-prefix=ALONE

// A residual addition and an activation are computed with the contraction that feeds them.
// CHECK-LABEL: func.func @joins
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>, %[[R:.*]]: tensor<4x16xf32>)
// CHECK: %[[W:.*]] = mmc.param "w"
// CHECK: %[[Y:.*]] = mmc.launch @[[FUSED:.*]](%[[X]], %[[W]], %[[R]])
// CHECK-NEXT: return %[[Y]]
// ALONE-LABEL: func.func @joins
// ALONE-COUNT-3: mmc.launch
// ALONE-NOT: mmc.launch
// ALONE: return
func.func @joins(%x: tensor<4x8xf32>, %r: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %w = mmc.param "w" : tensor<16x8xf32>
  %y = mmc.linear %x, %w : tensor<4x8xf32>, tensor<16x8xf32>
  %s = mmc.silu %y : tensor<4x16xf32>
  %z = mmc.add %s, %r : tensor<4x16xf32>, tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// A value that others need too leaves the kernel as a second result.
// CHECK-LABEL: func.func @two_results
// CHECK: %[[B:.*]]:2 = mmc.launch @{{.*}} -> (tensor<4x16xf32>, tensor<4x16xf32>)
// CHECK-NEXT: return %[[B]]#0, %[[B]]#1
func.func @two_results(%x: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %s = mmc.silu %x : tensor<4x16xf32>
  %z = mmc.scale %s by(2.0) : tensor<4x16xf32>
  return %s, %z : tensor<4x16xf32>, tensor<4x16xf32>
}

// Linears of one input are one launch.
// CHECK-LABEL: func.func @shared_input
// CHECK-COUNT-1: mmc.launch
// CHECK-NOT: mmc.launch
// CHECK: return
// ALONE-LABEL: func.func @shared_input
// ALONE-COUNT-3: mmc.launch
// ALONE: return
func.func @shared_input(%x: tensor<4x8xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x24xf32>) {
  %wq = mmc.param "q" : tensor<16x8xf32>
  %wk = mmc.param "k" : tensor<16x8xf32>
  %wv = mmc.param "v" : tensor<24x8xf32>
  %q = mmc.linear %x, %wq : tensor<4x8xf32>, tensor<16x8xf32>
  %k = mmc.linear %x, %wk : tensor<4x8xf32>, tensor<16x8xf32>
  %v = mmc.linear %x, %wv : tensor<4x8xf32>, tensor<24x8xf32>
  return %q, %k, %v : tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x24xf32>
}

// A contraction does not compute its input: every tile would do it again.
// CHECK-LABEL: func.func @contraction_after
// CHECK-COUNT-2: mmc.launch
// CHECK: return
func.func @contraction_after(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %w = mmc.param "w" : tensor<16x8xf32>
  %s = mmc.silu %x : tensor<4x8xf32>
  %y = mmc.linear %s, %w : tensor<4x8xf32>, tensor<16x8xf32>
  return %y : tensor<4x16xf32>
}

// A norm needs whole rows, which a contraction's tile does not have.
// CHECK-LABEL: func.func @norm_after_linear
// CHECK-COUNT-2: mmc.launch
// CHECK: return
func.func @norm_after_linear(%x: tensor<4x8xf32>, %g: tensor<16xf32>) -> tensor<4x16xf32> {
  %w = mmc.param "w" : tensor<16x8xf32>
  %y = mmc.linear %x, %w : tensor<4x8xf32>, tensor<16x8xf32>
  %n = mmc.rms_norm %y, %g eps(1.0e-6) : tensor<4x16xf32>, tensor<16xf32>
  return %n : tensor<4x16xf32>
}

// What was returned without a computation of its own is copied: outputs never share memory with anything.
// CHECK-LABEL: func.func @copies
// CHECK: mmc.param "w"
// CHECK-COUNT-3: mmc.launch @copy
// CHECK: return
func.func @copies(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<16x8xf32>, tensor<32xf32>) {
  %w = mmc.param "w" : tensor<16x8xf32>
  %v = mmc.reshape %x : tensor<4x8xf32> to tensor<32xf32>
  return %x, %w, %v : tensor<4x8xf32>, tensor<16x8xf32>, tensor<32xf32>
}

// Integers too.
// CHECK-LABEL: func.func @integers
// CHECK: %[[N:.*]]:2 = mmc.launch @count_labels_copy
// CHECK: %[[X:.*]] = mmc.launch @copy
// CHECK: return %[[N]]#{{[01]}}, %[[N]]#{{[01]}}, %[[X]]
func.func @integers(%x: tensor<2x4xi32>) -> (tensor<i32>, tensor<i32>, tensor<2x4xi32>) {
  %n = mmc.count_labels %x : tensor<2x4xi32>
  return %n, %n, %x : tensor<i32>, tensor<i32>, tensor<2x4xi32>
}

// A computation that is returned through a view writes the output itself; returned once more it is copied.
// CHECK-LABEL: func.func @returned_views
// CHECK: %[[Y:.*]] = mmc.launch @silu
// CHECK: %[[V:.*]] = mmc.reshape %[[Y]]
// CHECK: %[[C:.*]] = mmc.launch @copy
// CHECK: return %[[V]], %[[C]]
func.func @returned_views(%x: tensor<4x8xf32>) -> (tensor<32xf32>, tensor<8x4xf32>) {
  %y = mmc.silu %x : tensor<4x8xf32>
  %v = mmc.reshape %y : tensor<4x8xf32> to tensor<32xf32>
  %w = mmc.reshape %y : tensor<4x8xf32> to tensor<8x4xf32>
  return %v, %w : tensor<32xf32>, tensor<8x4xf32>
}

// A view that stands before the last op of the kernel that makes its value moves behind the launch, views of it too.
// CHECK-LABEL: func.func @view_of_an_early_value
// CHECK: %[[F:.*]]:2 = mmc.launch @{{.*}} -> (tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK-NEXT: %[[V:.*]] = mmc.reshape %[[F]]#0 : tensor<2x3xf32> to tensor<3x2xf32>
// CHECK-NEXT: %[[W:.*]] = mmc.reshape %[[V]] : tensor<3x2xf32> to tensor<6xf32>
// CHECK-NEXT: %[[S:.*]] = mmc.launch @softmax{{.*}}(%[[W]])
// CHECK-NEXT: return %[[S]], %[[F]]#1
func.func @view_of_an_early_value(%x: tensor<2x3xf32>, %r: tensor<2x3xf32>) -> (tensor<6xf32>, tensor<2x3xf32>) {
  %a = mmc.silu %x : tensor<2x3xf32>
  %v = mmc.reshape %a : tensor<2x3xf32> to tensor<3x2xf32>
  %w = mmc.reshape %v : tensor<3x2xf32> to tensor<6xf32>
  %b = mmc.add %a, %r : tensor<2x3xf32>, tensor<2x3xf32>
  %c = mmc.softmax %w : tensor<6xf32>
  return %c, %b : tensor<6xf32>, tensor<2x3xf32>
}

// Equal kernels are one function, whatever parameters they read.
// CHECK-LABEL: func.func @equal_kernels
// CHECK: mmc.launch @[[LINEAR:.*]](%
// CHECK: mmc.launch @[[LINEAR]](%
// CHECK: return
func.func @equal_kernels(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %a = mmc.param "a" : tensor<8x8xf32>
  %b = mmc.param "b" : tensor<8x8xf32>
  %y = mmc.linear %x, %a : tensor<4x8xf32>, tensor<8x8xf32>
  %z = mmc.linear %y, %b : tensor<4x8xf32>, tensor<8x8xf32>
  return %z : tensor<4x8xf32>
}

// What nobody reads is not computed.
// CHECK-LABEL: func.func @unused
// CHECK-COUNT-1: mmc.launch
// CHECK-NOT: mmc.launch
// CHECK: return
func.func @unused(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %s = mmc.silu %x : tensor<4x8xf32>
  %u = mmc.softmax %x : tensor<4x8xf32>
  return %s : tensor<4x8xf32>
}

// CHECK: func.func private @[[FUSED]](%{{.*}}: tensor<4x8xf32>, %{{.*}}: tensor<16x8xf32>, %{{.*}}: tensor<4x16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel}
// CHECK-NEXT: mmc.linear
// CHECK-NEXT: mmc.silu
// CHECK-NEXT: mmc.add
// CHECK-NEXT: return
