// An entry that returns the gradient of a parameter that the model reshapes: a reshape, and no kernel's result.

// RUN: rm -rf %t && mkdir -p %t && python3 %S/Inputs/reshaped_gradient.py %t
// RUN: mmc-run %s --entry=gradients --train=all --weights=%t/weights.safetensors --inputs=%t/inputs.safetensors \
// RUN:   --cache-dir=none --dtype=f32 --check=%t/expected.safetensors --rtol=0 --outputs=%t/out.safetensors | FileCheck %s
// CHECK: 4 tensors agree

func.func @loss(%x: tensor<2x3xf32> {mmc.name = "x"}, %c: tensor<2x5xf32> {mmc.name = "c"})
    -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<i32> {mmc.name = "label_count"}) {
  %conv = mmc.param "conv.weight" : tensor<5x3x1xf32>
  %w = mmc.reshape %conv : tensor<5x3x1xf32> to tensor<5x3xf32>
  %y = mmc.linear %x, %w : tensor<2x3xf32>, tensor<5x3xf32>
  %sum = mmc.inner_product %y, %c : tensor<2x5xf32>, tensor<2x5xf32>
  %count = mmc.dim_size %x axis(0) : tensor<2x3xf32>
  return %sum, %count : tensor<f32>, tensor<i32>
}
