// RUN: split-file %s %t
// RUN: mmc-opt %t/shapes.mlir --mmc-specialize-shapes="batch=2 seq-len=8 shapes=custom:5x7" -verify-diagnostics -split-input-file
// RUN: not mmc-opt %t/fine.mlir --mmc-specialize-shapes="dtype=int8" 2>&1 | FileCheck %s --check-prefix=DTYPE
// RUN: not mmc-opt %t/fine.mlir --mmc-specialize-shapes="batch=-1" 2>&1 | FileCheck %s --check-prefix=BATCH
// RUN: not mmc-opt %t/fine.mlir --mmc-specialize-shapes="shapes=input_ids:4x0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not mmc-opt %t/fine.mlir --mmc-specialize-shapes="shapes=input_ids:4xx5" 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not mmc-opt %t/fine.mlir --mmc-specialize-shapes="shapes=input_idz:4x5" 2>&1 | FileCheck %s --check-prefix=NAME

// DTYPE: error: dtype must be bf16, f32 or f64, got: 'int8'
// BATCH: error: batch must be 1 or more, got: -1 < 1
// ZERO: error: shapes must be name:AxBxC with positive sizes, got: 'input_ids:4x0'
// TEXT: error: shapes must be name:AxBxC with positive sizes, got: 'input_ids:4xx5'
// NAME: error: shapes names 'input_idz', but no function has an argument of that mmc.name

//--- fine.mlir
func.func @fine(%x: tensor<4x5xi32> {mmc.name = "input_ids"}) -> tensor<4x5xi32> {
  return %x : tensor<4x5xi32>
}

//--- shapes.mlir
func.func @used(%x: tensor<5x7xf32> {mmc.name = "custom"}) { return }

// expected-error @+1 {{argument 0 '' has no size for dim 0; give batch, seq-len, images or shapes=:…}}
func.func @nameless(%x: tensor<?xf32>) { return }

// -----

// expected-error @+1 {{argument 0 'x' must have elements, got: 'tensor<2x0xf32>'}}
func.func @nothing(%x: tensor<2x0xf32> {mmc.name = "x"}) -> tensor<f32> {
  %s = mmc.sum %x : tensor<2x0xf32>
  return %s : tensor<f32>
}

// -----

// expected-error @+1 {{argument 'custom' must have rank 1, got: 2 != 1}}
func.func @rank(%x: tensor<?xf32> {mmc.name = "custom"}) { return }

// -----

// expected-error @+1 {{argument 'custom' dim 1 must be as the model has it, got: 7 != 8}}
func.func @fixed(%x: tensor<?x8xf32> {mmc.name = "custom"}) { return }

// -----

// expected-error @+1 {{argument 0 must be a ranked tensor, got: 'f32'}}
func.func @scalar(%x: f32) { return }

// -----

// Rules that only static shapes can break.
func.func @rule(%x: tensor<?x7xf32> {mmc.name = "custom"}, %y: tensor<?x?x7xf32> {mmc.name = "input_ids"}) {
  // expected-error @+1 {{'mmc.add' op lhs dim 1 must equal rhs dim 0, got: 8 != 5}}
  %z = mmc.add %y, %x : tensor<?x?x7xf32>, tensor<?x7xf32>
  return
}

// -----

func.func @reshape(%x: tensor<?x7xf32> {mmc.name = "custom"}) {
  // expected-error @+1 {{'mmc.reshape' op must keep the number of elements, got: 35 % 2 != 0}}
  %z = mmc.reshape %x : tensor<?x7xf32> to tensor<?x2xf32>
  return
}

// -----

func.func @parameter(%x: tensor<5x7xf32> {mmc.name = "custom"}) {
  // expected-error @+1 {{'mmc.param' op must have a static shape after Specialize, got: 'tensor<?xf32>'}}
  %p = mmc.param "p" : tensor<?xf32>
  return
}

// -----

func.func @empty(%x: tensor<5x7xf32> {mmc.name = "custom"}) {
  // expected-error @+1 {{'mmc.param' op must have elements, got: 'tensor<0x4xf32>'}}
  %p = mmc.param "p" : tensor<0x4xf32>
  return
}

// -----

func.func @other_dialect(%x: tensor<5x7xf32> {mmc.name = "custom"}) {
  // expected-error @+1 {{'arith.constant' op must be an op of the mmc dialect in a model}}
  %c = arith.constant 1 : i32
  return
}

// -----

func.func @repeat(%x: tensor<5x7xf32> {mmc.name = "custom"}) {
  // expected-error @+1 {{must be unrolled before shapes are specialized; run --mmc-unroll-repeats}}
  %y = mmc.repeat i = 0 to 2 iter(%z = %x) -> tensor<5x7xf32> {
    mmc.yield %z : tensor<5x7xf32>
  }
  return
}

// -----

func.func @recursive(%x: tensor<5x7xf32> {mmc.name = "custom"}) {
  // expected-error @+1 {{must be inlined before shapes are specialized; run --inline (a recursive call cannot be)}}
  call @recursive(%x) : (tensor<5x7xf32>) -> ()
  return
}

// -----

// expected-error @+1 {{must have one block, got: 2}}
func.func @blocks(%x: tensor<5x7xf32> {mmc.name = "custom"}) {
  cf.br ^next
^next:
  return
}
