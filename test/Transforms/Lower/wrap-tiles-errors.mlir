// RUN: mmc-opt %s --mmc-wrap-tiles -split-input-file -verify-diagnostics

// expected-error @+1 {{has no kernel 'declared' to call, only its declaration}}
llvm.func @tile_declared(i64, !llvm.ptr)
llvm.func @declared(i64, !llvm.ptr) attributes {mmc.in_place = array<i64: -1>}

// -----

// What `mmc.in_place` says decides which pointer is written through, and may come from a file.

// expected-error @+1 {{'mmc.in_place' must name operands, or be −1, got: 2 for result 0 of a kernel of 2 operands}}
llvm.func @beyond(%index: i64, %x: !llvm.ptr, %y: !llvm.ptr, %r: !llvm.ptr) attributes {mmc.in_place = array<i64: 2>} {
  llvm.return
}
llvm.func @tile_beyond(i64, !llvm.ptr)

// -----

// expected-error @+1 {{'mmc.in_place' must name operands, or be −1, got: -2 for result 0 of a kernel of 1 operands}}
llvm.func @below(%index: i64, %x: !llvm.ptr, %r: !llvm.ptr) attributes {mmc.in_place = array<i64: -2>} {
  llvm.return
}
llvm.func @tile_below(i64, !llvm.ptr)

// -----

// expected-error @+1 {{'mmc.in_place' must have a number per result, got: 3 numbers for 2 buffers}}
llvm.func @many(%index: i64, %x: !llvm.ptr, %r: !llvm.ptr) attributes {mmc.in_place = array<i64: -1, -1, 0>} {
  llvm.return
}
llvm.func @tile_many(i64, !llvm.ptr)

// -----

// expected-error @+1 {{'mmc.in_place' must be an array<i64: …>, got: [0]}}
llvm.func @list(%index: i64, %x: !llvm.ptr, %r: !llvm.ptr) attributes {mmc.in_place = [0]} {
  llvm.return
}
llvm.func @tile_list(i64, !llvm.ptr)

// -----

// expected-error @+1 {{'mmc.in_place' must be an array<i64: …>, got: array<i32: 0>}}
llvm.func @narrow(%index: i64, %x: !llvm.ptr, %r: !llvm.ptr) attributes {mmc.in_place = array<i32: 0>} {
  llvm.return
}
llvm.func @tile_narrow(i64, !llvm.ptr)

// -----

// expected-error @+1 {{'mmc.in_place' must not give operand 0 to two results}}
llvm.func @twice(%index: i64, %x: !llvm.ptr, %r: !llvm.ptr, %s: !llvm.ptr) attributes {mmc.in_place = array<i64: 0, 0>} {
  llvm.return
}
llvm.func @tile_twice(i64, !llvm.ptr)

// -----

llvm.func @add(%index: i64, %x: !llvm.ptr) {
  llvm.return
}
// expected-error @+1 {{must take a tile's index and a table of pointers, (i64, !llvm.ptr), got: '!llvm.func<void (i64)>'}}
llvm.func @tile_add(i64)

// -----

// expected-error @+1 {{must take a tile's index and a pointer per buffer, (i64, !llvm.ptr, …), got: '!llvm.func<void (i64, f32)>'; 'tile_number' calls it}}
llvm.func @number(%index: i64, %x: f32) {
  llvm.return
}
llvm.func @tile_number(i64, !llvm.ptr)

// -----

// expected-error @+1 {{'mmc.may_alias' must name buffers, got: 2 of 2}}
llvm.func @shared(%index: i64, %x: !llvm.ptr, %r: !llvm.ptr) attributes {mmc.may_alias = array<i64: 0, 2>} {
  llvm.return
}
llvm.func @tile_shared(i64, !llvm.ptr)

// -----

// expected-error @+1 {{'mmc.may_alias' must be an array<i64: …>, got: unit}}
llvm.func @flag(%index: i64, %x: !llvm.ptr, %r: !llvm.ptr) attributes {mmc.may_alias} {
  llvm.return
}
llvm.func @tile_flag(i64, !llvm.ptr)
