// RUN: split-file %s %t
// RUN: mmc-opt %t/kernel.mlir --mmc-emit-ptx="chip=sm_89 dump-ptx=%t/kernel.ptx" | FileCheck %s
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/kernel.ptx
// RUN: not mmc-opt %t/kernel.mlir --mmc-emit-ptx="dump-ptx=%t/no-such-directory/kernel.ptx" 2>&1 | FileCheck %s --check-prefix=WRITE
// RUN: not mmc-opt %t/kernel.mlir --mmc-emit-ptx="chip=sm_999" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not mmc-opt %t/extern.mlir --mmc-emit-ptx 2>&1 | FileCheck %s --check-prefix=EXTERN
// RUN: not mmc-opt %t/none.mlir --mmc-emit-ptx 2>&1 | FileCheck %s --check-prefix=NONE

// CHECK: func.func private @copy(index, memref<1xf32>, memref<1xf32>) attributes {mmc.kernel, mmc.threads = 64 : i64, mmc.tiles = 1 : i64, mmc.workspace = 128 : i64}
// CHECK: gpu.binary @kernels [#gpu.object<#nvvm.target<chip = "sm_89", features = "+ptx78">, assembly = "{{.*}}.visible .entry copy(
// CHECK-NOT: llvm.func

// PTX: .version 7.8
// PTX: .target sm_89
// PTX: .visible .entry copy(
// PTX: .reqntid 64, 1, 1
// PTX-NOT: helper

// WRITE: error: cannot write PTX to '{{.*}}kernel.ptx': No such file or directory
// CHIP: error: no chip is named 'sm_999'; chips are sm_80, sm_86,
// EXTERN: error: calls 'expf', which no library on the device defines
// NONE: error: has no module 'kernels' to compile; run --mmc-outline-device first

//--- kernel.mlir
func.func private @copy(index, memref<1xf32>, memref<1xf32>) attributes {mmc.kernel, mmc.tiles = 1 : i64}
module @kernels {
  llvm.func @copy(%in: !llvm.ptr, %out: !llvm.ptr, %space: !llvm.ptr) attributes {mmc.threads = 64 : i64, mmc.workspace = 128 : i64} {
    %v = llvm.call @helper(%in) : (!llvm.ptr) -> f32
    llvm.store %v, %out : f32, !llvm.ptr
    llvm.return
  }
  llvm.func internal @helper(%in: !llvm.ptr) -> f32 {
    %v = llvm.load %in : !llvm.ptr -> f32
    llvm.return %v : f32
  }
}

//--- extern.mlir
module {
  module @kernels {
    llvm.func @expf(f32) -> f32
    llvm.func @copy(%in: !llvm.ptr, %out: !llvm.ptr) attributes {mmc.threads = 64 : i64} {
      %v = llvm.load %in : !llvm.ptr -> f32
      %e = llvm.call @expf(%v) : (f32) -> f32
      llvm.store %e, %out : f32, !llvm.ptr
      llvm.return
    }
  }
}

//--- none.mlir
module {
}
