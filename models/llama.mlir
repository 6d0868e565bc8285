// A small LLaMA (LlamaForCausalLM): RMSNorm, half-split rotary embedding, SwiGLU. Written by hand; mmc-import
// writes files of this form for any LlamaForCausalLM.

// Token ids to hidden states behind the last norm.
func.func private @language_model(%embeddings: tensor<?x?x256xbf16>, %positions: tensor<?x?xi32>,
                                  %segments: tensor<?x?xi32>) -> tensor<?x?x256xbf16>
    attributes {mmc.group = "llm"} {
  %rope = mmc.rotary_table %positions dim(32) theta(1.0e4) : tensor<?x?xi32>
  %h = mmc.repeat i = 0 to 6 iter(%x = %embeddings) -> tensor<?x?x256xbf16> {
    %g1 = mmc.param "model.layers.{i}.input_layernorm.weight" : tensor<256xbf16>
    %n1 = mmc.rms_norm %x, %g1 eps(1.0e-6) : tensor<?x?x256xbf16>, tensor<256xbf16>
    %wq = mmc.param "model.layers.{i}.self_attn.q_proj.weight" : tensor<256x256xbf16>
    %wk = mmc.param "model.layers.{i}.self_attn.k_proj.weight" : tensor<256x256xbf16>
    %wv = mmc.param "model.layers.{i}.self_attn.v_proj.weight" : tensor<256x256xbf16>
    %q = mmc.linear %n1, %wq : tensor<?x?x256xbf16>, tensor<256x256xbf16>
    %k = mmc.linear %n1, %wk : tensor<?x?x256xbf16>, tensor<256x256xbf16>
    %v = mmc.linear %n1, %wv : tensor<?x?x256xbf16>, tensor<256x256xbf16>
    %qr = mmc.rotary %q, %rope heads(8) : tensor<?x?x256xbf16>, tensor<?x?x32xf32>
    %kr = mmc.rotary %k, %rope heads(8) : tensor<?x?x256xbf16>, tensor<?x?x32xf32>
    %a = mmc.attention %qr, %kr, %v segments %segments heads(8) kv_heads(8) causal
        : tensor<?x?x256xbf16>, tensor<?x?x256xbf16>, tensor<?x?x256xbf16>, tensor<?x?xi32> -> tensor<?x?x256xbf16>
    %wo = mmc.param "model.layers.{i}.self_attn.o_proj.weight" : tensor<256x256xbf16>
    %o = mmc.linear %a, %wo : tensor<?x?x256xbf16>, tensor<256x256xbf16>
    %x1 = mmc.add %x, %o : tensor<?x?x256xbf16>, tensor<?x?x256xbf16>

    %g2 = mmc.param "model.layers.{i}.post_attention_layernorm.weight" : tensor<256xbf16>
    %n2 = mmc.rms_norm %x1, %g2 eps(1.0e-6) : tensor<?x?x256xbf16>, tensor<256xbf16>
    %wg = mmc.param "model.layers.{i}.mlp.gate_proj.weight" : tensor<688x256xbf16>
    %wu = mmc.param "model.layers.{i}.mlp.up_proj.weight" : tensor<688x256xbf16>
    %wd = mmc.param "model.layers.{i}.mlp.down_proj.weight" : tensor<256x688xbf16>
    %gate = mmc.linear %n2, %wg : tensor<?x?x256xbf16>, tensor<688x256xbf16>
    %up = mmc.linear %n2, %wu : tensor<?x?x256xbf16>, tensor<688x256xbf16>
    %act = mmc.silu %gate : tensor<?x?x688xbf16>
    %inner = mmc.mul %act, %up : tensor<?x?x688xbf16>, tensor<?x?x688xbf16>
    %down = mmc.linear %inner, %wd : tensor<?x?x688xbf16>, tensor<256x688xbf16>
    %x2 = mmc.add %x1, %down : tensor<?x?x256xbf16>, tensor<?x?x256xbf16>
    mmc.yield %x2 : tensor<?x?x256xbf16>
  }
  %g = mmc.param "model.norm.weight" : tensor<256xbf16>
  %n = mmc.rms_norm %h, %g eps(1.0e-6) : tensor<?x?x256xbf16>, tensor<256xbf16>
  return %n : tensor<?x?x256xbf16>
}

func.func @logits(%ids: tensor<?x?xi32> {mmc.name = "input_ids"},
                  %positions: tensor<?x?xi32> {mmc.name = "position_ids"},
                  %segments: tensor<?x?xi32> {mmc.name = "segment_ids"})
    -> (tensor<?x?x2000xbf16> {mmc.name = "logits"}) attributes {mmc.group = "llm"} {
  %table = mmc.param "model.embed_tokens.weight" : tensor<2000x256xbf16>
  %x = mmc.embedding %ids, %table : tensor<?x?xi32>, tensor<2000x256xbf16>
  %h = call @language_model(%x, %positions, %segments)
      : (tensor<?x?x256xbf16>, tensor<?x?xi32>, tensor<?x?xi32>) -> tensor<?x?x256xbf16>
  %head = mmc.param "lm_head.weight" : tensor<2000x256xbf16>
  %logits = mmc.linear %h, %head : tensor<?x?x256xbf16>, tensor<2000x256xbf16>
  return %logits : tensor<?x?x2000xbf16>
}

func.func @loss(%ids: tensor<?x?xi32> {mmc.name = "input_ids"},
                %positions: tensor<?x?xi32> {mmc.name = "position_ids"},
                %segments: tensor<?x?xi32> {mmc.name = "segment_ids"},
                %labels: tensor<?x?xi32> {mmc.name = "labels"})
    -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<i32> {mmc.name = "label_count"}) {
  %logits = call @logits(%ids, %positions, %segments)
      : (tensor<?x?xi32>, tensor<?x?xi32>, tensor<?x?xi32>) -> tensor<?x?x2000xbf16>
  %targets = mmc.shift_labels %labels : tensor<?x?xi32>
  %losses = mmc.cross_entropy %logits, %targets : tensor<?x?x2000xbf16>, tensor<?x?xi32>
  %sum = mmc.sum %losses : tensor<?x?xf32>
  %count = mmc.count_labels %targets : tensor<?x?xi32>
  return %sum, %count : tensor<f32>, tensor<i32>
}
