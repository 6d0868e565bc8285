// What the phases make keeps their contracts: each is checked behind its phase, and again here on what is printed.
// RUN: mmc-opt %s --mmc-verify-contract=phase=input
// RUN: mmc-opt %s --mmc-compile="to=specialize entries=gradients,update shapes=x:2x4" | mmc-opt --mmc-verify-contract=phase=specialize
// RUN: mmc-opt %s --mmc-compile="to=adapters entries=gradients,update shapes=x:2x4" | mmc-opt --mmc-verify-contract=phase=adapters
// RUN: mmc-opt %s --mmc-compile="to=autodiff entries=gradients,update shapes=x:2x4" | mmc-opt --mmc-verify-contract=phase=autodiff
// RUN: mmc-opt %s --mmc-compile="to=fuse entries=gradients,update shapes=x:2x4" | mmc-opt --mmc-verify-contract=phase=fuse
// RUN: mmc-opt %s --mmc-compile="to=plan entries=gradients,update shapes=x:2x4" | mmc-opt --mmc-verify-contract=phase=plan
// RUN: mmc-opt %s --mmc-compile="to=lower entries=gradients,update shapes=x:2x4" | mmc-opt --mmc-verify-contract=phase=lower

// The check behind a phase can be turned off.
// RUN: mmc-opt %s --mmc-compile="to=fuse entries=loss shapes=x:2x4 verify-contracts=false" | FileCheck %s
// CHECK: mmc.launch

// A name that is no phase's.
// RUN: not mmc-opt %s --mmc-verify-contract=phase=sharpen 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: no phase is named 'sharpen'; phases are input, specialize, adapters, autodiff, fuse, plan, lower

func.func private @block(%x: tensor<?x4xbf16>) -> tensor<?x4xbf16> {
  %y = mmc.repeat i = 0 to 2 iter(%h = %x) -> tensor<?x4xbf16> {
    %p = mmc.param trainable "scale.{i}" : tensor<4xf32>
    %c = mmc.cast %p : tensor<4xf32> to tensor<4xbf16>
    %m = mmc.mul %h, %c : tensor<?x4xbf16>, tensor<4xbf16>
    mmc.yield %m : tensor<?x4xbf16>
  }
  return %y : tensor<?x4xbf16>
}

func.func @loss(%x: tensor<?x4xbf16> {mmc.name = "x"}) -> (tensor<f32> {mmc.name = "loss_sum"}) {
  %y = call @block(%x) : (tensor<?x4xbf16>) -> tensor<?x4xbf16>
  %d = mmc.dropout %y rate(0.5) : tensor<?x4xbf16>
  %sum = mmc.sum %d : tensor<?x4xbf16>
  return %sum : tensor<f32>
}
