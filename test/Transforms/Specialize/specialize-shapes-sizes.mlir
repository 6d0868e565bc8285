// Sizes that a model leaves open: the module's defaults, the option in their place, and what is refused.
//
// RUN: split-file %s %t
// RUN: mmc-opt %t/neck.mlir --mmc-specialize-shapes="batch=2 seq-len=3" | FileCheck %s --check-prefix=DEFAULT
// RUN: mmc-opt %t/neck.mlir --mmc-specialize-shapes="batch=2 seq-len=3 sizes=neck:20 dtype=f32" | FileCheck %s --check-prefix=GIVEN
// RUN: not mmc-opt %t/neck.mlir --mmc-specialize-shapes="batch=2 seq-len=3 sizes=nock:20" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not mmc-opt %t/neck.mlir --mmc-specialize-shapes="batch=2 seq-len=3 sizes=neck:0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not mmc-opt %t/neck.mlir --mmc-specialize-shapes="batch=2 seq-len=3 sizes=neck" 2>&1 | FileCheck %s --check-prefix=NONUMBER
// RUN: mmc-opt %t/refused.mlir -split-input-file -verify-diagnostics --mmc-specialize-shapes="batch=2 seq-len=3"

// An expression of sizes is a size; what is written must agree.
// DEFAULT: mmc.param "a" : tensor<12x8xbf16>
// DEFAULT: mmc.param "b" : tensor<24xbf16>
// DEFAULT: return {{.*}} : tensor<2x3x12xbf16>, tensor<24xbf16>
// GIVEN:   mmc.param "a" : tensor<20x8xf32>
// GIVEN:   mmc.param "b" : tensor<40xf32>
// GIVEN:   return {{.*}} : tensor<2x3x20xf32>, tensor<40xf32>
// UNKNOWN: sizes must name entries of the module's mmc.sizes, which has no 'nock'
// ZERO: sizes must be name:N with a positive N, got: 'neck:0'
// NONUMBER: sizes must be name:N with a positive N, got: 'neck'

//--- neck.mlir
module attributes {mmc.sizes = {neck = 12}} {
  func.func @neck(%ids: tensor<?x?xi32> {mmc.name = "input_ids"})
      -> (tensor<?x?x?xbf16>, tensor<?xbf16>) {
    %t = mmc.param "t" : tensor<5x8xbf16>
    %e = mmc.embedding %ids, %t : tensor<?x?xi32>, tensor<5x8xbf16>
    %a = mmc.param "a" dims ["neck", "8"] : tensor<?x8xbf16>
    %b = mmc.param "b" dims ["2 * neck"] : tensor<?xbf16>
    %y = mmc.linear %e, %a : tensor<?x?x8xbf16>, tensor<?x8xbf16>
    return %y, %b : tensor<?x?x?xbf16>, tensor<?xbf16>
  }
}

//--- refused.mlir
func.func @unknown() -> tensor<?xf32> {
  // expected-error @+1 {{dim 'neck' must follow from the module's mmc.sizes: 'neck' is not defined here}}
  %a = mmc.param "a" dims ["neck"] : tensor<?xf32>
  return %a : tensor<?xf32>
}

// -----

module attributes {mmc.sizes = {neck = 5}} {
  func.func @half() -> tensor<?xf32> {
    // expected-error @+1 {{dim 'neck / 2' must be a positive integer, got: 2.5}}
    %a = mmc.param "a" dims ["neck / 2"] : tensor<?xf32>
    return %a : tensor<?xf32>
  }
}

// -----

module attributes {mmc.sizes = {neck = 5}} {
  func.func @other() -> tensor<4xf32> {
    // expected-error @+1 {{dim 'neck' must be as the type has it, got: 5 != 4}}
    %a = mmc.param "a" dims ["neck"] : tensor<4xf32>
    return %a : tensor<4xf32>
  }
}

// -----

func.func @open() -> tensor<?xf32> {
  // expected-error @+1 {{must have a static shape after Specialize}}
  %a = mmc.param "a" : tensor<?xf32>
  return %a : tensor<?xf32>
}

// -----

// expected-error @+1 {{mmc.sizes must give positive sizes, got: 'neck' = 0}}
module attributes {mmc.sizes = {neck = 0}} {
}
