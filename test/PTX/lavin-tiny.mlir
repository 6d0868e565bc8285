// Every kernel of LaVIN's training step: adapters and connector, then all parameters, in both types.
// REQUIRES: ptxas
// DEFINE: %{adapter} = mm-adapter group=llm targets=input_layernorm as=layers.{layer}.adapter_attn rank=6 groups=2 temperature=5.0 dropout=0.1; mm-adapter group=vision targets=layer_norm1 as=visual.{layer}.adapter_attn rank=4 groups=2 sample0=1
// DEFINE: %{step} = entries=gradients,update batch=2 seq-len=40 images=2 target=cuda adapter='%{adapter}'
// RUN: mmc-opt %models/lavin-tiny.mlir --mmc-compile="%{step} dtype=bf16 chip=sm_80 train=adapters,connector dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_80 %t.ptx -o %t.cubin
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not=.extern --implicit-check-not=.local
// RUN: mmc-opt %models/lavin-tiny.mlir --mmc-compile="%{step} dtype=f32 chip=sm_90 train=all dump-ptx=%t.ptx" -o %t.mlir && ptxas -arch=sm_90 %t.ptx -o %t.cubin
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not=.extern --implicit-check-not=.local

// CHECK-DAG: .visible .entry linear_linear_route_
// CHECK-DAG: .visible .entry route_grad_weights_
// CHECK-DAG: .visible .entry linear_dropout_
// CHECK-DAG: .visible .entry attention_grad_
// CHECK-DAG: .visible .entry cross_entropy_grad_
// CHECK-DAG: .visible .entry adamw_
