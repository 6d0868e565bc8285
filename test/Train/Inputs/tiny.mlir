// A language model that trains in milliseconds: one residual layer between embedding and head, with dropout
// so that a resumed run must find its random numbers again.

func.func @logits(%ids: tensor<?x?xi32> {mmc.name = "input_ids"}) -> (tensor<?x?x2000xbf16> {mmc.name = "logits"})
    attributes {mmc.group = "llm"} {
  %table = mmc.param "embed.weight" : tensor<2000x24xbf16>
  %x = mmc.embedding %ids, %table : tensor<?x?xi32>, tensor<2000x24xbf16>
  %g = mmc.param "norm.weight" : tensor<24xbf16>
  %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<?x?x24xbf16>, tensor<24xbf16>
  %w = mmc.param "layer.weight" : tensor<24x24xbf16>
  %y = mmc.linear %n, %w : tensor<?x?x24xbf16>, tensor<24x24xbf16>
  %d = mmc.dropout %y rate(0.2) : tensor<?x?x24xbf16>
  %h = mmc.add %x, %d : tensor<?x?x24xbf16>, tensor<?x?x24xbf16>
  %head = mmc.param "head.weight" : tensor<2000x24xbf16>
  %logits = mmc.linear %h, %head : tensor<?x?x24xbf16>, tensor<2000x24xbf16>
  return %logits : tensor<?x?x2000xbf16>
}

func.func @loss(%ids: tensor<?x?xi32> {mmc.name = "input_ids"}, %labels: tensor<?x?xi32> {mmc.name = "labels"})
    -> (tensor<f32> {mmc.name = "loss_sum"}, tensor<i32> {mmc.name = "label_count"}) {
  %logits = call @logits(%ids) : (tensor<?x?xi32>) -> tensor<?x?x2000xbf16>
  %targets = mmc.shift_labels %labels : tensor<?x?xi32>
  %losses = mmc.cross_entropy %logits, %targets : tensor<?x?x2000xbf16>, tensor<?x?xi32>
  %sum = mmc.sum %losses : tensor<?x?xf32>
  %count = mmc.count_labels %targets : tensor<?x?xi32>
  return %sum, %count : tensor<f32>, tensor<i32>
}
