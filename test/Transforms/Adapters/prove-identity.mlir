// RUN: split-file %s %t
// RUN: mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc1,fc2 dropout=0.5 rank=2'" --mmc-prove-identity | FileCheck %s --check-prefixes=CHECK,LORA
// RUN: mmc-opt %t/model.mlir --mmc-insert-adapters="spec='mm-adapter targets=norm rank=2; mm-adapter targets=norm2 rank=4 sample0=1 scale=0.3'" --mmc-prove-identity | FileCheck %s
// RUN: mmc-opt %t/model.mlir --mmc-insert-adapters="spec='definition=%t/gain.mlir targets=fc1'" --mmc-prove-identity | FileCheck %s --check-prefix=GAIN
// RUN: mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc1 init_b=xavier_uniform identity=0'" --mmc-prove-identity | FileCheck %s

// The proof changes nothing: the adapters stay, and the marks are gone.
// CHECK-NOT: mmc.adapted
// CHECK-NOT: mmc.adapts
// LORA-COUNT-2: mmc.dropout {{.*}} rate(5.000000e-01)
// LORA: return

// A definition of one's own: (IA)³, a gain that starts at one.
// GAIN: mmc.param "fc1.gain" init("ones") {mmc.group = "adapters"} : tensor<4xf32>
// GAIN: mmc.linear
// GAIN: mmc.mul

//--- model.mlir
func.func @f(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %g = mmc.param "norm.weight" : tensor<4xf32>
  %g2 = mmc.param "norm2.weight" : tensor<4xf32>
  %w1 = mmc.param "fc1.weight" : tensor<4x4xf32>
  %w2 = mmc.param "fc2.weight" : tensor<4x4xf32>
  %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<2x3x4xf32>, tensor<4xf32>
  %y = mmc.linear %n, %w1 : tensor<2x3x4xf32>, tensor<4x4xf32>
  %m = mmc.rms_norm %y, %g2 eps(1.0e-6) : tensor<2x3x4xf32>, tensor<4xf32>
  %z = mmc.linear %m, %w2 : tensor<2x3x4xf32>, tensor<4x4xf32>
  return %z : tensor<2x3x4xf32>
}

//--- gain.mlir
mmc.adapter @gain(%x: tensor<?x?x?xbf16>, %y: tensor<?x?x?xbf16>) options {sites = ["mmc.linear"]} {
  %l = mmc.param "{name}.gain" dims ["out"] init("ones") : tensor<?xbf16>
  %z = mmc.mul %y, %l : tensor<?x?x?xbf16>, tensor<?xbf16>
  mmc.yield %z : tensor<?x?x?xbf16>
}
