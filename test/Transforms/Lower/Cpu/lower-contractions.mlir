// The register block of the instruction set, packing where an operand does not lie as the block reads it, and
// what is left alone.
// RUN: mmc-opt %s --mmc-lower-contractions="features=avx2" | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: mmc-opt %s --mmc-lower-contractions="features=avx512" | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: mmc-opt %s --mmc-lower-contractions="features=avx512-bf16" | FileCheck %s --check-prefix=DOT

#mk = affine_map<(m, n, k) -> (m, k)>
#km = affine_map<(m, n, k) -> (k, m)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// b lies along n: it is read where it is. 6 x 2 or 6 x 4 sums are handed from k to k.
// CHECK-LABEL: func.func @in_place
// CHECK-NOT: memref.alloc
// AVX2-COUNT-12: vector.fma {{.*}} : vector<8xf32>
// AVX512-COUNT-24: vector.fma {{.*}} : vector<16xf32>
// CHECK-NOT: linalg.generic
func.func @in_place(%a: memref<24x10xf32>, %b: memref<10x64xf32>, %c: memref<24x64xf32>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<24x10xf32>, memref<10x64xf32>) outs(%c : memref<24x64xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}

// b lies along k, in bf16: a panel of it is transposed in registers and widened; so is a.
// CHECK-LABEL: func.func @packed
// AVX2: memref.alloc() : memref<4x16x16xf32>
// AVX512: memref.alloc() : memref<1x16x64xf32>
// CHECK: vector.shuffle
// CHECK: vector.fma
// CHECK-NOT: linalg.generic
// With dot products of pairs b is packed, as pairs of k in an i32, and a is read in place. 6 x 4 sums.
// DOT-LABEL: func.func @packed
// DOT: memref.alloc() : memref<1x8x64xi32>
// DOT-NOT: memref.alloc
// DOT: vector.bitcast {{.*}} vector<16xbf16> to vector<8xi32>
// DOT: vector.shuffle
// DOT: scf.for %{{.*}} = %{{.*}} to %c8{{[_0-9]*}} step
// DOT: vector.load {{.*}} vector<2xbf16>
// DOT-COUNT-24: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// DOT-NOT: call_intrinsic
// DOT: return
func.func @packed(%a: memref<24x16xbf16>, %b: memref<64x16xbf16>, %c: memref<24x64xf32>) {
  linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<24x16xbf16>, memref<64x16xbf16>) outs(%c : memref<24x64xf32>) {
  ^bb0(%x: bf16, %y: bf16, %s: f32):
    %xw = arith.extf %x : bf16 to f32
    %yw = arith.extf %y : bf16 to f32
    %p = arith.mulf %xw, %yw : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}

// Neither lies along k, and k is odd: both are packed, the last element paired with zero and summed behind the loop.
// DOT-LABEL: func.func @odd_pairs
// DOT-DAG: memref.alloc() : memref<1x2x8xi32>
// DOT-DAG: memref.alloc() : memref<1x2x4xi32>
// DOT: vector.interleave
// DOT: arith.constant dense<0.000000e+00> : vector<{{[0-9]+}}xbf16>
// DOT: scf.for %{{.*}} = %{{.*}} to %c1{{[_0-9]*}} step {{.*}} iter_args
// DOT-COUNT-4: "llvm.x86.avx512bf16.dpbf16ps.256"
// DOT: scf.yield
// DOT-COUNT-4: "llvm.x86.avx512bf16.dpbf16ps.256"
// DOT-NOT: call_intrinsic
// DOT: vector.maskedstore
func.func @odd_pairs(%a: memref<3x4xbf16>, %b: memref<3x7xbf16>, %c: memref<4x7xf32>) {
  linalg.generic {indexing_maps = [#km, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<3x4xbf16>, memref<3x7xbf16>) outs(%c : memref<4x7xf32>) {
  ^bb0(%x: bf16, %y: bf16, %s: f32):
    %xw = arith.extf %x : bf16 to f32
    %yw = arith.extf %y : bf16 to f32
    %p = arith.mulf %xw, %yw : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}

// 65 rows are 13 blocks of 5: smaller blocks that leave no edge go before larger ones, whose edge would be a second
// loop over k.
// CHECK-LABEL: func.func @even_blocks
// AVX512-COUNT-20: vector.fma
// AVX512-NOT: vector.fma
// AVX512: return
func.func @even_blocks(%a: memref<65x10xf32>, %b: memref<10x64xf32>, %c: memref<65x64xf32>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<65x10xf32>, memref<10x64xf32>) outs(%c : memref<65x64xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}

// Columns that fill no register are masked, and never written beyond.
// CHECK-LABEL: func.func @ragged
// CHECK: vector.maskedload
// CHECK: vector.maskedstore
func.func @ragged(%a: memref<5x3xf32>, %b: memref<3x7xf32>, %c: memref<5x7xf32>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<5x3xf32>, memref<3x7xf32>) outs(%c : memref<5x7xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}

// A sum of differences is no product.
// CHECK-LABEL: func.func @difference
// CHECK: linalg.generic
// CHECK-NOT: vector.fma
func.func @difference(%a: memref<5x3xf32>, %b: memref<3x7xf32>, %c: memref<5x7xf32>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<5x3xf32>, memref<3x7xf32>) outs(%c : memref<5x7xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.subf %x, %y : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}

// Sums in bf16 would lose digits: such an op is not one of ours.
// CHECK-LABEL: func.func @narrow_sum
// CHECK: linalg.generic
func.func @narrow_sum(%a: memref<5x3xbf16>, %b: memref<3x7xbf16>, %c: memref<5x7xbf16>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<5x3xbf16>, memref<3x7xbf16>) outs(%c : memref<5x7xbf16>) {
  ^bb0(%x: bf16, %y: bf16, %s: bf16):
    %p = arith.mulf %x, %y : bf16
    %r = arith.addf %s, %p : bf16
    linalg.yield %r : bf16
  }
  return
}

// No rows, no columns or nothing to sum: no block of registers is that small, and the op stays.
// CHECK-LABEL: func.func @empty
// CHECK-COUNT-4: linalg.generic
// DOT-LABEL: func.func @empty
// DOT-COUNT-4: linalg.generic
func.func @empty(%a: memref<0x3xf32>, %b: memref<3x7xf32>, %c: memref<0x7xf32>, %d: memref<5x3xf32>, %e: memref<3x0xf32>,
                 %f: memref<5x0xf32>, %g: memref<0x7xf32>, %h: memref<5x7xf32>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<0x3xf32>, memref<3x7xf32>) outs(%c : memref<0x7xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%d, %e : memref<5x3xf32>, memref<3x0xf32>) outs(%f : memref<5x0xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%f, %g : memref<5x0xf32>, memref<0x7xf32>) outs(%h : memref<5x7xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}
func.func @empty_bf16(%a: memref<5x0xbf16>, %b: memref<0x7xbf16>, %c: memref<5x7xf32>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<5x0xbf16>, memref<0x7xbf16>) outs(%c : memref<5x7xf32>) {
  ^bb0(%x: bf16, %y: bf16, %s: f32):
    %xw = arith.extf %x : bf16 to f32
    %yw = arith.extf %y : bf16 to f32
    %p = arith.mulf %xw, %yw : f32
    %r = arith.addf %s, %p : f32
    linalg.yield %r : f32
  }
  return
}
