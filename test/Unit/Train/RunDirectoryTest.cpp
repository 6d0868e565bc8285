// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Output directories that may and may not be used, and the files of a finished run.

#include "mmc/Runtime/Train/RunDirectory.h"
#include "../Core/TemporaryDirectory.h"
#include "mmc/Runtime/Train/RunResults.h"

using namespace mmc;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

TEST(RunDirectory, MakesWhatIsMissing) {
  TemporaryDirectory directory;
  {
    auto run = RunDirectory::open(directory / "a/b", false);
    ASSERT_TRUE(run.isOk()) << run.status().message();
    EXPECT_TRUE(fs::is_directory(directory / "a/b"));
  }
  EXPECT_FALSE(fs::exists(directory / "a/b")) << "nothing came of it";
  {
    auto run = RunDirectory::open(directory / "a/b", false);
    ASSERT_TRUE(run.isOk());
    writeBytes(directory / "a/b/metrics.jsonl", "");
  }
  EXPECT_TRUE(fs::exists(directory / "a/b/metrics.jsonl"));
}

TEST(RunDirectory, KeepsAnotherRun) {
  TemporaryDirectory directory;
  writeBytes(directory / "metrics.jsonl", "");
  auto refused = RunDirectory::open(directory.path(), false);
  EXPECT_EQ(refused.status().code(), StatusCode::BadInput);
  EXPECT_NE(refused.status().message().find("use --resume"), std::string::npos);
  EXPECT_TRUE(RunDirectory::open(directory.path(), true).isOk());
}

TEST(RunDirectory, OneProcessAtATime) {
  TemporaryDirectory directory;
  {
    auto first = RunDirectory::open(directory / "run", false);
    ASSERT_TRUE(first.isOk());
    auto second = RunDirectory::open(directory / "run", true);
    EXPECT_EQ(second.status().code(), StatusCode::BadInput);
    EXPECT_NE(second.status().message().find("another process"), std::string::npos);
  }
  EXPECT_TRUE(RunDirectory::open(directory / "run", false).isOk());
}

TEST(RunDirectory, NotADirectory) {
  TemporaryDirectory directory;
  writeBytes(directory / "file", "");
  EXPECT_EQ(RunDirectory::open(directory / "file", false).status().code(), StatusCode::Io);
  EXPECT_EQ(RunDirectory::open(directory / "file/run", false).status().code(), StatusCode::Io);
}

/// Parameters of a LaVIN-like and of a LLaVA-like model.
struct RunResults : testing::Test {
  TemporaryDirectory directory;
  Tensor value{DType::F32, {2}};

  ResultParameter parameter(const std::string &name, const std::string &group, bool trainable) {
    return {name, group, trainable, value.view()};
  }
  std::vector<std::string> namesIn(const std::string &file) {
    auto opened = SafetensorsFile::open(directory / file);
    EXPECT_TRUE(opened.isOk()) << opened.status().message();
    std::vector<std::string> names = opened->names();
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(RunResults, AdapterProjectorAndBase) {
  const json config = {{"peft_type", "LORA"}, {"r", 8}};
  auto files = writeResults(directory.path(),
                            {parameter("lora_A", "adapters", true),
                             parameter("lora_B", "adapters", false),
                             parameter("projector", "connector", true),
                             parameter("base.frozen", "llm", false),
                             parameter("base.norm", "llm", true)},
                            config);
  ASSERT_TRUE(files.isOk()) << files.status().message();
  EXPECT_EQ(namesIn("adapter_model.safetensors"), (std::vector<std::string>{"lora_A", "lora_B"}))
      << "a part of an adapter could not be loaded";
  EXPECT_EQ(namesIn("mm_projector.safetensors"), std::vector<std::string>{"projector"});
  EXPECT_EQ(namesIn("model.safetensors"), std::vector<std::string>{"base.norm"});
  EXPECT_EQ(json::parse(readBytes(directory / "adapter_config.json"), nullptr, false), config);
  EXPECT_EQ(files->size(), 3u);
}

TEST_F(RunResults, LavinsConnectorLiesWithItsAdapters) {
  auto files = writeResults(directory.path(),
                            {parameter("layers.0.adapter", "adapters", true),
                             parameter("adapter_proj", "connector", true)},
                            {{"peft_type", "MM_ADAPTER"}});
  ASSERT_TRUE(files.isOk());
  EXPECT_EQ(namesIn("adapter_model.safetensors"),
            (std::vector<std::string>{"adapter_proj", "layers.0.adapter"}));
  EXPECT_FALSE(fs::exists(directory / "mm_projector.safetensors"));
}

TEST_F(RunResults, WhatDidNotTrainIsNotWritten) {
  auto files = writeResults(directory.path(),
                            {parameter("lora_A", "adapters", false),
                             parameter("projector", "connector", true)},
                            {{"peft_type", "LORA"}});
  ASSERT_TRUE(files.isOk());
  EXPECT_EQ(directory.names(), std::vector<std::string>{"mm_projector.safetensors"});
  EXPECT_EQ(writeResults(directory / "absent", {parameter("w", "llm", true)}, json()).status().code(),
            StatusCode::Io);
}

} // namespace
