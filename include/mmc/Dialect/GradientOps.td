// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops that derivatives are written with. They appear in Autodiff and are never written by hand.

#ifndef MMC_DIALECT_GRADIENT_OPS
#define MMC_DIALECT_GRADIENT_OPS

include "mmc/Dialect/MmcBase.td"

class Mmc_GradientOp<string mnemonic, list<Trait> traits = []> : Mmc_Op<mnemonic, traits # [Pure, Mmc_Fusible]>;

def LinearGradInputOp : Mmc_GradientOp<"linear_grad_input"> {
  let summary = "dx = dy · W, for `mmc.linear`";
  let arguments = (ins Mmc_FloatTensor:$gradient, Mmc_FloatTensor:$weight, DefaultValuedOptionalAttr<I64Attr, "1">:$groups);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$gradient `,` $weight (`groups` `(` $groups^ `)`)? attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def LinearGradWeightOp : Mmc_GradientOp<"linear_grad_weight"> {
  let summary = "dW = dyᵀ · x, for `mmc.linear`; the sum over rows is in f32";
  let arguments = (ins Mmc_FloatTensor:$gradient, Mmc_FloatTensor:$input, DefaultValuedOptionalAttr<I64Attr, "1">:$groups);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$gradient `,` $input (`groups` `(` $groups^ `)`)? attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def EmbeddingGradOp : Mmc_GradientOp<"embedding_grad"> {
  let summary = "The rows of dy added up per id, a repeated id in ascending order of the tokens; an id outside counts for none";
  let arguments = (ins Mmc_Ids:$ids, Mmc_FloatTensor:$gradient);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$ids `,` $gradient attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def RmsNormGradOp : Mmc_GradientOp<"rms_norm_grad"> {
  let summary = "dx = ρ(t − x̂·mean(t·x̂)), t = γ·dy, x̂ = x·ρ";
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$weight, Mmc_FloatTensor:$gradient, F64Attr:$eps);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $weight `,` $gradient `eps` `(` $eps `)` attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def RmsNormGradWeightOp : Mmc_GradientOp<"rms_norm_grad_weight"> {
  let summary = "dγ = Σ_rows dy · x̂";
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$gradient, F64Attr:$eps);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $gradient `eps` `(` $eps `)` attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def LayerNormGradOp : Mmc_GradientOp<"layer_norm_grad"> {
  let summary = "dx = ρ(t − mean(t) − x̂·mean(t·x̂)), t = γ·dy, x̂ = (x − mean)·ρ";
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$weight, Mmc_FloatTensor:$gradient, F64Attr:$eps);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $weight `,` $gradient `eps` `(` $eps `)` attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def LayerNormGradWeightOp : Mmc_GradientOp<"layer_norm_grad_weight"> {
  let summary = "dγ = Σ_rows dy · x̂";
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$gradient, F64Attr:$eps);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $gradient `eps` `(` $eps `)` attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def AttentionGradOp : Mmc_Op<"attention_grad", [Pure, Mmc_FusibleWithTile]> {
  let summary = "dq, dk and dv of `mmc.attention`";
  let description = [{
    From q, k, v, the segments, the forward's result o and lse, and do: P is rebuilt from q, k and lse;
    dv = Pᵀ·do, dS = scale·P∘(do·vᵀ − rowsum(do∘o)), dq = dS·k, dk = dSᵀ·q. P and dS are rounded to the
    tensors' type for the products.
  }];
  let arguments = (ins Mmc_FloatTensor:$query, Mmc_FloatTensor:$key, Mmc_FloatTensor:$value,
                       Optional<Mmc_Ids>:$segments, Mmc_FloatTensor:$output, Mmc_FloatTensor:$lse,
                       Mmc_FloatTensor:$gradient, I64Attr:$heads, I64Attr:$kv_heads, UnitAttr:$causal, F64Attr:$scale);
  let results = (outs Mmc_FloatTensor:$dq, Mmc_FloatTensor:$dk, Mmc_FloatTensor:$dv);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`segments` $segments^)? `output` $output `lse` $lse `gradient` $gradient
    `heads` `(` $heads `)` `kv_heads` `(` $kv_heads `)` (`causal` $causal^)? `scale` `(` $scale `)`
    attr-dict `:` type(operands) `->` type(results)
  }];
  let hasVerifier = 1;
}

def SiluGradOp : Mmc_GradientOp<"silu_grad"> {
  let summary = "dx = dy · σ(1 + x(1 − σ)), σ = sigmoid(x)";
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$gradient);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $gradient attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def GeluGradOp : Mmc_GradientOp<"gelu_grad"> {
  let summary = "dx = dy · gelu'(x)";
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$gradient, Mmc_GeluKind:$kind);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$kind $input `,` $gradient attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def SoftmaxGradOp : Mmc_GradientOp<"softmax_grad"> {
  let summary = "dx = y ∘ (dy − ⟨y, dy⟩) / temperature";
  let arguments = (ins Mmc_FloatTensor:$output, Mmc_FloatTensor:$gradient, F64Attr:$temperature);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$output `,` $gradient `temperature` `(` $temperature `)` attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def PatchesGradOp : Mmc_GradientOp<"patches_grad"> {
  let summary = "Patches put back into pictures; pixels beyond the last whole patch get zero";
  let arguments = (ins Mmc_FloatTensor:$gradient, I64Attr:$patch);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$gradient `patch` `(` $patch `)` attr-dict `:` type($gradient) `->` type($result)";
  let hasVerifier = 1;
}

def FillSlotsGradOp : Mmc_GradientOp<"fill_slots_grad"> {
  let summary = "dfeatures: the rows of dy added up per slot, in ascending order of the tokens";
  let arguments = (ins Mmc_FloatTensor:$gradient, Mmc_Ids:$slots);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$gradient `,` $slots attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def MaskSlotsOp : Mmc_GradientOp<"mask_slots"> {
  let summary = "dy where the slot is negative (a text token), zero elsewhere";
  let arguments = (ins Mmc_FloatTensor:$gradient, Mmc_Ids:$slots);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$gradient `,` $slots attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def RouteGradExpertOp : Mmc_GradientOp<"route_grad_expert"> {
  let summary = "d expert e = weights[·, e] · dy";
  let arguments = (ins Mmc_FloatTensor:$weights, Mmc_FloatTensor:$gradient, I64Attr:$expert, I64Attr:$axis);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$weights `,` $gradient `expert` `(` $expert `)` `axis` `(` $axis `)` attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def RouteGradWeightsOp : Mmc_GradientOp<"route_grad_weights"> {
  let summary = "d weights[·, e] = ⟨dy, experts[e]⟩ over the other dimensions";
  let arguments = (ins Mmc_FloatTensor:$gradient, Variadic<Mmc_FloatTensor>:$experts, I64Attr:$axis);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$gradient `,` $experts `axis` `(` $axis `)` attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def CrossEntropyGradOp : Mmc_GradientOp<"cross_entropy_grad"> {
  let summary = "dz = dloss · (softmax(z) − onehot(target)) per row, zero where the target is ignored";
  let arguments = (ins Mmc_FloatTensor:$logits, Mmc_Ids:$targets, Mmc_FloatTensor:$gradient);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$logits `,` $targets `,` $gradient attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

def ScaleByOp : Mmc_GradientOp<"scale_by"> {
  let summary = "Product with a scalar tensor";
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$scalar);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $scalar attr-dict `:` type(operands) `->` type($result)";
  let hasVerifier = 1;
}

#endif // MMC_DIALECT_GRADIENT_OPS
