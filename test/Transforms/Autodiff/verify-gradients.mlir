// RUN: mmc-opt %s --split-input-file --verify-diagnostics --mmc-verify-gradients

// Right: a weight's gradient ends in a grad: result, through whatever is done to it on the way.
func.func @gradients(%dy: tensor<3x5xf32>, %x: tensor<3x4xf32>)
    -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<5x4x1xf32> {mmc.name = "grad:p"}, tensor<2xf32> {mmc.name = "grad:idle"}) {
  %p = mmc.param trainable "p" : tensor<5x4x1xf32>
  %idle = mmc.param trainable "idle" : tensor<2xf32>
  %w = mmc.linear_grad_weight %dy, %x : tensor<3x5xf32>, tensor<3x4xf32> -> tensor<5x4xf32>
  %s = mmc.scale %w by(2.0) : tensor<5x4xf32>
  %v = mmc.reshape %s : tensor<5x4xf32> to tensor<5x4x1xf32>
  %loss = mmc.sum %x : tensor<3x4xf32>
  %zero = mmc.fill 0.0 : tensor<2xf32>
  return %loss, %v, %zero : tensor<f32>, tensor<5x4x1xf32>, tensor<2xf32>
}

// -----

func.func @gradients(%dy: tensor<3x5xf32>, %x: tensor<3x4xf32>)
    -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<5xf32> {mmc.name = "grad:bias"}) {
  %bias = mmc.param trainable "bias" : tensor<5xf32>
  // expected-error@+2 {{'mmc.linear_grad_weight' op is the gradient of a weight that does not train}}
  // expected-note@+1 {{no 'grad:' result depends on it}}
  %w = mmc.linear_grad_weight %dy, %x : tensor<3x5xf32>, tensor<3x4xf32> -> tensor<5x4xf32>
  %dead = mmc.scale %w by(2.0) : tensor<5x4xf32>
  %b = mmc.sum_rows %dy : tensor<3x5xf32> to tensor<5xf32>
  %loss = mmc.sum %x : tensor<3x4xf32>
  return %loss, %b : tensor<f32>, tensor<5xf32>
}

// -----

func.func @gradients(%x: tensor<3x4xf32>) -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<4xf32> {mmc.name = "grad:p"}) {
  %p = mmc.param trainable "p" : tensor<4xf32>
  // expected-error@+1 {{is the gradient of a weight, but result 0, which is no gradient, depends on it}}
  %w = mmc.rms_norm_grad_weight %x, %x eps(1.0e-6) : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<4xf32>
  %loss = mmc.sum %w : tensor<4xf32>
  return %loss, %w : tensor<f32>, tensor<4xf32>
}

// -----

// expected-error@+1 {{result 'grad:frozen' of '@gradients' must be the gradient of a trainable parameter of it}}
func.func @gradients(%x: tensor<3x4xf32>) -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<4xf32> {mmc.name = "grad:frozen"}) {
  %p = mmc.param "frozen" : tensor<4xf32>
  %d = mmc.sum_rows %x : tensor<3x4xf32> to tensor<4xf32>
  %loss = mmc.sum %x : tensor<3x4xf32>
  return %loss, %d : tensor<f32>, tensor<4xf32>
}

// -----

func.func @gradients(%x: tensor<3x4xf32>) -> (tensor<f32> {mmc.name = "loss_sum"}) {
  // expected-error@+1 {{trains, so '@gradients' must return 'grad:p'}}
  %p = mmc.param trainable "p" : tensor<4xf32>
  %loss = mmc.sum %x : tensor<3x4xf32>
  return %loss : tensor<f32>
}

// -----

// expected-error@+1 {{result 'grad:p' must have its parameter's shape, got: 'tensor<1x4xf32>' != 'tensor<4xf32>'}}
func.func @gradients(%x: tensor<1x4xf32>) -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<1x4xf32> {mmc.name = "grad:p"}) {
  %p = mmc.param trainable "p" : tensor<4xf32>
  %loss = mmc.sum %x : tensor<1x4xf32>
  return %loss, %x : tensor<f32>, tensor<1x4xf32>
}
