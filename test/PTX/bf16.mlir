// bf16 is what buffers hold; sums are f32, and conversions are instructions.
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_80 dtype=bf16 dump-ptx=%t.ptx" -o %t.mlir
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not=.extern --implicit-check-not=.local

// CHECK: .visible .entry linear_{{[0-9]+}}(
// CHECK: fma.rn.f32
// CHECK: cvt.rn.bf16.f32

func.func @entry(%x: tensor<7x16xbf16>, %w: tensor<13x16xbf16>) -> tensor<7x13xbf16> {
  %y = mmc.linear %x, %w : tensor<7x16xbf16>, tensor<13x16xbf16>
  return %y : tensor<7x13xbf16>
}
