// The runtime gives the entry `update` one buffer for a parameter and its new value, and one for each moment and its new
// value: nothing tells LLVM that these are apart. The gradient and the settings are.
// RUN: mmc-opt %s --mmc-compile="entries=update train=all dtype=f32" | FileCheck %s

// CHECK: llvm.func internal @adamw{{[_0-9]*}}(%{{[^:]*}}: i64,
// The parameter, its gradient, first and second moment, settings.
// CHECK-SAME: %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr {llvm.noalias}, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr {llvm.noalias},
// The new parameter and the new moments.
// CHECK-SAME: %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr)
func.func @loss(%x: tensor<2x5xf32> {mmc.name = "x"}) -> (tensor<f32> {mmc.name = "loss_sum"}) {
  %w = mmc.param "w" : tensor<3x5xf32>
  %y = mmc.linear %x, %w : tensor<2x5xf32>, tensor<3x5xf32>
  %s = mmc.sum %y : tensor<2x3xf32>
  return %s : tensor<f32>
}
