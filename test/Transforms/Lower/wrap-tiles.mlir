// RUN: mmc-opt %s --mmc-wrap-tiles -split-input-file -verify-diagnostics | FileCheck %s

// The wrapper takes the pointers from the table, in order, and calls the kernel's function, whose buffers do not
// alias and which nobody else calls.
// CHECK: llvm.func internal @add(%{{.*}}: i64, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias})
llvm.func @add(%index: i64, %x: !llvm.ptr, %y: !llvm.ptr) {
  llvm.return
}
// CHECK: llvm.func @tile_add(%[[INDEX:.*]]: i64, %[[TABLE:.*]]: !llvm.ptr) {
// CHECK: %[[A0:.*]] = llvm.getelementptr %[[TABLE]][0] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
// CHECK: %[[P0:.*]] = llvm.load %[[A0]]
// CHECK: %[[A1:.*]] = llvm.getelementptr %[[TABLE]][1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
// CHECK: %[[P1:.*]] = llvm.load %[[A1]]
// CHECK: llvm.call @add(%[[INDEX]], %[[P0]], %[[P1]])
// CHECK: llvm.return
llvm.func @tile_add(i64, !llvm.ptr)

// Other declarations, and wrappers that have a body, are left alone.
// CHECK: llvm.func @mmc_rt_kernel_launch(!llvm.ptr, !llvm.ptr, i64, !llvm.ptr){{$}}
llvm.func @mmc_rt_kernel_launch(!llvm.ptr, !llvm.ptr, i64, !llvm.ptr)
// CHECK: llvm.func @tile_done(%{{.*}}: i64, %{{.*}}: !llvm.ptr) {
// CHECK-NEXT: llvm.return
llvm.func @tile_done(%index: i64, %table: !llvm.ptr) {
  llvm.return
}

// -----

// Result 1 takes over the place of operand 1: it is written through the operand's pointer, and no two pointers that are
// used lead to one place.
// CHECK: llvm.func internal @two(%{{.*}}: i64, %[[X:.*]]: !llvm.ptr {{.*}}, %[[Y:.*]]: !llvm.ptr {{.*}}, %[[R:.*]]: !llvm.ptr {{.*}}, %{{.*}}: !llvm.ptr
llvm.func @two(%index: i64, %x: !llvm.ptr, %y: !llvm.ptr, %r0: !llvm.ptr, %r1: !llvm.ptr) attributes {mmc.in_place = array<i64: -1, 1>} {
  %v = llvm.load %x : !llvm.ptr -> f32
  %w = llvm.load %y : !llvm.ptr -> f32
  // CHECK: llvm.store %{{.*}}, %[[R]]
  llvm.store %v, %r0 : f32, !llvm.ptr
  // CHECK: llvm.store %{{.*}}, %[[Y]]
  llvm.store %w, %r1 : f32, !llvm.ptr
  llvm.return
}
llvm.func @tile_two(i64, !llvm.ptr)

// -----

// The caller may give one buffer for operand 0 and result 0: nothing is promised of them.
// CHECK: llvm.func internal @update(%{{[^:]*}}: i64, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr {llvm.noalias}, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr {llvm.noalias})
llvm.func @update(%index: i64, %p: !llvm.ptr, %g: !llvm.ptr, %r0: !llvm.ptr, %r1: !llvm.ptr) attributes {mmc.may_alias = array<i64: 0, 2>} {
  llvm.return
}
llvm.func @tile_update(i64, !llvm.ptr)

// -----

// expected-error @+1 {{has no kernel 'missing' to call}}
llvm.func @tile_missing(i64, !llvm.ptr)
