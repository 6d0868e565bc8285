// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LlamaForCausalLM.

#ifndef MMC_TOOLS_MMC_IMPORT_LLAMA_H
#define MMC_TOOLS_MMC_IMPORT_LLAMA_H

#include "Config.h"
#include "ModelWriter.h"

namespace mmc::import {

struct Llama {
  int64_t vocab, width, ffn, layers, heads, kvHeads, headDim;
  double eps, theta;
  bool attentionBias, mlpBias, tied;
  std::string activation; ///< the op: "silu", "gelu erf", …
  std::string scaling;    ///< of mmc.rotary_table, as an attribute; empty: none
};

/// Whether the directory holds a LlamaForCausalLM.
bool isLlama(const ModelDirectory &model);

/// BadInput names what the dialect cannot express (a rope type, an activation) or does not fit.
StatusOr<Llama> readLlama(const ModelDirectory &model);

/// What kind it is and its sizes, for the comment at a file's start.
std::string describe(const Llama &llama);

/// @language_model: embedded tokens to hidden states behind the last norm.
void writeLanguageModel(ModelWriter &writer, const Llama &llama);

/// The whole file of a language model without pictures: @language_model, @logits, @loss.
void writeLlama(ModelWriter &writer, const Llama &llama);

/// Batch inputs [B, T] that every language model has, in this order.
std::vector<Port> languageInputs();
/// %x, the embedded %ids.
Value writeEmbedding(ModelWriter &writer, const Llama &llama);
/// From embedded tokens to the end of @logits.
void writeHead(ModelWriter &writer, const Llama &llama, const Value &embedded);
/// @loss over @logits, which takes `inputs`.
void writeLoss(ModelWriter &writer, const Llama &llama, const std::vector<Port> &inputs);

} // namespace mmc::import

#endif // MMC_TOOLS_MMC_IMPORT_LLAMA_H
