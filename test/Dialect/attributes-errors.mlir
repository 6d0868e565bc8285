// RUN: mmc-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{'mmc.tiles' must be an integer, got: "x"}}
func.func private @tiles(index) attributes {mmc.kernel, mmc.tiles = "x"}

// -----

// expected-error @+1 {{'mmc.arena_bytes' must be an integer, got: unit}}
func.func private @arena() attributes {mmc.arena_bytes}

// -----

// expected-error @+1 {{'mmc.name' must be a string, got: 3 : i64}}
func.func private @argument(tensor<2xf32> {mmc.name = 3})

// -----

// expected-error @+1 {{'mmc.name' must be a string, got: ["logits"]}}
func.func private @result() -> (tensor<2xf32> {mmc.name = ["logits"]})

// -----

func.func @offsets(%x: tensor<2xf32>) {
  // expected-error @+1 {{'mmc.offsets' must be array<i64>, got: [0]}}
  %y = mmc.launch @k(%x) {mmc.offsets = [0]} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
func.func private @k(tensor<2xf32>) -> tensor<2xf32> attributes {mmc.kernel}

// -----

// expected-error @+1 {{'mmc.sizes' must be a dictionary, got: "seq"}}
module attributes {mmc.sizes = "seq"} {}

// -----

// What the dialect does not know is the user's.
func.func private @others() attributes {mmc.note = 1 : i8, mmc.kernel, mmc.tiles = 3 : i64, mmc.group = "llm"}
