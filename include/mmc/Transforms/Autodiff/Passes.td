// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Autodiff phase: gradients of the trainable parameters, and the optimizer's step.

#ifndef MMC_TRANSFORMS_AUTODIFF_PASSES
#define MMC_TRANSFORMS_AUTODIFF_PASSES

include "mlir/Pass/PassBase.td"

def DifferentiatePass : Pass<"mmc-differentiate", "::mlir::ModuleOp"> {
  let summary = "Makes @gradients of @loss";
  let description = [{
    Reverse mode over mmc ops, of the subgraph between trainable parameters and the loss only. @gradients has
    the arguments of @loss and, when it drops anything out, `rng` [2] i64 = (seed, step); its results are
    those of @loss, then `grad:<parameter>` for each trainable parameter in order of appearance: the gradient
    of the first result, with the parameter's shape, f32 (f64 for f64). @loss, flat and with static shapes,
    is kept.
  }];
}

def WidenGradientsPass : Pass<"mmc-widen-gradients", "::mlir::func::FuncOp"> {
  let summary = "Lets weight gradients leave their sums in the type they are wanted in";
  let description = [{
    The adjoint of a trainable parameter's cast to the compute type is a cast of the gradient back. Where the
    gradient is a sum over rows, which accumulates in f32 anyhow, the op yields that type itself, so that
    nothing is rounded on the way.
  }];
}

def RemoveDropoutPass : Pass<"mmc-remove-dropout", "::mlir::func::FuncOp"> {
  let summary = "Removes dropout that has no random numbers: the function evaluates";
}

def VerifyGradientsPass : Pass<"mmc-verify-gradients", "::mlir::ModuleOp"> {
  let summary = "Checks that @gradients computes what trains and nothing else";
  let description = [{
    One `grad:` result per trainable parameter of @gradients, of its shape, and none for a frozen one; every
    sum over rows that only a weight's gradient needs ends in `grad:` results. Changes nothing.
  }];
}

def BuildUpdatePass : Pass<"mmc-build-update", "::mlir::ModuleOp"> {
  let summary = "Makes @update: one step of AdamW for every trainable parameter";
  let description = [{
    Arguments: `settings` [6] f32 as `mmc.adamw` documents them, then for each trainable parameter P of @loss,
    in order, `grad:P`, `first:P` and `second:P` with its shape and type. Results per P: `P`, `first:P`,
    `second:P`; each may be bound to the memory of what it updates. An entry of `lr-scales` is PATTERN:X with
    a glob pattern over parameter names; the last that matches wins.
  }];
  let options = [
    Option<"beta1", "beta1", "double", "0.9", "decay of the first moment">,
    Option<"beta2", "beta2", "double", "0.999", "decay of the second moment">,
    Option<"eps", "eps", "double", "1e-8", "added to the root of the second moment">,
    Option<"weightDecay", "weight-decay", "double", "0.0", "of parameters of two or more dimensions">,
    ListOption<"lrScales", "lr-scales", "std::string", "PATTERN:X, the learning rate of these parameters is X times the common one">
  ];
}

def BuildDecodingPass : Pass<"mmc-build-decoding", "::mlir::ModuleOp"> {
  let summary = "Makes @prefill and @decode of @logits: generation with a key/value cache";
  let description = [{
    Of @logits for one row of T tokens (batch 1), which is kept. What a token needs of earlier ones is kept
    between calls: `new:<i>` are rows of a token that later ones attend to (keys, values, segments), `state:<i>`
    what depends on the prompt only (a router's weights, read from the first token).

    @prefill has the arguments of @logits and `last_token` [1] i32, the index of the prompt's last token; its
    results are `logits` [1, 1, V], of that token, `new:<i>` [1, T, …] and `state:<i>`.

    @decode is the next token, a text token behind the first: the arguments of @logits that have a row per token,
    with one row; `past_length` [] i32, the number of tokens before it; `past:<i>` [1, T, …], whose first
    past_length rows are theirs; `state:<i>`. Its results are `logits` [1, 1, V] and `new:<i>` [1, 1, …]: row
    past_length of `past:<i>` for the token after it.

    An op that mixes tokens otherwise than by causal attention is an error that names it.
  }];
  let options = [ListOption<"entries", "entries", "std::string", "which to make: prefill, decode">];
}

#endif // MMC_TRANSFORMS_AUTODIFF_PASSES
