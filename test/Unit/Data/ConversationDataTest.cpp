// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLaVA's plain template gives what LLaVA's own code gave.

#include "Golden.h"

#include "mmc/Runtime/Data/ConversationData.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

TEST(ConversationData, PlainTemplateIsExact) {
  json rows = json::array(), entries = json::array();
  // llama-slow is the Hugging Face class over the very model file of spm-llama.
  json table = goldenJson("tokenizer/conversation-plain/table.json");
  for (json &row : table["rows"])
    if (row["tokenizer"] == "llama-slow") {
      json entry = {{"id", row["name"]}, {"conversations", row["conversations"]}};
      if (row["image"])
        entry["image"] = "x.png";
      entries.push_back(entry);
      rows.push_back(std::move(row));
    }
  ASSERT_EQ(rows.size(), 24u);
  TempDir dir;
  dir.write("data.json", entries.dump());
  dir.write("x.png", "");
  auto data = ConversationDataset::load(dir.path("data.json"), llamaTokenizer(), {});
  ASSERT_TRUE(data.isOk()) << data.status().message();
  int accepted = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(rows[i]["name"].get<std::string>());
    auto sample = (*data)->sample(i);
    EXPECT_EQ(sample.isOk(), !rows[i].contains("error"));
    if (!sample.isOk()) {
      EXPECT_NE(sample.status().message().find(rows[i]["name"].get<std::string>()),
                std::string::npos);
      continue;
    }
    ++accepted;
    std::vector<int32_t> ids = sample->inputIds;
    for (size_t t = 0; t < ids.size(); ++t)
      if (sample->imageSlots[t] >= 0)
        ids[t] = -200;
    EXPECT_EQ(ids, rows[i]["input_ids"].get<std::vector<int32_t>>());
    EXPECT_EQ(sample->labels, rows[i]["labels"].get<std::vector<int32_t>>());
    EXPECT_EQ(sample->images, std::vector<std::string>{dir.path("x.png")});
  }
  EXPECT_EQ(accepted, 8);
}

TEST(ConversationData, ImageTokensAndCut) {
  TempDir dir;
  dir.write("data.json", R"([{"id": 5, "image": "i/x.png", "split": "train", "conversations":
    [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A frog."}]},
    {"split": "test", "conversations": []}])");
  dir.write("i/x.png", "");
  ConversationDataOptions options;
  options.imageTokens = 3;
  options.seqLen = 7;
  options.split = "train";
  auto data = ConversationDataset::load(dir.path("data.json"), llamaTokenizer(), options);
  ASSERT_TRUE(data.isOk()) << data.status().message();
  ASSERT_EQ((*data)->size(), 1);
  auto sample = (*data)->sample(0);
  ASSERT_TRUE(sample.isOk());
  EXPECT_EQ(sample->id, "5");
  EXPECT_EQ(sample->inputIds, (std::vector<int32_t>{1, 0, 0, 0, 318, 276, 1596}));
  EXPECT_EQ(sample->labels, (std::vector<int32_t>{-100, -100, -100, -100, 318, 276, 1596}));
  EXPECT_EQ(sample->imageSlots, (std::vector<int32_t>{-1, 0, 1, 2, -1, -1, -1}));
  EXPECT_EQ(sample->positionIds, (std::vector<int32_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(sample->segmentIds, std::vector<int32_t>(7, 1));
  EXPECT_EQ(sample->uncutTokens, 6);
}

TEST(ConversationData, RefusesRowsWithoutTokens) {
  ConversationDataOptions options;
  options.imageTokens = 0;
  auto data = ConversationDataset::load("data.json", llamaTokenizer(), options);
  ASSERT_FALSE(data.isOk());
  EXPECT_EQ(data.status().code(), StatusCode::BadUsage);
  options.imageTokens = 1;
  options.seqLen = 0;
  EXPECT_EQ(ConversationDataset::load("data.json", llamaTokenizer(), options).status().code(),
            StatusCode::BadUsage);
}

TEST(ConversationData, RefusesBadFiles) {
  const std::pair<const char *, const char *> cases[] = {
      {"[{\"id\": 1,]", "is not JSON: at byte 11 of 11"},
      {"{}", "must be a list of conversations, got: object"},
      {"[]", "has no entry"},
      {"[3]", "entry 0 must be an object"},
      {"[{}]", "entry '#0': field 'conversations'"},
      {R"([{"id": "a", "image": 3}])", "entry 'a': field 'image' must be a string"},
      {R"([{"id": "a", "image": "no.png", "conversations": []}])", "no such file"},
      {R"([{"id": "a", "conversations": [3]}])", "entry 'a': a turn must be an object"},
      {R"([{"id": "a", "conversations": [{"from": "x"}]}])", "entry 'a': field 'value' is missing"},
  };
  for (auto &[content, message] : cases) {
    TempDir dir;
    dir.write("data.json", content);
    auto data = ConversationDataset::load(dir.path("data.json"), llamaTokenizer(), {});
    ASSERT_FALSE(data.isOk()) << content;
    EXPECT_NE(data.status().message().find(message), std::string::npos)
        << data.status().message() << " lacks " << message;
  }
}
