// RUN: split-file %s %t
// RUN: mmc-opt %t/input.mlir --verify-diagnostics --split-input-file --mmc-verify-contract=phase=input
// RUN: mmc-opt %t/specialize.mlir --verify-diagnostics --split-input-file --mmc-verify-contract=phase=specialize
// RUN: mmc-opt %t/adapters.mlir --verify-diagnostics --split-input-file --mmc-verify-contract=phase=adapters
// RUN: mmc-opt %t/autodiff.mlir --verify-diagnostics --split-input-file --mmc-verify-contract=phase=autodiff
// RUN: mmc-opt %t/fuse.mlir --verify-diagnostics --split-input-file --mmc-verify-contract=phase=fuse
// RUN: mmc-opt %t/plan.mlir --verify-diagnostics --split-input-file --mmc-verify-contract=phase=plan
// RUN: mmc-opt %t/lower.mlir --verify-diagnostics --split-input-file --mmc-verify-contract=phase=lower

//--- input.mlir
func.func @f() -> f32 {
  // expected-error@+2 {{'arith.constant' op must not stand in a model file}}
  // expected-note@+1 {{after phase 'input': only mmc, func and builtin ops; write the model with ops of mmc}}
  %c = arith.constant 1.0 : f32
  return %c : f32
}

//--- specialize.mlir
// expected-error@+2 {{'func.func' op must have static shapes, got: tensor<?x4xf32>}}
// expected-note@+1 {{--mmc-specialize-shapes makes shapes static: give batch, seq-len, images or shapes}}
func.func @argument(%x: tensor<?x4xf32>) {
  return
}

// -----

func.func @repeated(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error@+2 {{'mmc.repeat' op must be unrolled}}
  // expected-note@+1 {{--mmc-unroll-repeats unrolls it}}
  %y = mmc.repeat i = 0 to 2 iter(%h = %x) -> tensor<2xf32> {
    %m = mmc.scale %h by(2.0) : tensor<2xf32>
    mmc.yield %m : tensor<2xf32>
  }
  return %y : tensor<2xf32>
}

// -----

func.func private @g(%x: tensor<2xf32>) {
  return
}
func.func @calls(%x: tensor<2xf32>) {
  // expected-error@+2 {{'func.call' op must be inlined}}
  // expected-note@+1 {{--inline inlines private functions}}
  call @g(%x) : (tensor<2xf32>) -> ()
  return
}

// -----

func.func @twice() {
  %a = mmc.param "p" : tensor<2xf32>
  // expected-error@+2 {{'mmc.param' op must stand in a function once: 'p'}}
  // expected-note@+1 {{--mmc-unique-params merges them}}
  %b = mmc.param "p" : tensor<2xf32>
  return
}

// -----

func.func @placeholder() {
  // expected-error@+2 {{must have a name without placeholders, got: 'layers.{i}.weight'}}
  // expected-note@+1 {{--mmc-unroll-repeats fills indices in}}
  %a = mmc.param "layers.{i}.weight" : tensor<2xf32>
  return
}

//--- adapters.mlir
func.func @narrow() {
  // expected-error@+2 {{must be f32 or f64 to train}}
  // expected-note@+1 {{after phase 'adapters'}}
  %a = mmc.param trainable "p" : tensor<2xbf16>
  return
}

// -----

func.func @logits() {
  %a = mmc.param "p" : tensor<2xf32>
  return
}
func.func @loss() {
  // expected-error@+2 {{must train in all functions or in none: 'p'}}
  // expected-note@+1 {{--mmc-select-trainable marks it in all}}
  %a = mmc.param trainable "p" : tensor<2xf32>
  return
}

// -----

func.func @definition() {
  // expected-error@+2 {{must not have the dims of a definition}}
  // expected-note@+1 {{--mmc-insert-adapters resolves them}}
  %a = mmc.param "p" dims ["rank"] : tensor<2xf32>
  return
}

// -----

// What held after an earlier phase still holds.
func.func @twice() {
  %a = mmc.param "p" : tensor<2xf32>
  // expected-error@+2 {{'mmc.param' op must stand in a function once: 'p'}}
  // expected-note@+1 {{after phase 'specialize'}}
  %b = mmc.param "p" : tensor<2xf32>
  return
}

//--- autodiff.mlir
func.func @loss(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error@+2 {{'mmc.dropout' op must have random numbers, or be gone where nothing trains}}
  // expected-note@+1 {{--mmc-remove-dropout removes it}}
  %y = mmc.dropout %x rate(0.5) : tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @gradients(%x: tensor<3x4xf32>) -> (tensor<f32> {mmc.name = "loss_sum"}) {
  // expected-error@+1 {{trains, so '@gradients' must return 'grad:p'}}
  %p = mmc.param trainable "p" : tensor<4xf32>
  %loss = mmc.sum %x : tensor<3x4xf32>
  return %loss : tensor<f32>
}

//--- fuse.mlir
func.func @entry(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error@+2 {{'mmc.silu' op must stand in a kernel}}
  // expected-note@+1 {{--mmc-form-kernels puts it into one}}
  %y = mmc.silu %x : tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func private @kernel() -> tensor<2xf32> attributes {mmc.kernel} {
  // expected-error@+2 {{'mmc.param' op must not stand in a kernel}}
  // expected-note@+1 {{--mmc-form-kernels passes parameters as operands}}
  %p = mmc.param "p" : tensor<2xf32>
  return %p : tensor<2xf32>
}

// -----

func.func private @kernel(%x: tensor<2xf32>) -> tensor<2xf32> attributes {mmc.kernel} {
  // expected-error@+2 {{'func.return' op must not return what the kernel was given: nothing would write the result}}
  // expected-note@+1 {{--mmc-form-kernels copies it by mmc.copy}}
  return %x : tensor<2xf32>
}

//--- plan.mlir
func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @unplanned(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  // expected-error@+2 {{must have an offset for each result}}
  // expected-note@+1 {{--mmc-plan-memory gives it one}}
  %y = mmc.launch @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error@+2 {{must have an arena}}
// expected-note@+1 {{--mmc-plan-memory gives it one}}
func.func @f() {
  return
}

// -----

func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @outside(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 64 : i64} {
  // expected-error@+2 {{result 0 must lie in the arena, got: 80 > 64}}
  // expected-note@+1 {{after phase 'plan'}}
  %y = mmc.launch @k(%x) {mmc.offsets = array<i64: 64>} : (tensor<4xf32>) -> tensor<4xf32>
  %z = mmc.launch @k(%y) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @crooked(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 64 : i64} {
  // expected-error@+2 {{result 0 must be aligned to 64 bytes, got: 8}}
  // expected-note@+1 {{after phase 'plan'}}
  %y = mmc.launch @k(%x) {mmc.offsets = array<i64: 8>} : (tensor<4xf32>) -> tensor<4xf32>
  %z = mmc.launch @k(%y) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @twice(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  %y = mmc.launch @k(%x) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@+2 {{result 0 must not write output 0 a second time}}
  // expected-note@+1 {{after phase 'plan'}}
  %z = mmc.launch @k(%y) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @beyond(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  // expected-error@+2 {{result 0 must name an output, got: 1 of 1}}
  // expected-note@+1 {{after phase 'plan'}}
  %y = mmc.launch @k(%x) {mmc.offsets = array<i64: -2>} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error@+2 {{must write output 0 in a launch}}
// expected-note@+1 {{--mmc-form-kernels gives every output a kernel}}
func.func @unwritten(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 0 : i64} {
  return %x : tensor<4xf32>
}

// -----

// %a is still read when %b is made. A result in an operand's place is meant; the operand must end there.
func.func @overlap(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.arena_bytes = 128} {
  %a = mmc.launch @k(%x) {mmc.offsets = array<i64: 0>} : (tensor<16xf32>) -> tensor<16xf32>
  // expected-error@+2 {{result 0 must not lie where another value lives, got: offsets 0 and 0}}
  // expected-note@+1 {{--mmc-plan-memory places both}}
  %b = mmc.launch @k(%x) {mmc.offsets = array<i64: 0>} : (tensor<16xf32>) -> tensor<16xf32>
  %c = mmc.launch @add(%a, %b) {mmc.offsets = array<i64: -1>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  return %c : tensor<16xf32>
}
func.func private @k(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<16xf32>
  return %y : tensor<16xf32>
}
func.func private @add(%x: tensor<16xf32>, %z: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel} {
  %y = mmc.add %x, %z : tensor<16xf32>, tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// The kernel is written for a result in another place than the launch says.
func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.in_place = array<i64: 0>, mmc.kernel} {
  %y = mmc.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @disagree(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 64 : i64} {
  // expected-error@+2 {{must have the 'mmc.in_place' of its kernel '@k'}}
  // expected-note@+1 {{--mmc-reuse-operands gives it to both}}
  %y = mmc.launch @k(%x) {mmc.offsets = array<i64: 0>} : (tensor<4xf32>) -> tensor<4xf32>
  %z = mmc.launch @k(%y) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

// The result is said to be in %a's place, but is read from another.
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.kernel} {
  %y = mmc.copy %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.in_place = array<i64: 0>, mmc.kernel} {
  %y = mmc.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @elsewhere(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mmc.arena_bytes = 128 : i64} {
  %a = mmc.launch @copy(%x) {mmc.offsets = array<i64: 0>} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@+2 {{result 0 must lie in the arena where the operand lies whose place it takes over}}
  // expected-note@+1 {{--mmc-plan-memory places both}}
  %b = mmc.launch @k(%a) {mmc.in_place = array<i64: 0>, mmc.offsets = array<i64: 64>} : (tensor<4xf32>) -> tensor<4xf32>
  %c = mmc.launch @copy(%b) {mmc.offsets = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %c : tensor<4xf32>
}

//--- lower.mlir
llvm.func @fine() {
  llvm.return
}
// expected-error@+2 {{'func.func' op must be lowered to the llvm dialect}}
// expected-note@+1 {{after phase 'lower': only the llvm dialect is left}}
func.func private @f()
