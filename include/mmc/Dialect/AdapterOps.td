// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What adapters need beyond ordinary layers: dropout and routed experts.

#ifndef MMC_DIALECT_ADAPTER_OPS
#define MMC_DIALECT_ADAPTER_OPS

include "mmc/Dialect/MmcBase.td"

def DropoutOp : Mmc_PureOp<"dropout", [Mmc_Differentiable, Mmc_FusibleWithPlace, AttrSizedOperandSegments]> {
  let summary = "Zeroes a share of the elements and scales the rest";
  let description = [{
    Element e is kept, times 1/(1 − rate), when the counter-based random number of (seed, step,
    `stream`, e) is at least `rate`. Without `rng` (evaluation) it is the identity; Autodiff adds the
    operand [2] i64 = (seed, step) and numbers the streams. Nothing is stored for the backward pass.
    Elements are counted in the whole tensor: a tile of it has the `place` of its first element and the
    shape of the `whole`, which Lower gives it.
    ```mlir
    %y = mmc.dropout %x rate(0.1) : tensor<2x8x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Optional<RankedTensorOf<[I64]>>:$rng, Variadic<Index>:$place,
                       F64Attr:$rate, DefaultValuedOptionalAttr<I64Attr, "0">:$stream,
                       OptionalAttr<DenseI64ArrayAttr>:$whole);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = [{
    $input (`rng` $rng^)? (`at` `[` $place^ `]` `of` $whole)? `rate` `(` $rate `)` (`stream` `(` $stream^ `)`)?
    attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def RouteOp : Mmc_PureOp<"route", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Weighted sum of experts";
  let description = [{
    `experts` E tensors [B, T, D]; `weights` [B, E] (axis 0: a weighting for every sample) or [T, E]
    (axis 1: one for every position): result = Σₑ weights[·, e] · experts[e].
    ```mlir
    %y = mmc.route %w, %e0, %e1 axis(0) : tensor<2x2xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$weights, Variadic<Mmc_FloatTensor>:$experts, I64Attr:$axis);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$weights `,` $experts `axis` `(` $axis `)` attr-dict `:` type(operands)";
}

#endif // MMC_DIALECT_ADAPTER_OPS
