// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of kernels, after Fuse.

#ifndef MMC_DIALECT_KERNEL_OPS
#define MMC_DIALECT_KERNEL_OPS

include "mmc/Dialect/MmcBase.td"
include "mlir/IR/SymbolInterfaces.td"

def LaunchOp : Mmc_Op<"launch", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a kernel";
  let description = [{
    `kernel` is a function of the module with the attribute `mmc.kernel`; operands and results are its.
    Made by Fuse; Plan gives every result a place.
    ```mlir
    %y = mmc.launch @add_silu_3(%x, %r) : (tensor<2x8x64xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Mmc_Tensor>:$inputs);
  let results = (outs Variadic<Mmc_Tensor>:$outputs);
  let assemblyFormat = "$kernel `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
}

#endif // MMC_DIALECT_KERNEL_OPS
