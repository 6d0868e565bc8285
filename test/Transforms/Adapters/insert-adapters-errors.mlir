// RUN: split-file %s %t
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='nope targets=fc'" 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: no adapter is named 'nope'; mmc comes with lora, mm-adapter; a definition of your own is given by definition=PATH
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='definition=%t/absent.mlir targets=fc'" 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: adapter definition '{{.*}}absent.mlir' cannot be read: No such file or directory
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='definition=%t/model.mlir targets=fc'" 2>&1 | FileCheck %s --check-prefix=NOTONE
// NOTONE: error: adapter definition '{{.*}}model.mlir' must hold one mmc.adapter and nothing else
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora rank=8'" 2>&1 | FileCheck %s --check-prefix=TARGETS
// TARGETS: error: adapter 'lora rank=8': adapter 'lora' needs targets=…: names of modules, /REGEX/ or all-linear
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora rank targets=fc'" 2>&1 | FileCheck %s --check-prefix=WORD
// WORD: expected OPTION=VALUE, got: 'rank
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=q_proj'" 2>&1 | FileCheck %s --check-prefix=NOMATCH
// NOMATCH: error: adapter 'lora': no module matches targets=q_proj; modules are named as 'model.layers.0.fc'
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc layers=3'" 2>&1 | FileCheck %s --check-prefix=LAYERS
// LAYERS: error: adapter 'lora': no module matches targets=fc in the given layers
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=/fc/ layers=3'" 2>&1 | FileCheck %s --check-prefix=LAYERSREGEX
// LAYERSREGEX: layers cannot be given with targets=/REGEX/
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=/(fc/'" 2>&1 | FileCheck %s --check-prefix=REGEX
// REGEX: '/(fc/' is not a regular expression:
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=embed,fc'" 2>&1 | FileCheck %s --check-prefix=EMBEDDING
// EMBEDDING: error: 'mmc.embedding' op cannot take adapter 'lora', which goes on mmc.linear; exclude=embed leaves it out
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc rnak=3'" 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: error: 'mmc.linear' op cannot take adapter 'lora': it has no option 'rnak'; options are alpha, as, dropout, init_a, init_b, rank, rslora
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc rank=many'" 2>&1 | FileCheck %s --check-prefix=NUMBER
// NUMBER: error: 'mmc.linear' op cannot take an adapter whose option 'rank' is not a number, got: 'many'
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc rank=0'" 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: lora.mlir:{{.*}}error: 'mmc.param' op dim 0 of 'base_model.model.model.layers.0.fc.lora_A.weight' must be a positive whole number, got: rank = 0
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc dropout=1.5'" 2>&1 | FileCheck %s --check-prefix=DROPOUT
// DROPOUT: error: 'mmc.dropout' op rate must be at least 0 and below 1, got: 1.5
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='mm-adapter targets=norm rank=3 groups=2'" 2>&1 | FileCheck %s --check-prefix=GROUPS
// GROUPS: error: 'mmc.param' op dim 1 of 'norm.adapter.conv_B.weight' must be a positive whole number, got: rank / groups = 1.5
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='mm-adapter targets=norm as={depth}'" 2>&1 | FileCheck %s --check-prefix=PLACEHOLDER
// PLACEHOLDER: option as = '{depth}': in '{depth}': 'depth' is not defined here
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc'" --mmc-insert-adapters="spec='lora targets=fc'" 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: error: 'func.func' op has an adapter already, got: "lora targets=fc"
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc as=same'" 2>&1 | FileCheck %s --check-prefix=SAME
// SAME: error: 'mmc.linear' op cannot take an adapter whose parameter 'same.lora_A.weight' has the name of another: 'tensor<8x5xf32>', 'tensor<8x4xf32>'
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='definition=%t/type.mlir targets=0.fc'" 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: type.mlir:{{.*}}error: 'mmc.yield' op must yield the type of what it replaces at 'model.layers.0.fc', got: 'tensor<2x4xf32>' != 'tensor<2x5xf32>'
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='full targets=head'" 2>&1 | FileCheck %s --check-prefix=FULL
// FULL: error: adapter 'full': no module matches targets=head
// A table that is the head too: PEFT would keep one of them as it was, and copy or adapt the other.
// RUN: not mmc-opt %t/tied.mlir --mmc-insert-adapters="spec='full targets=embed_tokens'" 2>&1 | FileCheck %s --check-prefix=TIEDTABLE
// TIEDTABLE: error: 'mmc.param' op is the weight of the embedding and of the head (tied embeddings); {{.*}} got: 'model.embed_tokens'; leave it out
// RUN: not mmc-opt %t/tied.mlir --mmc-insert-adapters="spec='lora targets=fc,lm_head'" 2>&1 | FileCheck %s --check-prefix=TIEDHEAD
// RUN: not mmc-opt %t/tied.mlir --mmc-insert-adapters="spec='full targets=fc,head'" 2>&1 | FileCheck %s --check-prefix=TIEDHEAD
// TIEDHEAD: error: 'mmc.param' op is the weight of the head too (tied embeddings); {{.*}} got: target '{{(lm_)?}}head' of '{{lora|full}}'; leave it out
// RUN: not mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=0.fc; lora targets=fc as=b.{site}'" 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: error: 'mmc.linear' op takes one adapter, and is a site of two clauses, got: 'model.layers.0.fc' for lora again
// A target that matches nothing beside others that do is a warning, as one configuration serves many models.
// RUN: mmc-opt %t/model.mlir --mmc-insert-adapters="spec='lora targets=fc,q_proj rank=1 exclude=1.fc'" 2>&1 | FileCheck %s --check-prefix=WARNING
// WARNING: warning: adapter 'lora': no module matches target 'q_proj'

//--- model.mlir
func.func @f(%ids: tensor<2xi32>) -> tensor<2x3xf32> {
  %e = mmc.param "embed.weight" : tensor<7x4xf32>
  %g = mmc.param "norm.weight" : tensor<4xf32>
  %w = mmc.param "model.layers.0.fc.weight" : tensor<5x4xf32>
  %v = mmc.param "model.layers.1.fc.weight" : tensor<3x5xf32>
  %x = mmc.embedding %ids, %e : tensor<2xi32>, tensor<7x4xf32>
  %n = mmc.rms_norm %x, %g eps(1.0e-6) : tensor<2x4xf32>, tensor<4xf32>
  %y = mmc.linear %n, %w : tensor<2x4xf32>, tensor<5x4xf32>
  %z = mmc.linear %y, %v : tensor<2x5xf32>, tensor<3x5xf32>
  return %z : tensor<2x3xf32>
}

//--- tied.mlir
func.func @f(%ids: tensor<2xi32>) -> tensor<2x7xf32> {
  %e = mmc.param "model.embed_tokens.weight" : tensor<7x4xf32>
  %w = mmc.param "model.fc.weight" : tensor<4x4xf32>
  %x = mmc.embedding %ids, %e : tensor<2xi32>, tensor<7x4xf32>
  %y = mmc.linear %x, %w : tensor<2x4xf32>, tensor<4x4xf32>
  %z = mmc.linear %y, %e : tensor<2x4xf32>, tensor<7x4xf32>
  return %z : tensor<2x7xf32>
}

//--- type.mlir
mmc.adapter @type(%x: tensor<?x?xbf16>, %y: tensor<?x?xbf16>) options {sites = ["mmc.linear"]} {
  %z = mmc.silu %x : tensor<?x?xbf16>
  mmc.yield %z : tensor<?x?xbf16>
}
