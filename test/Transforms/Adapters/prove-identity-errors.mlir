// RUN: split-file %s %t
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc1,fc2 alpha=4 init_b=xavier_uniform'" --mmc-prove-identity 2>&1 | FileCheck %s --check-prefix=RANDOM
// RANDOM: error: 'mmc.linear' op must not be changed by an adapter at its initial values, left: mmc.add, mmc.scale, mmc.linear,
// RANDOM-SAME: mmc.param 'base_model.model.fc1.lora_B.weight'
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='definition=%t/double.mlir targets=fc2'" --mmc-prove-identity 2>&1 | FileCheck %s --check-prefix=DOUBLE
// DOUBLE: error: 'mmc.linear' op must not be changed by an adapter at its initial values, left: mmc.scale
// The input in place of the output leaves no op behind, and is no identity.
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='definition=%t/input.mlir targets=fc2'" --mmc-prove-identity 2>&1 | FileCheck %s --check-prefix=INPUT
// INPUT: error: 'mmc.linear' op must not be changed by an adapter at its initial values, left: another value of the base in its place
// A bias that starts at one is found, too.
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='definition=%t/bias.mlir targets=fc2'" --mmc-prove-identity 2>&1 | FileCheck %s --check-prefix=BIAS
// BIAS: error: 'mmc.linear' op must not be changed by an adapter at its initial values, left: mmc.add, mmc.fill
// The whole phase asks for the proof.
// RUN: not mmc-opt %t/model.mlir --mmc-compile="from=specialize to=adapters adapter='definition=%t/bias.mlir targets=fc2'" 2>&1 | FileCheck %s --check-prefix=BIAS

//--- model.mlir
func.func @f(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %w1 = mmc.param "fc1.weight" : tensor<4x4xf32>
  %w2 = mmc.param "fc2.weight" : tensor<4x4xf32>
  %y = mmc.linear %x, %w1 : tensor<2x3x4xf32>, tensor<4x4xf32>
  %z = mmc.linear %y, %w2 : tensor<2x3x4xf32>, tensor<4x4xf32>
  return %z : tensor<2x3x4xf32>
}

//--- double.mlir
mmc.adapter @double(%x: tensor<?x?x?xbf16>, %y: tensor<?x?x?xbf16>) options {sites = ["mmc.linear"]} {
  %z = mmc.scale %y by(2.0) : tensor<?x?x?xbf16>
  mmc.yield %z : tensor<?x?x?xbf16>
}

//--- input.mlir
mmc.adapter @input(%x: tensor<?x?x?xbf16>, %y: tensor<?x?x?xbf16>) options {sites = ["mmc.linear"]} {
  %z = mmc.scale %x by(1.0) : tensor<?x?x?xbf16>
  mmc.yield %z : tensor<?x?x?xbf16>
}

//--- bias.mlir
mmc.adapter @bias(%x: tensor<?x?x?xbf16>, %y: tensor<?x?x?xbf16>) options {sites = ["mmc.linear"]} {
  %b = mmc.param "{name}.shift" dims ["out"] init("ones") : tensor<?xbf16>
  %z = mmc.add %y, %b : tensor<?x?x?xbf16>, tensor<?xbf16>
  mmc.yield %z : tensor<?x?x?xbf16>
}
