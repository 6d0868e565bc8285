// RUN: mmc-opt %s | mmc-opt | FileCheck %s
// RUN: mmc-opt %s --mlir-print-op-generic | mmc-opt | FileCheck %s

// Parameters, repeats and adapter definitions survive printing and parsing.

// CHECK-LABEL: func.func @param
func.func @param() -> (tensor<4x8xf32>, tensor<?x?xbf16>) {
  // CHECK: mmc.param "plain" : tensor<4x8xf32>
  %0 = mmc.param "plain" : tensor<4x8xf32>
  // CHECK: mmc.param trainable "a.{i}" dims ["rank", "in"] init("kaiming_uniform(sqrt(5))") : tensor<?x?xbf16>
  %1 = mmc.param trainable "a.{i}" dims ["rank", "in"] init("kaiming_uniform(sqrt(5))") : tensor<?x?xbf16>
  return %0, %1 : tensor<4x8xf32>, tensor<?x?xbf16>
}

// CHECK-LABEL: func.func @repeat
func.func @repeat(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: mmc.repeat i = 0 to 3 iter(%[[A:.*]] = %{{.*}}) -> tensor<2x4xf32> {
  // CHECK-NEXT: mmc.param "w.{i}"
  // CHECK-NEXT: %[[Y:.*]] = mmc.add %[[A]]
  // CHECK-NEXT: mmc.yield %[[Y]] : tensor<2x4xf32>
  %y = mmc.repeat i = 0 to 3 iter(%a = %x) -> tensor<2x4xf32> {
    %w = mmc.param "w.{i}" : tensor<4xf32>
    %b = mmc.add %a, %w : tensor<2x4xf32>, tensor<4xf32>
    mmc.yield %b : tensor<2x4xf32>
  }
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @repeat_collect
func.func @repeat_collect(%x: tensor<?x5x4xf32>) -> (tensor<?x5x4xf32>, tensor<?x3x4xf32>) {
  // CHECK: mmc.repeat layer = 1 to 4 iter(%{{.*}} = %{{.*}}) collect axis(1) -> (tensor<?x5x4xf32>, tensor<?x3x4xf32>)
  %y:2 = mmc.repeat layer = 1 to 4 iter(%a = %x) collect axis(1) -> (tensor<?x5x4xf32>, tensor<?x3x4xf32>) {
    %c = mmc.slice %a axis(1) at(0) size(1) : tensor<?x5x4xf32>
    mmc.yield %a, %c : tensor<?x5x4xf32>, tensor<?x1x4xf32>
  }
  return %y#0, %y#1 : tensor<?x5x4xf32>, tensor<?x3x4xf32>
}

// A repeat that runs no time hands its values through.
// CHECK-LABEL: func.func @repeat_never
func.func @repeat_never(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: mmc.repeat i = 2 to 2
  %y = mmc.repeat i = 2 to 2 iter(%a = %x) -> tensor<4xf32> {
    mmc.yield %a : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// CHECK: mmc.adapter @lora(%{{.*}}: tensor<?x?x?xf32>, %[[OUT:.*]]: tensor<?x?x?xf32>) options {alpha = 1.600000e+01 : f64, rank = 8 : i64} {
// CHECK-NEXT: mmc.yield %[[OUT]] : tensor<?x?x?xf32>
mmc.adapter @lora(%x: tensor<?x?x?xf32>, %y: tensor<?x?x?xf32>) options {rank = 8, alpha = 16.0} {
  mmc.yield %y : tensor<?x?x?xf32>
}

// CHECK: mmc.adapter @identity(%{{.*}}: tensor<?xf32>, %{{.*}}: tensor<?xf32>) options {} {
mmc.adapter @identity(%x: tensor<?xf32>, %y: tensor<?xf32>) {
  mmc.yield %y : tensor<?xf32>
}
