// Vectors along the last loop, what is left over at its end, sums lane by lane, and what is left alone.
// RUN: mmc-opt %s --mmc-vectorize-loops="features=avx512" | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: mmc-opt %s --mmc-vectorize-loops="features=avx2" | FileCheck %s --check-prefixes=CHECK,AVX2

#ij = affine_map<(i, j) -> (i, j)>
#ji = affine_map<(i, j) -> (j, i)>
#i = affine_map<(i, j) -> (i)>
#j = affine_map<(i, j) -> (j)>

// An operand that does not depend on the last loop is one element for all lanes.
// CHECK-LABEL: func.func @map(
// CHECK: scf.for
// CHECK: scf.for
// AVX512: vector.load {{.*}} vector<16xf32>
// AVX2: vector.load {{.*}} vector<8xf32>
// CHECK: memref.load %{{.*}} : memref<5xf32>
// CHECK: vector.broadcast
// CHECK: arith.mulf {{.*}} : vector<
// CHECK: vector.store
// CHECK-NOT: linalg.generic
func.func @map(%x: memref<5x64xf32>, %s: memref<5xf32>, %y: memref<5x64xf32>) {
  linalg.generic {indexing_maps = [#ij, #i, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : memref<5x64xf32>, memref<5xf32>) outs(%y : memref<5x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  }
  return
}

// 43 = 2·16 + 11: eleven lanes under a mask. Without masks 5·8 + 2 + 1.
// CHECK-LABEL: func.func @rest(
// AVX512: vector.store {{.*}} vector<16xf32>
// AVX512: vector.create_mask %c11{{.*}} : vector<16xi1>
// AVX512: vector.maskedload
// AVX512: vector.maskedstore
// AVX2: vector.store {{.*}} vector<8xf32>
// AVX2: vector.store {{.*}} vector<2xf32>
// AVX2: vector.store {{.*}} vector<1xf32>
func.func @rest(%x: memref<43xf32>, %y: memref<43xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<43xf32>) outs(%y : memref<43xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = math.exp %a : f32
    linalg.yield %p : f32
  }
  return
}

// Narrow elements are never masked: not every processor with masks has them for these.
// CHECK-LABEL: func.func @narrow_rest(
// CHECK-NOT: mask
// CHECK: vector.store {{.*}} vector<2xbf16>
// CHECK: vector.store {{.*}} vector<1xbf16>
// CHECK-NOT: mask
func.func @narrow_rest(%x: memref<19xf32>, %y: memref<19xbf16>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<19xf32>) outs(%y : memref<19xbf16>) {
  ^bb0(%a: f32, %o: bf16):
    %p = arith.truncf %a : f32 to bf16
    linalg.yield %p : bf16
  }
  return
}

// A sum starts at nothing in all lanes; lanes beyond the end count as nothing; the old value is added at the end.
// CHECK-LABEL: func.func @sum(
// AVX512: %[[OLD:.*]] = memref.load %{{.*}} : memref<3xf32>
// AVX512: %[[LANES:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}) -> (vector<16xf32>)
// AVX512: %[[SUM:.*]] = vector.reduction <add>, %[[LANES]], %[[OLD]] fastmath<reassoc>
// AVX512: %[[REST:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<4xi1>, vector<4xf32>
// AVX512: vector.reduction <add>, %[[REST]], %[[SUM]] fastmath<reassoc>
// AVX512: memref.store
func.func @sum(%x: memref<3x35xf32>, %y: memref<3xf32>) {
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<3x35xf32>) outs(%y : memref<3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.mulf %a, %a : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  }
  return
}

// The smallest of all numbers is what changes no maximum.
// CHECK-LABEL: func.func @maximum(
// CHECK: arith.constant dense<0xFF800000>
// CHECK: vector.reduction <maximumf>
func.func @maximum(%x: memref<3x32xf32>, %y: memref<3xf32>) {
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<3x32xf32>) outs(%y : memref<3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// Summed over the first loop: whole rows are added to the sums.
// CHECK-LABEL: func.func @sum_rows(
// CHECK: vector.load
// CHECK: vector.load
// CHECK: arith.addf {{.*}} : vector<
// CHECK: vector.store
func.func @sum_rows(%x: memref<3x32xf32>, %y: memref<32xf32>) {
  linalg.generic {indexing_maps = [#ij, #j], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<3x32xf32>) outs(%y : memref<32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// A row of a table, and the number of the lane.
// CHECK-LABEL: func.func @table(
// CHECK: memref.load {{.*}} : memref<3xi32>
// CHECK: vector.step
// CHECK: vector.load {{.*}} : memref<7x32xf32>
// CHECK-NOT: linalg
func.func @table(%ids: memref<3xi32>, %table: memref<7x32xf32>, %y: memref<3x32xf32>) {
  linalg.generic {indexing_maps = [#i, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%ids : memref<3xi32>) outs(%y : memref<3x32xf32>) {
  ^bb0(%id: i32, %o: f32):
    %row = arith.index_cast %id : i32 to index
    %column = linalg.index 1 : index
    %e = memref.load %table[%row, %column] : memref<7x32xf32>
    %number = arith.index_cast %column : index to i32
    %f = arith.sitofp %number : i32 to f32
    %r = arith.addf %e, %f : f32
    linalg.yield %r : f32
  }
  return
}

// Half as many lanes of f64; its functions are calls, which vectors would only have to be taken apart for.
// CHECK-LABEL: func.func @wide(
// AVX512: math.sqrt {{.*}} : vector<8xf64>
// AVX2: math.sqrt {{.*}} : vector<4xf64>
// CHECK: linalg.generic
// CHECK: math.erf {{.*}} : f64
func.func @wide(%x: memref<16xf64>, %y: memref<16xf64>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<16xf64>) outs(%y : memref<16xf64>) {
  ^bb0(%a: f64, %o: f64):
    %r = math.sqrt %a : f64
    linalg.yield %r : f64
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<16xf64>) outs(%y : memref<16xf64>) {
  ^bb0(%a: f64, %o: f64):
    %r = math.erf %a : f64
    linalg.yield %r : f64
  }
  return
}

// Left alone: an operand across the lanes, an element that each lane would have to fetch, a sum that is read as it
// grows, and one column.
// CHECK-LABEL: func.func @others(
// CHECK-COUNT-4: linalg.generic
// CHECK-NOT: linalg.generic
func.func @others(%x: memref<8x8xf32>, %y: memref<8x8xf32>, %ids: memref<8xi32>, %s: memref<8xf32>, %c: memref<8x1xf32>) {
  linalg.generic {indexing_maps = [#ji, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<8x8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  linalg.generic {indexing_maps = [#j, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%ids : memref<8xi32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%id: i32, %o: f32):
    %row = arith.index_cast %id : i32 to index
    %column = linalg.index 1 : index
    %e = memref.load %x[%row, %column] : memref<8x8xf32>
    linalg.yield %e : f32
  }
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x8xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.mulf %a, %o : f32
    %r = arith.addf %o, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%c : memref<8x1xf32>) outs(%c : memref<8x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.negf %a : f32
    linalg.yield %r : f32
  }
  return
}

// Nothing to compute is left alone: over no rows, over no columns, and a sum of nothing.
// CHECK-LABEL: func.func @empty(
// CHECK-COUNT-3: linalg.generic
// CHECK-NOT: linalg.generic
func.func @empty(%r: memref<0x8xf32>, %c: memref<8x0xf32>, %s: memref<8xf32>) {
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%r : memref<0x8xf32>) outs(%r : memref<0x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  }
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%c : memref<8x0xf32>) outs(%c : memref<8x0xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  }
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]}
      ins(%c : memref<8x0xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.addf %o, %a : f32
    linalg.yield %n : f32
  }
  return
}

// A buffer has a byte for every i1, a vector a bit: loops that read, write or fetch lanes of i1 are left alone. Within
// the body i1 is as good as anything.
// CHECK-LABEL: func.func @bits(
// CHECK-COUNT-3: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: arith.cmpf {{.*}} : vector<
// CHECK: arith.select {{.*}} : vector<
func.func @bits(%x: memref<3x16xf32>, %b: memref<3x16xi1>, %y: memref<3x16xf32>) {
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<3x16xf32>) outs(%b : memref<3x16xi1>) {
  ^bb0(%a: f32, %o: i1):
    %c = arith.cmpf ogt, %a, %a : f32
    linalg.yield %c : i1
  }
  linalg.generic {indexing_maps = [#ij, #ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%b, %x : memref<3x16xi1>, memref<3x16xf32>) outs(%y : memref<3x16xf32>) {
  ^bb0(%c: i1, %a: f32, %o: f32):
    %n = arith.negf %a : f32
    %r = arith.select %c, %a, %n : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<3x16xf32>) outs(%y : memref<3x16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %row = linalg.index 0 : index
    %column = linalg.index 1 : index
    %c = memref.load %b[%row, %column] : memref<3x16xi1>
    %n = arith.negf %a : f32
    %r = arith.select %c, %a, %n : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<3x16xf32>) outs(%y : memref<3x16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    %c = arith.cmpf ogt, %a, %n : f32
    %r = arith.select %c, %a, %n : f32
    linalg.yield %r : f32
  }
  return
}
