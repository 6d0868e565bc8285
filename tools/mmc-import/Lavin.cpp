// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaVIN: a language model that sees class tokens of a CLIP tower behind a modality token.

#include "Lavin.h"

namespace mmc::import {

static Value classTokens(const Lavin &lavin, const std::string &name) {
  return {name, {kDynamic, lavin.imageTokens(), lavin.vision.width}};
}

static Value features(const Lavin &lavin, const std::string &name) {
  return {name, {kDynamic, lavin.llm.width}};
}

static Value slots() { return {"%slots", {kDynamic, kDynamic}, "i32"}; }
static Value modality() { return {"%modality", {kDynamic}, "i32"}; }

static void writeClassTokens(ModelWriter &w, const Lavin &lavin) {
  const ClipVision &tower = lavin.vision;
  const std::string every = std::to_string(lavin.every);
  w.comment(std::string("Class tokens behind every ") +
            (lavin.every == 1 ? "block" : every + " blocks") +
            " of the tower (no norm behind them).");
  w.open(
      {"private @class_tokens", {{pixels(tower), ""}}, {{classTokens(lavin, ""), ""}}, "vision"});
  w.call("x0", "@vision_embeddings", {pixels(tower)}, states(tower, ""));
  Value x = states(tower, "%x"), y = states(tower, "%y");
  w.open("%last, %tokens = mmc.repeat j = 0 to " + std::to_string(lavin.imageTokens()) +
         " iter(%h = %x0) collect axis(1) -> (" + x.type() + ", " + classTokens(lavin, "").type() +
         ")");
  w.open("%y = mmc.repeat i = 0 to " + every + " iter(%x = %h) -> " + x.type());
  Value block = writeVisionBlock(w, tower, x, lavin.every == 1 ? "{j}" : "{" + every + "*j+i}");
  w.line("mmc.yield " + block.name + " : " + block.type());
  w.close();
  Value token = w.slice("class", y, 1, 0, 1);
  w.line("mmc.yield " + y.name + ", " + token.name + " : " + y.type() + ", " + token.type());
  w.close();
  w.closeWithReturn({classTokens(lavin, "%tokens")});
}

/// A linear layer of the neck, whose hidden width is a size of the module.
static Value writeNeckLinear(ModelWriter &w, const std::string &name, const Value &input,
                             const std::string &key, int64_t out) {
  auto dim = [](int64_t size) {
    return size == kDynamic ? "\"neck\"" : '"' + std::to_string(size) + '"';
  };
  const int64_t in = input.shape.back();
  Value weight = w.param("w" + name, key + ".weight", {out, in},
                         " dims [" + dim(out) + ", " + dim(in) + "] init(\"xavier_uniform\")");
  Value bias =
      w.param("b" + name, key + ".bias", {out}, " dims [" + dim(out) + "] init(\"zeros\")");
  Value result = input.named("%" + name);
  result.shape.back() = out;
  return w.biasedLinear(input, weight, bias, result);
}

static void writeNeck(ModelWriter &w, const Lavin &lavin) {
  w.comment("The neck: from class tokens to tokens of the language model, those of all pictures in "
            "one list.");
  w.open({"private @neck",
          {{classTokens(lavin, "%tokens"), ""}},
          {{features(lavin, ""), ""}},
          "adapters"});
  Value a = writeNeckLinear(w, "a", classTokens(lavin, "%tokens"), "adapter_proj.conv_A", kDynamic);
  Value act = w.op("act", "silu", {a});
  Value b = writeNeckLinear(w, "b", act, "adapter_proj.conv_B", lavin.llm.width);
  w.closeWithReturn({w.reshape("features", b, {kDynamic, lavin.llm.width})});
}

static void writeModalityTokens(ModelWriter &w, const Lavin &lavin) {
  Value tokens{"%tokens", {kDynamic, lavin.llm.width}};
  w.comment("The first token of every row: 0 says text only, 1 with a picture. The adapters' "
            "routers read it.");
  w.open({"private @modality_tokens", {{modality(), ""}}, {{tokens, ""}}, "adapters"});
  Value table = w.param("table", "adapter_modality_embedding.weight", {2, lavin.llm.width},
                        " init(\"normal(0, 1)\")");
  w.closeWithReturn({w.op("embedding", {modality(), table}, "", tokens)});
}

static void writeLogits(ModelWriter &w, const Lavin &lavin, const std::vector<Port> &inputs) {
  const Llama &llm = lavin.llm;
  Value logits{"", {kDynamic, kDynamic, llm.vocab}};
  w.open({"@logits", inputs, {{logits, "logits"}}, "llm"});
  Value x = writeEmbedding(w, llm);
  Value tokens = w.call("tokens", "@class_tokens", {pixels(lavin.vision)}, classTokens(lavin, ""));
  Value image = w.call("features", "@neck", {tokens}, features(lavin, ""));
  Value x1 = w.op("x1", "fill_slots", {x, image, slots()});
  Value first = w.call("first", "@modality_tokens", {modality()}, features(lavin, ""));
  Value x2 = w.op("x2", "replace_token", {x1, first}, " at(0)");
  writeHead(w, llm, x2);
}

Status writeLavin(ModelWriter &w, const Lavin &lavin) {
  if (lavin.imageTokens() < 1)
    return Status::badInput("the tower must have a block to take the class token from: " +
                            std::to_string(lavin.vision.layers) + " blocks, every " +
                            std::to_string(lavin.every) + "th taken; give --vision-every=N");
  w.comment("LaVIN: a language model that sees " + std::to_string(lavin.imageTokens()) +
            " class tokens of a picture. Written by mmc-import.");
  w.comment(describe(lavin.llm) + ".");
  w.comment(describe(lavin.vision) + ".");
  w.comment("The adapters within the blocks are not part of it; --adapter inserts them.");
  w.open("module attributes {mmc.sizes = {neck = " + std::to_string(lavin.neckWidth) + "}}");
  writeVisionEmbeddings(w, lavin.vision);
  w.blank();
  writeClassTokens(w, lavin);
  w.blank();
  writeNeck(w, lavin);
  w.blank();
  writeModalityTokens(w, lavin);
  w.blank();
  writeLanguageModel(w, lavin.llm);
  w.blank();
  std::vector<Port> inputs = languageInputs();
  inputs.push_back({pixels(lavin.vision), "pixel_values"});
  inputs.push_back({slots(), "image_slots"});
  inputs.push_back({modality(), "modality"});
  writeLogits(w, lavin, inputs);
  w.blank();
  writeLoss(w, lavin.llm, inputs);
  w.close();
  return Status::ok();
}

} // namespace mmc::import
