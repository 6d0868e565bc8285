// RUN: mmc-opt %s --pass-pipeline="builtin.module(func.func(mmc-expand-device-math))" --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @cosine
// CHECK:         math.roundeven
// CHECK-COUNT-14: math.fma
// CHECK:         arith.fptosi
// CHECK:         arith.addi
// CHECK-NOT:     math.cos
func.func @cosine(%x: f64) -> f64 {
  %y = math.cos %x : f64
  return %y : f64
}

// CHECK-LABEL: func.func @sine
// CHECK-NOT:     math.sin
func.func @sine(%x: f64) -> f64 {
  %y = math.sin %x : f64
  return %y : f64
}

// The GPU has a root.
// CHECK-LABEL: func.func @root
// CHECK:         math.sqrt
func.func @root(%x: f32) -> f32 {
  %y = math.sqrt %x : f32
  return %y : f32
}

// -----

func.func @exponential(%x: f64) -> f64 {
  // expected-error@+1 {{of 'f64' has no expansion for target=cuda; use dtype=f32 or dtype=bf16, or target=cpu}}
  %y = math.exp %x : f64
  return %y : f64
}
