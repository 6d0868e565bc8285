// RUN: mmc-opt %s -verify-diagnostics -split-input-file

func.func @linear_input_width(%a0: tensor<2x8x64xf32>, %a1: tensor<48x64xf32>) {
  // expected-error @+1 {{'mmc.linear_grad_input' op weight dim 0 must equal gradient dim 2, got: 48 != 64}}
  %0 = mmc.linear_grad_input %a0, %a1 : tensor<2x8x64xf32>, tensor<48x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @linear_input_result(%a0: tensor<2x8x64xf32>, %a1: tensor<64x32xf32>) {
  // expected-error @+1 {{'mmc.linear_grad_input' op weight dim 1 times groups must equal the last dim of result, got: 32 != 64}}
  %0 = mmc.linear_grad_input %a0, %a1 : tensor<2x8x64xf32>, tensor<64x32xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @linear_input_rows(%a0: tensor<2x8x64xf32>, %a1: tensor<64x64xf32>) {
  // expected-error @+1 {{'mmc.linear_grad_input' op result dim 1 must equal gradient dim 1, got: 9 != 8}}
  %0 = mmc.linear_grad_input %a0, %a1 : tensor<2x8x64xf32>, tensor<64x64xf32> -> tensor<2x9x64xf32>
  return
}

// -----

func.func @linear_input_groups(%a0: tensor<2x8x64xf32>, %a1: tensor<64x64xf32>) {
  // expected-error @+1 {{'mmc.linear_grad_input' op groups must be 1 or more, got: 0 < 1}}
  %0 = mmc.linear_grad_input %a0, %a1 groups(0) : tensor<2x8x64xf32>, tensor<64x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @linear_weight_rank(%a0: tensor<2x8x64xf32>, %a1: tensor<8x64xf32>) {
  // expected-error @+1 {{'mmc.linear_grad_weight' op input must have rank 3, got: 2 != 3}}
  %0 = mmc.linear_grad_weight %a0, %a1 : tensor<2x8x64xf32>, tensor<8x64xf32> -> tensor<64x64xf32>
  return
}

// -----

func.func @linear_weight_result(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x32xf32>) {
  // expected-error @+1 {{'mmc.linear_grad_weight' op result dim 0 must equal gradient dim 2, got: 32 != 64}}
  %0 = mmc.linear_grad_weight %a0, %a1 : tensor<2x8x64xf32>, tensor<2x8x32xf32> -> tensor<32x64xf32>
  return
}

// -----

func.func @linear_weight_groups(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.linear_grad_weight' op result dim 1 times groups must equal the last dim of input, got: 256 != 64}}
  %0 = mmc.linear_grad_weight %a0, %a1 groups(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<64x64xf32>
  return
}

// -----

func.func @embedding_rows(%a0: tensor<2x9xi32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.embedding_grad' op ids dim 1 must equal gradient dim 1, got: 9 != 8}}
  %0 = mmc.embedding_grad %a0, %a1 : tensor<2x9xi32>, tensor<2x8x64xf32> -> tensor<100x64xf32>
  return
}

// -----

func.func @embedding_width(%a0: tensor<2x8xi32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.embedding_grad' op result dim 1 must equal gradient dim 2, got: 63 != 64}}
  %0 = mmc.embedding_grad %a0, %a1 : tensor<2x8xi32>, tensor<2x8x64xf32> -> tensor<100x63xf32>
  return
}

// -----

func.func @embedding_rank(%a0: tensor<8xi32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.embedding_grad' op gradient must have rank 2, got: 3 != 2}}
  %0 = mmc.embedding_grad %a0, %a1 : tensor<8xi32>, tensor<2x8x64xf32> -> tensor<100x64xf32>
  return
}

// -----

func.func @rms_norm_grad_weight_width(%a0: tensor<2x8x64xf32>, %a1: tensor<63xf32>, %a2: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.rms_norm_grad' op weight dim 0 must equal input dim 2, got: 63 != 64}}
  %0 = mmc.rms_norm_grad %a0, %a1, %a2 eps(0.0) : tensor<2x8x64xf32>, tensor<63xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @rms_norm_grad_rows(%a0: tensor<2x8x64xf32>, %a1: tensor<64xf32>, %a2: tensor<2x9x64xf32>) {
  // expected-error @+1 {{'mmc.rms_norm_grad' op gradient dim 1 must equal input dim 1, got: 9 != 8}}
  %0 = mmc.rms_norm_grad %a0, %a1, %a2 eps(0.0) : tensor<2x8x64xf32>, tensor<64xf32>, tensor<2x9x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @rms_norm_grad_weight_result(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.rms_norm_grad_weight' op result dim 0 must equal input dim 2, got: 8 != 64}}
  %0 = mmc.rms_norm_grad_weight %a0, %a1 eps(0.0) : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<8xf32>
  return
}

// -----

func.func @layer_norm_grad_weight_width(%a0: tensor<2x8x64xf32>, %a1: tensor<63xf32>, %a2: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.layer_norm_grad' op weight dim 0 must equal input dim 2, got: 63 != 64}}
  %0 = mmc.layer_norm_grad %a0, %a1, %a2 eps(0.0) : tensor<2x8x64xf32>, tensor<63xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @layer_norm_grad_rows(%a0: tensor<2x8x64xf32>, %a1: tensor<64xf32>, %a2: tensor<2x9x64xf32>) {
  // expected-error @+1 {{'mmc.layer_norm_grad' op gradient dim 1 must equal input dim 1, got: 9 != 8}}
  %0 = mmc.layer_norm_grad %a0, %a1, %a2 eps(0.0) : tensor<2x8x64xf32>, tensor<64xf32>, tensor<2x9x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @layer_norm_grad_weight_result(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.layer_norm_grad_weight' op result dim 0 must equal input dim 2, got: 8 != 64}}
  %0 = mmc.layer_norm_grad_weight %a0, %a1 eps(0.0) : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<8xf32>
  return
}

// -----

func.func @silu_shape(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.silu_grad' op result dim 2 must equal input dim 2, got: 32 != 64}}
  %0 = mmc.silu_grad %a0, %a1 : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x32xf32>
  return
}

// -----

func.func @gelu_shape(%a0: tensor<2x8x64xf32>, %a1: tensor<2x4x64xf32>) {
  // expected-error @+1 {{'mmc.gelu_grad' op gradient dim 1 must equal input dim 1, got: 4 != 8}}
  %0 = mmc.gelu_grad erf %a0, %a1 : tensor<2x8x64xf32>, tensor<2x4x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @softmax_rank(%a0: tensor<2x8x64xf32>, %a1: tensor<8x64xf32>) {
  // expected-error @+1 {{'mmc.softmax_grad' op gradient must have rank 3, got: 2 != 3}}
  %0 = mmc.softmax_grad %a0, %a1 temperature(1.0) : tensor<2x8x64xf32>, tensor<8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @softmax_temperature(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.softmax_grad' op temperature must be positive, got: 0.0}}
  %0 = mmc.softmax_grad %a0, %a1 temperature(0.0) : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @patches_count(%a0: tensor<2x5x12xf32>) {
  // expected-error @+1 {{'mmc.patches_grad' op gradient dim 1 must equal the patches of the result, got: 5 != 4}}
  %0 = mmc.patches_grad %a0 patch(2) : tensor<2x5x12xf32> -> tensor<2x3x4x4xf32>
  return
}

// -----

func.func @patches_width(%a0: tensor<2x4x13xf32>) {
  // expected-error @+1 {{'mmc.patches_grad' op gradient dim 2 must equal the elements of a patch, got: 13 != 12}}
  %0 = mmc.patches_grad %a0 patch(2) : tensor<2x4x13xf32> -> tensor<2x3x4x4xf32>
  return
}

// -----

func.func @patches_zero(%a0: tensor<2x4x12xf32>) {
  // expected-error @+1 {{'mmc.patches_grad' op patch must be 1 or more, got: 0}}
  %0 = mmc.patches_grad %a0 patch(0) : tensor<2x4x12xf32> -> tensor<2x3x4x4xf32>
  return
}

// -----

func.func @fill_slots_rows(%a0: tensor<2x8x64xf32>, %a1: tensor<2x7xi32>) {
  // expected-error @+1 {{'mmc.fill_slots_grad' op slots dim 1 must equal gradient dim 1, got: 7 != 8}}
  %0 = mmc.fill_slots_grad %a0, %a1 : tensor<2x8x64xf32>, tensor<2x7xi32> -> tensor<4x64xf32>
  return
}

// -----

func.func @mask_slots_shape(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.mask_slots' op result dim 2 must equal gradient dim 2, got: 32 != 64}}
  %0 = mmc.mask_slots %a0, %a1 : tensor<2x8x64xf32>, tensor<2x8xi32> -> tensor<2x8x32xf32>
  return
}

// -----

func.func @route_expert(%a0: tensor<2x2xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route_grad_expert' op expert must have a weight, got: 2 of 2}}
  %0 = mmc.route_grad_expert %a0, %a1 expert(2) axis(0) : tensor<2x2xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @route_expert_axis(%a0: tensor<2x2xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route_grad_expert' op axis must be 0 (samples) or 1 (positions), got: -1}}
  %0 = mmc.route_grad_expert %a0, %a1 expert(0) axis(-1) : tensor<2x2xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @route_expert_weights(%a0: tensor<2x2xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route_grad_expert' op weights dim 0 must equal gradient dim 1, got: 2 != 8}}
  %0 = mmc.route_grad_expert %a0, %a1 expert(0) axis(1) : tensor<2x2xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @route_weights_count(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route_grad_weights' op result dim 1 must equal the number of experts, got: 2 != 1}}
  %0 = mmc.route_grad_weights %a0, %a1 axis(0) : tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @route_weights_expert(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x32xf32>) {
  // expected-error @+1 {{'mmc.route_grad_weights' op expert dim 2 must equal gradient dim 2, got: 32 != 64}}
  %0 = mmc.route_grad_weights %a0, %a1 axis(0) : tensor<2x8x64xf32>, tensor<2x8x32xf32> -> tensor<2x1xf32>
  return
}

// -----

func.func @cross_entropy_targets(%a0: tensor<2x8x9xf32>, %a1: tensor<2x7xi32>, %a2: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.cross_entropy_grad' op targets dim 1 must equal logits dim 1, got: 7 != 8}}
  %0 = mmc.cross_entropy_grad %a0, %a1, %a2 : tensor<2x8x9xf32>, tensor<2x7xi32>, tensor<2x8xf32> -> tensor<2x8x9xf32>
  return
}

// -----

func.func @cross_entropy_gradient(%a0: tensor<2x8x9xf32>, %a1: tensor<2x8xi32>, %a2: tensor<2x7xf32>) {
  // expected-error @+1 {{'mmc.cross_entropy_grad' op gradient dim 1 must equal targets dim 1, got: 7 != 8}}
  %0 = mmc.cross_entropy_grad %a0, %a1, %a2 : tensor<2x8x9xf32>, tensor<2x8xi32>, tensor<2x7xf32> -> tensor<2x8x9xf32>
  return
}

// -----

func.func @scale_by_scalar(%a0: tensor<2x8x64xf32>, %a1: tensor<1xf32>) {
  // expected-error @+1 {{'mmc.scale_by' op scalar must have rank 0, got: 1 != 0}}
  %0 = mmc.scale_by %a0, %a1 : tensor<2x8x64xf32>, tensor<1xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_heads(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x32xf32>, %a2: tensor<2x8x4xf32>) {
  // expected-error @+1 {{'mmc.attention_grad' op heads must be a multiple of kv_heads, got: 4 % 3 != 0}}
  %0:3 = mmc.attention_grad %a0, %a1, %a1 output %a0 lse %a2 gradient %a0 heads(4) kv_heads(3) scale(1.0) : tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>, tensor<2x8x64xf32>, tensor<2x8x4xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>
  return
}

// -----

func.func @attention_no_heads(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x32xf32>, %a2: tensor<2x8x4xf32>) {
  // expected-error @+1 {{'mmc.attention_grad' op heads and kv_heads must be 1 or more, got: 4 and 0}}
  %0:3 = mmc.attention_grad %a0, %a1, %a1 output %a0 lse %a2 gradient %a0 heads(4) kv_heads(0) scale(1.0) : tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>, tensor<2x8x64xf32>, tensor<2x8x4xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>
  return
}

// -----

func.func @attention_lse(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x32xf32>, %a2: tensor<2x8x3xf32>) {
  // expected-error @+1 {{'mmc.attention_grad' op lse dim 2 must equal heads, got: 3 != 4}}
  %0:3 = mmc.attention_grad %a0, %a1, %a1 output %a0 lse %a2 gradient %a0 heads(4) kv_heads(2) scale(1.0) : tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>, tensor<2x8x64xf32>, tensor<2x8x3xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>
  return
}

// -----

func.func @attention_dk(%a0: tensor<2x8x64xf32>, %a1: tensor<2x8x32xf32>, %a2: tensor<2x8x4xf32>) {
  // expected-error @+1 {{'mmc.attention_grad' op dk dim 2 must equal key dim 2, got: 64 != 32}}
  %0:3 = mmc.attention_grad %a0, %a1, %a1 output %a0 lse %a2 gradient %a0 heads(4) kv_heads(2) scale(1.0) : tensor<2x8x64xf32>, tensor<2x8x32xf32>, tensor<2x8x32xf32>, tensor<2x8x64xf32>, tensor<2x8x4xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x32xf32>
  return
}
