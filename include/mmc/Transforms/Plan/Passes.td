// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Plan phase: a place in memory for every value.

#ifndef MMC_TRANSFORMS_PLAN_PASSES
#define MMC_TRANSFORMS_PLAN_PASSES

include "mlir/Pass/PassBase.td"

def ReuseOperandsPass : Pass<"mmc-reuse-operands", "::mlir::ModuleOp"> {
  let summary = "Lets results take over the places of operands that nobody reads afterwards";
  let description = [{
    A result may be written over an operand of the same size when the launch is the operand's last reader, the
    operand is a value of the arena, and the kernel permits it: it has one result of the operand's type, the
    operand is read by the kernel's first op alone, which may overwrite it (`reusable` of its tile space), and every other op is element-wise on the
    same shape. The launch gets `mmc.in_place`, per result the operand's number or −1, and so does its kernel;
    a kernel that other launches use differently is copied. A remark at every launch that was turned down at
    the last of these questions says which. `enable=false` leaves every result a place of its own.

    An entry's output that is named (`mmc.name`) as one of its inputs or parameters is that one's new value, and the
    caller may give the same buffer for both: as `update` does with parameters and moments. The kernel that reads the
    one and writes the other gets `mmc.may_alias`, the numbers of the buffers (operands, then results) that code must
    not take to be apart.
  }];
  let options = [Option<"enable", "enable", "bool", "true", "take over places; false: only say what the caller may share">];
}

def PlanMemoryPass : Pass<"mmc-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Gives every result of a launch an offset in one arena";
  let description = [{
    A value lives from the launch that makes it to the last launch that reads it, through views; a result that
    takes over an operand's place (--mmc-reuse-operands) lives on in it. Larger values are placed first, each at the lowest offset that is free for its lifetime. Returned values
    are written straight to the outputs: output k has the offset −1 − k. The size of the arena is the exact
    peak, `mmc.arena_bytes` of the function.
  }];
}

def SummarizeEntriesPass : Pass<"mmc-summarize-entries", "::mlir::ModuleOp"> {
  let summary = "Writes down what every entry computes, moves, keeps and needs";
  let description = [{
    The attribute `mmc.summary` of an entry function, what `mmc-train --explain` prints:
    `classes`: per class of op its arithmetic (the rules lie in lib/Dialect/Cost.cpp) and the bytes that its
    launches read and write; `kept`: what the forward pass of `gradients` makes and the backward pass reads,
    values of one kernel and type together, largest first; `live_bytes`: the most that is in use at one
    launch, at most the arena; `peak`: the five largest values that live at that launch.
  }];
}

#endif // MMC_TRANSFORMS_PLAN_PASSES
