// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Adapters phase: what is added to a frozen base, and what trains.

#ifndef MMC_TRANSFORMS_ADAPTERS_PASSES
#define MMC_TRANSFORMS_ADAPTERS_PASSES

include "mlir/Pass/PassBase.td"

def InsertAdaptersPass : Pass<"mmc-insert-adapters", "::mlir::ModuleOp"> {
  let summary = "Instantiates an adapter's definition at every matching site";
  let description = [{
    A site is an op of the base that reads a parameter `<module>.weight` and is of a kind that the
    definition goes on: a linear layer, a norm. Runs behind Specialize; what it adds is static. All
    functions are treated alike, parameters get the group `adapters`, and what replaces what is marked
    for `--mmc-prove-identity`. The spec is

        spec    := clause (';' clause)*
        clause  := (NAME | 'definition=' PATH | 'full') word*
        word    := 'targets=' choice | 'exclude=' choice | 'group=' NAME | 'layers=' N,… |
                   'layers_pattern=' NAME,… | 'identity=' (0 | 1) | OPTION '=' VALUE | OPTION '@' where '=' VALUE
        choice  := NAME,… | '/' REGEX '/' | 'all-linear'
        where   := SUFFIX | '/' REGEX '/'

    lib/Transforms/Adapters/README.md explains it.
  }];
  let options = [Option<"spec", "spec", "std::string", "\"\"", "adapter and its options: lora rank=8 alpha=16 targets=q_proj,v_proj">];
}

def ProveIdentityPass : Pass<"mmc-prove-identity", "::mlir::ModuleOp"> {
  let summary = "Proves that adapters at their initial values change nothing";
  let description = [{
    On a clone of every function, parameters of adapters that start as zeros, ones or a constant become
    that constant, and what follows from it is folded. What takes a value's place must fold to that value.
    Takes away the marks that `--mmc-insert-adapters` leaves for it.
  }];
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
