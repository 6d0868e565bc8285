// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The vision tower of CLIP: CLIPVisionModel, or the one within a CLIPModel.

#include "ClipVision.h"

#include "Activation.h"

#include "mmc/Runtime/Core/Safetensors.h"

#include <filesystem>

using nlohmann::json;

namespace mmc::import {

bool isClipVision(const ModelDirectory &model) {
  const std::string name = model.architecture();
  return name == "CLIPModel" || name == "CLIPVisionModel" ||
         name == "CLIPVisionModelWithProjection";
}

/// transformers 5 saves a tower without the prefix that the hub's files have.
static StatusOr<std::string> findPrefix(const ModelDirectory &model) {
  const std::string hub = "vision_model.", probe = "embeddings.patch_embedding.weight";
  bool weights = false;
  for (const char *file : {"/model.safetensors", "/model.safetensors.index.json"})
    weights |= std::filesystem::exists(model.path + file);
  if (!weights)
    return hub;
  MMC_ASSIGN_OR_RETURN(Weights opened, Weights::open({model.path}));
  for (const std::string &prefix : {hub, std::string()})
    if (!opened.fileOf(prefix + probe).empty())
      return prefix;
  return Status::badInput(model.path + ": the weights have neither '" + hub + probe + "' nor '" +
                          probe + "'; a CLIP tower has one of them");
}

StatusOr<ClipVision> readClipVision(const ModelDirectory &model) {
  json object = model.config;
  std::string where = model.configPath();
  if (model.architecture() == "CLIPModel") {
    object = json::object();
    // The first files had a second object, which wins.
    for (const char *key : {"vision_config", "vision_config_dict"})
      if (auto part = model.config.find(key); part != model.config.end() && part->is_object())
        object.update(*part);
    if (!model.config.contains("vision_config") || !model.config["vision_config"].is_object())
      return Status::badInput(
          where + ": vision_config must describe the tower of a CLIPModel; it is " +
          (model.config.contains("vision_config") ? "not an object" : "missing"));
    where += ": vision_config";
  }
  ConfigReader config(object, where);
  ClipVision tower;
  tower.width = config.size("hidden_size", 768);
  tower.ffn = config.size("intermediate_size", 3072);
  tower.layers = config.size("num_hidden_layers", 12, 4096);
  tower.heads = config.size("num_attention_heads", 12);
  config.require(tower.width % tower.heads == 0,
                 "hidden_size must be a multiple of num_attention_heads, got: " +
                     std::to_string(tower.width) + " % " + std::to_string(tower.heads) + " != 0");
  tower.channels = config.derivedSize("num_channels", 3, 1 << 20);
  tower.image = config.size("image_size", 224, 1 << 20);
  tower.patch = config.size("patch_size", 32, 1 << 20);
  config.require(tower.patch <= tower.image,
                 "image_size must hold at least one patch, got: " + std::to_string(tower.image) +
                     " < " + std::to_string(tower.patch));
  tower.eps = config.positive("layer_norm_eps", 1e-5);
  tower.activation = readActivation(config, "quick_gelu");
  MMC_RETURN_IF_ERROR(config.status());
  config.noteDefaults();
  MMC_ASSIGN_OR_RETURN(tower.prefix, findPrefix(model));
  return tower;
}

std::string describe(const ClipVision &tower) {
  return "CLIP tower: " + std::to_string(tower.layers) +
         (tower.layers == 1 ? " block" : " blocks") + " of width " + std::to_string(tower.width) +
         ", " + std::to_string(tower.heads) + " heads, pictures of " + std::to_string(tower.image) +
         "x" + std::to_string(tower.image) + " in patches of " + std::to_string(tower.patch);
}

Value pixels(const ClipVision &tower) {
  return {"%pixels", {kDynamic, tower.channels, tower.image, tower.image}, "f32"};
}

Value states(const ClipVision &tower, const std::string &name) {
  return {name, {kDynamic, tower.tokens(), tower.width}};
}

void writeVisionEmbeddings(ModelWriter &w, const ClipVision &tower) {
  const std::string key = tower.prefix + "embeddings.";
  const int64_t patchWidth = tower.channels * tower.patch * tower.patch;
  w.comment("Pictures to what the first block gets: a class token, then the patches row by row.");
  if (tower.image % tower.patch != 0)
    w.comment("The last " + std::to_string(tower.image % tower.patch) +
              " rows and columns of a picture fill no patch and are left out.");
  w.open(
      {"private @vision_embeddings", {{pixels(tower), ""}}, {{states(tower, ""), ""}}, "vision"});
  Value patches{"%patches", {kDynamic, tower.tokens() - 1, patchWidth}};
  w.op("patches", {pixels(tower)}, " patch(" + std::to_string(tower.patch) + ") as bf16", patches);
  Value convolution = w.param("convolution", key + "patch_embedding.weight",
                              {tower.width, tower.channels, tower.patch, tower.patch});
  Value weight = w.reshape("w", convolution, {tower.width, patchWidth});
  Value embedded =
      w.op("linear", {patches, weight}, "", {"%e", {kDynamic, tower.tokens() - 1, tower.width}});
  Value cls = w.param("class", key + "class_embedding", {tower.width});
  Value x = w.op("prepend_token", {cls, embedded}, "", states(tower, "%x"));
  Value position =
      w.param("position", key + "position_embedding.weight", {tower.tokens(), tower.width});
  Value x1 = w.op("x1", "add", {x, position});
  // The key is spelt so in every checkpoint.
  w.closeWithReturn({w.layerNorm("", x1, tower.prefix + "pre_layrnorm", tower.eps)});
}

Value writeVisionBlock(ModelWriter &w, const ClipVision &tower, const Value &x,
                       const std::string &layer) {
  const std::string key = tower.prefix + "encoder.layers." + layer + ".",
                    attention = key + "self_attn.";
  Value n1 = w.layerNorm("1", x, key + "layer_norm1", tower.eps);
  Value q = w.linear("q", n1, attention + "q_proj", tower.width, true);
  Value k = w.linear("k", n1, attention + "k_proj", tower.width, true);
  Value v = w.linear("v", n1, attention + "v_proj", tower.width, true);
  Value a = w.attention("a", q, k, v, nullptr, tower.heads, tower.heads);
  Value o = w.linear("o", a, attention + "out_proj", tower.width, true);
  Value x1 = w.op("x1", "add", {x, o});
  w.blank();

  Value n2 = w.layerNorm("2", x1, key + "layer_norm2", tower.eps);
  Value up = w.linear("up", n2, key + "mlp.fc1", tower.ffn, true);
  Value act = w.op("act", tower.activation, {up});
  Value down = w.linear("down", act, key + "mlp.fc2", tower.width, true);
  return w.op("x2", "add", {x1, down});
}

void writeHiddenStates(ModelWriter &w, const ClipVision &tower) {
  const std::string layers = std::to_string(tower.layers);
  std::vector<Port> results;
  for (int64_t i = 0; i <= tower.layers; ++i)
    results.push_back({states(tower, ""), "hidden_states." + std::to_string(i)});
  w.comment("State 0 is what the first block gets, state i what block i yields (no norm behind the "
            "last).");
  w.open({"@hidden_states", {{pixels(tower), "pixel_values"}}, results, "vision"});
  std::vector<Value> all = {w.call("x0", "@vision_embeddings", {pixels(tower)}, states(tower, ""))};
  // A repeat collects by concatenation: the states side by side, taken apart again below.
  Value x = states(tower, "%x"), side = states(tower, "%states");
  side.shape[1] *= tower.layers;
  w.open("%h, %states = mmc.repeat i = 0 to " + layers + " iter(%x = %x0) collect axis(1) -> (" +
         x.type() + ", " + side.type() + ")");
  Value y = writeVisionBlock(w, tower, x, "{i}");
  w.line("mmc.yield " + y.name + ", " + y.name + " : " + y.type() + ", " + y.type());
  w.close();
  for (int64_t i = 1; i < tower.layers; ++i)
    all.push_back(
        w.slice("h" + std::to_string(i), side, 1, (i - 1) * tower.tokens(), tower.tokens()));
  all.push_back(x.named("%h"));
  w.closeWithReturn(all);
}

void writeClipVision(ModelWriter &w, const ClipVision &tower) {
  w.comment(describe(tower) + ". Written by mmc-import.");
  w.blank();
  writeVisionEmbeddings(w, tower);
  w.blank();
  writeHiddenStates(w, tower);
}

} // namespace mmc::import
