// Options are refused before LLVM, which would abort, sees them.
// RUN: not mmc-opt %s --mmc-compile="target=cuda chip=sm_75" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not mmc-opt %s --mmc-compile="target=gpu" 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not mmc-opt %s --mmc-compile="target=cuda dtype=f64" 2>&1 | FileCheck %s --check-prefix=DOUBLE

// CHIP: no chip is named 'sm_75'; chips are sm_80, sm_86, sm_87, sm_89, sm_90, sm_100, sm_103, sm_110, sm_120, sm_121
// TARGET: target must be cpu or cuda, got: 'gpu'
// DOUBLE: has no expansion for target=cuda; use dtype=f32 or dtype=bf16, or target=cpu

// Every chip has its PTX version.
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_80 dump-ptx=%t.80" -o %t && FileCheck %s --check-prefix=SM80 --input-file=%t.80
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_86 dump-ptx=%t.86" -o %t && FileCheck %s --check-prefix=SM86 --input-file=%t.86
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_87 dump-ptx=%t.87" -o %t && FileCheck %s --check-prefix=SM87 --input-file=%t.87
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_100 dump-ptx=%t.100" -o %t && FileCheck %s --check-prefix=SM100 --input-file=%t.100
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_103 dump-ptx=%t.103" -o %t && FileCheck %s --check-prefix=SM103 --input-file=%t.103
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_110 dump-ptx=%t.110" -o %t && FileCheck %s --check-prefix=SM110 --input-file=%t.110
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_120 dump-ptx=%t.120" -o %t && FileCheck %s --check-prefix=SM120 --input-file=%t.120
// RUN: mmc-opt %s --mmc-compile="target=cuda chip=sm_121 dump-ptx=%t.121" -o %t && FileCheck %s --check-prefix=SM121 --input-file=%t.121
// SM80: .version 7.0
// SM80-NEXT: .target sm_80
// SM86: .version 7.1
// SM86-NEXT: .target sm_86
// SM87: .version 7.4
// SM87-NEXT: .target sm_87
// SM100: .version 8.6
// SM100-NEXT: .target sm_100
// SM103: .version 8.8
// SM103-NEXT: .target sm_103
// SM110: .version 9.0
// SM110-NEXT: .target sm_110
// SM120: .version 8.7
// SM120-NEXT: .target sm_120
// SM121: .version 8.8
// SM121-NEXT: .target sm_121

func.func @entry(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = mmc.silu %x : tensor<8xf32>
  return %y : tensor<8xf32>
}
