// RUN: mmc-opt %s -verify-diagnostics -split-input-file

func.func @dropout_rate(%x: tensor<4xf32>) {
  // expected-error @+1 {{'mmc.dropout' op rate must be at least 0 and below 1, got: 1.0}}
  %0 = mmc.dropout %x rate(1.0) : tensor<4xf32>
  return
}

// -----

func.func @dropout_negative(%x: tensor<4xf32>) {
  // expected-error @+1 {{'mmc.dropout' op rate must be at least 0 and below 1, got: -0.5}}
  %0 = mmc.dropout %x rate(-0.5) : tensor<4xf32>
  return
}

// -----

func.func @dropout_rng(%x: tensor<4xf32>, %r: tensor<3xi64>) {
  // expected-error @+1 {{'mmc.dropout' op rng dim 0 must be 2 (seed, step), got: 3 != 2}}
  %0 = mmc.dropout %x rng %r rate(0.5) : tensor<4xf32>, tensor<3xi64>
  return
}

// -----

func.func @dropout_rng_rank(%x: tensor<4xf32>, %r: tensor<1x2xi64>) {
  // expected-error @+1 {{'mmc.dropout' op rng must have rank 1, got: 2 != 1}}
  %0 = mmc.dropout %x rng %r rate(0.5) : tensor<4xf32>, tensor<1x2xi64>
  return
}

// -----

func.func @route_axis(%w: tensor<2x1xf32>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route' op axis must be 0 (samples) or 1 (positions), got: 2}}
  %0 = mmc.route %w, %x axis(2) : tensor<2x1xf32>, tensor<2x8x64xf32>
  return
}

// -----

func.func @route_weights_rank(%w: tensor<2xf32>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route' op weights must have rank 2, got: 1 != 2}}
  %0 = mmc.route %w, %x axis(0) : tensor<2xf32>, tensor<2x8x64xf32>
  return
}

// -----

func.func @route_samples(%w: tensor<8x1xf32>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route' op weights dim 0 must equal the experts' dim 0, got: 8 != 2}}
  %0 = mmc.route %w, %x axis(0) : tensor<8x1xf32>, tensor<2x8x64xf32>
  return
}

// -----

func.func @route_positions(%w: tensor<2x1xf32>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route' op weights dim 0 must equal the experts' dim 1, got: 2 != 8}}
  %0 = mmc.route %w, %x axis(1) : tensor<2x1xf32>, tensor<2x8x64xf32>
  return
}

// -----

func.func @route_count(%w: tensor<2x3xf32>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route' op weights dim 1 must equal the number of experts, got: 3 != 2}}
  %0 = mmc.route %w, %x, %x axis(0) : tensor<2x3xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32>
  return
}

// -----

func.func @route_expert(%w: tensor<2x2xf32>, %x: tensor<2x8x64xf32>, %y: tensor<2x9x64xf32>) {
  // expected-error @+1 {{'mmc.route' op expert 1 dim 1 must equal that of expert 0, got: 9 != 8}}
  %0 = mmc.route %w, %x, %y axis(0) : tensor<2x2xf32>, tensor<2x8x64xf32>, tensor<2x9x64xf32>
  return
}

// -----

func.func @route_expert_rank(%w: tensor<2x1xf32>, %x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.route' op expert 0 must have rank 3, got: 2 != 3}}
  %0 = mmc.route %w, %x axis(0) : tensor<2x1xf32>, tensor<2x8xf32>
  return
}

// -----

func.func @route_element(%w: tensor<2x1xbf16>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.route' op experts and weights must have one element type, got: 'f32' != 'bf16'}}
  %0 = mmc.route %w, %x axis(0) : tensor<2x1xbf16>, tensor<2x8x64xf32>
  return
}

// -----

func.func @route_nothing(%w: tensor<2x1xf32>) {
  // expected-error @+2 {{'mmc.route' op needs at least one expert, got: 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "mmc.route"(%w) <{axis = 0 : i64}> : (tensor<2x1xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @dropout_place(%x: tensor<4x8xf32>, %r: tensor<2xi64>, %i: index) {
  // expected-error @+1 {{'mmc.dropout' op must have a place and the whole's size for each dimension, or none, got: 1 and 2 for 2}}
  %0 = mmc.dropout %x rng %r at[%i] of [64, 32] rate(0.5) : tensor<4x8xf32>, tensor<2xi64>, index
  return
}

// -----

func.func @dropout_rng_index(%x: tensor<4xf32>, %i: index) {
  // expected-error @+1 {{'mmc.dropout' op rng must be a tensor of 2 numbers}}
  %0 = mmc.dropout %x rng %i rate(0.5) : tensor<4xf32>, index
  return
}

// -----

// Only what has a place takes an index.
func.func @index_operand(%x: tensor<4xf32>, %i: index) {
  // expected-error @+1 {{'mmc.add' op operand #1 must be a ranked tensor, got: 'index'}}
  %0 = mmc.add %x, %i : tensor<4xf32>, index
  return
}
