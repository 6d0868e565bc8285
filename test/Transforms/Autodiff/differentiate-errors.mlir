// RUN: mmc-opt %s --split-input-file --verify-diagnostics --mmc-differentiate

// expected-error@+1 {{'@loss' has no trainable parameter; say which parameters train: --train=adapters, connector, llm, vision, all or patterns of names}}
func.func @loss(%x: tensor<4xf32>) -> tensor<f32> {
  %p = mmc.param "p" : tensor<4xf32>
  %y = mmc.mul %x, %p : tensor<4xf32>, tensor<4xf32>
  %sum = mmc.sum %y : tensor<4xf32>
  return %sum : tensor<f32>
}

// -----

// expected-error@+1 {{has no function '@loss', which '@gradients' is made of}}
module {
  func.func @logits(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}

// -----

// expected-error@+1 {{has a function '@gradients' already}}
module {
  func.func @loss(%x: tensor<f32>) -> tensor<f32> {
    return %x : tensor<f32>
  }
  // expected-note@+1 {{it is made of '@loss': remove this one}}
  func.func @gradients(%x: tensor<f32>) -> tensor<f32> {
    return %x : tensor<f32>
  }
}

// -----

func.func private @outside(tensor<4xf32>) -> tensor<4xf32>
func.func @loss(%x: tensor<4xf32>) -> tensor<f32> {
  %frozen = mmc.param "frozen" : tensor<4xf32>
  // expected-note@+1 {{'p' trains: freeze it (--train), or give func.call the DifferentiableOpInterface}}
  %p = mmc.param trainable "p" : tensor<4xf32>
  %b = call @outside(%frozen) : (tensor<4xf32>) -> tensor<4xf32>
  %y = mmc.mul %b, %p : tensor<4xf32>, tensor<4xf32>
  // expected-error@+1 {{'func.call' op has no derivative, but stands between a trainable parameter and the loss}}
  %c = call @outside(%y) : (tensor<4xf32>) -> tensor<4xf32>
  %sum = mmc.sum %c : tensor<4xf32>
  return %sum : tensor<f32>
}

// -----

func.func @loss(%x: tensor<?xf32>) -> tensor<f32> {
  %p = mmc.param trainable "p" : tensor<4xf32>
  // expected-error@+1 {{must have a static shape before '@loss' is differentiated, got: 'tensor<?xf32>'; --mmc-specialize-shapes gives it one}}
  %y = mmc.scale %x by(2.0) : tensor<?xf32>
  %sum = mmc.sum %y : tensor<?xf32>
  return %sum : tensor<f32>
}

// -----

// expected-error@+1 {{first result of '@loss' must be the loss, a floating scalar tensor, got: 'tensor<4xf32>'}}
func.func @loss(%x: tensor<4xf32>) -> tensor<4xf32> {
  %p = mmc.param trainable "p" : tensor<4xf32>
  %y = mmc.mul %x, %p : tensor<4xf32>, tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error@+1 {{'@loss' must return the loss as its first result, got: no results}}
func.func @loss() {
  %p = mmc.param trainable "p" : tensor<4xf32>
  return
}

// -----

func.func @loss(%x: tensor<4xf32>) -> tensor<f32> {
  // expected-note@+1 {{'p' stands here first}}
  %p = mmc.param trainable "p" : tensor<4xf32>
  // expected-error@+1 {{must stand in a function once; --mmc-unique-params merges them}}
  %q = mmc.param trainable "p" : tensor<4xf32>
  %y = mmc.mul %p, %q : tensor<4xf32>, tensor<4xf32>
  %sum = mmc.sum %y : tensor<4xf32>
  return %sum : tensor<f32>
}

// -----

func.func @loss(%x: tensor<1x3x4xf32>) -> tensor<f32> {
  %p = mmc.param trainable "p" : tensor<4xf32>
  %q = mmc.mul %x, %p : tensor<1x3x4xf32>, tensor<4xf32>
  // expected-error@+1 {{has no derivative of its second result, lse; only the first may be differentiated}}
  %a, %lse = mmc.attention %q, %x, %x heads(2) kv_heads(2)
      : tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32> -> tensor<1x3x4xf32>, tensor<1x3x2xf32>
  %sum = mmc.sum %lse : tensor<1x3x2xf32>
  return %sum : tensor<f32>
}

// -----

// expected-error@+1 {{argument 1 of '@loss' must not be named 'rng': '@gradients' gets an argument of that name for its dropout}}
func.func @loss(%x: tensor<4xf32>, %rng: tensor<2xi64> {mmc.name = "rng"}) -> tensor<f32> {
  %p = mmc.param trainable "p" : tensor<4xf32>
  %y = mmc.mul %x, %p : tensor<4xf32>, tensor<4xf32>
  %d = mmc.dropout %y rate(0.5) : tensor<4xf32>
  %sum = mmc.sum %d : tensor<4xf32>
  return %sum : tensor<f32>
}
