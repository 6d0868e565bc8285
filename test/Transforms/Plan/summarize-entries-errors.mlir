// RUN: mmc-opt %s --mmc-summarize-entries -verify-diagnostics

// expected-error@+1 {{'@logits' must have been planned to be summarized; --mmc-plan-memory gives it an arena}}
func.func @logits(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = mmc.launch @copy(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
