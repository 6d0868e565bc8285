// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Adapters phase: what is added to a frozen base, and what trains.

#ifndef MMC_TRANSFORMS_ADAPTERS_PASSES
#define MMC_TRANSFORMS_ADAPTERS_PASSES

include "mlir/Pass/PassBase.td"

def InsertAdaptersPass : Pass<"mmc-insert-adapters", "::mlir::ModuleOp"> {
  let summary = "Instantiates an adapter's definition at every matching site";
  let description = [{
    A site is an op of the base that reads a parameter `<module>.weight`: a linear layer, a norm.
  }];
  let options = [Option<"spec", "spec", "std::string", "\"\"", "adapter and its options: lora rank=8 alpha=16 targets=q_proj,v_proj">];
}

def SelectTrainablePass : Pass<"mmc-select-trainable", "::mlir::ModuleOp"> {
  let summary = "Marks the parameters that the optimizer updates";
  let description = [{
    By group (`adapters`, `connector`, `llm`, `vision`), `all`, or glob patterns over names. A trainable
    parameter is f32 (f64 for f64), whatever the type that the graph computes in: a cast follows it.
  }];
  let options = [Option<"train", "train", "std::string", "\"\"", "groups or patterns, separated by commas">];
}

#endif // MMC_TRANSFORMS_ADAPTERS_PASSES
