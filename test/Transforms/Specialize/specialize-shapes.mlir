// RUN: mmc-opt %s --mmc-specialize-shapes="batch=2 seq-len=8 images=3 dtype=bf16 shapes=custom:5x7,with:colon:3,scalar:" | FileCheck %s
// RUN: mmc-opt %s --mmc-specialize-shapes="batch=2 seq-len=8 dtype=f32 shapes=custom:5x7,with:colon:3,scalar:" | FileCheck %s --check-prefix=F32
// RUN: mmc-opt %s --mmc-specialize-shapes="batch=2 seq-len=8 dtype=f64 shapes=custom:5x7,with:colon:3,scalar:" | FileCheck %s --check-prefix=F64

// Sizes of the usual inputs come by their names; everything else follows.
// CHECK-LABEL: func.func @text
// CHECK-SAME: tensor<2x8xi32> {mmc.name = "input_ids"}
// CHECK-SAME: -> (tensor<2x8x16xbf16> {mmc.name = "y"}, tensor<8xbf16>)
// F32-LABEL: func.func @text
// F32-SAME: -> (tensor<2x8x16xf32> {mmc.name = "y"}, tensor<8xf32>)
// F64-LABEL: func.func @text
// F64-SAME: -> (tensor<2x8x16xf64> {mmc.name = "y"}, tensor<8xf64>)
func.func @text(%ids: tensor<?x?xi32> {mmc.name = "input_ids"}) -> (tensor<?x?x16xbf16> {mmc.name = "y"}, tensor<8xbf16>) {
  // CHECK: mmc.param "t" : tensor<32x16xbf16>
  // F32: mmc.param "t" : tensor<32x16xf32>
  // F64: mmc.param "t" : tensor<32x16xf64>
  %t = mmc.param "t" : tensor<32x16xbf16>
  // CHECK: mmc.embedding %{{.*}} : tensor<2x8xi32>, tensor<32x16xbf16>
  %x = mmc.embedding %ids, %t : tensor<?x?xi32>, tensor<32x16xbf16>
  // CHECK: mmc.reshape %{{.*}} : tensor<2x8x16xbf16> to tensor<32x8xbf16>
  // F32: mmc.reshape %{{.*}} : tensor<2x8x16xf32> to tensor<32x8xf32>
  %r = mmc.reshape %x : tensor<?x?x16xbf16> to tensor<?x8xbf16>
  // CHECK: mmc.sum_rows %{{.*}} : tensor<32x8xbf16> to tensor<8xbf16>
  // F32: mmc.sum_rows %{{.*}} : tensor<32x8xf32> to tensor<8xf32>
  // F64: mmc.sum_rows %{{.*}} : tensor<32x8xf64> to tensor<8xf64>
  %s = mmc.sum_rows %r : tensor<?x8xbf16> to tensor<8xbf16>
  return %x, %s : tensor<?x?x16xbf16>, tensor<8xbf16>
}

// Pictures: as many as said, else as many as rows. A picture's f32 is f32 whatever the weights are; only f64 is all f64.
// CHECK-LABEL: func.func @pictures
// CHECK-SAME: tensor<3x3x28x28xf32>
// CHECK-SAME: tensor<2xi32>
// F32-LABEL: func.func @pictures
// F32-SAME: tensor<2x3x28x28xf32>
// F64-LABEL: func.func @pictures
// F64-SAME: tensor<2x3x28x28xf64>
func.func @pictures(%p: tensor<?x3x28x28xf32> {mmc.name = "pixel_values"}, %m: tensor<?xi32> {mmc.name = "modality"})
    -> (tensor<?x4x588xbf16>, tensor<?xi32>) {
  // CHECK: mmc.patches %{{.*}} patch(14) as bf16 : tensor<3x3x28x28xf32>
  // F32: mmc.patches %{{.*}} patch(14) as f32 : tensor<2x3x28x28xf32>
  // F64: mmc.patches %{{.*}} patch(14) as f64 : tensor<2x3x28x28xf64>
  %x = mmc.patches %p patch(14) as bf16 : tensor<?x3x28x28xf32>
  return %x, %m : tensor<?x4x588xbf16>, tensor<?xi32>
}

// CHECK-LABEL: func.func @by_name
// CHECK-SAME: tensor<5x7xf32>
func.func @by_name(%x: tensor<?x7xf32> {mmc.name = "custom"}) -> tensor<?x7xf32> {
  // CHECK: mmc.silu %{{.*}} : tensor<5x7xf32>
  %y = mmc.silu %x : tensor<?x7xf32>
  return %y : tensor<?x7xf32>
}

// A name may hold a colon, and a scalar's shape is nothing.
// CHECK-LABEL: func.func @names
// CHECK-SAME: tensor<3xf32>
// CHECK-SAME: tensor<f32>
func.func @names(%x: tensor<?xf32> {mmc.name = "with:colon"}, %y: tensor<f32> {mmc.name = "scalar"}) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// Static arguments need no size, integers keep their type.
// CHECK-LABEL: func.func @static
// CHECK-SAME: (%{{.*}}: tensor<3x4xf16>, %{{.*}}: tensor<2xi64>)
// F32-LABEL: func.func @static
// F32-SAME: (%{{.*}}: tensor<3x4xf16>, %{{.*}}: tensor<2xi64>)
func.func @static(%x: tensor<3x4xf16>, %i: tensor<2xi64>) -> tensor<3x4xf16> {
  return %x : tensor<3x4xf16>
}

// Private functions have been copied to where they are called.
// CHECK-NOT: @inlined
func.func private @inlined(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
