// RUN: split-file %s %t
// RUN: mmc-opt %t/groups.mlir --verify-diagnostics --mmc-select-trainable="train=adapters,connector"
// RUN: mmc-opt %t/one.mlir --verify-diagnostics --mmc-select-trainable="train=llm,vision"
// RUN: mmc-opt %t/pattern.mlir --verify-diagnostics --mmc-select-trainable="train=llm,*.lora_A.*"
// RUN: mmc-opt %t/syntax.mlir --verify-diagnostics --mmc-select-trainable="train=["
// RUN: mmc-opt %t/empty.mlir --verify-diagnostics --mmc-select-trainable="train=,"
// RUN: mmc-opt %t/none.mlir --verify-diagnostics --mmc-select-trainable="train=fc"

//--- groups.mlir
// expected-error @+1 {{train: no parameter is in group 'adapters' or 'connector'; groups of this model: llm, vision; or use patterns over names, or all}}
module {
  func.func @f() -> (tensor<4xf32>, tensor<4xf32>) {
    %w = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4xf32>
    %v = mmc.param "v.weight" {mmc.group = "vision"} : tensor<4xf32>
    return %w, %v : tensor<4xf32>, tensor<4xf32>
  }
}

//--- one.mlir
// One of several groups is enough: nothing is reported.
module {
  func.func @f() -> tensor<4xf32> {
    %w = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4xf32>
    return %w : tensor<4xf32>
  }
}

//--- pattern.mlir
// expected-error @+1 {{train: no parameter matches '*.lora_A.*'; groups of this model: llm}}
module {
  func.func @f() -> tensor<4xf32> {
    %w = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4xf32>
    return %w : tensor<4xf32>
  }
}

//--- syntax.mlir
// expected-error @+1 {{train: '[' is not a pattern: }}
module {
  func.func @f() -> tensor<4xf32> {
    %w = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4xf32>
    return %w : tensor<4xf32>
  }
}

//--- empty.mlir
// expected-error @+1 {{train must name groups or patterns of parameters, got: ','}}
module {
  func.func @f() -> tensor<4xf32> {
    %w = mmc.param "fc.weight" {mmc.group = "llm"} : tensor<4xf32>
    return %w : tensor<4xf32>
  }
}

//--- none.mlir
// expected-error @+1 {{train: no parameter matches 'fc'; no parameter of this model has a group; use patterns over names, or all}}
module {
  func.func @f() -> tensor<4xf32> {
    %w = mmc.param "fc.weight" : tensor<4xf32>
    return %w : tensor<4xf32>
  }
}
