// RUN: mmc-opt %s --mmc-unroll-repeats -verify-diagnostics -split-input-file

func.func @other_index(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = mmc.repeat i = 0 to 2 iter(%z = %x) -> tensor<4xf32> {
    // expected-error @+1 {{has a name that cannot be filled in, in '{j}': 'j' is not defined here}}
    %p = mmc.param "layers.{j}" : tensor<4xf32>
    %s = mmc.add %z, %p : tensor<4xf32>, tensor<4xf32>
    mmc.yield %s : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

func.func @no_repeat() -> tensor<4xf32> {
  // expected-error @+1 {{has a name that cannot be filled in, in '{i}': 'i' is not defined here}}
  %p = mmc.param "layers.{i}" : tensor<4xf32>
  return %p : tensor<4xf32>
}

// -----

func.func @unfinished() -> tensor<4xf32> {
  // expected-error @+1 {{has a name that cannot be filled in, '{1' has no '}'}}
  %p = mmc.param "layers.{1" : tensor<4xf32>
  return %p : tensor<4xf32>
}

// -----

func.func @no_expression(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = mmc.repeat i = 0 to 2 iter(%z = %x) -> tensor<4xf32> {
    // expected-error @+1 {{has a name that cannot be filled in, in '{0+}': unexpected end}}
    %p = mmc.param "layers.{i+}" : tensor<4xf32>
    %s = mmc.add %z, %p : tensor<4xf32>, tensor<4xf32>
    mmc.yield %s : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}
