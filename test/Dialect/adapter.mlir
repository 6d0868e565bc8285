// RUN: mmc-opt %s | mmc-opt | FileCheck %s
// RUN: mmc-opt %s --mlir-print-op-generic | mmc-opt | FileCheck %s

// Dropout and routed experts survive printing and parsing.

// CHECK-LABEL: func.func @dropout
func.func @dropout(%x: tensor<2x8x64xf32>, %rng: tensor<2xi64>, %i: index) {
  // CHECK: mmc.dropout %{{.*}} rate(1.000000e-01) : tensor<2x8x64xf32>
  %0 = mmc.dropout %x rate(0.1) : tensor<2x8x64xf32>
  // CHECK: mmc.dropout %{{.*}} rng %{{.*}} rate(1.000000e-01) stream(3) : tensor<2x8x64xf32>, tensor<2xi64>
  %1 = mmc.dropout %0 rng %rng rate(0.1) stream(3) : tensor<2x8x64xf32>, tensor<2xi64>
  // A tile of a larger tensor.
  // CHECK: mmc.dropout %{{.*}} rng %{{.*}} at[%{{.*}}, %{{.*}}, %{{.*}}] of [2, 64, 64] rate(1.000000e-01) : tensor<2x8x64xf32>, tensor<2xi64>, index, index, index
  %t = mmc.dropout %0 rng %rng at[%i, %i, %i] of [2, 64, 64] rate(0.1) : tensor<2x8x64xf32>, tensor<2xi64>, index, index, index
  return
}

// CHECK-LABEL: func.func @route
func.func @route(%w: tensor<2x2xf32>, %v: tensor<8x2xf32>, %x: tensor<2x8x64xf32>, %y: tensor<2x?x64xf32>) {
  // CHECK: mmc.route %{{.*}}, %{{.*}}, %{{.*}} axis(0) : tensor<2x2xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32>
  %0 = mmc.route %w, %x, %x axis(0) : tensor<2x2xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32>
  // CHECK: mmc.route %{{.*}}, %{{.*}}, %{{.*}} axis(1) : tensor<8x2xf32>, tensor<2x?x64xf32>, tensor<2x8x64xf32>
  %1 = mmc.route %v, %y, %0 axis(1) : tensor<8x2xf32>, tensor<2x?x64xf32>, tensor<2x8x64xf32>
  // What one expert leaves open another knows.
  // CHECK: mmc.scale %{{.*}} by(2.000000e+00) : tensor<2x8x64xf32>
  %2 = mmc.scale %1 by(2.0) : tensor<2x8x64xf32>
  return
}
