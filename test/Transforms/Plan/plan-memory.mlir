// RUN: mmc-opt %s --mmc-plan-memory | FileCheck %s

// Sizes below are in bytes: tensor<16xf32> is 64, one unit of alignment. The comment beside a launch is the
// value's lifetime in launches.

// A chain needs two places, used in turn. The result goes straight to output 0.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: mmc.arena_bytes = 128
func.func @chain(%x: tensor<16xf32>) -> tensor<16xf32> {
  // CHECK-NEXT: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 0>}
  %a = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32> // 0 to 1
  // CHECK-NEXT: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 64>}
  %b = mmc.launch @k16(%a) : (tensor<16xf32>) -> tensor<16xf32> // 1 to 2
  // CHECK-NEXT: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 0>}
  %c = mmc.launch @k16(%b) : (tensor<16xf32>) -> tensor<16xf32> // 2 to 3
  // CHECK-NEXT: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: -1>}
  %d = mmc.launch @k16(%c) : (tensor<16xf32>) -> tensor<16xf32>
  return %d : tensor<16xf32>
}

// Larger values are placed first; small ones fill the place that a large one has left.
// CHECK-LABEL: func.func @large_first
// CHECK-SAME: mmc.arena_bytes = 384
func.func @large_first(%x: tensor<16xf32>) -> tensor<16xf32> {
  // 64 bytes from 0 to 3, above the large one.
  // CHECK-NEXT: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 256>}
  %a = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32>
  // 256 bytes from 1 to 2.
  // CHECK-NEXT: mmc.launch @widen({{.*}}) {mmc.offsets = array<i64: 0>}
  %b = mmc.launch @widen(%a) : (tensor<16xf32>) -> tensor<64xf32>
  // 64 bytes from 2 to 3: the large one still lives while this is made, the first one too.
  // CHECK-NEXT: mmc.launch @narrow({{.*}}) {mmc.offsets = array<i64: 320>}
  %c = mmc.launch @narrow(%b) : (tensor<64xf32>) -> tensor<16xf32>
  // 64 bytes from 3 to 4: the large one is gone.
  // CHECK-NEXT: mmc.launch @add16({{.*}}) {mmc.offsets = array<i64: 0>}
  %d = mmc.launch @add16(%a, %c) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // CHECK-NEXT: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: -1>}
  %e = mmc.launch @k16(%d) : (tensor<16xf32>) -> tensor<16xf32>
  return %e : tensor<16xf32>
}

// A value lives as long as its views, and views of views, are read.
// CHECK-LABEL: func.func @views
// CHECK-SAME: mmc.arena_bytes = 192
func.func @views(%x: tensor<16xf32>) -> tensor<16xf32> {
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 0>}
  %a = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32> // 0 to 3, by way of %w
  %v = mmc.reshape %a : tensor<16xf32> to tensor<4x4xf32>
  %w = mmc.reshape %v : tensor<4x4xf32> to tensor<16xf32>
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 64>}
  %b = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32> // 1 to 2
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 128>}
  %c = mmc.launch @k16(%b) : (tensor<16xf32>) -> tensor<16xf32> // 2 to 3
  // CHECK: mmc.launch @add16({{.*}}) {mmc.offsets = array<i64: -1>}
  %d = mmc.launch @add16(%w, %c) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  return %d : tensor<16xf32>
}

// Outputs are numbered as they are returned, are found through views, may be read later, and take no room.
// CHECK-LABEL: func.func @outputs
// CHECK-SAME: mmc.arena_bytes = 0
func.func @outputs(%x: tensor<16xf32>) -> (tensor<16xf32>, tensor<4x4xf32>) {
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: -2>}
  %a = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: -1>}
  %b = mmc.launch @k16(%a) : (tensor<16xf32>) -> tensor<16xf32>
  %v = mmc.reshape %a : tensor<16xf32> to tensor<4x4xf32>
  return %b, %v : tensor<16xf32>, tensor<4x4xf32>
}

// Every result of a launch has a place of its own, aligned: bf16[4] is 8 bytes, i32[] 4.
// CHECK-LABEL: func.func @several_results
// CHECK-SAME: mmc.arena_bytes = 128
func.func @several_results(%x: tensor<16xf32>) -> tensor<16xf32> {
  // CHECK-NEXT: mmc.launch @small({{.*}}) {mmc.offsets = array<i64: 64, 0>}
  %a:2 = mmc.launch @small(%x) : (tensor<16xf32>) -> (tensor<i32>, tensor<4xbf16>)
  // CHECK-NEXT: mmc.launch @use({{.*}}) {mmc.offsets = array<i64: -1>}
  %b = mmc.launch @use(%a#0, %a#1) : (tensor<i32>, tensor<4xbf16>) -> tensor<16xf32>
  return %b : tensor<16xf32>
}

// Kernels and declarations are left alone.
// CHECK: func.func private @k16(tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}
func.func private @k16(tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}
func.func private @widen(tensor<16xf32>) -> tensor<64xf32> attributes {mmc.kernel}
func.func private @narrow(tensor<64xf32>) -> tensor<16xf32> attributes {mmc.kernel}
func.func private @add16(tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}
func.func private @small(tensor<16xf32>) -> (tensor<i32>, tensor<4xbf16>) attributes {mmc.kernel}
func.func private @use(tensor<i32>, tensor<4xbf16>) -> tensor<16xf32> attributes {mmc.kernel}
// CHECK: func.func private @declared(tensor<4xf32>){{$}}
func.func private @declared(tensor<4xf32>)

// A result in an operand's place: one place from 0 to 4, whatever --mmc-reuse-operands has found.
// CHECK-LABEL: func.func @in_place
// CHECK-SAME: mmc.arena_bytes = 128
func.func @in_place(%x: tensor<16xf32>) -> tensor<16xf32> {
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 0>}
  %a = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @k16({{.*}}) {mmc.in_place = array<i64: 0>, mmc.offsets = array<i64: 0>}
  %b = mmc.launch @k16(%a) {mmc.in_place = array<i64: 0>} : (tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: 64>}
  %c = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @add16({{.*}}) {mmc.in_place = array<i64: 0>, mmc.offsets = array<i64: 0>}
  %d = mmc.launch @add16(%b, %c) {mmc.in_place = array<i64: 0>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  // CHECK: mmc.launch @k16({{.*}}) {mmc.offsets = array<i64: -1>}
  %e = mmc.launch @k16(%d) : (tensor<16xf32>) -> tensor<16xf32>
  return %e : tensor<16xf32>
}
