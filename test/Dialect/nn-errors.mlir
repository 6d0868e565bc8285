// RUN: mmc-opt %s -verify-diagnostics -split-input-file

func.func @embedding_table(%i: tensor<2x8xi32>, %t: tensor<64xf32>) {
  // expected-error @+1 {{'mmc.embedding' op table must have rank 2, got: 1 != 2}}
  %0 = mmc.embedding %i, %t : tensor<2x8xi32>, tensor<64xf32>
  return
}

// -----

func.func @embedding_ids(%i: tensor<2x8xi64>, %t: tensor<9x4xf32>) {
  // expected-error @+1 {{'mmc.embedding' op operand #0 must be ranked tensor of 32-bit signless integer values}}
  %0 = mmc.embedding %i, %t : tensor<2x8xi64>, tensor<9x4xf32>
  return
}

// -----

func.func @linear_width(%x: tensor<2x8x64xf32>, %w: tensor<48x63xf32>) {
  // expected-error @+1 {{'mmc.linear' op weight dim 1 must equal the input's last dim, got: 63 != 64}}
  %0 = mmc.linear %x, %w : tensor<2x8x64xf32>, tensor<48x63xf32>
  return
}

// -----

func.func @linear_scalar(%x: tensor<f32>, %w: tensor<48x64xf32>) {
  // expected-error @+1 {{'mmc.linear' op input must have rank 1 or more, got: 0 < 1}}
  %0 = mmc.linear %x, %w : tensor<f32>, tensor<48x64xf32>
  return
}

// -----

func.func @linear_weight_rank(%x: tensor<2x8x64xf32>, %w: tensor<64xf32>) {
  // expected-error @+1 {{'mmc.linear' op weight must have rank 2, got: 1 != 2}}
  %0 = mmc.linear %x, %w : tensor<2x8x64xf32>, tensor<64xf32>
  return
}

// -----

func.func @linear_element(%x: tensor<2x8x64xf32>, %w: tensor<48x64xbf16>) {
  // expected-error @+1 {{'mmc.linear' op weight must have the input's element type, got: 'bf16' != 'f32'}}
  %0 = mmc.linear %x, %w : tensor<2x8x64xf32>, tensor<48x64xbf16>
  return
}

// -----

func.func @linear_bias(%x: tensor<2x8x64xf32>, %w: tensor<48x64xf32>, %b: tensor<64xf32>) {
  // expected-error @+1 {{'mmc.linear' op bias dim 0 must equal weight dim 0, got: 64 != 48}}
  %0 = mmc.linear %x, %w bias %b : tensor<2x8x64xf32>, tensor<48x64xf32>, tensor<64xf32>
  return
}

// -----

func.func @linear_bias_rank(%x: tensor<2x8x64xf32>, %w: tensor<48x64xf32>, %b: tensor<1x48xf32>) {
  // expected-error @+1 {{'mmc.linear' op bias must have rank 1, got: 2 != 1}}
  %0 = mmc.linear %x, %w bias %b : tensor<2x8x64xf32>, tensor<48x64xf32>, tensor<1x48xf32>
  return
}

// -----

func.func @linear_no_groups(%x: tensor<2x8x64xf32>, %w: tensor<48x64xf32>) {
  // expected-error @+1 {{'mmc.linear' op groups must be 1 or more, got: 0 < 1}}
  %0 = mmc.linear %x, %w groups(0) : tensor<2x8x64xf32>, tensor<48x64xf32>
  return
}

// -----

func.func @linear_groups_of_input(%x: tensor<2x8x64xf32>, %w: tensor<48x20xf32>) {
  // expected-error @+1 {{'mmc.linear' op weight dim 1 times 3 groups must equal the input's last dim, got: 60 != 64}}
  %0 = mmc.linear %x, %w groups(3) : tensor<2x8x64xf32>, tensor<48x20xf32>
  return
}

// -----

func.func @linear_groups_of_output(%x: tensor<2x8x64xf32>, %w: tensor<50x16xf32>) {
  // expected-error @+1 {{'mmc.linear' op weight dim 0 must be a multiple of the groups, got: 50 % 4 != 0}}
  %0 = mmc.linear %x, %w groups(4) : tensor<2x8x64xf32>, tensor<50x16xf32>
  return
}

// -----

func.func @linear_huge_groups(%x: tensor<2x8x64xf32>, %w: tensor<48x64xf32>) {
  // expected-error @+1 {{'mmc.linear' op weight dim 0 must be a multiple of the groups, got: 48 % 9223372036854775807 != 0}}
  %0 = mmc.linear %x, %w groups(9223372036854775807) : tensor<2x8x64xf32>, tensor<48x64xf32>
  return
}

// -----

func.func @linear_scalar_type(%x: f32) {
  // expected-error @+1 {{'mmc.linear' op operand #0 must be a ranked tensor, got: 'f32'}}
  %0 = mmc.linear %x, %x : f32, f32
  return
}

// -----

func.func @rms_norm_weight(%x: tensor<2x8x64xf32>, %g: tensor<63xf32>) {
  // expected-error @+1 {{'mmc.rms_norm' op weight dim 0 must equal the input's last dim, got: 63 != 64}}
  %0 = mmc.rms_norm %x, %g eps(0.0) : tensor<2x8x64xf32>, tensor<63xf32>
  return
}

// -----

func.func @rms_norm_eps(%x: tensor<2x8x64xf32>, %g: tensor<64xf32>) {
  // expected-error @+1 {{'mmc.rms_norm' op eps must not be negative, got: -1.0}}
  %0 = mmc.rms_norm %x, %g eps(-1.0) : tensor<2x8x64xf32>, tensor<64xf32>
  return
}

// -----

func.func @rms_norm_scalar(%x: tensor<f32>, %g: tensor<1xf32>) {
  // expected-error @+1 {{'mmc.rms_norm' op input must have rank 1 or more, got: 0 < 1}}
  %0 = mmc.rms_norm %x, %g eps(0.0) : tensor<f32>, tensor<1xf32>
  return
}

// -----

func.func @rms_norm_element(%x: tensor<2x8x64xf32>, %g: tensor<64xbf16>) {
  // expected-error @+1 {{'mmc.rms_norm' op weight must have the input's element type, got: 'bf16' != 'f32'}}
  %0 = mmc.rms_norm %x, %g eps(0.0) : tensor<2x8x64xf32>, tensor<64xbf16>
  return
}

// -----

func.func @layer_norm_bias(%x: tensor<2x8x64xf32>, %g: tensor<64xf32>, %b: tensor<32xf32>) {
  // expected-error @+1 {{'mmc.layer_norm' op weight dim 0 must equal the input's last dim, got: 32 != 64}}
  %0 = mmc.layer_norm %x, %g, %b eps(0.0) : tensor<2x8x64xf32>, tensor<64xf32>, tensor<32xf32>
  return
}

// -----

func.func @layer_norm_rank(%x: tensor<2x8x64xf32>, %g: tensor<f32>) {
  // expected-error @+1 {{'mmc.layer_norm' op weight must have rank 1, got: 0 != 1}}
  %0 = mmc.layer_norm %x, %g, %g eps(0.0) : tensor<2x8x64xf32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @rotary_table_dim_0(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op dim must be even and positive, got: 0}}
  %0 = mmc.rotary_table %p dim(0) theta(1.0e4) : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_dim_minus_2(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op dim must be even and positive, got: -2}}
  %0 = mmc.rotary_table %p dim(-2) theta(1.0e4) : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_dim_3(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op dim must be even and positive, got: 3}}
  %0 = mmc.rotary_table %p dim(3) theta(1.0e4) : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_theta(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op theta must be positive, got: -1.0}}
  %0 = mmc.rotary_table %p dim(4) theta(-1.0) : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_no_type(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op rope_type must be "linear" or "llama3", got: nothing}}
  %0 = mmc.rotary_table %p dim(4) theta(1.0) scaling {factor = 2.0} : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_type(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op rope_type must be "linear" or "llama3", got: "yarn"}}
  %0 = mmc.rotary_table %p dim(4) theta(1.0) scaling {rope_type = "yarn"} : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_factor(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op scaling needs a positive number 'factor', got: 0.0}}
  %0 = mmc.rotary_table %p dim(4) theta(1.0) scaling {rope_type = "linear", factor = 0.0} : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_llama3(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op scaling needs a positive number 'low_freq_factor', got: nothing}}
  %0 = mmc.rotary_table %p dim(4) theta(1.0) scaling {rope_type = "llama3", factor = 8.0} : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_table_order(%p: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.rotary_table' op high_freq_factor must exceed low_freq_factor, got: 1.000000e+00 <= 4.000000e+00}}
  %0 = mmc.rotary_table %p dim(4) theta(1.0) scaling {rope_type = "llama3", factor = 8.0, low_freq_factor = 4.0, high_freq_factor = 1.0, original_max_position_embeddings = 64} : tensor<2x8xi32>
  return
}

// -----

func.func @rotary_heads_0(%x: tensor<2x8x64xf32>, %t: tensor<2x8x16xf32>) {
  // expected-error @+1 {{'mmc.rotary' op heads must be 1 or more, got: 0}}
  %0 = mmc.rotary %x, %t heads(0) : tensor<2x8x64xf32>, tensor<2x8x16xf32>
  return
}

// -----

func.func @rotary_heads_minus_1(%x: tensor<2x8x64xf32>, %t: tensor<2x8x16xf32>) {
  // expected-error @+1 {{'mmc.rotary' op heads must be 1 or more, got: -1}}
  %0 = mmc.rotary %x, %t heads(-1) : tensor<2x8x64xf32>, tensor<2x8x16xf32>
  return
}

// -----

func.func @rotary_width(%x: tensor<2x8x64xf32>, %t: tensor<2x8x16xf32>) {
  // expected-error @+1 {{'mmc.rotary' op input's last dim must be a multiple of heads, got: 64 % 3 != 0}}
  %0 = mmc.rotary %x, %t heads(3) : tensor<2x8x64xf32>, tensor<2x8x16xf32>
  return
}

// -----

func.func @rotary_table_wider(%x: tensor<2x8x64xf32>, %t: tensor<2x8x16xf32>) {
  // expected-error @+1 {{'mmc.rotary' op table's last dim must not exceed a head, got: 16 > 8}}
  %0 = mmc.rotary %x, %t heads(8) : tensor<2x8x64xf32>, tensor<2x8x16xf32>
  return
}

// -----

func.func @rotary_odd(%x: tensor<2x8x64xf32>, %t: tensor<2x8x15xf32>) {
  // expected-error @+1 {{'mmc.rotary' op table's last dim must be even, got: 15 % 2 != 0}}
  %0 = mmc.rotary %x, %t heads(4) : tensor<2x8x64xf32>, tensor<2x8x15xf32>
  return
}

// -----

func.func @rotary_rows(%x: tensor<2x8x64xf32>, %t: tensor<2x9x16xf32>) {
  // expected-error @+1 {{'mmc.rotary' op table dim 1 must equal input dim 1, got: 9 != 8}}
  %0 = mmc.rotary %x, %t heads(4) : tensor<2x8x64xf32>, tensor<2x9x16xf32>
  return
}

// -----

func.func @rotary_rank(%x: tensor<2x8x64xf32>, %t: tensor<8x16xf32>) {
  // expected-error @+1 {{'mmc.rotary' op table must have rank 3, got: 2 != 3}}
  %0 = mmc.rotary %x, %t heads(4) : tensor<2x8x64xf32>, tensor<8x16xf32>
  return
}

// -----

func.func @rotary_scalar(%x: tensor<f32>) {
  // expected-error @+1 {{'mmc.rotary' op input must have rank 2 or more, got: 0 < 2}}
  %0 = mmc.rotary %x, %x heads(1) : tensor<f32>, tensor<f32>
  return
}

// -----

func.func @attention_heads(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op heads must be 1 or more, got: 0 < 1}}
  %0 = mmc.attention %q, %k, %v heads(0) kv_heads(1) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_kv_heads(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op kv_heads must be 1 or more, got: -2 < 1}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(-2) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_grouping(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op heads must be a multiple of kv_heads, got: 4 % 3 != 0}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(3) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_query_width(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op query's last dim must be a multiple of heads, got: 64 % 7 != 0}}
  %0 = mmc.attention %q, %k, %v heads(7) kv_heads(7) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_key_width(%q: tensor<2x8x64xf32>, %k: tensor<2x8x33xf32>, %v: tensor<2x8x33xf32>) {
  // expected-error @+1 {{'mmc.attention' op key's last dim must be a multiple of kv_heads, got: 33 % 2 != 0}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(2) : tensor<2x8x64xf32>, tensor<2x8x33xf32>, tensor<2x8x33xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_head_width(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op a key head must be as wide as a query head, got: 32 != 16}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(2) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_value(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x9x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op value dim 1 must equal key dim 1, got: 9 != 8}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x9x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_batch(%q: tensor<2x8x64xf32>, %k: tensor<3x8x64xf32>, %v: tensor<3x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op key dim 0 must equal query dim 0, got: 3 != 2}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<3x8x64xf32>, tensor<3x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_rank(%q: tensor<8x64xf32>, %k: tensor<8x64xf32>, %v: tensor<8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op query must have rank 3, got: 2 != 3}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(4) : tensor<8x64xf32>, tensor<8x64xf32>, tensor<8x64xf32> -> tensor<8x64xf32>
  return
}

// -----

func.func @attention_element(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xbf16>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op key must have the query's element type, got: 'bf16' != 'f32'}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x8x64xbf16>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_segments_rank(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>, %s: tensor<8xi32>) {
  // expected-error @+1 {{'mmc.attention' op segments must have rank 2, got: 1 != 2}}
  %0 = mmc.attention %q, %k, %v segments %s heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<8xi32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_segments(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>, %s: tensor<2x9xi32>) {
  // expected-error @+1 {{'mmc.attention' op segments dim 1 must equal query dim 1, got: 9 != 8}}
  %0 = mmc.attention %q, %k, %v segments %s heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x9xi32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_segments_keys(%q: tensor<2x8x64xf32>, %k: tensor<2x9x64xf32>, %v: tensor<2x9x64xf32>, %s: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.attention' op with segments key dim 1 must equal query dim 1, got: 9 != 8}}
  %0 = mmc.attention %q, %k, %v segments %s heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x9x64xf32>, tensor<2x9x64xf32>, tensor<2x8xi32> -> tensor<2x8x64xf32>
  return
}

// -----

func.func @attention_result(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op result must have the query's type, got: 'tensor<2x8x32xf32>' != 'tensor<2x8x64xf32>'}}
  %0 = mmc.attention %q, %k, %v heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x32xf32>
  return
}

// -----

func.func @attention_lse(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op lse dim 2 must equal heads, got: 3 != 4}}
  %0:2 = mmc.attention %q, %k, %v heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>, tensor<2x8x3xf32>
  return
}

// -----

func.func @attention_lse_rows(%q: tensor<2x8x64xf32>, %k: tensor<2x8x64xf32>, %v: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.attention' op lse dim 1 must equal query dim 1, got: 9 != 8}}
  %0:2 = mmc.attention %q, %k, %v heads(4) kv_heads(4) : tensor<2x8x64xf32>, tensor<2x8x64xf32>, tensor<2x8x64xf32> -> tensor<2x8x64xf32>, tensor<2x9x4xf32>
  return
}

// -----

func.func @silu_integers(%x: tensor<4xi32>) {
  // expected-error @+1 {{'mmc.silu' op operand #0 must be ranked tensor of 32-bit float}}
  %0 = mmc.silu %x : tensor<4xi32>
  return
}

// -----

func.func @gelu_kind(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected string or keyword containing one of the following enum values for attribute 'kind' [erf, tanh, quick]}}
  %0 = mmc.gelu exact %x : tensor<4xf32>
  return
}

// -----

func.func @softmax_scalar(%x: tensor<f32>) {
  // expected-error @+1 {{'mmc.softmax' op input must have rank 1 or more, got: 0 < 1}}
  %0 = mmc.softmax %x : tensor<f32>
  return
}

// -----

func.func @softmax_temperature(%x: tensor<4xf32>) {
  // expected-error @+1 {{'mmc.softmax' op temperature must be positive, got: 0.0}}
  %0 = mmc.softmax %x temperature(0.0) : tensor<4xf32>
  return
}

// -----

func.func @patches_patch_0(%p: tensor<2x3x8x8xf32>) {
  // expected-error @+1 {{'mmc.patches' op patch must be 1 or more, got: 0}}
  %0 = mmc.patches %p patch(0) as f32 : tensor<2x3x8x8xf32>
  return
}

// -----

func.func @patches_patch_minus_1(%p: tensor<2x3x8x8xf32>) {
  // expected-error @+1 {{'mmc.patches' op patch must be 1 or more, got: -1}}
  %0 = mmc.patches %p patch(-1) as f32 : tensor<2x3x8x8xf32>
  return
}

// -----

func.func @patches_too_small(%p: tensor<2x3x8x8xf32>) {
  // expected-error @+1 {{'mmc.patches' op pictures must hold at least one patch, got: 8x8 pixels for patches of 9}}
  %0 = mmc.patches %p patch(9) as f32 : tensor<2x3x8x8xf32>
  return
}

// -----

func.func @patches_rank(%p: tensor<3x8x8xf32>) {
  // expected-error @+1 {{'mmc.patches' op pixels must have rank 4, got: 3 != 4}}
  %0 = mmc.patches %p patch(2) as f32 : tensor<3x8x8xf32>
  return
}

// -----

func.func @patches_type(%p: tensor<2x3x8x8xf32>) {
  // expected-error @+1 {{'mmc.patches' op result must be of a floating type, got: 'i32'}}
  %0 = mmc.patches %p patch(2) as i32 : tensor<2x3x8x8xf32>
  return
}

// -----

func.func @prepend_token(%t: tensor<32xf32>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.prepend_token' op token dim 0 must equal the input's last dim, got: 32 != 64}}
  %0 = mmc.prepend_token %t, %x : tensor<32xf32>, tensor<2x8x64xf32>
  return
}

// -----

func.func @prepend_rank(%t: tensor<1x64xf32>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.prepend_token' op token must have rank 1, got: 2 != 1}}
  %0 = mmc.prepend_token %t, %x : tensor<1x64xf32>, tensor<2x8x64xf32>
  return
}

// -----

func.func @prepend_element(%t: tensor<64xbf16>, %x: tensor<2x8x64xf32>) {
  // expected-error @+1 {{'mmc.prepend_token' op token must have the input's element type, got: 'bf16' != 'f32'}}
  %0 = mmc.prepend_token %t, %x : tensor<64xbf16>, tensor<2x8x64xf32>
  return
}

// -----

func.func @fill_slots_width(%x: tensor<2x8x64xf32>, %f: tensor<5x32xf32>, %s: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.fill_slots' op features dim 1 must equal the input's last dim, got: 32 != 64}}
  %0 = mmc.fill_slots %x, %f, %s : tensor<2x8x64xf32>, tensor<5x32xf32>, tensor<2x8xi32>
  return
}

// -----

func.func @fill_slots_rows(%x: tensor<2x8x64xf32>, %f: tensor<5x64xf32>, %s: tensor<2x9xi32>) {
  // expected-error @+1 {{'mmc.fill_slots' op slots dim 1 must equal input dim 1, got: 9 != 8}}
  %0 = mmc.fill_slots %x, %f, %s : tensor<2x8x64xf32>, tensor<5x64xf32>, tensor<2x9xi32>
  return
}

// -----

func.func @fill_slots_rank(%x: tensor<2x8x64xf32>, %f: tensor<1x5x64xf32>, %s: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.fill_slots' op features must have rank 2, got: 3 != 2}}
  %0 = mmc.fill_slots %x, %f, %s : tensor<2x8x64xf32>, tensor<1x5x64xf32>, tensor<2x8xi32>
  return
}

// -----

func.func @fill_slots_element(%x: tensor<2x8x64xf32>, %f: tensor<5x64xbf16>, %s: tensor<2x8xi32>) {
  // expected-error @+1 {{'mmc.fill_slots' op features must have the input's element type, got: 'bf16' != 'f32'}}
  %0 = mmc.fill_slots %x, %f, %s : tensor<2x8x64xf32>, tensor<5x64xbf16>, tensor<2x8xi32>
  return
}

// -----

func.func @replace_token_at(%x: tensor<2x8x64xf32>, %t: tensor<2x64xf32>) {
  // expected-error @+1 {{'mmc.replace_token' op position must lie in the sequence, got: 8 of 8}}
  %0 = mmc.replace_token %x, %t at(8) : tensor<2x8x64xf32>, tensor<2x64xf32>
  return
}

// -----

func.func @replace_token_before(%x: tensor<2x8x64xf32>, %t: tensor<2x64xf32>) {
  // expected-error @+1 {{'mmc.replace_token' op position must lie in the sequence, got: -1 of 8}}
  %0 = mmc.replace_token %x, %t at(-1) : tensor<2x8x64xf32>, tensor<2x64xf32>
  return
}

// -----

func.func @replace_token_batch(%x: tensor<2x8x64xf32>, %t: tensor<3x64xf32>) {
  // expected-error @+1 {{'mmc.replace_token' op token dim 0 must equal input dim 0, got: 3 != 2}}
  %0 = mmc.replace_token %x, %t at(0) : tensor<2x8x64xf32>, tensor<3x64xf32>
  return
}

// -----

func.func @replace_token_width(%x: tensor<2x8x64xf32>, %t: tensor<2x32xf32>) {
  // expected-error @+1 {{'mmc.replace_token' op token dim 1 must equal the input's last dim, got: 32 != 64}}
  %0 = mmc.replace_token %x, %t at(0) : tensor<2x8x64xf32>, tensor<2x32xf32>
  return
}

// -----

func.func @cached_attention_rank(%q: tensor<1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op query must have rank 3, got: 2 != 3}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x64xf32>
  return
}

// -----

func.func @cached_attention_element(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf64>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op past value must have the query's element type, got: 'f64' != 'f32'}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf64>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_length(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<1xi32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op length must have rank 0, got: 1 != 0}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<1xi32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_heads(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op heads must be 1 or more, got: 0 < 1}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(0) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_kv_heads(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op kv_heads must be 1 or more, got: 0 < 1}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(0) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_grouping(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op heads must be a multiple of kv_heads, got: 8 % 3 != 0}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(3) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_tokens(%q: tensor<1x2x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op query dim 1 must be one token, got: 2 != 1}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x2x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x2x64xf32>
  return
}

// -----

func.func @cached_attention_key_tokens(%q: tensor<1x1x64xf32>, %k: tensor<1x2x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op key dim 1 must be one token, got: 2 != 1}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x2x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_query_width(%q: tensor<1x1x60xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op query's last dim must be a multiple of heads, got: 60 % 8 != 0}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x60xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x60xf32>
  return
}

// -----

func.func @cached_attention_key_width(%q: tensor<1x1x64xf32>, %k: tensor<1x1x15xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op key's last dim must be a multiple of kv_heads, got: 15 % 2 != 0}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x15xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_head_width(%q: tensor<1x1x64xf32>, %k: tensor<1x1x8xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op a key head must be as wide as a query head, got: 4 != 8}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x8xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_batch(%q: tensor<1x1x64xf32>, %k: tensor<2x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op key dim 0 must equal query dim 0, got: 2 != 1}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<2x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_past_batch(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<2x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op past key dim 0 must equal query dim 0, got: 2 != 1}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<2x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_past_width(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x32xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op past key dim 2 must equal key dim 2, got: 32 != 16}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x32xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_value(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x32xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op value dim 2 must equal key dim 2, got: 32 != 16}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x32xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_past_value(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x81x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op past value dim 1 must equal past key dim 1, got: 81 != 80}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x81x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_segments(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x80xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op segments dim 1 must equal query dim 1, got: 80 != 1}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x80xi32>, tensor<1x80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_past_segments(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x1xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op past segments dim 1 must equal past key dim 1, got: 1 != 80}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_segments_rank(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op past segments must have rank 2, got: 1 != 2}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<80xi32> -> tensor<1x1x64xf32>
  return
}

// -----

func.func @cached_attention_result(%q: tensor<1x1x64xf32>, %k: tensor<1x1x16xf32>, %v: tensor<1x1x16xf32>, %pk: tensor<1x80x16xf32>, %pv: tensor<1x80x16xf32>, %n: tensor<i32>, %s: tensor<1x1xi32>, %ps: tensor<1x80xi32>) {
  // expected-error @+1 {{'mmc.cached_attention' op result must have the query's type, got: 'tensor<1x1x16xf32>' != 'tensor<1x1x64xf32>'}}
  %0 = mmc.cached_attention %q, %k, %v past %pk, %pv length %n segments %s, %ps heads(8) kv_heads(2) scale(1.0) : tensor<1x1x64xf32>, tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x80x16xf32>, tensor<1x80x16xf32>, tensor<i32>, tensor<1x1xi32>, tensor<1x80xi32> -> tensor<1x1x16xf32>
  return
}
