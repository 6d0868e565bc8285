// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaVIN's adapters: one definition, put behind norms of the language model and of the tower.

#include "AdapterFormats.h"

#include <set>

using namespace mmc;

static OrderedJson standard() {
  return {{"peft_type", "MM_ADAPTER"},
          {"rank", 8},
          {"groups", 2},
          {"temperature", 10.0},
          {"scale", 1.0},
          {"dropout", 0.1},
          {"llm", "attn"},
          {"vision", "attn"},
          {"routing", "paper"}};
}

static Status wrong(const std::string &key, const std::string &rule, const OrderedJson &value) {
  return Status::badInput(key + " must be " + rule + ", got: " +
                          value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

StatusOr<std::string> mmc::specOfMmAdapter(const OrderedJson &given) {
  OrderedJson config = standard();
  for (auto &[key, value] : given.items()) {
    if (!config.contains(key))
      return Status::badInput("MM_ADAPTER has no key " + key + ", got: " +
                              value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
    config[key] = value;
  }
  for (const char *key : {"rank", "groups"})
    if (!config[key].is_number_integer() || config[key].get<int64_t>() < 1)
      return wrong(key, "a whole number from 1", config[key]);
  if (config["rank"].get<int64_t>() % config["groups"].get<int64_t>() != 0)
    return wrong("rank", "a multiple of groups",
                 config["rank"].dump() + " % " + config["groups"].dump());
  if (!config["temperature"].is_number() || config["temperature"].get<double>() <= 0)
    return wrong("temperature", "above 0", config["temperature"]);
  if (!config["scale"].is_number())
    return wrong("scale", "a number", config["scale"]);
  if (!config["dropout"].is_number() || config["dropout"].get<double>() < 0 ||
      config["dropout"].get<double>() >= 1)
    return wrong("dropout", "at least 0 and below 1", config["dropout"]);
  if (config["routing"] != "paper" && config["routing"] != "compat")
    return wrong("routing", "\"paper\" or \"compat\"", config["routing"]);
  for (const char *key : {"llm", "vision"})
    if (!config[key].is_null() && config[key] != "attn" && config[key] != "block")
      return wrong(key, "\"attn\", \"block\" or null", config[key]);
  if (config["llm"].is_null() && config["vision"].is_null())
    return Status::badInput("llm and vision must not both be null: no adapter would be left");

  std::string options;
  for (const char *key : {"rank", "groups", "temperature", "scale", "dropout"})
    options += std::string(" ") + key + "=" + config[key].dump();
  std::string spec;
  auto put = [&](const std::string &group, const std::string &norm, const std::string &name,
                 const std::string &more) {
    spec += (spec.empty() ? "" : "; ") +
            ("mm-adapter group=" + group + " targets=" + norm + " as=" + name) + options + more;
  };
  // LaVIN's code reads sample 0 at every position of its tower; the paper's rule is each image's
  // class token.
  std::string tower = config["routing"] == "compat" ? " sample0=1" : "";
  if (!config["llm"].is_null())
    put("llm", "input_layernorm", "layers.{layer}.adapter_attn", "");
  if (config["llm"] == "block")
    put("llm", "post_attention_layernorm", "layers.{layer}.adapter_mlp", "");
  if (!config["vision"].is_null())
    put("vision", "layer_norm1", "backbone.visual.transformer.resblocks.{layer}.adapter_attn",
        tower);
  if (config["vision"] == "block")
    put("vision", "layer_norm2", "backbone.visual.transformer.resblocks.{layer}.adapter_mlp",
        tower);
  return spec;
}

StatusOr<OrderedJson> mmc::mmAdapterFromWords(const AdapterWords &words) {
  OrderedJson config = standard();
  static const std::set<std::string> numbers = {"rank", "groups", "temperature", "scale",
                                                "dropout"};
  static const std::set<std::string> choices = {"llm", "vision", "routing"};
  for (auto &[name, word] : words) {
    if (numbers.count(name)) {
      MMC_ASSIGN_OR_RETURN(config[name], numberOfWord(name, word));
    } else if (choices.count(name)) {
      config[name] = word == "null" || word == "none" ? OrderedJson() : OrderedJson(word);
    } else {
      return Status::badUsage(
          "adapter mm-adapter: no option is written " + name + "=" + word +
          "; options are rank, groups, temperature, scale, dropout, llm=attn|block|null, "
          "vision=attn|block|null, routing=paper|compat");
    }
  }
  return config;
}
