// RUN: mmc-opt %s --mmc-form-kernels | FileCheck %s

// No mmc op in the file: the pass brings its dialect along.
// CHECK-LABEL: func.func @argument
// CHECK-NEXT: %[[Y:.*]] = mmc.launch @copy_0(%{{.*}})
// CHECK-NEXT: return %[[Y]]
func.func @argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
