// LaVIN's mixture-of-modality adapter (Luo et al. 2023), behind the norm before attention:
//   y + scale · w₀ · (B·u + b) + scale · w₁ · (D·u + d),   u = dropout(A·y + a),   w = softmax((W·r + c) / temperature)
// B and D are 1×1 convolutions in `groups` groups. r is token 0 of each sample; with sample0 = 1 it is sample 0 at
// each token, shared by all samples, as LaVIN's code has it in its vision tower. `places` is LaVIN's own choice, with its
// dropout and the names of its checkpoints.
mmc.adapter @mm_adapter(%x: tensor<?x?x?xbf16>, %y: tensor<?x?x?xbf16>) options {
    sites = ["mmc.rms_norm", "mmc.layer_norm"], as = "{site}.adapter",
    places = ["group=llm targets=input_layernorm as=layers.{layer}.adapter_attn dropout=0.1",
              "group=vision targets=layer_norm1 as=backbone.visual.transformer.resblocks.{layer}.adapter_attn dropout=0.1"],
    rank = 8, groups = 2, temperature = 10.0, scale = 1.0, dropout = 0.0, sample0 = 0} {
  %a = mmc.param "{name}.conv_A.weight" dims ["rank", "in", "1"] init("xavier_uniform") : tensor<?x?x1xbf16>
  %ab = mmc.param "{name}.conv_A.bias" dims ["rank"] init("zeros") : tensor<?xbf16>
  %b = mmc.param "{name}.conv_B.weight" dims ["out", "rank / groups", "1"] init("zeros") : tensor<?x?x1xbf16>
  %bb = mmc.param "{name}.conv_B.bias" dims ["out"] init("zeros") : tensor<?xbf16>
  %d = mmc.param "{name}.conv_D.weight" dims ["out", "rank / groups", "1"] init("zeros") : tensor<?x?x1xbf16>
  %db = mmc.param "{name}.conv_D.bias" dims ["out"] init("zeros") : tensor<?xbf16>
  %w = mmc.param "{name}.expert_weights.weight" dims ["2", "in"] init("fan_in_uniform") : tensor<2x?xbf16>
  %wb = mmc.param "{name}.expert_weights.bias" dims ["2"] init("uniform_fan({in})") : tensor<2xbf16>

  %r = mmc.slice %y axis(1) at(0) size(1) drop {expr = {axis = "sample0 ? 0 : 1"}} : tensor<?x?x?xbf16>
  %logits = mmc.linear %r, %w bias %wb : tensor<?x?xbf16>, tensor<2x?xbf16>, tensor<2xbf16>
  %route = mmc.softmax %logits temperature(1.0) {expr = {temperature = "temperature"}} : tensor<?x2xbf16>

  %a2 = mmc.reshape %a : tensor<?x?x1xbf16> to tensor<?x?xbf16>
  %b2 = mmc.reshape %b : tensor<?x?x1xbf16> to tensor<?x?xbf16>
  %d2 = mmc.reshape %d : tensor<?x?x1xbf16> to tensor<?x?xbf16>
  %down = mmc.linear %y, %a2 bias %ab : tensor<?x?x?xbf16>, tensor<?x?xbf16>, tensor<?xbf16>
  %u = mmc.dropout %down rate(0.0) {expr = {rate = "dropout"}} : tensor<?x?x?xbf16>
  %e0 = mmc.linear %u, %b2 bias %bb groups(1) {expr = {groups = "groups"}}
      : tensor<?x?x?xbf16>, tensor<?x?xbf16>, tensor<?xbf16>
  %e1 = mmc.linear %u, %d2 bias %db groups(1) {expr = {groups = "groups"}}
      : tensor<?x?x?xbf16>, tensor<?x?xbf16>, tensor<?xbf16>
  %mix = mmc.route %route, %e0, %e1 axis(0) {expr = {axis = "sample0 ? 1 : 0"}}
      : tensor<?x2xbf16>, tensor<?x?x?xbf16>, tensor<?x?x?xbf16>
  %s = mmc.scale %mix by(1.0) {expr = {factor = "scale"}} : tensor<?x?x?xbf16>
  %z = mmc.add %y, %s : tensor<?x?x?xbf16>, tensor<?x?x?xbf16>
  mmc.yield %z : tensor<?x?x?xbf16>
}
