// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Fuse phase: from a graph of ops to launches of kernels.

#ifndef MMC_TRANSFORMS_FUSE_PASSES
#define MMC_TRANSFORMS_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def CollapseRowsPass : Pass<"mmc-collapse-rows", "::mlir::ModuleOp"> {
  let summary = "Lets kernels see batch and sequence as one dimension of rows";
  let description = [{
    Where every op of a kernel treats the first two dimensions alike, its tensors [B, T, D] become [B·T, D]
    and the launch is wrapped in reshapes, which cost nothing: tiles then no longer end with a sample.
  }];
}

def FormKernelsPass : Pass<"mmc-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Groups ops into kernels and outlines them";
  let description = [{
    An element-wise op joins the kernel of what feeds it (a residual addition the GEMM before it), a norm or
    softmax the element-wise ops before it, whenever both can be cut into the same tiles. Linears of one
    input become one launch whose tiles are those of all of them. Structurally equal kernels are one function.
    `enable=false` leaves one op per kernel.
  }];
  let options = [Option<"enable", "enable", "bool", "true", "group ops; false: every op is a kernel">];
  // A file may hold nothing but functions that return their arguments.
  let dependentDialects = ["::mmc::MmcDialect"];
}

#endif // MMC_TRANSFORMS_FUSE_PASSES
