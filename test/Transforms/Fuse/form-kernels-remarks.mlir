// RUN: mmc-opt %s --mmc-form-kernels --remarks-filter="mmc-form-kernels" --remark-policy=all 2>&1 >/dev/null | FileCheck %s

// What was fused and what was not, and why, is said at the op.

func.func @decisions(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>, %g: tensor<16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %y = mmc.linear %x, %w : tensor<4x8xf32>, tensor<16x8xf32>
  // CHECK-DAG: [[@LINE+1]]:8: remark: [Passed] fused | Category:mmc-form-kernels | Remark="computed with its operand's mmc.linear"
  %s = mmc.silu %y : tensor<4x16xf32>
  // CHECK-DAG: [[@LINE+1]]:8: remark: [Missed] not-fused | Category:mmc-form-kernels | Remark="not computed with its operand's mmc.silu"
  %n = mmc.rms_norm %s, %g eps(1.0e-6) : tensor<4x16xf32>, tensor<16xf32>
  return %n, %s : tensor<4x16xf32>, tensor<4x16xf32>
}
