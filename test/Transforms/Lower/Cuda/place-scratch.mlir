// RUN: mmc-opt %s --mmc-place-scratch=shared=1024 --split-input-file --verify-diagnostics | FileCheck %s

// What fits goes to shared memory, the rest to the workspace of the block.
// CHECK:       memref.global "private" @spill_shared : memref<256xi8, 3> = uninitialized {alignment = 64 : i64}
// CHECK-LABEL: func.func @spill
// CHECK-SAME:    %[[SPACE:[a-z0-9]+]]: memref<6144xi8>) attributes {mmc.tiles = 3 : i64, mmc.workspace = 2048 : i64}
// CHECK:         %[[GLOBAL:.*]] = memref.get_global @spill_shared
// CHECK:         %[[BASE:.*]] = memref.memory_space_cast %[[GLOBAL]] : memref<256xi8, 3> to memref<256xi8>
// CHECK:         %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK:         %[[START:.*]] = arith.muli
// CHECK:         memref.view %[[BASE]][%{{.*}}][] : memref<256xi8> to memref<64xf32>
// CHECK:         %[[AT:.*]] = arith.addi %[[START]]
// CHECK:         memref.view %[[SPACE]][%[[AT]]][] : memref<6144xi8> to memref<512xf32>
// CHECK-NOT:     memref.dealloc
func.func @spill(%out: memref<f32>) attributes {mmc.tiles = 3 : i64} {
  %c0 = arith.constant 0 : index
  %small = memref.alloc() : memref<64xf32>
  %large = memref.alloc() : memref<512xf32>
  %a = memref.load %small[%c0] : memref<64xf32>
  %b = memref.load %large[%c0] : memref<512xf32>
  memref.dealloc %large : memref<512xf32>
  return
}

// -----

// Lifetimes that do not meet share bytes: one after the other, and in branches that exclude each other.
// CHECK: memref.global "private" @reuse_shared : memref<256xi8, 3>
func.func @reuse(%which: i1) attributes {mmc.tiles = 1 : i64} {
  %c0 = arith.constant 0 : index
  %first = memref.alloc() : memref<64xf32>
  %a = memref.load %first[%c0] : memref<64xf32>
  scf.if %which {
    %then = memref.alloc() : memref<64xf32>
    %b = memref.load %then[%c0] : memref<64xf32>
  } else {
    %else = memref.alloc() : memref<64xf32>
    %c = memref.load %else[%c0] : memref<64xf32>
  }
  return
}

// -----

// A buffer that a loop reads lives until the loop ends, through views too.
// CHECK: memref.global "private" @loop_shared : memref<512xi8, 3>
func.func @loop() attributes {mmc.tiles = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %outer = memref.alloc() : memref<64xf32>
  %view = memref.subview %outer[0] [8] [1] : memref<64xf32> to memref<8xf32, strided<[1]>>
  scf.for %i = %c0 to %c4 step %c1 {
    %a = memref.load %view[%c0] : memref<8xf32, strided<[1]>>
    %inner = memref.alloc() : memref<64xf32>
    %b = memref.load %inner[%c0] : memref<64xf32>
  }
  return
}

// -----

// CHECK-LABEL: func.func @none(
// CHECK-SAME:    %{{[a-z0-9]+}}: memref<f32>) attributes {mmc.tiles = 1 : i64}
func.func @none(%out: memref<f32>) attributes {mmc.tiles = 1 : i64} {
  return
}

// -----

func.func @dynamic(%n: index) attributes {mmc.tiles = 1 : i64} {
  // expected-error@+1 {{in a tile must have a static shape, got: 'memref<?xf32>'}}
  %x = memref.alloc(%n) : memref<?xf32>
  return
}
