// CLIP tower: 8 blocks of width 128, 4 heads, pictures of 64x64 in patches of 8. Written by mmc-import.

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

// State 0 is what the first block gets, state i what block i yields (no norm behind the last).
func.func @hidden_states(%pixels: tensor<?x3x64x64xf32> {mmc.name = "pixel_values"})
    -> (tensor<?x65x128xbf16> {mmc.name = "hidden_states.0"}, tensor<?x65x128xbf16> {mmc.name = "hidden_states.1"},
        tensor<?x65x128xbf16> {mmc.name = "hidden_states.2"}, tensor<?x65x128xbf16> {mmc.name = "hidden_states.3"},
        tensor<?x65x128xbf16> {mmc.name = "hidden_states.4"}, tensor<?x65x128xbf16> {mmc.name = "hidden_states.5"},
        tensor<?x65x128xbf16> {mmc.name = "hidden_states.6"}, tensor<?x65x128xbf16> {mmc.name = "hidden_states.7"},
        tensor<?x65x128xbf16> {mmc.name = "hidden_states.8"}) attributes {mmc.group = "vision"} {
  %x0 = call @vision_embeddings(%pixels) : (tensor<?x3x64x64xf32>) -> tensor<?x65x128xbf16>
  %h, %states = mmc.repeat i = 0 to 8 iter(%x = %x0) collect axis(1)
      -> (tensor<?x65x128xbf16>, tensor<?x520x128xbf16>) {
    %g1 = mmc.param "vision_model.encoder.layers.{i}.layer_norm1.weight" : tensor<128xbf16>
    %b1 = mmc.param "vision_model.encoder.layers.{i}.layer_norm1.bias" : tensor<128xbf16>
    %n1 = mmc.layer_norm %x, %g1, %b1 eps(1.0e-5) : tensor<?x65x128xbf16>, tensor<128xbf16>, tensor<128xbf16>
    %wq = mmc.param "vision_model.encoder.layers.{i}.self_attn.q_proj.weight" : tensor<128x128xbf16>
    %bq = mmc.param "vision_model.encoder.layers.{i}.self_attn.q_proj.bias" : tensor<128xbf16>
    %q = mmc.linear %n1, %wq bias %bq : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
    %wk = mmc.param "vision_model.encoder.layers.{i}.self_attn.k_proj.weight" : tensor<128x128xbf16>
    %bk = mmc.param "vision_model.encoder.layers.{i}.self_attn.k_proj.bias" : tensor<128xbf16>
    %k = mmc.linear %n1, %wk bias %bk : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
    %wv = mmc.param "vision_model.encoder.layers.{i}.self_attn.v_proj.weight" : tensor<128x128xbf16>
    %bv = mmc.param "vision_model.encoder.layers.{i}.self_attn.v_proj.bias" : tensor<128xbf16>
    %v = mmc.linear %n1, %wv bias %bv : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
    %a = mmc.attention %q, %k, %v heads(4) kv_heads(4)
        : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>, tensor<?x65x128xbf16> -> tensor<?x65x128xbf16>
    %wo = mmc.param "vision_model.encoder.layers.{i}.self_attn.out_proj.weight" : tensor<128x128xbf16>
    %bo = mmc.param "vision_model.encoder.layers.{i}.self_attn.out_proj.bias" : tensor<128xbf16>
    %o = mmc.linear %a, %wo bias %bo : tensor<?x65x128xbf16>, tensor<128x128xbf16>, tensor<128xbf16>
    %x1 = mmc.add %x, %o : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>

    %g2 = mmc.param "vision_model.encoder.layers.{i}.layer_norm2.weight" : tensor<128xbf16>
    %b2 = mmc.param "vision_model.encoder.layers.{i}.layer_norm2.bias" : tensor<128xbf16>
    %n2 = mmc.layer_norm %x1, %g2, %b2 eps(1.0e-5) : tensor<?x65x128xbf16>, tensor<128xbf16>, tensor<128xbf16>
    %wup = mmc.param "vision_model.encoder.layers.{i}.mlp.fc1.weight" : tensor<512x128xbf16>
    %bup = mmc.param "vision_model.encoder.layers.{i}.mlp.fc1.bias" : tensor<512xbf16>
    %up = mmc.linear %n2, %wup bias %bup : tensor<?x65x128xbf16>, tensor<512x128xbf16>, tensor<512xbf16>
    %act = mmc.gelu quick %up : tensor<?x65x512xbf16>
    %wdown = mmc.param "vision_model.encoder.layers.{i}.mlp.fc2.weight" : tensor<128x512xbf16>
    %bdown = mmc.param "vision_model.encoder.layers.{i}.mlp.fc2.bias" : tensor<128xbf16>
    %down = mmc.linear %act, %wdown bias %bdown : tensor<?x65x512xbf16>, tensor<128x512xbf16>, tensor<128xbf16>
    %x2 = mmc.add %x1, %down : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>
    mmc.yield %x2, %x2 : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>
  }
  %h1 = mmc.slice %states axis(1) at(0) size(65) : tensor<?x520x128xbf16>
  %h2 = mmc.slice %states axis(1) at(65) size(65) : tensor<?x520x128xbf16>
  %h3 = mmc.slice %states axis(1) at(130) size(65) : tensor<?x520x128xbf16>
  %h4 = mmc.slice %states axis(1) at(195) size(65) : tensor<?x520x128xbf16>
  %h5 = mmc.slice %states axis(1) at(260) size(65) : tensor<?x520x128xbf16>
  %h6 = mmc.slice %states axis(1) at(325) size(65) : tensor<?x520x128xbf16>
  %h7 = mmc.slice %states axis(1) at(390) size(65) : tensor<?x520x128xbf16>
  return %x0, %h1, %h2, %h3, %h4, %h5, %h6, %h7, %h
      : tensor<?x65x128xbf16>, tensor<?x65x128xbf16>, tensor<?x65x128xbf16>, tensor<?x65x128xbf16>,
      tensor<?x65x128xbf16>, tensor<?x65x128xbf16>, tensor<?x65x128xbf16>, tensor<?x65x128xbf16>, tensor<?x65x128xbf16>
}
