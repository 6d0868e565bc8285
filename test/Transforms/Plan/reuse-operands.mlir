// RUN: mmc-opt %s --mmc-reuse-operands --split-input-file | FileCheck %s
// RUN: mmc-opt %s --mmc-reuse-operands --split-input-file --remark-policy=all --remarks-filter=mmc-reuse-operands 2>&1 | FileCheck %s --check-prefix=REMARK

// %a is read for the last time by @add: the sum is written over it. %x is the caller's. The output is no value of the arena.
// CHECK-LABEL: func.func @chain
func.func @chain(%x: tensor<16xf32>) -> tensor<16xf32> {
  // CHECK: mmc.launch @copy(%{{.*}}) : (tensor<16xf32>)
  %a = mmc.launch @copy(%x) : (tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @add(%{{.*}}, %{{.*}}) {mmc.in_place = array<i64: 1>}
  // REMARK: [Passed] in-place {{.*}}result 0 can be written over operand 1
  %b = mmc.launch @add(%x, %a) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @copy(%{{.*}}) : (tensor<16xf32>)
  %c = mmc.launch @copy(%b) : (tensor<16xf32>) -> tensor<16xf32>
  return %c : tensor<16xf32>
}
// CHECK: func.func private @copy({{.*}} attributes {mmc.kernel}
func.func private @copy(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<16xf32>
  return %y : tensor<16xf32>
}
// CHECK: func.func private @add({{.*}} attributes {mmc.in_place = array<i64: 1>, mmc.kernel}
func.func private @add(%x: tensor<16xf32>, %z: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.add %x, %z : tensor<16xf32>, tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// One kernel, used in two ways: the less frequent use gets a copy. Twice the same operand is not taken over (the place
// would be read under two names), nor is one that is read later or has another size.
// CHECK-LABEL: func.func @ways
func.func @ways(%x: tensor<16xf32>) -> (tensor<16xf32>, tensor<f32>) {
  // CHECK: [[A:%.*]] = mmc.launch @add(%{{.*}}, %{{.*}}) : (
  %a = mmc.launch @add(%x, %x) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // CHECK: [[B:%.*]] = mmc.launch @add([[A]], [[A]]) : (
  %b = mmc.launch @add(%a, %a) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // CHECK: [[C:%.*]] = mmc.launch @add_in_place([[B]], %{{.*}}) {mmc.in_place = array<i64: 0>}
  %c = mmc.launch @add(%b, %x) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @add([[C]], %{{.*}}) : (
  %d = mmc.launch @add(%c, %x) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @sum([[C]]) : (
  %e = mmc.launch @sum(%c) : (tensor<16xf32>) -> tensor<f32>
  return %d, %e : tensor<16xf32>, tensor<f32>
}
// CHECK: func.func private @add_in_place({{.*}} attributes {mmc.in_place = array<i64: 0>, mmc.kernel}
// CHECK: func.func private @add({{.*}} attributes {mmc.kernel}
func.func private @add(%x: tensor<16xf32>, %z: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.add %x, %z : tensor<16xf32>, tensor<16xf32>
  return %y : tensor<16xf32>
}
func.func private @sum(%x: tensor<16xf32>) -> tensor<f32> attributes {mmc.kernel} {
  %y = mmc.sum %x : tensor<16xf32>
  return %y : tensor<f32>
}

// -----

// What kernels permit. A view of a dead value is as good as the value.
// CHECK-LABEL: func.func @kernels
func.func @kernels(%x: tensor<4x16xf32>, %w: tensor<16x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  // The whole chain is element-wise and its first op reads the operand.
  // CHECK: mmc.launch @chain({{.*}}) {mmc.in_place = array<i64: 0>}
  %a = mmc.launch @copy(%x) : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %b = mmc.launch @chain(%a, %x) : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<4x16xf32>
  // The second op reads it: the first may have written the result's place by then.
  // CHECK: mmc.launch @chain_apart(%{{.*}}, %{{.*}}) : (
  // REMARK: [Missed] not-in-place {{.*}}result 0 cannot be written over operand 1, {{.*}}: kernel 'chain' may still read it
  %c = mmc.launch @copy(%b) : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %d = mmc.launch @chain(%x, %c) : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<4x16xf32>
  // Every column of a product reads the whole row.
  // CHECK: mmc.launch @linear(%{{.*}}, %{{.*}}) : (
  %e = mmc.launch @linear(%d, %w) : (tensor<4x16xf32>, tensor<16x16xf32>) -> tensor<4x16xf32>
  // A product behind an element-wise op: other tiles still read the row that this one overwrites.
  // CHECK: mmc.launch @silu_linear(%{{.*}}, %{{.*}}) : (
  %f = mmc.launch @silu_linear(%e, %w) : (tensor<4x16xf32>, tensor<16x16xf32>) -> tensor<4x16xf32>
  // CHECK: [[V:%.*]] = mmc.reshape
  %v = mmc.reshape %f : tensor<4x16xf32> to tensor<64xf32>
  // CHECK: mmc.launch @silu64([[V]]) {mmc.in_place = array<i64: 0>}
  %s = mmc.launch @silu64(%v) : (tensor<64xf32>) -> tensor<64xf32>
  %r = mmc.reshape %s : tensor<64xf32> to tensor<4x16xf32>
  %g = mmc.launch @copy(%r) : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %h = mmc.launch @copy(%r) : (tensor<4x16xf32>) -> tensor<4x16xf32>
  return %g, %h : tensor<4x16xf32>, tensor<4x16xf32>
}
func.func private @copy(%x: tensor<4x16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}
func.func private @chain(%x: tensor<4x16xf32>, %z: tensor<4x16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel} {
  %s = mmc.silu %x : tensor<4x16xf32>
  %y = mmc.mul %s, %z : tensor<4x16xf32>, tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}
func.func private @linear(%x: tensor<4x16xf32>, %w: tensor<16x16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel} {
  %y = mmc.linear %x, %w : tensor<4x16xf32>, tensor<16x16xf32>
  return %y : tensor<4x16xf32>
}
func.func private @silu_linear(%x: tensor<4x16xf32>, %w: tensor<16x16xf32>) -> tensor<4x16xf32> attributes {mmc.kernel} {
  %s = mmc.silu %x : tensor<4x16xf32>
  %y = mmc.linear %s, %w : tensor<4x16xf32>, tensor<16x16xf32>
  return %y : tensor<4x16xf32>
}
func.func private @silu64(%x: tensor<64xf32>) -> tensor<64xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<64xf32>
  return %y : tensor<64xf32>
}

// -----

// The second result does not come by way of the op that reads %a, which may be computed behind it.
// CHECK-LABEL: func.func @two_results
func.func @two_results(%x: tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %a = mmc.launch @copy(%x) : (tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @two(%{{.*}}, %{{.*}}) : (
  %b:2 = mmc.launch @two(%a, %x) : (tensor<16xf32>, tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>)
  %c = mmc.launch @copy(%b#0) : (tensor<16xf32>) -> tensor<16xf32>
  %d = mmc.launch @copy(%b#1) : (tensor<16xf32>) -> tensor<16xf32>
  return %c, %d : tensor<16xf32>, tensor<16xf32>
}
func.func private @copy(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<16xf32>
  return %y : tensor<16xf32>
}
func.func private @two(%x: tensor<16xf32>, %z: tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) attributes {mmc.kernel} {
  %a = mmc.silu %x : tensor<16xf32>
  %r = mmc.scale %z by(2.0) : tensor<16xf32>
  return %a, %r : tensor<16xf32>, tensor<16xf32>
}

// -----

// The gradient of the loss is as large as the logits, and the last to read them.
// CHECK-LABEL: func.func @loss_gradient
func.func @loss_gradient(%x: tensor<4x8xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>) -> tensor<4x8xf32> {
  %l = mmc.launch @copy(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: mmc.launch @cross_entropy_grad({{.*}}) {mmc.in_place = array<i64: 0>}
  %d = mmc.launch @cross_entropy_grad(%l, %t, %g) : (tensor<4x8xf32>, tensor<4xi32>, tensor<4xf32>) -> tensor<4x8xf32>
  %o = mmc.launch @copy(%d) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %o : tensor<4x8xf32>
}
func.func private @copy(%x: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
func.func private @cross_entropy_grad(%l: tensor<4x8xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>) -> tensor<4x8xf32> attributes {mmc.kernel} {
  %d = mmc.cross_entropy_grad %l, %t, %g : tensor<4x8xf32>, tensor<4xi32>, tensor<4xf32> -> tensor<4x8xf32>
  return %d : tensor<4x8xf32>
}

// -----

// What the file says is not trusted, at launches nor kernels: %x is the caller's and %a is read once more behind @silu.
// CHECK-LABEL: func.func @stale
// CHECK-NOT: mmc.in_place
func.func @stale(%x: tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %a = mmc.launch @copy(%x) {mmc.in_place = array<i64: 0>} : (tensor<16xf32>) -> tensor<16xf32>
  %b = mmc.launch @silu(%a) {mmc.in_place = array<i64: 7, 7>} : (tensor<16xf32>) -> tensor<16xf32>
  %c = mmc.launch @copy(%a) : (tensor<16xf32>) -> tensor<16xf32>
  %d = mmc.launch @copy(%b) {mmc.in_place = "yes"} : (tensor<16xf32>) -> tensor<16xf32>
  return %c, %d : tensor<16xf32>, tensor<16xf32>
}
func.func private @copy(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<16xf32>
  return %y : tensor<16xf32>
}
func.func private @silu(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.in_place = array<i64: 0>, mmc.kernel} {
  %y = mmc.silu %x : tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// A kernel that is only declared may read its operand behind its first write for all that is known; a declaration that
// claims otherwise is not trusted either.
// CHECK-LABEL: func.func @declared
// CHECK-NOT: mmc.in_place
// REMARK: [Missed] not-in-place {{.*}}result 0 cannot be written over operand 0, {{.*}}: kernel 'elsewhere' may still read it
func.func @declared(%x: tensor<16xf32>) -> tensor<16xf32> {
  %a = mmc.launch @elsewhere(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %b = mmc.launch @elsewhere(%a) {mmc.in_place = array<i64: 0>} : (tensor<16xf32>) -> tensor<16xf32>
  %c = mmc.launch @elsewhere(%b) : (tensor<16xf32>) -> tensor<16xf32>
  return %c : tensor<16xf32>
}
func.func private @elsewhere(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.in_place = array<i64: 0>, mmc.kernel}

// -----

// The outputs p and m are the new values of the parameter and the input of their names: the caller may give the same
// buffers. The input g has no output, the output n no input; nothing is said of them.
// CHECK-LABEL: func.func @update
func.func @update(%g: tensor<2x8xf32> {mmc.name = "g"}, %m: tensor<2x8xf32> {mmc.name = "m"}, %s: tensor<6xf32> {mmc.name = "s"})
    -> (tensor<16xf32> {mmc.name = "p"}, tensor<16xf32> {mmc.name = "m"}, tensor<16xf32> {mmc.name = "n"}) {
  %p = mmc.param trainable "p" : tensor<16xf32>
  %g1 = mmc.reshape %g : tensor<2x8xf32> to tensor<16xf32>
  %m1 = mmc.reshape %m : tensor<2x8xf32> to tensor<16xf32>
  %a:3 = mmc.launch @adamw(%p, %g1, %m1, %s) : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<6xf32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>)
  return %a#0, %a#1, %a#2 : tensor<16xf32>, tensor<16xf32>, tensor<16xf32>
}
// CHECK: func.func private @adamw({{.*}} attributes {mmc.kernel, mmc.may_alias = array<i64: 0, 2, 4, 5>}
func.func private @adamw(%p: tensor<16xf32>, %g: tensor<16xf32>, %m: tensor<16xf32>, %s: tensor<6xf32>)
    -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) attributes {mmc.kernel, mmc.may_alias = array<i64: 1>} {
  %a:3 = mmc.adamw %p, %g, %m, %m, %s betas(0.9, 0.999) eps(1.0e-8) weight_decay(0.0) lr_scale(1.0)
      : tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<6xf32>
  return %a#0, %a#1, %a#2 : tensor<16xf32>, tensor<16xf32>, tensor<16xf32>
}
