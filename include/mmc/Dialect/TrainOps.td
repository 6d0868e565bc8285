// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss and the optimizer.

#ifndef MMC_DIALECT_TRAIN_OPS
#define MMC_DIALECT_TRAIN_OPS

include "mmc/Dialect/MmcBase.td"

def CrossEntropyOp : Mmc_PureOp<"cross_entropy", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Cross-entropy of the next token, one value per position";
  let description = [{
    `logits` [..., V]; `targets` [...] i32, the token that each position is to predict; result [...] f32:
    log Σ exp(z) − z[target], and 0 where the target is negative (ignored) or not below V.
    ```mlir
    %l = mmc.cross_entropy %logits, %targets : tensor<2x8x32000xf32>, tensor<2x8xi32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$logits, Mmc_Ids:$targets);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$logits `,` $targets attr-dict `:` type(operands)";
}

def ShiftLabelsOp : Mmc_PureOp<"shift_labels", [Mmc_Fusible]> {
  let summary = "What each position is to predict: the label of the next one";
  let description = [{
    `labels` [B, T] i32; result [B, T]: labels[b, t + 1], and −100 (ignored) at the last position.
    ```mlir
    %targets = mmc.shift_labels %labels : tensor<2x8xi32>
    ```
  }];
  let arguments = (ins Mmc_Ids:$labels);
  let results = (outs Mmc_Ids:$result);
  let assemblyFormat = "$labels attr-dict `:` type($labels)";
}

def SumOp : Mmc_PureOp<"sum", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Sum of all elements, a scalar, in f32";
  let description = [{
    ```mlir
    %loss_sum = mmc.sum %l : tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def CountLabelsOp : Mmc_PureOp<"count_labels", [Mmc_Fusible]> {
  let summary = "Number of targets that are not ignored (not negative), an i32 scalar";
  let description = [{
    ```mlir
    %count = mmc.count_labels %targets : tensor<2x8xi32>
    ```
  }];
  let arguments = (ins Mmc_Ids:$targets);
  let results = (outs Mmc_Ids:$result);
  let assemblyFormat = "$targets attr-dict `:` type($targets)";
}

def AdamWOp : Mmc_PureOp<"adamw", [Mmc_Fusible]> {
  let summary = "One AdamW step";
  let description = [{
    Parameter, gradient and moments have one type; element by element, as torch.optim.AdamW:
    g = gradient · settings[3]; p ← p·(1 − η·weight_decay); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
    p ← p − η/settings[1] · m / (√v/√settings[2] + eps), with η = settings[0] · lr_scale.
    `settings` [6] f32 is what changes from step to step n = 1, 2, …: [0] the learning rate; [1] 1 − β₁ⁿ;
    [2] 1 − β₂ⁿ; [3] the factor on every gradient (1 / label count, times what clipping takes off); [4] and
    [5] are not read.
  }];
  let arguments = (ins Mmc_FloatTensor:$parameter, Mmc_FloatTensor:$gradient, Mmc_FloatTensor:$first,
                       Mmc_FloatTensor:$second, Mmc_FloatTensor:$settings, F64Attr:$beta1, F64Attr:$beta2,
                       F64Attr:$eps, F64Attr:$weight_decay, DefaultValuedOptionalAttr<F64Attr, "1.0">:$lr_scale);
  let results = (outs Mmc_FloatTensor:$new_parameter, Mmc_FloatTensor:$new_first, Mmc_FloatTensor:$new_second);
  let assemblyFormat = [{
    $parameter `,` $gradient `,` $first `,` $second `,` $settings `betas` `(` $beta1 `,` $beta2 `)`
    `eps` `(` $eps `)` `weight_decay` `(` $weight_decay `)` (`lr_scale` `(` $lr_scale^ `)`)? attr-dict `:` type(operands)
  }];
}

#endif // MMC_DIALECT_TRAIN_OPS
