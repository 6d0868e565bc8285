// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Specialize phase: from a model file to a flat graph with static shapes.

#ifndef MMC_TRANSFORMS_SPECIALIZE_PASSES
#define MMC_TRANSFORMS_SPECIALIZE_PASSES

include "mlir/Pass/PassBase.td"

def AssignGroupsPass : Pass<"mmc-assign-groups", "::mlir::ModuleOp"> {
  let summary = "Marks every parameter with the group of the function it stands in";
  let description = [{
    A function with the attribute `mmc.group` (`llm`, `vision`, `connector`) passes it on to its
    parameters, before inlining takes the functions away. Users then say which groups train.
  }];
}

def KeepEntriesPass : Pass<"mmc-keep-entries", "::mlir::ModuleOp"> {
  let summary = "Removes the public functions that are not wanted";
  let description = [{
    One that a wanted function calls becomes private: inlining takes it away.
  }];
  let options = [ListOption<"entries", "entries", "std::string", "functions to keep">];
}

def UnrollRepeatsPass : Pass<"mmc-unroll-repeats", "::mlir::ModuleOp"> {
  let summary = "Stamps out the body of every mmc.repeat";
  let description = [{
    The index is filled into the names of parameters (`{i}`, `{4*j+i}`); collected values become one
    `mmc.concat`.
  }];
}

def SpecializeShapesPass : Pass<"mmc-specialize-shapes", "::mlir::ModuleOp"> {
  let summary = "Gives every tensor a static shape and the chosen floating type";
  let description = [{
    Sizes come by argument name (`shapes=input_ids:4x512,pixel_values:4x3x224x224`) or, for the usual batch
    inputs, from `batch`, `seq-len` and `images`. `dtype=f32` turns bf16 into f32 throughout (`f64` turns all
    floating types into f64: what gradients are checked in); `bf16`, the default, leaves the file's types.

    A model may leave sizes of its parameters open: the module attribute `mmc.sizes = {neck = 128}` names
    them with their defaults, `dims` of a parameter says where they stand, and `sizes=neck:20` sets them (an
    adapter file that was made with another neck).
  }];
  let options = [
    ListOption<"shapes", "shapes", "std::string", "name:AxBxC of arguments, by their mmc.name">,
    ListOption<"sizes", "sizes", "std::string", "name:N of the module's mmc.sizes">,
    Option<"batch", "batch", "int64_t", "0", "rows of a batch (0: not given)">,
    Option<"seqLen", "seq-len", "int64_t", "0", "tokens of a row (0: not given)">,
    Option<"images", "images", "int64_t", "0", "pictures of a batch (0: as many as rows)">,
    Option<"dtype", "dtype", "std::string", "\"bf16\"", "floating type of weights and activations: bf16, f32 or f64">
  ];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def UniqueParamsPass : Pass<"mmc-unique-params", "::mlir::ModuleOp"> {
  let summary = "One mmc.param per parameter and function, at its start";
  let description = [{
    A parameter used in several places (tied embeddings) is one value; two uses that disagree on its
    type are an error.
  }];
}

#endif // MMC_TRANSFORMS_SPECIALIZE_PASSES
