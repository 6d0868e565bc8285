// What the tower and the neck of the demo's base learn in: a picture's tokens, and which word of the language model's
// embeddings each of them looks like. No blocks: every token says what it is itself.
module attributes {mmc.sizes = {neck = 64}} {
  // Pictures to what the first block gets: a class token, then the patches row by row.
  func.func private @vision_embeddings(%pixels: tensor<?x3x64x64xf32>) -> tensor<?x65x128xbf16>
      attributes {mmc.group = "vision"} {
    %patches = mmc.patches %pixels patch(8) as bf16 : tensor<?x3x64x64xf32>
    %convolution = mmc.param "vision_model.embeddings.patch_embedding.weight" : tensor<128x3x8x8xbf16>
    %w = mmc.reshape %convolution : tensor<128x3x8x8xbf16> to tensor<128x192xbf16>
    %e = mmc.linear %patches, %w : tensor<?x64x192xbf16>, tensor<128x192xbf16>
    %class = mmc.param "vision_model.embeddings.class_embedding" : tensor<128xbf16>
    %x = mmc.prepend_token %class, %e : tensor<128xbf16>, tensor<?x64x128xbf16>
    %position = mmc.param "vision_model.embeddings.position_embedding.weight" : tensor<65x128xbf16>
    %x1 = mmc.add %x, %position : tensor<?x65x128xbf16>, tensor<65x128xbf16>
    %g = mmc.param "vision_model.pre_layrnorm.weight" : tensor<128xbf16>
    %b = mmc.param "vision_model.pre_layrnorm.bias" : tensor<128xbf16>
    %n = mmc.layer_norm %x1, %g, %b eps(1.0e-5) : tensor<?x65x128xbf16>, tensor<128xbf16>, tensor<128xbf16>
    return %n : tensor<?x65x128xbf16>
  }

  // Class tokens behind every 2 blocks of the tower (no norm behind them).
  func.func private @class_tokens(%pixels: tensor<?x3x64x64xf32>) -> tensor<?x4x128xbf16>
      attributes {mmc.group = "vision"} {
    %x0 = call @vision_embeddings(%pixels) : (tensor<?x3x64x64xf32>) -> tensor<?x65x128xbf16>
    %last, %tokens = mmc.repeat j = 0 to 4 iter(%h = %x0) collect axis(1)
        -> (tensor<?x65x128xbf16>, tensor<?x4x128xbf16>) {
      %y = mmc.repeat i = 0 to 2 iter(%x = %h) -> tensor<?x65x128xbf16> {
        %g1 = mmc.param "vision_model.encoder.layers.{2*j+i}.layer_norm1.weight" : tensor<128xbf16>
        %b1 = mmc.param "vision_model.encoder.layers.{2*j+i}.layer_norm1.bias" : tensor<128xbf16>
        %n1 = mmc.layer_norm %x, %g1, %b1 eps(1.0e-5) : tensor<?x65x128xbf16>, tensor<128xbf16>, tensor<128xbf16>
        %wq = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.q_proj.weight" : tensor<128x128xbf16>
        %bq = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.q_proj.bias" : tensor<128xbf16>
        %q = mmc.linear %n1, %wq bias %bq : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
        %wk = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.k_proj.weight" : tensor<128x128xbf16>
        %bk = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.k_proj.bias" : tensor<128xbf16>
        %k = mmc.linear %n1, %wk bias %bk : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
        %wv = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.v_proj.weight" : tensor<128x128xbf16>
        %bv = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.v_proj.bias" : tensor<128xbf16>
        %v = mmc.linear %n1, %wv bias %bv : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
        %a = mmc.attention %q, %k, %v heads(4) kv_heads(4)
            : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>, tensor<?x65x128xbf16> -> tensor<?x65x128xbf16>
        %wo = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.out_proj.weight" : tensor<128x128xbf16>
        %bo = mmc.param "vision_model.encoder.layers.{2*j+i}.self_attn.out_proj.bias" : tensor<128xbf16>
        %o = mmc.linear %a, %wo bias %bo : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
        %x1 = mmc.add %x, %o : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>

        %g2 = mmc.param "vision_model.encoder.layers.{2*j+i}.layer_norm2.weight" : tensor<128xbf16>
        %b2 = mmc.param "vision_model.encoder.layers.{2*j+i}.layer_norm2.bias" : tensor<128xbf16>
        %n2 = mmc.layer_norm %x1, %g2, %b2 eps(1.0e-5) : tensor<?x65x128xbf16>, tensor<128xbf16>, tensor<128xbf16>
        %wup = mmc.param "vision_model.encoder.layers.{2*j+i}.mlp.fc1.weight" : tensor<512x128xbf16>
        %bup = mmc.param "vision_model.encoder.layers.{2*j+i}.mlp.fc1.bias" : tensor<512xbf16>
        %up = mmc.linear %n2, %wup bias %bup : tensor<?x65x128xbf16>, tensor<512x128xbf16>, tensor<512xbf16>
        %act = mmc.gelu quick %up : tensor<?x65x512xbf16>
        %wdown = mmc.param "vision_model.encoder.layers.{2*j+i}.mlp.fc2.weight" : tensor<128x512xbf16>
        %bdown = mmc.param "vision_model.encoder.layers.{2*j+i}.mlp.fc2.bias" : tensor<128xbf16>
        %down = mmc.linear %act, %wdown bias %bdown : tensor<?x65x512xbf16>, tensor<128x512xbf16>, tensor<128xbf16>
        %x2 = mmc.add %x1, %down : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>
        mmc.yield %x2 : tensor<?x65x128xbf16>
      }
      %class = mmc.slice %y axis(1) at(0) size(1) : tensor<?x65x128xbf16>
      mmc.yield %y, %class : tensor<?x65x128xbf16>, tensor<?x1x128xbf16>
    }
    return %tokens : tensor<?x4x128xbf16>
  }

  // The neck: from class tokens to tokens of the language model, those of all pictures in one list.
  func.func private @neck(%tokens: tensor<?x4x128xbf16>) -> tensor<?x128xbf16> attributes {mmc.group = "adapters"} {
    %wa = mmc.param "adapter_proj.conv_A.weight" dims ["neck", "128"] init("xavier_uniform") : tensor<?x128xbf16>
    %ba = mmc.param "adapter_proj.conv_A.bias" dims ["neck"] init("zeros") : tensor<?xbf16>
    %a = mmc.linear %tokens, %wa bias %ba : tensor<?x4x128xbf16>, tensor<?x128xbf16>, tensor<?xbf16>
    %act = mmc.silu %a : tensor<?x4x?xbf16>
    %wb = mmc.param "adapter_proj.conv_B.weight" dims ["128", "neck"] init("xavier_uniform") : tensor<128x?xbf16>
    %bb = mmc.param "adapter_proj.conv_B.bias" dims ["128"] init("zeros") : tensor<128xbf16>
    %b = mmc.linear %act, %wb bias %bb : tensor<?x4x?xbf16>, tensor<128x?xbf16>, tensor<128xbf16>
    %features = mmc.reshape %b : tensor<?x4x128xbf16> to tensor<?x128xbf16>
    return %features : tensor<?x128xbf16>
  }

  // Tokens as the language model's first block gets them.
  func.func private @normalized(%embeddings: tensor<?x?x128xbf16>) -> tensor<?x?x128xbf16> attributes {mmc.group = "llm"} {
    %g = mmc.param "model.layers.0.input_layernorm.weight" : tensor<128xbf16>
    %n = mmc.rms_norm %embeddings, %g eps(1.0e-6) : tensor<?x?x128xbf16>, tensor<128xbf16>
    return %n : tensor<?x?x128xbf16>
  }

  func.func @logits(%ids: tensor<?x?xi32> {mmc.name = "input_ids"},
                    %positions: tensor<?x?xi32> {mmc.name = "position_ids"},
                    %segments: tensor<?x?xi32> {mmc.name = "segment_ids"},
                    %pixels: tensor<?x3x64x64xf32> {mmc.name = "pixel_values"},
                    %slots: tensor<?x?xi32> {mmc.name = "image_slots"}) -> (tensor<?x?x2000xbf16> {mmc.name = "logits"})
      attributes {mmc.group = "llm"} {
    %table = mmc.param "model.embed_tokens.weight" : tensor<2000x128xbf16>
    %x = mmc.embedding %ids, %table : tensor<?x?xi32>, tensor<2000x128xbf16>
    %tokens = call @class_tokens(%pixels) : (tensor<?x3x64x64xf32>) -> tensor<?x4x128xbf16>
    %features = call @neck(%tokens) : (tensor<?x4x128xbf16>) -> tensor<?x128xbf16>
    %x1 = mmc.fill_slots %x, %features, %slots : tensor<?x?x128xbf16>, tensor<?x128xbf16>, tensor<?x?xi32>
    %h = call @normalized(%x1) : (tensor<?x?x128xbf16>) -> tensor<?x?x128xbf16>
    %logits = mmc.linear %h, %table : tensor<?x?x128xbf16>, tensor<2000x128xbf16>
    return %logits : tensor<?x?x2000xbf16>
  }

  func.func @loss(%ids: tensor<?x?xi32> {mmc.name = "input_ids"},
                  %positions: tensor<?x?xi32> {mmc.name = "position_ids"},
                  %segments: tensor<?x?xi32> {mmc.name = "segment_ids"},
                  %pixels: tensor<?x3x64x64xf32> {mmc.name = "pixel_values"},
                  %slots: tensor<?x?xi32> {mmc.name = "image_slots"},
                  %labels: tensor<?x?xi32> {mmc.name = "labels"})
      -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<i32> {mmc.name = "label_count"}) {
    %logits = call @logits(%ids, %positions, %segments, %pixels, %slots)
        : (tensor<?x?xi32>, tensor<?x?xi32>, tensor<?x?xi32>, tensor<?x3x64x64xf32>, tensor<?x?xi32>)
        -> tensor<?x?x2000xbf16>
    %targets = mmc.shift_labels %labels : tensor<?x?xi32>
    %losses = mmc.cross_entropy %logits, %targets : tensor<?x?x2000xbf16>, tensor<?x?xi32>
    %sum = mmc.sum %losses : tensor<?x?xf32>
    %count = mmc.count_labels %targets : tensor<?x?xi32>
    return %sum, %count : tensor<f32>, tensor<i32>
  }
}
