// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Autodiff phase: gradients of the trainable parameters, and the optimizer's step.

#ifndef MMC_TRANSFORMS_AUTODIFF_PASSES
#define MMC_TRANSFORMS_AUTODIFF_PASSES

include "mlir/Pass/PassBase.td"

def DifferentiatePass : Pass<"mmc-differentiate", "::mlir::ModuleOp"> {
  let summary = "Makes @gradients of @loss";
  let description = [{
    Reverse mode over mmc ops, of the subgraph between trainable parameters and the loss only.
  }];
}

def BuildUpdatePass : Pass<"mmc-build-update", "::mlir::ModuleOp"> {
  let summary = "Makes @update: one step of AdamW for every trainable parameter";
  let options = [
    Option<"beta1", "beta1", "double", "0.9", "decay of the first moment">,
    Option<"beta2", "beta2", "double", "0.999", "decay of the second moment">,
    Option<"eps", "eps", "double", "1e-8", "added to the root of the second moment">,
    Option<"weightDecay", "weight-decay", "double", "0.0", "of parameters of two or more dimensions">,
    ListOption<"lrScales", "lr-scales", "std::string", "PATTERN:X, the learning rate of these parameters is X times the common one">
  ];
}

#endif // MMC_TRANSFORMS_AUTODIFF_PASSES
