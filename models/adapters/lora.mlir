// LoRA (Hu et al. 2021; PEFT's `lora`): y + s · B·A·dropout(x), with s = alpha / rank, or alpha / √rank (rslora).
// Parameters have the names that PEFT gives them in adapter_model.safetensors.
mmc.adapter @lora(%x: tensor<?x?x?xbf16>, %y: tensor<?x?x?xbf16>) options {
    sites = ["mmc.linear"], as = "base_model.model.{site}",
    rank = 8, alpha = 8.0, rslora = 0, dropout = 0.0,
    init_a = "kaiming_uniform(2.23606797749979)", init_b = "zeros"} {
  %a = mmc.param "{name}.lora_A.weight" dims ["rank", "in"] init("{init_a}") : tensor<?x?xbf16>
  %b = mmc.param "{name}.lora_B.weight" dims ["out", "rank"] init("{init_b}") : tensor<?x?xbf16>
  %d = mmc.dropout %x rate(0.0) {expr = {rate = "dropout"}} : tensor<?x?x?xbf16>
  %u = mmc.linear %d, %a : tensor<?x?x?xbf16>, tensor<?x?xbf16>
  %v = mmc.linear %u, %b : tensor<?x?x?xbf16>, tensor<?x?xbf16>
  %s = mmc.scale %v by(1.0) {expr = {factor = "alpha / (rslora ? sqrt(rank) : rank)"}} : tensor<?x?x?xbf16>
  %r = mmc.add %y, %s : tensor<?x?x?xbf16>, tensor<?x?x?xbf16>
  mmc.yield %r : tensor<?x?x?xbf16>
}
