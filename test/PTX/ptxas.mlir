// NVIDIA's assembler accepts every kernel.
// REQUIRES: ptxas
// RUN: mmc-opt %S/layers.mlir --mmc-compile="target=cuda chip=sm_80 dtype=f32 fuse=false dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_80 %t.ptx -o %t.cubin
// RUN: mmc-opt %S/layers.mlir --mmc-compile="target=cuda chip=sm_90 dtype=f32 dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_90 %t.ptx -o %t.cubin
// RUN: mmc-opt %S/gradients.mlir --mmc-compile="target=cuda chip=sm_80 dtype=f32 fuse=false dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_80 %t.ptx -o %t.cubin
// RUN: mmc-opt %S/gradients.mlir --mmc-compile="target=cuda chip=sm_90 dtype=f32 dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_90 %t.ptx -o %t.cubin
// RUN: mmc-opt %models/llama.mlir --mmc-compile="target=cuda chip=sm_80 dtype=f32 entries=logits batch=2 seq-len=100 dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_80 %t.ptx -o %t.cubin
// RUN: mmc-opt %models/llama.mlir --mmc-compile="target=cuda chip=sm_90 dtype=f32 entries=logits batch=2 seq-len=100 dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_90 %t.ptx -o %t.cubin
// RUN: mmc-opt %models/llama.mlir --mmc-compile="target=cuda chip=sm_80 dtype=bf16 entries=logits batch=2 seq-len=100 dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_80 %t.ptx -o %t.cubin
// RUN: mmc-opt %models/llama.mlir --mmc-compile="target=cuda chip=sm_90 dtype=bf16 entries=logits batch=2 seq-len=100 dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_90 %t.ptx -o %t.cubin
