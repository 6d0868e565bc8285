// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LlamaForCausalLM.

#include "Llama.h"

#include "Activation.h"

using nlohmann::json;

namespace mmc::import {

bool isLlama(const ModelDirectory &model) { return model.architecture() == "LlamaForCausalLM"; }

/// The `scaling` attribute, from what transformers calls rope_scaling, later rope_parameters.
static std::string readScaling(ConfigReader &rope, ConfigReader &config) {
  // The first files with scaling said `type`.
  std::string type = rope.text("rope_type", rope.text("type", "default"));
  if (type == "default")
    return "";
  if (type != "linear" && type != "llama3") {
    rope.require(false, "rope_type must be default, linear or llama3, got: '" + type + "'");
    return "";
  }
  std::string text = "rope_type = \"" + type + "\"";
  auto number = [&](const char *key) {
    rope.require(rope.has(key), "rope_type " + type + " needs '" + key + "', which is missing");
    double value = rope.positive(key, 1);
    text += std::string(", ") + key + " = " + floatText(value);
    return value;
  };
  number("factor");
  if (type == "llama3") {
    double low = number("low_freq_factor"), high = number("high_freq_factor");
    rope.require(low < high, "high_freq_factor must exceed low_freq_factor, got: " +
                                 floatText(high) + " <= " + floatText(low));
    // As in transformers: the model's own field wins, and the context length stands in for both.
    const char *context = "original_max_position_embeddings";
    int64_t length = rope.size(context, config.size("max_position_embeddings", 2048));
    text += std::string(", ") + context + " = " + std::to_string(config.size(context, length));
  }
  return "{" + text + "}";
}

/// Sets theta and scaling.
static Status readRope(const ModelDirectory &model, ConfigReader &config, Llama &llama) {
  llama.theta = config.positive("rope_theta", 1e4);
  double partial = config.positive("partial_rotary_factor", 1);
  // transformers 5 writes rope_parameters, with the base in it; where both are there it takes the old one.
  for (const char *key : {"rope_scaling", "rope_parameters"}) {
    if (!config.has(key) || model.config[key].empty())
      continue;
    const json &object = model.config[key];
    if (!object.is_object())
      return Status::badInput(model.configPath() + ": " + key +
                              " must be an object, got: " + object.dump());
    ConfigReader rope(object, model.configPath() + ": " + key);
    for (auto &[name, value] : object.items())
      rope.require(!value.is_object(),
                   "must be the same for all layers, got an object under '" + name + "'");
    llama.theta = rope.positive("rope_theta", llama.theta);
    partial = rope.positive("partial_rotary_factor", partial);
    llama.scaling = readScaling(rope, config);
    MMC_RETURN_IF_ERROR(rope.status());
    break;
  }
  config.require(partial == 1,
                 "partial_rotary_factor must be 1 for LLaMA, got: " + floatText(partial));
  return config.status();
}

StatusOr<Llama> readLlama(const ModelDirectory &model) {
  ConfigReader config(model.config, model.configPath());
  Llama llama;
  llama.vocab = config.size("vocab_size", 32000);
  llama.width = config.size("hidden_size", 4096);
  llama.ffn = config.size("intermediate_size", 11008);
  llama.layers = config.size("num_hidden_layers", 32, 4096);
  llama.heads = config.size("num_attention_heads", 32);
  llama.kvHeads = config.size("num_key_value_heads", llama.heads);
  config.require(llama.heads % llama.kvHeads == 0,
                 "num_attention_heads must be a multiple of num_key_value_heads, got: " +
                     std::to_string(llama.heads) + " % " + std::to_string(llama.kvHeads) + " != 0");
  config.require(
      config.has("head_dim") || llama.width % llama.heads == 0,
      "hidden_size must be a multiple of num_attention_heads where head_dim is not given, got: " +
          std::to_string(llama.width) + " % " + std::to_string(llama.heads) + " != 0");
  llama.headDim = config.size("head_dim", llama.width / llama.heads);
  config.require(llama.headDim % 2 == 0, "rotary embedding needs heads of even width, got: " +
                                             std::to_string(llama.headDim));
  llama.eps = config.positive("rms_norm_eps", 1e-6);
  llama.attentionBias = config.flag("attention_bias", false);
  llama.mlpBias = config.flag("mlp_bias", false);
  llama.tied = config.flag("tie_word_embeddings", false);
  llama.activation = readActivation(config, "silu");
  MMC_RETURN_IF_ERROR(readRope(model, config, llama));
  return llama;
}

static Value hidden(const Llama &llama, const std::string &name) {
  return {name, {kDynamic, kDynamic, llama.width}};
}

static Value ids(const std::string &name) { return {name, {kDynamic, kDynamic}, "i32"}; }

static Value writeBlock(ModelWriter &w, const Llama &llama, const Value &x, const Value &rope,
                        const Value &segments) {
  const std::string layer = "model.layers.{i}.", attention = layer + "self_attn.",
                    mlp = layer + "mlp.";
  const int64_t queryWidth = llama.heads * llama.headDim, keyWidth = llama.kvHeads * llama.headDim;
  const std::string heads = " heads(" + std::to_string(llama.heads) + ")";
  const std::string kvHeads = " heads(" + std::to_string(llama.kvHeads) + ")";

  Value n1 = w.rmsNorm("1", x, layer + "input_layernorm", llama.eps);
  Value q = w.linear("q", n1, attention + "q_proj", queryWidth, llama.attentionBias);
  Value k = w.linear("k", n1, attention + "k_proj", keyWidth, llama.attentionBias);
  Value v = w.linear("v", n1, attention + "v_proj", keyWidth, llama.attentionBias);
  Value qr = w.op("qr", "rotary", {q, rope}, heads);
  Value kr = w.op("kr", "rotary", {k, rope}, kvHeads);
  Value a = w.attention("a", qr, kr, v, &segments, llama.heads, llama.kvHeads);
  Value o = w.linear("o", a, attention + "o_proj", llama.width, llama.attentionBias);
  Value x1 = w.op("x1", "add", {x, o});
  w.blank();

  Value n2 = w.rmsNorm("2", x1, layer + "post_attention_layernorm", llama.eps);
  Value gate = w.linear("gate", n2, mlp + "gate_proj", llama.ffn, llama.mlpBias);
  Value up = w.linear("up", n2, mlp + "up_proj", llama.ffn, llama.mlpBias);
  Value act = w.op("act", llama.activation, {gate});
  Value inner = w.op("inner", "mul", {act, up});
  Value down = w.linear("down", inner, mlp + "down_proj", llama.width, llama.mlpBias);
  return w.op("x2", "add", {x1, down});
}

void writeLanguageModel(ModelWriter &w, const Llama &llama) {
  Value embeddings = hidden(llama, "%embeddings"), positions = ids("%positions"),
        segments = ids("%segments");
  w.comment("Embedded tokens to hidden states behind the last norm.");
  w.open({"private @language_model",
          {{embeddings, ""}, {positions, ""}, {segments, ""}},
          {{embeddings, ""}},
          "llm"});
  Value rope{"%rope", {kDynamic, kDynamic, llama.headDim}, "f32"};
  w.op("rotary_table", {positions},
       " dim(" + std::to_string(llama.headDim) + ") theta(" + floatText(llama.theta) + ")" +
           (llama.scaling.empty() ? "" : " scaling " + llama.scaling),
       rope);
  Value x = hidden(llama, "%x");
  w.open("%h = mmc.repeat i = 0 to " + std::to_string(llama.layers) +
         " iter(%x = %embeddings) -> " + x.type());
  Value y = writeBlock(w, llama, x, rope, segments);
  w.line("mmc.yield " + y.name + " : " + y.type());
  w.close();
  Value n = w.rmsNorm("", x.named("%h"), "model.norm", llama.eps);
  w.closeWithReturn({n});
}

std::vector<Port> languageInputs() {
  return {{ids("%ids"), "input_ids"},
          {ids("%positions"), "position_ids"},
          {ids("%segments"), "segment_ids"}};
}

Value writeEmbedding(ModelWriter &w, const Llama &llama) {
  Value table = w.param("table", "model.embed_tokens.weight", {llama.vocab, llama.width});
  return w.op("embedding", {ids("%ids"), table}, "", hidden(llama, "%x"));
}

void writeHead(ModelWriter &w, const Llama &llama, const Value &embedded) {
  Value h =
      w.call("h", "@language_model", {embedded, ids("%positions"), ids("%segments")}, embedded);
  if (!llama.tied) {
    w.closeWithReturn({w.linear("logits", h, "lm_head", llama.vocab, false)});
    return;
  }
  Value table{"%table", {llama.vocab, llama.width}},
      logits{"%logits", {kDynamic, kDynamic, llama.vocab}};
  w.closeWithReturn({w.op("linear", {h, table}, "", logits)});
}

void writeLoss(ModelWriter &w, const Llama &llama, const std::vector<Port> &inputs) {
  std::vector<Port> withLabels = inputs;
  withLabels.push_back({ids("%labels"), "labels"});
  Value sum{"%sum", {}, "f32"}, count{"%count", {}, "i32"};
  w.open({"@loss", withLabels, {{sum, "loss_sum"}, {count, "label_count"}}, ""});
  std::vector<Value> operands;
  for (const Port &port : inputs)
    operands.push_back(port.value);
  Value logits = w.call("logits", "@logits", operands, {"", {kDynamic, kDynamic, llama.vocab}});
  Value targets = w.op("targets", "shift_labels", {ids("%labels")});
  Value losses =
      w.op("cross_entropy", {logits, targets}, "", {"%losses", {kDynamic, kDynamic}, "f32"});
  w.op("sum", {losses}, "", sum);
  w.op("count_labels", {targets}, "", count);
  w.closeWithReturn({sum, count});
}

std::string describe(const Llama &llama) {
  std::string heads = std::to_string(llama.heads) + " heads";
  if (llama.kvHeads != llama.heads)
    heads += " over " + std::to_string(llama.kvHeads) + " key and value heads";
  return "LLaMA (LlamaForCausalLM): " + std::to_string(llama.layers) +
         (llama.layers == 1 ? " block" : " blocks") + " of width " + std::to_string(llama.width) +
         ", " + heads + ", vocabulary " + std::to_string(llama.vocab);
}

void writeLlama(ModelWriter &w, const Llama &llama) {
  w.comment(describe(llama) + ". Written by mmc-import.");
  w.blank();
  writeLanguageModel(w, llama);
  w.blank();
  Value logits{"", {kDynamic, kDynamic, llama.vocab}};
  w.open({"@logits", languageInputs(), {{logits, "logits"}}, "llm"});
  writeHead(w, llama, writeEmbedding(w, llama));
  w.blank();
  writeLoss(w, llama, languageInputs());
}

} // namespace mmc::import
