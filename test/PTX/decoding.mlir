// Every kernel of LaVIN's prompt and of a decoded token.
// REQUIRES: ptxas
// DEFINE: %{adapter} = mm-adapter group=llm targets=input_layernorm as=layers.{layer}.adapter_attn rank=6 groups=2 temperature=5.0; mm-adapter group=vision targets=layer_norm1 as=visual.{layer}.adapter_attn rank=4 groups=2 sample0=1
// RUN: mmc-opt %models/lavin-tiny.mlir --mmc-compile="entries=prefill,decode batch=1 seq-len=64 images=1 target=cuda dtype=bf16 chip=sm_80 adapter='%{adapter}' dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_80 %t.ptx -o %t.cubin
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not=.extern --implicit-check-not=.local
// RUN: mmc-opt %models/llama.mlir --mmc-compile="entries=decode batch=1 seq-len=80 target=cuda dtype=f32 chip=sm_90 dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_90 %t.ptx -o %t.cubin
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not=.extern --implicit-check-not=.local --check-prefix=LLAMA

// CHECK-DAG: .visible .entry attention_
// CHECK-DAG: .visible .entry cached_attention_

// LLAMA: .visible .entry cached_attention_
// LLAMA-NOT: .visible .entry attention_
