// RUN: mmc-opt %s --mmc-expand-math | FileCheck %s

// exp, log, tanh and erf of f32 become arithmetic; f64 keeps the exact functions, and what is one instruction stays.

// CHECK-LABEL: func.func @single
// CHECK-NOT: math.exp %
// CHECK-NOT: math.log %
// CHECK-NOT: math.tanh
// CHECK-NOT: math.erf
// CHECK: math.sqrt
// CHECK: return
func.func @single(%x: f32) -> (f32, f32, f32, f32, f32) {
  %a = math.exp %x : f32
  %b = math.log %x : f32
  %c = math.tanh %x : f32
  %d = math.erf %x : f32
  %e = math.sqrt %x : f32
  return %a, %b, %c, %d, %e : f32, f32, f32, f32, f32
}

// CHECK-LABEL: func.func @double
// CHECK-NEXT: math.exp
// CHECK-NEXT: math.log
// CHECK-NEXT: math.tanh
// CHECK-NEXT: math.erf
// CHECK-NEXT: return
func.func @double(%x: f64) -> (f64, f64, f64, f64) {
  %a = math.exp %x : f64
  %b = math.log %x : f64
  %c = math.tanh %x : f64
  %d = math.erf %x : f64
  return %a, %b, %c, %d : f64, f64, f64, f64
}
