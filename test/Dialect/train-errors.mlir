// RUN: mmc-opt %s -verify-diagnostics -split-input-file

func.func @cross_entropy_rank(%l: tensor<2x9xf32>, %t: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.cross_entropy' op logits must have rank 3, got: 2 != 3}}
  %0 = mmc.cross_entropy %l, %t : tensor<2x9xf32>, tensor<2x8xi32>
  return
}

// -----

func.func @cross_entropy_rows(%l: tensor<2x9x5xf32>, %t: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.cross_entropy' op targets dim 1 must equal logits dim 1, got: 8 != 9}}
  %0 = mmc.cross_entropy %l, %t : tensor<2x9x5xf32>, tensor<2x8xi32>
  return
}

// -----

func.func @shift_labels(%t: tensor<8xi32>) {
  // expected-error @+1 {{'mmc.shift_labels' op labels must have rank 2, got: 1 != 2}}
  %0 = mmc.shift_labels %t : tensor<8xi32>
  return
}

// -----

func.func @sum_integers(%t: tensor<8xi32>) {
  // expected-error @+1 {{'mmc.sum' op operand #0 must be ranked tensor of 32-bit float}}
  %0 = mmc.sum %t : tensor<8xi32>
  return
}

// -----

func.func @count_labels_type(%t: tensor<8xf32>) {
  // expected-error @+1 {{'mmc.count_labels' op operand #0 must be ranked tensor of 32-bit signless integer values}}
  %0 = mmc.count_labels %t : tensor<8xf32>
  return
}

// -----

func.func @count_labels_scalar(%t: tensor<i32>) {
  // expected-error @+1 {{'mmc.count_labels' op targets must have rank 1 or more, got: 0 < 1}}
  %0 = mmc.count_labels %t : tensor<i32>
  return
}

// -----

func.func @adamw_rank(%a0: tensor<7x1xf32>, %a1: tensor<7xf32>, %a2: tensor<7xf32>, %a3: tensor<7xf32>, %a4: tensor<6xf32>) {
  // expected-error @+1 {{'mmc.adamw' op gradient and moments must have rank 2, got: 1 != 2}}
  %0:3 = mmc.adamw %a0, %a1, %a2, %a3, %a4 betas(0.9, 0.999) eps(1.0e-8) weight_decay(0.0) : tensor<7x1xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<6xf32>
  return
}

// -----

func.func @adamw_settings(%a0: tensor<7xf32>, %a1: tensor<7xf32>, %a2: tensor<7xf32>, %a3: tensor<7xf32>, %a4: tensor<5xf32>) {
  // expected-error @+1 {{'mmc.adamw' op settings dim 0 must be 6, got: 5 != 6}}
  %0:3 = mmc.adamw %a0, %a1, %a2, %a3, %a4 betas(0.9, 0.999) eps(1.0e-8) weight_decay(0.0) : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<5xf32>
  return
}

// -----

func.func @adamw_gradient(%a0: tensor<7xf32>, %a1: tensor<8xf32>, %a2: tensor<7xf32>, %a3: tensor<7xf32>, %a4: tensor<6xf32>) {
  // expected-error @+1 {{'mmc.adamw' op gradient and moments must have the parameter's shape, got: 8 != 7}}
  %0:3 = mmc.adamw %a0, %a1, %a2, %a3, %a4 betas(0.9, 0.999) eps(1.0e-8) weight_decay(0.0) : tensor<7xf32>, tensor<8xf32>, tensor<7xf32>, tensor<7xf32>, tensor<6xf32>
  return
}

// -----

func.func @adamw_moment_element(%a0: tensor<7xf32>, %a1: tensor<7xf32>, %a2: tensor<7xbf16>, %a3: tensor<7xf32>, %a4: tensor<6xf32>) {
  // expected-error @+1 {{'mmc.adamw' op gradient and moments must have the parameter's element type, got: 'bf16' != 'f32'}}
  %0:3 = mmc.adamw %a0, %a1, %a2, %a3, %a4 betas(0.9, 0.999) eps(1.0e-8) weight_decay(0.0) : tensor<7xf32>, tensor<7xf32>, tensor<7xbf16>, tensor<7xf32>, tensor<6xf32>
  return
}

// -----

func.func @adamw_moment_rank(%a0: tensor<7xf32>, %a1: tensor<7xf32>, %a2: tensor<7xf32>, %a3: tensor<7x1xf32>, %a4: tensor<6xf32>) {
  // expected-error @+1 {{'mmc.adamw' op gradient and moments must have rank 1, got: 2 != 1}}
  %0:3 = mmc.adamw %a0, %a1, %a2, %a3, %a4 betas(0.9, 0.999) eps(1.0e-8) weight_decay(0.0) : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7x1xf32>, tensor<6xf32>
  return
}

// -----

func.func @adamw_beta(%a0: tensor<7xf32>, %a1: tensor<7xf32>, %a2: tensor<7xf32>, %a3: tensor<7xf32>, %a4: tensor<6xf32>) {
  // expected-error @+1 {{'mmc.adamw' op betas must be at least 0 and below 1, got: 1.0}}
  %0:3 = mmc.adamw %a0, %a1, %a2, %a3, %a4 betas(0.9, 1.0) eps(1.0e-8) weight_decay(0.0) : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<6xf32>
  return
}

// -----

func.func @adamw_eps(%a0: tensor<7xf32>, %a1: tensor<7xf32>, %a2: tensor<7xf32>, %a3: tensor<7xf32>, %a4: tensor<6xf32>) {
  // expected-error @+1 {{'mmc.adamw' op eps must not be negative, got: -1.0}}
  %0:3 = mmc.adamw %a0, %a1, %a2, %a3, %a4 betas(0.9, 0.9) eps(-1.0) weight_decay(0.0) : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<6xf32>
  return
}
