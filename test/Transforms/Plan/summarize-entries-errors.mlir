// RUN: mmc-opt %s --mmc-summarize-entries --split-input-file -verify-diagnostics

// expected-error@+1 {{'@logits' must have been planned to be summarized; --mmc-plan-memory gives it an arena}}
func.func @logits(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = mmc.launch @copy(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @no_offsets(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  // expected-error@+1 {{must have an offset for each result to be summarized, got: 0 != 1; --mmc-plan-memory gives it one}}
  %y = mmc.launch @copy(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @many_offsets(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  // expected-error@+1 {{must have an offset for each result to be summarized, got: 2 != 1}}
  %y = mmc.launch @copy(%x) {mmc.offsets = array<i64: -1, 0>} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @elsewhere(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  // expected-error@+1 {{must name a kernel with a body of mmc ops to be summarized, got: @copy, a declaration}}
  %y = mmc.launch @copy(%x) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel}

// -----

func.func @cut(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  // expected-error@+1 {{must name a kernel with a body of mmc ops to be summarized, got: @copy, cut into tiles}}
  %y = mmc.launch @copy(%x) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @copy(%index: index, %x: memref<4xf32>, %y: memref<4xf32>) attributes {mmc.kernel, mmc.tiles = 1 : i64} {
  return
}
