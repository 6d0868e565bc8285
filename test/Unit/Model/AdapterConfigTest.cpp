// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What --adapter says, turned into what the Adapters phase takes.

#include "mmc/Runtime/Model/AdapterConfig.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace mmc;
using nlohmann::json;

namespace {

/// A directory with the given adapter_config.json, removed at the end.
class ConfigDirectory {
public:
  explicit ConfigDirectory(const std::string &text)
      : path(std::filesystem::temp_directory_path() / ("mmc-adapter-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
    std::ofstream(path / "adapter_config.json") << text;
  }
  ~ConfigDirectory() { std::filesystem::remove_all(path); }
  std::string string() const { return path.string(); }

private:
  std::filesystem::path path;
};

std::string specOf(const std::string &text, std::optional<double> dropout = std::nullopt) {
  ConfigDirectory directory(text);
  StatusOr<AdapterConfig> adapter = readAdapter(directory.string(), dropout);
  if (!adapter.isOk())
    return "error: " + adapter.status().message();
  EXPECT_EQ(adapter->directory, directory.string());
  return adapter->spec;
}

std::string errorOf(const std::string &argument, StatusCode code) {
  StatusOr<AdapterConfig> adapter = readAdapter(argument);
  if (adapter.isOk())
    return "ok: " + adapter->spec;
  EXPECT_EQ(adapter.status().code(), code) << adapter.status().message();
  return adapter.status().message();
}

bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

// As PEFT 0.21 saves a configuration: most of it says "not used".
const char *saved = R"({
  "alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null,
  "auto_mapping": {"base_model_class": "CLIPVisionModel", "parent_library": "transformers"},
  "base_model_name_or_path": "some/model", "bias": "none", "corda_config": null, "ensure_weight_tying": false,
  "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true,
  "layers_pattern": null, "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 9, "lora_bias": false,
  "lora_dropout": 0.0, "megatron_core": "megatron.core", "modules_to_save": null, "peft_type": "LORA",
  "peft_version": "0.21.2", "qalora_group_size": 16, "r": 6, "rank_pattern": {}, "revision": null,
  "runtime_config": {"ephemeral_gpu_offload": false}, "target_modules": ["q_proj", "self_attn.v_proj"],
  "target_parameters": null, "task_type": "CAUSAL_LM", "use_dora": false, "use_rslora": false})";

json savedWith(const std::string &key, json value) {
  json config = json::parse(saved);
  config[key] = std::move(value);
  return config;
}

TEST(AdapterConfig, ReadsWhatPeftSaves) {
  EXPECT_EQ(specOf(saved), "lora rank=6 alpha=9 targets=q_proj,self_attn.v_proj");
}

TEST(AdapterConfig, FollowsEveryKeyOfLora) {
  EXPECT_EQ(specOf(R"({"peft_type": "LORA", "r": 4, "lora_alpha": 1.5, "lora_dropout": 0.25, "use_rslora": true,
                       "target_modules": ["q", "v"], "exclude_modules": ["0.q"], "layers_to_transform": [0, 2],
                       "layers_pattern": "layers", "rank_pattern": {"z.v": 3, "^a\\.\\d+\\.v": 5},
                       "alpha_pattern": {"v": 2}, "modules_to_save": ["lm_head"], "init_lora_weights": "gaussian"})"),
            "full targets=lm_head; lora rank=4 alpha=1.5 rslora=1 dropout=0.25 targets=q,v exclude=0.q layers=0,2 "
            "layers_pattern=layers rank@/z.v/=3 rank@/^a\\.\\d+\\.v/=5 alpha@/v/=2 init_a=normal(0,{1/rank})");
}

// PEFT sets it back where layers do not lie transposed.
TEST(AdapterConfig, IgnoresFanInFanOut) { EXPECT_EQ(specOf(savedWith("fan_in_fan_out", true).dump()), specOf(saved)); }

TEST(AdapterConfig, TellsExpressionsFromLists) {
  EXPECT_EQ(specOf(savedWith("target_modules", R"(.*\.(?:q|v)_proj)").dump()), "lora rank=6 alpha=9 targets=/.*\\.(?:q|v)_proj/");
  EXPECT_EQ(specOf(savedWith("target_modules", "ALL-linear").dump()), "lora rank=6 alpha=9 targets=all-linear");
  EXPECT_EQ(specOf(savedWith("layers_to_transform", 1).dump()), "lora rank=6 alpha=9 targets=q_proj,self_attn.v_proj layers=1");
}

// torch's own initial values are not the identity, so the proof is not asked for.
TEST(AdapterConfig, LetsBothFactorsStartRandom) {
  EXPECT_TRUE(contains(specOf(savedWith("init_lora_weights", false).dump()), " init_b=kaiming_uniform(2.23606797749979) identity=0"));
}

TEST(AdapterConfig, RefusesWhatItDoesNotSupport) {
  for (auto &[key, value] : std::vector<std::pair<std::string, json>>{{"use_dora", true},
                                                        {"bias", "all"},
                                                        {"lora_bias", true},
                                                        {"init_lora_weights", "pissa"},
                                                        {"loftq_config", {{"loftq_bits", 4}}},
                                                        {"layer_replication", {{0, 4}}},
                                                        {"trainable_token_indices", {1, 2}},
                                                        {"target_parameters", {"experts"}},
                                                        {"some_future_key", 3},
                                                        {"r", 0},
                                                        {"r", "8"},
                                                        {"lora_alpha", "x"},
                                                        {"lora_dropout", 1.0},
                                                        {"use_rslora", 1},
                                                        {"target_modules", nullptr},
                                                        {"target_modules", {1}},
                                                        {"target_modules", {"a b"}},
                                                        {"layers_to_transform", {-1}},
                                                        {"layers_pattern", "layers"},
                                                        {"rank_pattern", {{"q", 0}}},
                                                        {"alpha_pattern", {{"q", "x"}}},
                                                        {"peft_type", "IA3"}}) {
    std::string result = specOf(savedWith(key, value).dump());
    EXPECT_TRUE(contains(result, "error: ") && contains(result, "adapter_config.json") && contains(result, key)) << key << ": " << result;
  }
}

TEST(AdapterConfig, RefusesLayersWithAnExpression) {
  json config = savedWith("layers_to_transform", 1);
  config["target_modules"] = "q.*";
  EXPECT_TRUE(contains(specOf(config.dump()), "layers_to_transform cannot be used"));
}

TEST(AdapterConfig, DropoutReplacesTheConfigurationsOwn) {
  ConfigDirectory directory(savedWith("lora_dropout", 0.5).dump());
  StatusOr<AdapterConfig> adapter = readAdapter(directory.string(), 0.0);
  ASSERT_TRUE(adapter.isOk());
  EXPECT_FALSE(contains(adapter->spec, "dropout"));
  EXPECT_EQ(adapter->config["lora_dropout"], 0.0);
  EXPECT_TRUE(contains(specOf(savedWith("lora_dropout", 0.5).dump()), "dropout=0.5"));
}

TEST(AdapterConfig, MakesPeftsConfigurationOfWords) {
  StatusOr<AdapterConfig> adapter =
      readAdapter("lora rank=4 alpha=16 dropout=0.05 rslora=1 targets=q_proj,v_proj layers=0,1 rank@v_proj=2 rank@/0\\.q_proj/=3 modules_to_save=lm_head");
  ASSERT_TRUE(adapter.isOk()) << adapter.status().message();
  EXPECT_EQ(adapter->spec, "full targets=lm_head; lora rank=4 alpha=16 rslora=1 dropout=0.05 targets=q_proj,v_proj layers=0,1 "
                           "rank@/v_proj/=2 rank@/0\\.q_proj/=3");
  EXPECT_EQ(adapter->directory, "");
  EXPECT_EQ(adapter->config["peft_type"], "LORA");
  EXPECT_EQ(adapter->config["r"], 4);
  EXPECT_EQ(adapter->config["lora_alpha"], 16);
  EXPECT_EQ(adapter->config["use_rslora"], true);
  EXPECT_EQ(adapter->config["target_modules"], json({"q_proj", "v_proj"}));
  EXPECT_EQ(adapter->config["layers_to_transform"], json({0, 1}));
  EXPECT_EQ(adapter->config["rank_pattern"], json({{"v_proj", 2}, {"0\\.q_proj", 3}}));
  EXPECT_EQ(adapter->config["bias"], "none");
  // What was written down is what is read again.
  EXPECT_EQ(specOf(adapter->config.dump()).size(), adapter->spec.size());
}

TEST(AdapterConfig, KeepsBlanksInsideExpressions) {
  StatusOr<AdapterConfig> adapter = readAdapter("lora targets=/a b|c=d/ rank=2");
  ASSERT_TRUE(adapter.isOk()) << adapter.status().message();
  EXPECT_EQ(adapter->config["target_modules"], "a b|c=d");
  EXPECT_EQ(adapter->spec, "lora rank=2 alpha=8 targets=/a b|c=d/");
}

TEST(AdapterConfig, PutsLavinsAdaptersInTheirPlaces) {
  EXPECT_EQ(specOf(R"({"peft_type": "MM_ADAPTER", "rank": 6, "groups": 2, "temperature": 5.0, "scale": 0.7,
                       "dropout": 0.0, "llm": "attn", "vision": "block", "routing": "compat"})"),
            "mm-adapter group=llm targets=input_layernorm as=layers.{layer}.adapter_attn rank=6 groups=2 temperature=5.0 scale=0.7 dropout=0.0; "
            "mm-adapter group=vision targets=layer_norm1 as=backbone.visual.transformer.resblocks.{layer}.adapter_attn "
            "rank=6 groups=2 temperature=5.0 scale=0.7 dropout=0.0 sample0=1; "
            "mm-adapter group=vision targets=layer_norm2 as=backbone.visual.transformer.resblocks.{layer}.adapter_mlp "
            "rank=6 groups=2 temperature=5.0 scale=0.7 dropout=0.0 sample0=1");
  StatusOr<AdapterConfig> adapter = readAdapter("mm-adapter temperature=5 llm=block vision=null", 0.25);
  ASSERT_TRUE(adapter.isOk()) << adapter.status().message();
  EXPECT_EQ(adapter->spec,
            "mm-adapter group=llm targets=input_layernorm as=layers.{layer}.adapter_attn rank=8 groups=2 temperature=5 scale=1.0 dropout=0.25; "
            "mm-adapter group=llm targets=post_attention_layernorm as=layers.{layer}.adapter_mlp rank=8 groups=2 temperature=5 scale=1.0 dropout=0.25");
  EXPECT_EQ(adapter->config["peft_type"], "MM_ADAPTER");
  EXPECT_EQ(adapter->config["vision"], nullptr);
  EXPECT_EQ(adapter->config["dropout"], 0.25);
}

TEST(AdapterConfig, RefusesImpossibleAdaptersOfLavin) {
  for (auto &[key, value] : std::vector<std::pair<std::string, json>>{{"rank", 0}, {"groups", 3}, {"temperature", 0}, {"scale", "x"}, {"dropout", 1},
                                                        {"llm", "mlp"}, {"vision", true}, {"routing", "other"}, {"width", 3}}) {
    std::string result = specOf(json({{"peft_type", "MM_ADAPTER"}, {key, value}}).dump());
    EXPECT_TRUE(contains(result, "error: ") && contains(result, key)) << key << ": " << result;
  }
  EXPECT_TRUE(contains(specOf(R"({"peft_type": "MM_ADAPTER", "llm": null, "vision": null})"), "must not both be null"));
}

TEST(AdapterConfig, PassesOtherDefinitionsOn) {
  std::string spec = "definition=my/gain.mlir targets=fc; full targets=norm";
  StatusOr<AdapterConfig> adapter = readAdapter(spec);
  ASSERT_TRUE(adapter.isOk()) << adapter.status().message();
  EXPECT_EQ(adapter->spec, spec);
  EXPECT_EQ(specOf(adapter->config.dump()), spec);
  EXPECT_TRUE(contains(specOf(adapter->config.dump(), 0.1), "error: "));
}

TEST(AdapterConfig, SaysWhatIsWrong) {
  EXPECT_TRUE(contains(errorOf("/nowhere/at/all", StatusCode::Io), "/nowhere/at/all/adapter_config.json"));
  EXPECT_TRUE(contains(errorOf("lora rank", StatusCode::BadUsage), "expected OPTION=VALUE, got: 'rank'"));
  EXPECT_TRUE(contains(errorOf("lora rank=x targets=q", StatusCode::BadUsage), "rank must be a number, got: 'x'"));
  EXPECT_TRUE(contains(errorOf("lora size=3 targets=q", StatusCode::BadUsage), "no option is written size=3"));
  EXPECT_TRUE(contains(errorOf("lora targets=/q", StatusCode::BadUsage), "no closing '/'"));
  EXPECT_TRUE(contains(errorOf("lora rank=3", StatusCode::BadInput), "target_modules must be"));
  EXPECT_TRUE(contains(errorOf("mm-adapter size=3", StatusCode::BadUsage), "no option is written size=3"));
  EXPECT_TRUE(contains(specOf("[1"), "must be a JSON object"));
  EXPECT_TRUE(contains(specOf("{}"), "peft_type"));
}

} // namespace
