// RUN: mmc-opt %s --mmc-build-update="beta1=0.5 beta2=0.75 eps=1e-3 weight-decay=0.25 lr-scales=*.bias:0.5,layer.0.*:2" | FileCheck %s

// Parameters of two or more dimensions decay; the last pattern that matches says the learning rate; frozen
// parameters do not appear.

// CHECK-LABEL: func.func @loss(
// CHECK-LABEL: func.func @update(
// CHECK-SAME: %[[SETTINGS:[^:]*]]: tensor<6xf32> {mmc.name = "settings"}
// CHECK-SAME: %[[GW:[^:]*]]: tensor<3x4xf32> {mmc.name = "grad:layer.1.weight"}, %[[MW:[^:]*]]: tensor<3x4xf32> {mmc.name = "first:layer.1.weight"}, %[[VW:[^:]*]]: tensor<3x4xf32> {mmc.name = "second:layer.1.weight"}
// CHECK-SAME: %[[GB:[^:]*]]: tensor<3xf32> {mmc.name = "grad:layer.1.bias"}
// CHECK-SAME: %[[G0:[^:]*]]: tensor<3xf64> {mmc.name = "grad:layer.0.bias"}
// CHECK-SAME: -> (tensor<3x4xf32> {mmc.name = "layer.1.weight"}, tensor<3x4xf32> {mmc.name = "first:layer.1.weight"}, tensor<3x4xf32> {mmc.name = "second:layer.1.weight"},
// CHECK-SAME: tensor<3xf32> {mmc.name = "layer.1.bias"}
// CHECK-SAME: tensor<3xf64> {mmc.name = "layer.0.bias"}
// CHECK: %[[W:.*]] = mmc.param trainable "layer.1.weight"
// CHECK: %[[B:.*]] = mmc.param trainable "layer.1.bias"
// CHECK: %[[B0:.*]] = mmc.param trainable "layer.0.bias"
// CHECK-NOT: mmc.param
// CHECK: mmc.adamw %[[W]], %[[GW]], %[[MW]], %[[VW]], %[[SETTINGS]] betas(5.000000e-01, 7.500000e-01) eps(1.000000e-03) weight_decay(2.500000e-01) :
// CHECK: mmc.adamw %[[B]], %[[GB]], {{.*}} weight_decay(0.000000e+00) lr_scale(5.000000e-01) :
// CHECK: mmc.adamw %[[B0]], %[[G0]], {{.*}} weight_decay(0.000000e+00) lr_scale(2.000000e+00) :
// CHECK: return
func.func @loss(%x: tensor<2x4xf32> {mmc.name = "x"}) -> (tensor<f32> {mmc.name = "loss_sum"}) {
  %w = mmc.param trainable "layer.1.weight" : tensor<3x4xf32>
  %b = mmc.param trainable "layer.1.bias" : tensor<3xf32>
  %b0 = mmc.param trainable "layer.0.bias" : tensor<3xf64>
  %frozen = mmc.param "layer.2.weight" : tensor<3x3xf32>
  %y = mmc.linear %x, %w bias %b : tensor<2x4xf32>, tensor<3x4xf32>, tensor<3xf32>
  %z = mmc.linear %y, %frozen : tensor<2x3xf32>, tensor<3x3xf32>
  %sum = mmc.sum %z : tensor<2x3xf32>
  return %sum : tensor<f32>
}
