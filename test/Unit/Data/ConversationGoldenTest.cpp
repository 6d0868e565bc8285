// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversations give the ids and label masks that LLaVA's and Bunny's own code gave.

#include "Golden.h"

#include "mmc/Runtime/Data/ConversationData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

/// Sample `row` of a golden table by mmc.
static StatusOr<Sample> encodeRow(const json &row, const std::string &templateName,
                                  const Tokenizer &tokenizer) {
  TempDir dir;
  json entry = {{"id", "x"}, {"conversations", row["conversations"]}};
  if (row["image"])
    entry["image"] = "x.png";
  dir.write("data.json", json::array({entry}).dump());
  ConversationDataOptions options;
  options.templateName = templateName;
  options.seqLen = row["model_max_length"];
  options.imageTokens = 0;
  options.imageStartEnd = row.value("mm_use_im_start_end", false);
  options.checkImages = false;
  auto data = ConversationDataset::load(dir.path("data.json"), tokenizer, options);
  EXPECT_TRUE(data.isOk()) << data.status().message();
  return (*data)->sample(0);
}

static std::vector<int32_t> withImageIds(const Sample &sample) {
  std::vector<int32_t> ids = sample.inputIds;
  for (size_t i = 0; i < ids.size(); ++i)
    if (sample.imageSlots[i] >= 0)
      ids[i] = -200;
  return ids;
}

struct Counts {
  int exact = 0, mended = 0, refused = 0;
};

/// Compares a table; rows that `skip` names are left out.
static Counts compareTable(const std::string &name, const std::set<std::string> &skip = {}) {
  json table = goldenJson("tokenizer/" + name + "/table.json");
  Counts counts;
  std::map<std::string, std::unique_ptr<Tokenizer>> tokenizers;
  for (const json &row : table["rows"]) {
    if (skip.count(row["name"]))
      continue;
    std::string kind = row["tokenizer"];
    SCOPED_TRACE(name + ", " + kind + ": " + row["name"].get<std::string>());
    if (!tokenizers.count(kind))
      tokenizers[kind] = loadGolden("tokenizer/" + kind + "/model");
    auto sample =
        encodeRow(row, row.value("template", table.value("template", "")), *tokenizers[kind]);
    EXPECT_EQ(sample.isOk(), !row.contains("error"));
    if (!sample.isOk()) {
      ++counts.refused;
      continue;
    }
    EXPECT_EQ(withImageIds(*sample), row["input_ids"].get<std::vector<int32_t>>());
    EXPECT_EQ(sample->mended, row["mismatch"].get<bool>());
    if (!row["mismatch"]) {
      EXPECT_EQ(sample->labels, row["labels"].get<std::vector<int32_t>>());
      ++counts.exact;
      continue;
    }
    // What the original masks as a whole has here what it meant: each label is its own token.
    for (size_t i = 0; i < sample->labels.size(); ++i)
      EXPECT_TRUE(sample->labels[i] == kIgnoredLabel || sample->labels[i] == sample->inputIds[i]);
    ++counts.mended;
  }
  return counts;
}

TEST(ConversationGolden, Llava) {
  struct Case {
    const char *name;
    int exact, mended, refused;
  };
  for (Case each :
       {Case{"conversation-v1", 36, 10, 2}, Case{"conversation-v0", 48, 0, 0},
        Case{"conversation-v1-im-start-end", 18, 5, 1}, Case{"conversation-v1-mmtag", 18, 5, 1},
        Case{"conversation-llama-2", 38, 8, 2}, Case{"conversation-llava-llama-2", 19, 4, 1},
        Case{"conversation-mistral", 35, 11, 2}, Case{"conversation-chatml", 4, 42, 2},
        Case{"conversation-mpt", 2, 21, 1}, Case{"conversation-plain", 24, 0, 48}}) {
    Counts counts = compareTable(each.name);
    EXPECT_EQ(counts.exact, each.exact) << each.name;
    EXPECT_EQ(counts.mended, each.mended) << each.name;
    EXPECT_EQ(counts.refused, each.refused) << each.name;
  }
}

TEST(ConversationGolden, Bunny) {
  Counts counts = compareTable("conversation-bunny");
  EXPECT_EQ(counts.exact, 94);
  EXPECT_EQ(counts.mended, 21);
  EXPECT_EQ(counts.refused, 5);
}

/// Later versions of LLaVA mask every ChatML sample. What is given instead are the labels of 1.1.3;
/// only that version did not cut text at the longest length.
TEST(ConversationGolden, ChatMlHasTheLabelsThatWereMeant) {
  json table = goldenJson("tokenizer/conversation-mpt-1.1.3/table.json");
  auto tokenizer = loadGolden("tokenizer/bpe-neox/model");
  int compared = 0;
  for (const json &row : table["rows"]) {
    if (row.contains("error") || row["mismatch"] || row["name"] == "long, cut by model_max_length")
      continue;
    SCOPED_TRACE(row["name"].get<std::string>());
    auto sample = encodeRow(row, "mpt", *tokenizer);
    ASSERT_TRUE(sample.isOk());
    EXPECT_EQ(sample->labels, row["labels"].get<std::vector<int32_t>>());
    ++compared;
  }
  EXPECT_EQ(compared, 18);
}

/// The text that is learnt of a conversation that the original masks.
static std::string learnt(const json &conversations, const std::string &templateName,
                          const std::string &tokenizerName) {
  auto tokenizer = loadGolden("tokenizer/" + tokenizerName + "/model");
  auto sample =
      encodeRow({{"conversations", conversations}, {"image", false}, {"model_max_length", 2048}},
                templateName, *tokenizer);
  EXPECT_TRUE(sample.isOk() && sample->mended);
  std::vector<int32_t> ids;
  for (int32_t label : sample->labels)
    if (label != kIgnoredLabel)
      ids.push_back(label);
  return *tokenizer->decode(ids, false);
}

TEST(ConversationGolden, MendedLabelsAreTheAnswers) {
  json quoting = {{{"from", "human"}, {"value", "Quote the template."}},
                  {{"from", "gpt"}, {"value", "USER: x ASSISTANT: y"}},
                  {{"from", "human"}, {"value", "Sure?"}},
                  {{"from", "gpt"}, {"value", "Yes."}}};
  EXPECT_EQ(learnt(quoting, "v1", "llama-slow"), "USER: x ASSISTANT: y</s> Yes.</s>");
  EXPECT_EQ(learnt(quoting, "bunny", "bpe-phi"),
            " USER: x ASSISTANT: y<|endoftext|> Yes.<|endoftext|>");
  json unanswered = {{{"from", "human"}, {"value", "Hi"}},
                     {{"from", "gpt"}, {"value", "Hello."}},
                     {{"from", "human"}, {"value", "And?"}}};
  EXPECT_EQ(learnt(unanswered, "v1", "llama-slow"), "Hello.</s>");
  EXPECT_EQ(learnt(unanswered, "llava_llama_2", "llama-slow"), "Hello. </s>");
}

TEST(ConversationGolden, PromptsForGeneration) {
  int compared = 0;
  for (const json &row : goldenJson("tokenizer/conversation-templates/prompts.json")) {
    auto form = findTemplate(row["template"]);
    ASSERT_TRUE(form.isOk()) << row["template"];
    // v0 starts with built-in turns at inference, and plain cannot open an answer.
    std::vector<Turn> turns;
    for (const json &text : row["turns"])
      turns.push_back({static_cast<int>(turns.size() % 2), text.get<std::string>()});
    turns.push_back({static_cast<int>(turns.size() % 2), ""});
    if (row["template"] == "v0" || row["template"] == "default" || turns.back().role == 0 ||
        (*form)->style == ConversationTemplate::Style::Plain)
      continue;
    EXPECT_EQ((*form)->render(turns), row["prompt"].get<std::string>()) << row;
    ++compared;
  }
  EXPECT_GT(compared, 20);
}
