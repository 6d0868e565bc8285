// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Captions and conversations of LLaVA's JSON: rows, pictures, splits and what is refused.

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
  options.imageTokens = -1;
  auto data = ConversationDataset::load("data.json", llamaTokenizer(), options);
  ASSERT_FALSE(data.isOk());
  EXPECT_EQ(data.status().code(), StatusCode::BadUsage);
  options.imageTokens = 1;
  options.seqLen = 0;
  EXPECT_EQ(ConversationDataset::load("data.json", llamaTokenizer(), options).status().code(),
            StatusCode::BadUsage);
}

/// The message that the first sample of a data set is refused with.
static std::string refusal(const std::string &content, const std::string &templateName) {
  TempDir dir;
  dir.write("data.json", content);
  dir.write("x.png", "");
  ConversationDataOptions options;
  options.templateName = templateName;
  auto data = ConversationDataset::load(dir.path("data.json"), llamaTokenizer(), options);
  if (!data.isOk())
    return data.status().message();
  auto sample = (*data)->sample(0);
  EXPECT_FALSE(sample.isOk()) << content;
  return sample.status().message();
}

TEST(ConversationData, RefusesBadFilesAndEntries) {
  const std::pair<const char *, const char *> cases[] = {
      {"[{\"id\": 1,]", "is not JSON: at byte 11"},
      {"[{\"id\": 1, ", "the file ends inside of entry 0"},
      {"[{\"id\": 1,}]", "is not JSON: at byte 11"},
      {"{}", "a '[' is expected, got: '{'"},
      {"[]", "has no entry"},
      {"[3]", "entry 0 must be an object"},
      {"[{}", "the file ends before the list does"},
      {"[{}] x", "nothing may follow the list"},
      {"[{}]", "sample '#0': field 'conversations'"},
      {R"([{"id": "a", "image": 3}])", "sample 'a': field 'image' must be a string"},
      {R"([{"id": "a", "image": "no.png", "conversations": []}])", "no such file"},
      {R"([{"id": "a", "conversations": []}])", "must have turns"},
      {R"([{"id": "a", "conversations": [3]}])", "sample 'a': a turn must be an object"},
      {R"([{"id": "a", "conversations": [{"from": "x"}]}])", "from 'human' or 'gpt', got: 'x'"},
      {R"([{"id": "a", "conversations": [{"from": "gpt"}]}])", "field 'value' is missing"},
      {R"([{"id": "a", "conversations": [{"from": "human", "value": "1"},
                                         {"from": "human", "value": "2"}]}])",
       "sample 'a': turns must alternate"},
      {R"([{"id": "a", "image": ["x.png", "x.png"], "conversations":
            [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "2"}]}])",
       "2 pictures, 1 marks"},
      {R"([{"id": "a", "image": ["x.png", "x.png"], "conversations":
            [{"from": "human", "value": "<image><image><image>"}]}])",
       "more than 2"},
  };
  for (auto &[content, message] : cases) {
    std::string text = refusal(content, "v1");
    EXPECT_NE(text.find(message), std::string::npos) << text << " lacks " << message;
  }
  const char *textOnly = R"([{"id": "a", "conversations": [{"from": "human", "value": "1"},
                                                         {"from": "gpt", "value": "2"}]}])";
  EXPECT_NE(refusal(textOnly, "plain").find("takes a picture, got: none"), std::string::npos);
}

/// What the template sees: slots show which picture stands where.
TEST(ConversationData, SeveralPictures) {
  TempDir dir;
  dir.write("data.json", R"([{"image": ["a.png", "b.png"], "conversations": [
    {"from": "human", "value": "Compare <image> with <image>."}, {"from": "gpt", "value": "No."}]},
    {"image": "a.png", "conversations": [{"from": "human", "value": "<image>\nOne?"},
    {"from": "gpt", "value": "Yes."}, {"from": "human", "value": "Again <image>?"}]}])");
  dir.write("a.png", "");
  dir.write("b.png", "");
  ConversationDataOptions options;
  options.templateName = "v1";
  options.imageTokens = 2;
  auto data = ConversationDataset::load(dir.path("data.json"), llamaTokenizer(), options);
  ASSERT_TRUE(data.isOk()) << data.status().message();
  auto slots = [&](int64_t index) {
    auto sample = (*data)->sample(index);
    EXPECT_TRUE(sample.isOk()) << sample.status().message();
    std::vector<int32_t> result;
    for (int32_t slot : sample->imageSlots)
      if (slot >= 0)
        result.push_back(slot);
    return result;
  };
  EXPECT_EQ(slots(0), (std::vector<int32_t>{0, 1, 2, 3}));
  EXPECT_EQ((*data)->sample(0)->images.size(), 2u);
  // One picture that is mentioned twice is one picture.
  EXPECT_EQ(slots(1), (std::vector<int32_t>{0, 1, 0, 1}));
  EXPECT_EQ((*data)->sample(1)->images.size(), 1u);
}

TEST(ConversationData, UnmentionedPicturesAreNotRead) {
  TempDir dir;
  dir.write("data.json", R"([{"image": "a.png", "conversations": [
    {"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]}])");
  dir.write("a.png", "");
  ConversationDataOptions options;
  options.templateName = "v1";
  auto data = ConversationDataset::load(dir.path("data.json"), llamaTokenizer(), options);
  ASSERT_TRUE(data.isOk()) << data.status().message();
  EXPECT_TRUE((*data)->sample(0)->images.empty());
}

TEST(ConversationData, UnknownTemplate) {
  ConversationDataOptions options;
  options.templateName = "v7";
  auto data = ConversationDataset::load("data.json", llamaTokenizer(), options);
  ASSERT_FALSE(data.isOk());
  EXPECT_EQ(data.status().code(), StatusCode::BadUsage);
  EXPECT_NE(data.status().message().find("vicuna_v1"), std::string::npos);
}
