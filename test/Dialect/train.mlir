// RUN: mmc-opt %s | mmc-opt | FileCheck %s
// RUN: mmc-opt %s --mlir-print-op-generic | mmc-opt | FileCheck %s

// Loss and optimizer survive printing and parsing. The loss is f32, and f64 only for f64.

// CHECK-LABEL: func.func @loss
func.func @loss(%logits: tensor<2x8x100xbf16>, %labels: tensor<2x8xi32>, %exact: tensor<2x8x100xf64>) {
  // CHECK: mmc.shift_labels %{{.*}} : tensor<2x8xi32>
  %t = mmc.shift_labels %labels : tensor<2x8xi32>
  // CHECK: mmc.cross_entropy %{{.*}}, %{{.*}} : tensor<2x8x100xbf16>, tensor<2x8xi32>
  %l = mmc.cross_entropy %logits, %t : tensor<2x8x100xbf16>, tensor<2x8xi32>
  // CHECK: mmc.sum %{{.*}} : tensor<2x8xf32>
  %s = mmc.sum %l : tensor<2x8xf32>
  // CHECK: mmc.scale %{{.*}} by(2.000000e+00) : tensor<f32>
  %u = mmc.scale %s by(2.0) : tensor<f32>
  // CHECK: mmc.count_labels %{{.*}} : tensor<2x8xi32>
  %c = mmc.count_labels %t : tensor<2x8xi32>
  %e = mmc.cross_entropy %exact, %t : tensor<2x8x100xf64>, tensor<2x8xi32>
  // CHECK: mmc.sum %{{.*}} : tensor<2x8xf64>
  %f = mmc.sum %e : tensor<2x8xf64>
  return
}

// CHECK-LABEL: func.func @adamw
func.func @adamw(%p: tensor<7xf32>, %s: tensor<6xf32>) {
  // CHECK: mmc.adamw %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} betas(9.000000e-01, 7.500000e-01) eps(1.000000e-08) weight_decay(2.000000e-02) : tensor<7xf32>,
  %0:3 = mmc.adamw %p, %p, %p, %p, %s betas(0.9, 0.75) eps(1.0e-8) weight_decay(0.02)
      : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<6xf32>
  // CHECK: mmc.adamw {{.*}} weight_decay(0.000000e+00) lr_scale(1.000000e+01) :
  %1:3 = mmc.adamw %0#0, %p, %0#1, %0#2, %s betas(0.9, 0.75) eps(1.0e-8) weight_decay(0.0) lr_scale(10.0)
      : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<6xf32>
  return
}
