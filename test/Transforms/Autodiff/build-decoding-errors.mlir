// RUN: split-file %s %t
// RUN: not mmc-opt %t/bidirectional.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=BIDIRECTIONAL
// RUN: not mmc-opt %t/cross.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=CROSS
// RUN: not mmc-opt %t/second-token.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=SECOND-TOKEN
// RUN: not mmc-opt %t/replaced-token.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=REPLACED-TOKEN
// RUN: not mmc-opt %t/positions.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=POSITIONS
// RUN: not mmc-opt %t/mean.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=MEAN
// RUN: not mmc-opt %t/merged.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=MERGED
// RUN: not mmc-opt %t/slots.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=SLOTS
// RUN: not mmc-opt %t/batch.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=BATCH
// RUN: not mmc-opt %t/no-rows.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=NO-ROWS
// RUN: not mmc-opt %t/two-results.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=TWO-RESULTS
// RUN: not mmc-opt %t/none.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not mmc-opt %t/taken.mlir --mmc-build-decoding="entries=prefill,decode" 2>&1 | FileCheck %s --check-prefix=TAKEN
// RUN: not mmc-opt %t/mean.mlir --mmc-build-decoding="entries=logits" 2>&1 | FileCheck %s --check-prefix=ENTRY

// BIDIRECTIONAL: error: 'mmc.attention' op keeps the model from being decoded token by token: attention that is not causal sees tokens that are not there yet
// CROSS: error: 'mmc.attention' op keeps the model from being decoded token by token: query, key, value and segments must have a row per token
// SECOND-TOKEN: error: 'mmc.slice' op keeps the model from being decoded token by token: tokens of the prompt are read other than the first
// REPLACED-TOKEN: error: 'mmc.replace_token' op keeps the model from being decoded token by token: a token is replaced other than the first
// POSITIONS: error: 'mmc.add' op keeps the model from being decoded token by token: an operand that is no function of tokens has a row for each
// MEAN: error: 'mmc.sum_rows' op keeps the model from being decoded token by token: its result does not depend on operands row by row
// MERGED: error: 'mmc.reshape' op keeps the model from being decoded token by token: the result has no row per token
// SLOTS: error: 'mmc.fill_slots' op keeps the model from being decoded token by token: input and slots must have a row per token, and features none
// BATCH: error: 'func.func' op argument 'input_ids' must be one row of 2 tokens or more to be decoded (batch=1), got: 'tensor<2x16xi32>'
// NO-ROWS: error: 'func.func' op must compute logits [1, T, V], a row for each of `input_ids`, to be decoded, got: 'tensor<1x16x8xf32>'
// TWO-RESULTS: error: '@logits' must be one block with one result, got: 1 blocks, 2 results
// NONE: error: has no function '@logits', which '@prefill' and '@decode' are made of
// TAKEN: error: has a function '@decode' already, which is made of '@logits': remove it
// ENTRY: error: entries must be prefill or decode, got: 'logits'

//--- bidirectional.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %y = mmc.attention %x, %x, %x heads(1) kv_heads(1) : tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32> -> tensor<1x16x8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- cross.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %k = mmc.param "k" : tensor<1x16x8xf32>
  %y = mmc.attention %x, %k, %k heads(1) kv_heads(1) causal : tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32> -> tensor<1x16x8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- second-token.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %r = mmc.slice %x axis(1) at(1) size(1) drop : tensor<1x16x8xf32>
  %w = mmc.softmax %r : tensor<1x8xf32>
  %y = mmc.route %w, %x, %x, %x, %x, %x, %x, %x, %x axis(0) : tensor<1x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- replaced-token.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %m = mmc.param "m" : tensor<1x8xf32>
  %y = mmc.replace_token %x, %m at(3) : tensor<1x16x8xf32>, tensor<1x8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- positions.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %p = mmc.param "p" : tensor<16x8xf32>
  %y = mmc.add %x, %p : tensor<1x16x8xf32>, tensor<16x8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- mean.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %s = mmc.sum_rows %x : tensor<1x16x8xf32> to tensor<8xf32>
  %y = mmc.add %x, %s : tensor<1x16x8xf32>, tensor<8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- merged.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %s = mmc.reshape %x : tensor<1x16x8xf32> to tensor<1x8x16xf32>
  %y = mmc.reshape %s : tensor<1x8x16xf32> to tensor<1x16x8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- slots.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}, %slots: tensor<1x16xi32> {mmc.name = "others"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %y = mmc.fill_slots %x, %table, %slots : tensor<1x16x8xf32>, tensor<10x8xf32>, tensor<1x16xi32>
  return %y : tensor<1x16x8xf32>
}

//--- batch.mlir
func.func @logits(%ids: tensor<2x16xi32> {mmc.name = "input_ids"}) -> tensor<2x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %y = mmc.embedding %ids, %table : tensor<2x16xi32>, tensor<10x8xf32>
  return %y : tensor<2x16x8xf32>
}

//--- no-rows.mlir
func.func @logits(%x: tensor<1x16x8xf32> {mmc.name = "hidden"}) -> tensor<1x16x8xf32> {
  %y = mmc.silu %x : tensor<1x16x8xf32>
  return %y : tensor<1x16x8xf32>
}

//--- two-results.mlir
func.func @logits(%x: tensor<1x16x8xf32>) -> (tensor<1x16x8xf32>, tensor<1x16x8xf32>) {
  return %x, %x : tensor<1x16x8xf32>, tensor<1x16x8xf32>
}

//--- none.mlir
func.func @other(%x: tensor<1x16x8xf32>) {
  return
}

//--- taken.mlir
func.func @logits(%ids: tensor<1x16xi32> {mmc.name = "input_ids"}) -> tensor<1x16x8xf32> {
  %table = mmc.param "table" : tensor<10x8xf32>
  %x = mmc.embedding %ids, %table : tensor<1x16xi32>, tensor<10x8xf32>
  %y = mmc.silu %x : tensor<1x16x8xf32>
  return %y : tensor<1x16x8xf32>
}
func.func @decode() {
  return
}
