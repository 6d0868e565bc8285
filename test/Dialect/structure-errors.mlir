// RUN: mmc-opt %s -verify-diagnostics -split-input-file

func.func @param_without_name() {
  // expected-error @+1 {{'mmc.param' op must have a name}}
  %0 = mmc.param "" : tensor<4xf32>
  return
}

// -----

func.func @param_dims() {
  // expected-error @+1 {{dims must name every dimension, got: 1 != 2}}
  %0 = mmc.param "a" dims ["rank"] : tensor<?x?xf32>
  return
}

// -----

func.func @repeat_backwards(%x: tensor<4xf32>) {
  // expected-error @+1 {{must not end before it starts, got: 3 > 1}}
  %y = mmc.repeat i = 3 to 1 iter(%a = %x) -> tensor<4xf32> {
    mmc.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @repeat_types(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a type for each iteration value, got: 1 < 2}}
  %y = mmc.repeat i = 0 to 1 iter(%a = %x, %b = %x) -> tensor<4xf32> {
    mmc.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @repeat_yields_too_little(%x: tensor<4xf32>) {
  %y = mmc.repeat i = 0 to 1 iter(%a = %x) -> tensor<4xf32> {
    // expected-error @+1 {{must yield one value per result of the repeat, got: 0 != 1}}
    mmc.yield
  }
  return
}

// -----

func.func @repeat_changes_type(%x: tensor<4xf32>) {
  %y = mmc.repeat i = 0 to 2 iter(%a = %x) -> tensor<4xf32> {
    %b = mmc.concat %a, %a axis(0) : tensor<4xf32>, tensor<4xf32>
    // expected-error @+1 {{must yield the type of the iteration value, got: 'tensor<8xf32>' != 'tensor<4xf32>'}}
    mmc.yield %b : tensor<8xf32>
  }
  return
}

// -----

func.func @collect_without_axis(%x: tensor<4xf32>) {
  // expected-error @+1 {{collects values, so it needs 'collect axis(…)'}}
  %y:2 = mmc.repeat i = 0 to 2 iter(%a = %x) -> (tensor<4xf32>, tensor<8xf32>) {
    mmc.yield %a, %a : tensor<4xf32>, tensor<4xf32>
  }
  return
}

// -----

func.func @collect_nothing(%x: tensor<4xf32>) {
  // expected-error @+1 {{collects values, so it needs at least one iteration}}
  %y:2 = mmc.repeat i = 2 to 2 iter(%a = %x) collect axis(0) -> (tensor<4xf32>, tensor<0xf32>) {
    mmc.yield %a, %a : tensor<4xf32>, tensor<4xf32>
  }
  return
}

// -----

func.func @collect_axis(%x: tensor<4xf32>) {
  // expected-error @+1 {{axis must be a dimension of what is collected, got: 1 of 1}}
  %y:2 = mmc.repeat i = 0 to 2 iter(%a = %x) collect axis(1) -> (tensor<4xf32>, tensor<8xf32>) {
    mmc.yield %a, %a : tensor<4xf32>, tensor<4xf32>
  }
  return
}

// -----

func.func @collect_type(%x: tensor<4xf32>) {
  // expected-error @+1 {{must have the type of all collected pieces as a result, got: 'tensor<4xf32>' != 'tensor<8xf32>'}}
  %y:2 = mmc.repeat i = 0 to 2 iter(%a = %x) collect axis(0) -> (tensor<4xf32>, tensor<4xf32>) {
    mmc.yield %a, %a : tensor<4xf32>, tensor<4xf32>
  }
  return
}

// -----

func.func @same_index(%x: tensor<4xf32>) {
  %y = mmc.repeat i = 0 to 2 iter(%a = %x) -> tensor<4xf32> {
    // expected-error @+1 {{must not use the index of an enclosing repeat, got: 'i'}}
    %z = mmc.repeat i = 0 to 2 iter(%b = %a) -> tensor<4xf32> {
      mmc.yield %b : tensor<4xf32>
    }
    mmc.yield %z : tensor<4xf32>
  }
  return
}

// -----

func.func @generic_without_argument(%x: tensor<4xf32>) {
  // expected-error @+1 {{must have one body argument of its type per iteration value, got: 0 arguments != 1 values}}
  %y = "mmc.repeat"(%x) <{index = "i", lower = 0 : i64, upper = 2 : i64}> ({
    mmc.yield %x : tensor<4xf32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @generic_without_result(%x: tensor<4xf32>) {
  // expected-error @+1 {{must have a result per iteration value, got: 0 < 1}}
  "mmc.repeat"(%x) <{index = "i", lower = 0 : i64, upper = 2 : i64}> ({
  ^bb0(%a: tensor<4xf32>):
    mmc.yield
  }) : (tensor<4xf32>) -> ()
  return
}

// -----

// expected-error @+1 {{must have two arguments, the site's input and its output, got: 1 != 2}}
mmc.adapter @one_argument(%x: tensor<?xf32>) options {} {
  mmc.yield %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{must have tensors as arguments, got: 'f32'}}
mmc.adapter @scalar(%x: f32, %y: tensor<?xf32>) options {} {
  mmc.yield %y : tensor<?xf32>
}

// -----

mmc.adapter @yields_nothing(%x: tensor<?xf32>, %y: tensor<?xf32>) options {} {
  // expected-error @+1 {{must yield one value, what takes the place of the site's output, got: 0 != 1}}
  mmc.yield
}
