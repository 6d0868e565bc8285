// RUN: mmc-opt %s --mmc-assign-groups | FileCheck %s

// Parameters get the group of their function; one that has a group of its own keeps it, repeats included.

// CHECK-LABEL: func.func @tower
func.func @tower(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.group = "vision"} {
  // CHECK: mmc.param "a" {mmc.group = "vision"}
  %a = mmc.param "a" : tensor<4xf32>
  // CHECK: mmc.param "b" {mmc.group = "connector"}
  %b = mmc.param "b" {mmc.group = "connector"} : tensor<4xf32>
  %y = mmc.repeat i = 0 to 2 iter(%z = %x) -> tensor<4xf32> {
    // CHECK: mmc.param "c.{i}" {mmc.group = "vision"}
    %c = mmc.param "c.{i}" : tensor<4xf32>
    %s = mmc.add %z, %c : tensor<4xf32>, tensor<4xf32>
    mmc.yield %s : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @no_group
func.func @no_group() -> tensor<4xf32> {
  // CHECK: mmc.param "d" : tensor<4xf32>
  %d = mmc.param "d" : tensor<4xf32>
  return %d : tensor<4xf32>
}
