// RUN: mmc-opt %s | mmc-opt | FileCheck %s
// RUN: mmc-opt %s --mlir-print-op-generic | mmc-opt | FileCheck %s

// Element-wise and shape-changing ops survive printing and parsing, and infer their result types.

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%x: tensor<2x8x64xf32>, %r: tensor<8x64xf32>, %d: tensor<?x8x?xf32>) {
  // CHECK: mmc.add %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<2x8x64xf32>
  %0 = mmc.add %x, %x : tensor<2x8x64xf32>, tensor<2x8x64xf32>
  // A suffix is repeated.
  // CHECK: mmc.mul %{{.*}}, %{{.*}} : tensor<2x8x64xf32>, tensor<8x64xf32>
  %1 = mmc.mul %x, %r : tensor<2x8x64xf32>, tensor<8x64xf32>
  // A `?` takes the other operand's size.
  %2 = mmc.add %d, %r : tensor<?x8x?xf32>, tensor<8x64xf32>
  // CHECK: mmc.scale %{{.*}} by(2.000000e+00) : tensor<?x8x64xf32>
  %3 = mmc.scale %2 by(2.0) : tensor<?x8x64xf32>
  // CHECK: mmc.cast %{{.*}} : tensor<?x8x64xf32> to tensor<?x8x64xbf16>
  %4 = mmc.cast %3 : tensor<?x8x64xf32> to tensor<?x8x64xbf16>
  // CHECK: mmc.copy %{{.*}} : tensor<?x8x64xbf16>
  %5 = mmc.copy %4 : tensor<?x8x64xbf16>
  return
}

// CHECK-LABEL: func.func @fill
func.func @fill() {
  // CHECK: mmc.fill 1.500000e+00 : tensor<2x64xf32>
  %0 = mmc.fill 1.5 : tensor<2x64xf32>
  // CHECK: mmc.fill -1.000000e+02 : tensor<i32>
  %1 = mmc.fill -100.0 : tensor<i32>
  return
}

// CHECK-LABEL: func.func @shapes
func.func @shapes(%x: tensor<2x8x64xf32>, %d: tensor<?x?x64xf32>) {
  // CHECK: mmc.reshape %{{.*}} : tensor<2x8x64xf32> to tensor<16x64xf32>
  %0 = mmc.reshape %x : tensor<2x8x64xf32> to tensor<16x64xf32>
  // CHECK: mmc.slice %{{.*}} axis(1) at(3) size(2) : tensor<2x8x64xf32>
  %1 = mmc.slice %x axis(1) at(3) size(2) : tensor<2x8x64xf32>
  // CHECK: mmc.slice %{{.*}} axis(1) at(1) size(1) drop : tensor<2x2x64xf32>
  %2 = mmc.slice %1 axis(1) at(1) size(1) drop : tensor<2x2x64xf32>
  // CHECK: mmc.pad %{{.*}} axis(1) at(4) size(70) : tensor<2x64xf32>
  %3 = mmc.pad %2 axis(1) at(4) size(70) : tensor<2x64xf32>
  // CHECK: mmc.concat %{{.*}}, %{{.*}} axis(1) : tensor<2x8x64xf32>, tensor<2x2x64xf32>
  %4 = mmc.concat %x, %1 axis(1) : tensor<2x8x64xf32>, tensor<2x2x64xf32>
  // 8 and 2 rows are 10.
  // CHECK: mmc.concat %{{.*}}, %{{.*}} axis(1) : tensor<2x10x64xf32>, tensor<?x?x64xf32>
  %5 = mmc.concat %4, %d axis(1) : tensor<2x10x64xf32>, tensor<?x?x64xf32>
  // Known plus unknown is unknown; the other dimensions agree.
  // CHECK: mmc.scale %{{.*}} by(1.000000e+00) : tensor<2x?x64xf32>
  %6 = mmc.scale %5 by(1.0) : tensor<2x?x64xf32>
  return
}

// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<2x8x64xf32>, %c: tensor<64xf32>, %b: tensor<2x8x64xbf16>) {
  // CHECK: mmc.sum_rows %{{.*}} : tensor<2x8x64xf32> to tensor<64xf32>
  %0 = mmc.sum_rows %x : tensor<2x8x64xf32> to tensor<64xf32>
  // CHECK: mmc.sum_rows %{{.*}} : tensor<2x8x64xbf16> to tensor<64xf32>
  %w = mmc.sum_rows %b : tensor<2x8x64xbf16> to tensor<64xf32>
  // CHECK: mmc.repeat_rows %{{.*}} : tensor<64xf32> to tensor<2x1x64xf32>
  %1 = mmc.repeat_rows %c : tensor<64xf32> to tensor<2x1x64xf32>
  // Sums of bf16 are f32.
  // CHECK: mmc.inner_product %{{.*}}, %{{.*}} : tensor<2x8x64xbf16>, tensor<2x8x64xbf16>
  %2 = mmc.inner_product %b, %b : tensor<2x8x64xbf16>, tensor<2x8x64xbf16>
  // CHECK: mmc.scale %{{.*}} by(2.000000e+00) : tensor<f32>
  %3 = mmc.scale %2 by(2.0) : tensor<f32>
  // CHECK: mmc.dim_size %{{.*}} axis(2) : tensor<2x8x64xf32>
  %4 = mmc.dim_size %x axis(2) : tensor<2x8x64xf32>
  return
}
