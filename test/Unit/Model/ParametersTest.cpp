// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which key of which file a parameter's values come from, where an adapter's file is PEFT's.

#include "mmc/Runtime/Model/Parameters.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace mmc;

namespace {

/// A base's file and an adapter's directory, each with tensors of two values, removed at the end.
class Files {
public:
  Files()
      : path(std::filesystem::temp_directory_path() /
             ("mmc-parameters-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path / "adapter");
  }
  ~Files() { std::filesystem::remove_all(path); }

  void base(const std::vector<std::pair<std::string, float>> &values) {
    write("base.safetensors", values);
  }
  void adapter(const std::vector<std::pair<std::string, float>> &values) {
    write("adapter/adapter_model.safetensors", values);
  }
  std::filesystem::path operator/(const std::string &name) const { return path / name; }

  StatusOr<Parameters> load(const std::vector<ProgramParameter> &wanted) const {
    ParameterSources sources;
    sources.weights = {(path / "base.safetensors").string()};
    sources.adapterDirectory = (path / "adapter").string();
    return Parameters::load(wanted, sources);
  }
  /// The first value of each parameter, or the error.
  std::string values(const std::vector<ProgramParameter> &wanted) const {
    StatusOr<Parameters> parameters = load(wanted);
    if (!parameters.isOk())
      return "error: " + parameters.status().message();
    std::string text;
    for (size_t i = 0; i < wanted.size(); ++i)
      text += (i ? " " : "") + std::to_string(static_cast<int>(parameters->view(i).as<float>()[0]));
    return text;
  }

private:
  void write(const std::string &file, const std::vector<std::pair<std::string, float>> &values) {
    std::vector<Tensor> tensors;
    std::vector<NamedTensorView> views;
    for (auto &[name, value] : values) {
      Tensor &tensor = tensors.emplace_back(DType::F32, Shape{2});
      tensor.as<float>()[0] = tensor.as<float>()[1] = value;
      views.push_back({name, tensor.view()});
    }
    ASSERT_TRUE(writeSafetensors((path / file).string(), views).isOk());
  }
  std::filesystem::path path;
};

ProgramParameter base(const std::string &name) { return {name, DType::F32, {2}, false, "llm", ""}; }
ProgramParameter adapter(const std::string &name) {
  return {name, DType::F32, {2}, true, "adapters", "zeros"};
}

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

const std::string peft = "base_model.model.";

// PEFT saves tables beside an adapter when they were resized or have an adapter of their own.
TEST(Parameters, BaseWeightsBesideAnAdapterWin) {
  Files files;
  files.base({{"embed.weight", 1}, {"head.weight", 2}, {"fc.weight", 3}});
  files.adapter({{peft + "embed.weight", 4},
                 {peft + "head.base_layer.weight", 5},
                 {peft + "head.lora_A.weight", 6}});
  EXPECT_EQ(files.values({base("embed.weight"), base("head.weight"), base("fc.weight"),
                          adapter(peft + "head.lora_A.weight")}),
            "4 5 3 6");
}

// A module that trains in full starts from the base only where there is no adapter's file.
TEST(Parameters, TrainedModulesComeFromTheAdaptersFile) {
  Files files;
  files.base({{"head.weight", 1}});
  ProgramParameter head = adapter(peft + "head.weight");
  head.init = "parameter(head.weight)";
  EXPECT_EQ(files.values({head}), "1");
  files.adapter({{peft + "head.weight", 2}});
  EXPECT_EQ(files.values({head}), "2");
}

// transformers 5 has no "vision_model." in a tower's names, the hub's files have it.
TEST(Parameters, TowersAdaptersMayHaveEitherNames) {
  Files files;
  files.base({{"w", 0}});
  files.adapter({{peft + "encoder.fc.lora_A.weight", 1}});
  EXPECT_EQ(files.values({adapter(peft + "vision_model.encoder.fc.lora_A.weight")}), "1");
  files.adapter({{peft + "vision_model.encoder.fc.lora_A.weight", 2}});
  EXPECT_EQ(files.values({adapter(peft + "encoder.fc.lora_A.weight")}), "2");
}

// Two parameters whose keys may stand for each other do not share what one of them is named after.
TEST(Parameters, AnotherParametersOwnKeyIsNotTaken) {
  Files files;
  files.base({{"w", 0}, {"encoder.fc.weight", 4}});
  files.adapter({{peft + "encoder.fc.lora_A.weight", 1}});
  const ProgramParameter text = adapter(peft + "encoder.fc.lora_A.weight"),
                         tower = adapter(peft + "vision_model.encoder.fc.lora_A.weight");
  EXPECT_TRUE(contains(files.values({text, tower}),
                       peft + "vision_model.encoder.fc.lora_A.weight is in none of the files"));
  files.adapter({{peft + "encoder.fc.weight", 3}});
  EXPECT_EQ(files.values({base("encoder.fc.weight"), adapter(peft + "encoder.fc.weight")}), "4 3");
}

TEST(Parameters, RefusesAnAdapterThatIsUsedInPart) {
  Files files;
  files.base({{"fc.weight", 1}, {"not.wanted", 2}});
  files.adapter({{peft + "fc.lora_A.weight", 3}, {peft + "embed.lora_embedding_A", 4}});
  std::string message = files.values({base("fc.weight"), adapter(peft + "fc.lora_A.weight")});
  EXPECT_TRUE(contains(message, "adapter_model.safetensors: 1 tensors belong to no parameter that "
                                "adapter_config.json makes of this model:\n"
                                "  base_model.model.embed.lora_embedding_A"))
      << message;
  // Adapters of LaVIN's may lie in blocks behind the last that is read.
  files.adapter(
      {{"layers.0.adapter_attn.conv_A.bias", 3}, {"layers.9.adapter_attn.conv_A.bias", 4}});
  EXPECT_EQ(files.values({base("fc.weight"), adapter("layers.0.adapter_attn.conv_A.bias")}), "1 3");
  EXPECT_EQ(files.load({base("fc.weight")})->unusedKeys(), 3u);
}

// Initialising afresh what a pickled file holds would be another adapter.
TEST(Parameters, RefusesPickledAdapters) {
  Files files;
  files.base({{"fc.weight", 1}});
  EXPECT_EQ(files.values({adapter(peft + "fc.lora_B.weight")}), "0");
  std::ofstream(files / "adapter/adapter_model.bin") << "x";
  EXPECT_TRUE(contains(files.values({adapter(peft + "fc.lora_B.weight")}),
                       "adapter_model.bin: only adapter_model.safetensors is read"));
}

} // namespace
