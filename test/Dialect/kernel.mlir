// RUN: mmc-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// A launch has the types of its kernel; once Lower has cut the kernel into tiles, one buffer per value.

// CHECK-LABEL: func.func @launch
func.func @launch(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: mmc.launch @double(%{{.*}}) : (tensor<4xf32>) -> tensor<4xf32>
  %y = mmc.launch @double(%x) : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: mmc.launch @tiled(%{{.*}}) : (tensor<4xf32>) -> tensor<4xf32>
  %z = mmc.launch @tiled(%y) : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
func.func private @double(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.scale %x by(2.0) : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @tiled(%index: index, %x: memref<4xf32>, %y: memref<4xf32>) attributes {mmc.kernel, mmc.tiles = 1 : i64} {
  return
}

// -----

func.func @unknown(%x: tensor<4xf32>) {
  // expected-error @+1 {{'mmc.launch' op must name a function of the module, got: @nowhere}}
  %y = mmc.launch @nowhere(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @types(%x: tensor<4xf32>) {
  // expected-error @+1 {{'mmc.launch' op must have the kernel's types, got: '(tensor<4xf32>) -> tensor<5xf32>' != '(tensor<4xf32>) -> tensor<4xf32>'}}
  %y = mmc.launch @double(%x) : (tensor<4xf32>) -> tensor<5xf32>
  return
}
func.func private @double(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.scale %x by(2.0) : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @too_few_buffers(%x: tensor<4xf32>) {
  // expected-error @+1 {{'mmc.launch' op must have a value per buffer of the kernel, got: 2 != 1}}
  %y = mmc.launch @tiled(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}
func.func private @tiled(%index: index, %x: memref<4xf32>) attributes {mmc.kernel, mmc.tiles = 1 : i64} {
  return
}
