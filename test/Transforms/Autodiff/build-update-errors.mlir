// RUN: split-file %s %t
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="lr-scales=weight" 2>&1 | FileCheck %s --check-prefix=NO-NUMBER
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="lr-scales=weight:fast" 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="lr-scales=weight:-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="lr-scales=weight[:2" 2>&1 | FileCheck %s --check-prefix=GLOB
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="lr-scales=frozen:2" 2>&1 | FileCheck %s --check-prefix=NO-MATCH
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="beta1=1" 2>&1 | FileCheck %s --check-prefix=BETA
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="eps=-1e-8" 2>&1 | FileCheck %s --check-prefix=EPS
// RUN: not mmc-opt %t/f32.mlir --mmc-build-update="weight-decay=nan" 2>&1 | FileCheck %s --check-prefix=DECAY
// RUN: not mmc-opt %t/frozen.mlir --mmc-build-update 2>&1 | FileCheck %s --check-prefix=FROZEN
// RUN: not mmc-opt %t/bf16.mlir --mmc-build-update 2>&1 | FileCheck %s --check-prefix=BF16

// NO-NUMBER: error: lr-scales must be PATTERN:X with a number X of 0 or more, got: 'weight'
// WORD: error: lr-scales must be PATTERN:X with a number X of 0 or more, got: 'weight:fast'
// NEGATIVE: error: lr-scales must be PATTERN:X with a number X of 0 or more, got: 'weight:-1'
// GLOB: error: pattern of lr-scales 'weight[:2' is malformed
// NO-MATCH: error: lr-scales 'frozen:2' matches no trainable parameter
// BETA: error: beta1 must be at least 0 and below 1, got: 1
// EPS: error: eps must be finite and not negative, got: -1
// DECAY: error: weight-decay must be finite and not negative, got:
// FROZEN: error: '@loss' has no trainable parameter; say which parameters train
// BF16: error: 'mmc.param' op must be f32 or f64 to train, got: 'tensor<4xbf16>'; --mmc-select-trainable makes it so

//--- f32.mlir
func.func @loss(%x: tensor<4xf32>) -> tensor<f32> {
  %p = mmc.param trainable "weight" : tensor<4xf32>
  %frozen = mmc.param "frozen" : tensor<4xf32>
  %y = mmc.mul %frozen, %p : tensor<4xf32>, tensor<4xf32>
  %sum = mmc.sum %y : tensor<4xf32>
  return %sum : tensor<f32>
}

//--- frozen.mlir
func.func @loss(%x: tensor<4xf32>) -> tensor<f32> {
  %sum = mmc.sum %x : tensor<4xf32>
  return %sum : tensor<f32>
}

//--- bf16.mlir
func.func @loss(%x: tensor<4xbf16>) -> tensor<f32> {
  %p = mmc.param trainable "weight" : tensor<4xbf16>
  %y = mmc.mul %x, %p : tensor<4xbf16>, tensor<4xbf16>
  %sum = mmc.sum %y : tensor<4xbf16>
  return %sum : tensor<f32>
}
