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
