// RUN: mmc-opt %s --mmc-plan-memory --split-input-file -verify-diagnostics

// mmc.in_place may be written by hand; what it says must be possible.

func.func @count(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error@+1 {{'mmc.in_place' must have a number per result, got: 2 != 1}}
  %a = mmc.launch @k16(%x) {mmc.in_place = array<i64: 0, 0>} : (tensor<16xf32>) -> tensor<16xf32>
  %b = mmc.launch @k16(%a) : (tensor<16xf32>) -> tensor<16xf32>
  return %b : tensor<16xf32>
}
func.func private @k16(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}

// -----

func.func @input(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error@+1 {{result 0 cannot take over the place of operand 0, which must be a value of the arena that is read here for the last time and has the same size}}
  %a = mmc.launch @k16(%x) {mmc.in_place = array<i64: 0>} : (tensor<16xf32>) -> tensor<16xf32>
  %b = mmc.launch @k16(%a) : (tensor<16xf32>) -> tensor<16xf32>
  return %b : tensor<16xf32>
}
func.func private @k16(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}

// -----

func.func @read_later(%x: tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %a = mmc.launch @k16(%x) : (tensor<16xf32>) -> tensor<16xf32>
  // expected-error@+1 {{result 0 cannot take over the place of operand 0, which must be a value of the arena that is read here for the last time}}
  %b = mmc.launch @k16(%a) {mmc.in_place = array<i64: 0>} : (tensor<16xf32>) -> tensor<16xf32>
  %c = mmc.launch @k16(%a) : (tensor<16xf32>) -> tensor<16xf32>
  %d = mmc.launch @k16(%b) : (tensor<16xf32>) -> tensor<16xf32>
  return %c, %d : tensor<16xf32>, tensor<16xf32>
}
func.func private @k16(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}

// -----

func.func @no_operand(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error@+1 {{result 0 cannot take over the place of operand 1}}
  %a = mmc.launch @k16(%x) {mmc.in_place = array<i64: 1>} : (tensor<16xf32>) -> tensor<16xf32>
  %b = mmc.launch @k16(%a) : (tensor<16xf32>) -> tensor<16xf32>
  return %b : tensor<16xf32>
}
func.func private @k16(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}

// -----

func.func @list(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error@+1 {{'mmc.in_place' must be an array<i64: …>, got: [0]}}
  %a = mmc.launch @k16(%x) {mmc.in_place = [0]} : (tensor<16xf32>) -> tensor<16xf32>
  %b = mmc.launch @k16(%a) : (tensor<16xf32>) -> tensor<16xf32>
  return %b : tensor<16xf32>
}
func.func private @k16(%x: tensor<16xf32>) -> tensor<16xf32> attributes {mmc.kernel}
