// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Plan phase: a place in memory for every value.

#ifndef MMC_TRANSFORMS_PLAN_PASSES
#define MMC_TRANSFORMS_PLAN_PASSES

include "mlir/Pass/PassBase.td"

def PlanMemoryPass : Pass<"mmc-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Gives every result of a launch an offset in one arena";
  let description = [{
    A value lives from the launch that makes it to the last launch that reads it, through views. Larger
    values are placed first, each at the lowest offset that is free for its lifetime. Returned values
    are written straight to the outputs: output k has the offset −1 − k. The size of the arena is the exact
    peak, `mmc.arena_bytes` of the function.
  }];
}

#endif // MMC_TRANSFORMS_PLAN_PASSES
