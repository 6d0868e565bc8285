// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The layers of transformers and vision towers.

#ifndef MMC_DIALECT_NN_OPS
#define MMC_DIALECT_NN_OPS

include "mmc/Dialect/MmcBase.td"

def EmbeddingOp : Mmc_PureOp<"embedding", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Rows of a table";
  let description = [{
    `ids` [..., ] i32 within 0 … V−1 (an id outside reads row 0: the data side refuses such ids);
    `table` [V, D]; result [..., D].
    ```mlir
    %h = mmc.embedding %ids, %table : tensor<2x8xi32>, tensor<32000x4096xbf16>
    ```
  }];
  let arguments = (ins Mmc_Ids:$ids, Mmc_FloatTensor:$table);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$ids `,` $table attr-dict `:` type(operands)";
}

def LinearOp : Mmc_PureOp<"linear", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "A linear layer: y = x·Wᵀ + b";
  let description = [{
    `input` [..., in], `weight` [out, in / groups], `bias` [out]; result [..., out]. With `groups` g the
    weight is block-diagonal: output block k sees input block k only (a grouped 1×1 convolution).
    Accumulates in f32.
    ```mlir
    %q = mmc.linear %n, %wq bias %bq : tensor<2x8x64xf32>, tensor<64x64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$weight, Optional<Mmc_FloatTensor>:$bias,
                       DefaultValuedOptionalAttr<I64Attr, "1">:$groups);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`groups` `(` $groups^ `)`)? attr-dict `:` type(operands)
  }];
}

def RmsNormOp : Mmc_PureOp<"rms_norm", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Root-mean-square norm over the last dimension: y = γ · x / √(mean(x²) + eps)";
  let description = [{
    `input` [..., D], `weight` [D].
    ```mlir
    %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<2x8x64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$weight, F64Attr:$eps);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $weight `eps` `(` $eps `)` attr-dict `:` type(operands)";
}

def LayerNormOp : Mmc_PureOp<"layer_norm", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Layer norm over the last dimension: y = γ · (x − mean) / √(var + eps) + β";
  let description = [{
    `input` [..., D], `weight` and `bias` [D]; the variance is the population's.
    ```mlir
    %n = mmc.layer_norm %x, %g, %b eps(1.0e-5) : tensor<2x8x64xf32>, tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$weight, Mmc_FloatTensor:$bias, F64Attr:$eps);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $weight `,` $bias `eps` `(` $eps `)` attr-dict `:` type(operands)";
}

def RotaryTableOp : Mmc_PureOp<"rotary_table", [Mmc_Fusible]> {
  let summary = "cos and sin of the rotary angles of every token";
  let description = [{
    `positions` [B, T] i32; result [B, T, dim] f32: first dim/2 cosines, then dim/2 sines, of
    position · theta^(−2k/dim). The angles are computed in f64. `scaling` adjusts the frequencies as
    Hugging Face's rope types do: `{rope_type = "linear", factor = 2.0}`, or
    `{rope_type = "llama3", factor, low_freq_factor, high_freq_factor, original_max_position_embeddings}`.
    ```mlir
    %rope = mmc.rotary_table %pos dim(128) theta(1.0e4) : tensor<2x8xi32>
    ```
  }];
  let arguments = (ins Mmc_Ids:$positions, I64Attr:$dim, F64Attr:$theta, OptionalAttr<DictionaryAttr>:$scaling);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = [{
    $positions `dim` `(` $dim `)` `theta` `(` $theta `)` (`scaling` $scaling^)? attr-dict `:` type($positions)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The inverse frequencies, dim/2 of them, with `scaling` applied.
    ::llvm::SmallVector<double> getInverseFrequencies();
  }];
}

def RotaryOp : Mmc_PureOp<"rotary", [Mmc_Differentiable, Mmc_FusibleWithTile]> {
  let summary = "Rotary position embedding";
  let description = [{
    `input` [B, T, heads · head_dim], `table` [B, T, dim] of `mmc.rotary_table`. The first `dim`
    elements of every head are rotated in pairs (k, k + dim/2), Hugging Face's half-split layout; the
    rest pass through. `inverse` rotates back, which is also the derivative.
    ```mlir
    %qr = mmc.rotary %q, %rope heads(32) : tensor<2x8x4096xf32>, tensor<2x8x128xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$table, I64Attr:$heads, UnitAttr:$inverse);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $table `heads` `(` $heads `)` (`inverse` $inverse^)? attr-dict `:` type(operands)";
}

def AttentionOp : Mmc_Op<"attention", [Pure, Mmc_DifferentiableWithSaved, Mmc_FusibleWithTile]> {
  let summary = "Multi-head attention within segments";
  let description = [{
    `query` [B, T, heads · d], `key` and `value` [B, S, kv_heads · d]; result [B, T, heads · d]:
    softmax(q·kᵀ · scale) · v per head, over the keys of the query's own segment and, with `causal`, not
    behind the query. `segments` [B, T] i32 (T = S). Each kv head serves heads / kv_heads query heads.
    `scale` is 1/√d unless given. The optional second result [B, T, heads] f32 is the logarithm of the
    softmax's denominator, which the backward pass wants. A query that may see no key yields zeros.
    ```mlir
    %a = mmc.attention %q, %k, %v segments %seg heads(32) kv_heads(32) causal
        : tensor<2x8x4096xf32>, tensor<2x8x4096xf32>, tensor<2x8x4096xf32>, tensor<2x8xi32> -> tensor<2x8x4096xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$query, Mmc_FloatTensor:$key, Mmc_FloatTensor:$value,
                       Optional<Mmc_Ids>:$segments, I64Attr:$heads, I64Attr:$kv_heads, UnitAttr:$causal,
                       OptionalAttr<F64Attr>:$scale);
  let results = (outs Mmc_FloatTensor:$result, Optional<Mmc_FloatTensor>:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`segments` $segments^)? `heads` `(` $heads `)` `kv_heads` `(` $kv_heads `)`
    (`causal` $causal^)? (`scale` `(` $scale^ `)`)? attr-dict `:` type(operands) `->` type(results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The factor on the scores: `scale`, or 1/√d.
    double getScoreScale();
  }];
}

def CachedAttentionOp : Mmc_Op<"cached_attention", [Pure, AttrSizedOperandSegments, Mmc_FusibleWithTile]> {
  let summary = "Attention of the token behind those whose keys and values were kept";
  let description = [{
    `mmc.attention` with `causal`, of one token: `query` [B, 1, heads · d], `key` and `value`
    [B, 1, kv_heads · d] are its own; rows 0 … `length` − 1 of `past_key` and `past_value`
    [B, S, kv_heads · d] are those of the tokens before it. Rows from `length` ([] i32) on are not seen,
    but must be finite. With `segments` [B, 1] and [B, S] it sees tokens of its own segment only. Made by
    --mmc-build-decoding and not differentiable.
    ```mlir
    %a = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(0.125)
        : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>,
          tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$query, Mmc_FloatTensor:$key, Mmc_FloatTensor:$value,
                       Mmc_FloatTensor:$past_key, Mmc_FloatTensor:$past_value, Mmc_Ids:$length,
                       Optional<Mmc_Ids>:$segments, Optional<Mmc_Ids>:$past_segments,
                       I64Attr:$heads, I64Attr:$kv_heads, F64Attr:$scale);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value `past` $past_key `,` $past_value `length` $length
    (`segments` $segments^ `,` $past_segments)? `heads` `(` $heads `)` `kv_heads` `(` $kv_heads `)`
    `scale` `(` $scale `)` attr-dict `:` type(operands) `->` type($result)
  }];
  let hasVerifier = 1;
}

def SiluOp : Mmc_PureOp<"silu", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "x · sigmoid(x)";
  let description = [{
    ```mlir
    %y = mmc.silu %x : tensor<2x8x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Mmc_GeluKind : I32EnumAttr<"GeluKind", "which formula of GELU", [
  I32EnumAttrCase<"Erf", 0, "erf">, I32EnumAttrCase<"Tanh", 1, "tanh">, I32EnumAttrCase<"Quick", 2, "quick">]> {
  let cppNamespace = "::mmc";
}

def GeluOp : Mmc_PureOp<"gelu", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "GELU: exact (erf), by tanh, or x · sigmoid(1.702 x) (quick)";
  let description = [{
    ```mlir
    %y = mmc.gelu quick %x : tensor<2x8x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_GeluKind:$kind);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input)";
}

def SoftmaxOp : Mmc_PureOp<"softmax", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Softmax over the last dimension, of x / temperature";
  let description = [{
    ```mlir
    %w = mmc.softmax %logits temperature(10.0) : tensor<4x2xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, DefaultValuedOptionalAttr<F64Attr, "1.0">:$temperature);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input (`temperature` `(` $temperature^ `)`)? attr-dict `:` type($input)";
}

def PatchesOp : Mmc_PureOp<"patches", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Cuts pictures into patches";
  let description = [{
    `pixels` [N, C, H, W]; result [N, ⌊H/p⌋·⌊W/p⌋, C·p·p], the elements of a patch in the order of a
    convolution's weight [out, C, p, p]: a patch embedding is `mmc.linear` of it. Pixels beyond the last
    whole patch are left out.
    ```mlir
    %p = mmc.patches %pixels patch(14) as f32 : tensor<2x3x224x224xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$pixels, I64Attr:$patch, TypeAttr:$type);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$pixels `patch` `(` $patch `)` `as` $type attr-dict `:` type($pixels)";
}

def PrependTokenOp : Mmc_PureOp<"prepend_token", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Puts one token, the same for all samples, before a sequence";
  let description = [{
    `token` [D], `input` [N, T, D]; result [N, T + 1, D]: a tower's class token.
    ```mlir
    %x = mmc.prepend_token %class, %patches : tensor<64xf32>, tensor<2x49x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$token, Mmc_FloatTensor:$input);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$token `,` $input attr-dict `:` type(operands)";
}

def FillSlotsOp : Mmc_PureOp<"fill_slots", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Image features in the places kept for them";
  let description = [{
    `input` [B, T, D], `features` [R, D], `slots` [B, T] i32: where a slot is r ≥ 0 the token is row r of
    the features, elsewhere that of the input. Reading a row outside the features gives zeros.
    ```mlir
    %h = mmc.fill_slots %x, %features, %slots : tensor<2x8x64xf32>, tensor<12x64xf32>, tensor<2x8xi32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$features, Mmc_Ids:$slots);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $features `,` $slots attr-dict `:` type(operands)";
}

def ReplaceTokenOp : Mmc_PureOp<"replace_token", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Another value for one token of every sample";
  let description = [{
    `input` [B, T, D], `token` [B, D]; token `at` of sample b becomes row b: LaVIN's modality token.
    ```mlir
    %h = mmc.replace_token %x, %m at(0) : tensor<2x8x64xf32>, tensor<2x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, Mmc_FloatTensor:$token, I64Attr:$at);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `,` $token `at` `(` $at `)` attr-dict `:` type(operands)";
}

#endif // MMC_DIALECT_NN_OPS
