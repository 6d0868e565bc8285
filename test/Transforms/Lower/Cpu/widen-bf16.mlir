// RUN: mmc-opt %s --mmc-widen-bf16 | FileCheck %s

// CHECK-LABEL: func.func @widened(
// CHECK-SAME: %[[X:.*]]: bf16, %[[V:.*]]: vector<16xbf16>)
// CHECK-NOT: extf
// CHECK-DAG: %[[BITS:.*]] = arith.bitcast %[[X]] : bf16 to i16
// CHECK-DAG: %[[WIDE:.*]] = arith.extui %[[BITS]] : i16 to i32
// CHECK-DAG: %[[BY:.*]] = arith.constant 16 : i32
// CHECK-DAG: %[[SHIFTED:.*]] = arith.shli %[[WIDE]], %[[BY]] : i32
// CHECK-DAG: %[[A:.*]] = arith.bitcast %[[SHIFTED]] : i32 to f32
// CHECK-DAG: %[[VBITS:.*]] = arith.bitcast %[[V]] : vector<16xbf16> to vector<16xi16>
// CHECK-DAG: %[[VWIDE:.*]] = arith.extui %[[VBITS]] : vector<16xi16> to vector<16xi32>
// CHECK-DAG: %[[VBY:.*]] = arith.constant dense<16> : vector<16xi32>
// CHECK-DAG: %[[VSHIFTED:.*]] = arith.shli %[[VWIDE]], %[[VBY]] : vector<16xi32>
// CHECK-DAG: %[[B:.*]] = arith.bitcast %[[VSHIFTED]] : vector<16xi32> to vector<16xf32>
// CHECK: return %[[A]], %[[B]]
func.func @widened(%x: bf16, %v: vector<16xbf16>) -> (f32, vector<16xf32>) {
  %a = arith.extf %x : bf16 to f32
  %b = arith.extf %v : vector<16xbf16> to vector<16xf32>
  return %a, %b : f32, vector<16xf32>
}

// Only bf16 is the upper half of an f32, and narrowing rounds.

// CHECK-LABEL: func.func @left
// CHECK-NEXT: arith.extf %{{.*}} : f16 to f32
// CHECK-NEXT: arith.extf %{{.*}} : f32 to f64
// CHECK-NEXT: arith.truncf %{{.*}} : f32 to bf16
// CHECK-NEXT: return
func.func @left(%x: f16, %y: f32) -> (f32, f64, bf16) {
  %a = arith.extf %x : f16 to f32
  %b = arith.extf %y : f32 to f64
  %c = arith.truncf %y : f32 to bf16
  return %a, %b, %c : f32, f64, bf16
}
