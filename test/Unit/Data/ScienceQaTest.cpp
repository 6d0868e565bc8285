// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaVIN's rows of a ScienceQA directory are those of LaVIN's own code, number for number.

#include "Golden.h"

#include "mmc/Runtime/Data/Batch.h"
#include "mmc/Runtime/Data/ScienceQa.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

static const char *const kCase = "lavin-data/picture-qa";

static ScienceQaDataset openGolden(const std::string &format, bool captions,
                                   const Tokenizer &tokenizer) {
  auto problems = loadScienceQa(golden(kCase), {"train", captions});
  EXPECT_TRUE(problems.isOk()) << problems.status().message();
  auto prompt = PromptFormat::parse(format);
  EXPECT_TRUE(prompt.isOk());
  LavinRowOptions row;
  row.seqLen = 128;
  return ScienceQaDataset(std::move(*problems), std::move(*prompt), tokenizer, row);
}

class LavinGolden : public ::testing::TestWithParam<const char *> {};

TEST_P(LavinGolden, RowsAreExact) {
  std::string name = GetParam(), format = name.substr(0, name.find('+'));
  bool captions = name != format;
  auto tokenizer = loadGolden(std::string(kCase) + "/tokenizer.model");
  ScienceQaDataset data = openGolden(format, captions, *tokenizer);
  ASSERT_EQ(data.size(), 60);

  json records = json::array();
  for (json &record : goldenJson(std::string(kCase) + "/expected.json"))
    if (record["format"] == format && record["use_caption"] == captions)
      records.push_back(std::move(record));
  ASSERT_EQ(records.size(), 60u);
  auto rows = goldenRows(std::string(kCase) + "/rows.safetensors");

  BatchLayout layout;
  layout.imagesPerRow = 1;
  layout.tokensPerImage = 6;
  layout.imageHeight = layout.imageWidth = 1;
  layout.modality = true;
  layout.vocabSize = tokenizer->vocabSize();
  auto noPixels = [](const std::string &, float *) { return Status::ok(); };
  for (int64_t i = 0; i < data.size(); ++i) {
    const json &record = records[i];
    SCOPED_TRACE(record["qid"].get<std::string>());
    PromptText text = data.text(i);
    EXPECT_EQ(text.prompt, record["prompt"].get<std::string>());
    EXPECT_EQ(text.answer, record["answer"].get<std::string>());
    auto sample = data.sample(i);
    ASSERT_TRUE(sample.isOk()) << sample.status().message();
    EXPECT_EQ(sample->id, record["qid"].get<std::string>());
    EXPECT_EQ(sample->modality, record["indicator"].get<int32_t>());
    EXPECT_EQ(sample->promptTokens, record["prompt_tokens"].get<int64_t>());
    EXPECT_EQ(sample->uncutTokens, record["untruncated_tokens"].get<int64_t>());
    auto batch = makeBatch(layout, 128, {{*sample}}, noPixels);
    ASSERT_TRUE(batch.isOk()) << batch.status().message();
    for (const char *tensor : {"input_ids", "labels", "image_slots"})
      EXPECT_EQ(values(batch->tensors, tensor), rows[name + "." + tensor].row(i)) << tensor;
    EXPECT_EQ(values(batch->tensors, "modality"), std::vector<int32_t>{sample->modality});
    ASSERT_EQ(sample->segmentIds.size(), sample->inputIds.size());
    for (int64_t t = 0; t < sample->length(); ++t) {
      EXPECT_EQ(sample->segmentIds[t], t == 0 ? 1 : 2);
      EXPECT_EQ(sample->positionIds[t], t);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, LavinGolden,
                         ::testing::Values("QCM-ALE", "QCM-LEA", "QCM-A", "CQM-A",
                                           "QCM-ALE+caption"));

TEST(LavinRow, WhatGenerationStartsFrom) {
  LavinRowOptions options;
  options.imageTokens = 2;
  options.imagePrefix = "A frog.";
  auto row = encodeLavinRow(llamaTokenizer(), "Hello world", "", "x.png", options, true);
  ASSERT_TRUE(row.isOk());
  // Ids of "A frog." and "Hello world" are rows of the golden table of spm-llama.
  EXPECT_EQ(row->inputIds,
            (std::vector<int32_t>{0, 1, 318, 276, 1596, 1851, 0, 0, 685, 320, 326, 372, 504}));
  EXPECT_EQ(row->imageSlots,
            (std::vector<int32_t>{-1, -1, -1, -1, -1, -1, 0, 1, -1, -1, -1, -1, -1}));
  EXPECT_EQ(row->labels, std::vector<int32_t>(13, kIgnoredLabel));
}

TEST(LavinRow, RefusesRowsWithoutTokens) {
  LavinRowOptions options;
  options.seqLen = 0;
  auto row = encodeLavinRow(llamaTokenizer(), "p", "a", "", options);
  ASSERT_FALSE(row.isOk());
  EXPECT_EQ(row.status().code(), StatusCode::BadUsage);
}

TEST(LavinRow, UnknownTokensOfAnAnswerAreLearntOnRequest) {
  // A tokenizer with one id per byte, and unk for '?'.
  struct WithUnk final : Tokenizer {
    StatusOr<std::vector<int32_t>> encode(std::string_view text) const override {
      std::vector<int32_t> ids;
      for (char c : text)
        ids.push_back(c == '?' ? 0 : c);
      return ids;
    }
    StatusOr<std::vector<int32_t>> encodeWithSpecials(std::string_view text) const override {
      return encode(text);
    }
    StatusOr<std::string> decode(const std::vector<int32_t> &, bool) const override {
      return std::string();
    }
    int32_t bosId() const override { return 1; }
    int32_t eosId() const override { return 2; }
    int32_t unkId() const override { return 0; }
    int32_t padId() const override { return kNone; }
    int64_t vocabSize() const override { return 128; }
  } letters;
  LavinRowOptions options;
  options.textPrefix = "N";
  auto ignored = encodeLavinRow(letters, "p", "a?b", "", options);
  options.ignoreUnknown = false;
  auto learnt = encodeLavinRow(letters, "p", "a?b", "", options);
  ASSERT_TRUE(ignored.isOk() && learnt.isOk());
  EXPECT_EQ(ignored->inputIds, (std::vector<int32_t>{0, 1, 'N', 'p', 'a', 0, 'b', 2}));
  EXPECT_EQ(ignored->labels, (std::vector<int32_t>{-100, -100, -100, -100, 'a', -100, 'b', 2}));
  EXPECT_EQ(learnt->labels, (std::vector<int32_t>{-100, -100, -100, -100, 'a', 0, 'b', 2}));
}

static ScienceQaProblem smallProblem() {
  ScienceQaProblem problem;
  problem.id = "7";
  problem.question = "Q?";
  problem.hint = "H";
  problem.lecture = "L1\nL2";
  problem.solution = "S";
  problem.choices = {"x", "y"};
  problem.answer = 1;
  return problem;
}

TEST(PromptFormat, Inputs) {
  const std::string q = "Question: Q?\n", c = "Context: H\n", m = "Options: (A) x (B) y\n";
  const std::string r = "Response:";
  const std::pair<const char *, std::string> expected[] = {
      {"CQM", c + q + m + r},
      {"QCM", q + c + m + r},
      {"QCML", q + c + m + "BECAUSE: L1\\nL2\n" + r},
      {"QCME", q + c + m + "BECAUSE: S\n" + r},
      {"QCMLE", q + c + m + "BECAUSE: L1\\nL2 S\n" + r},
      {"QCLM", q + c + "BECAUSE: L1\\nL2\n" + m + r},
      {"QCEM", q + c + "BECAUSE: S\n" + m + r},
      {"QCLEM", q + c + "BECAUSE: L1\\nL2 S\n" + m + r}};
  for (auto &[name, prompt] : expected) {
    auto format = PromptFormat::parse(std::string(name) + "-A");
    ASSERT_TRUE(format.isOk()) << name;
    EXPECT_EQ(format->build(smallProblem()).prompt, prompt) << name;
  }
}

TEST(PromptFormat, Outputs) {
  const std::string a = "The answer is B.";
  const std::pair<const char *, std::string> expected[] = {
      {"A", a},
      {"AL", a + " BECAUSE: S"}, // swapped, as in LaVIN
      {"AE", a + " BECAUSE: L1\\nL2"},
      {"ALE", a + " BECAUSE: L1\\nL2 S"},
      {"AEL", a + " BECAUSE: S L1\\nL2"},
      {"LA", "L1\\nL2 " + a},
      {"EA", "S " + a},
      {"LEA", "L1\\nL2 S " + a},
      {"ELA", "S L1\\nL2 " + a}};
  for (auto &[name, answer] : expected) {
    auto format = PromptFormat::parse(std::string("QCM-") + name);
    ASSERT_TRUE(format.isOk()) << name;
    EXPECT_EQ(format->build(smallProblem()).answer, answer) << name;
  }
}

TEST(PromptFormat, TwentyThreeOfLavin) {
  for (const char *name :
       {"CQM-A",  "CQM-LA", "CQM-EA",  "CQM-LEA", "CQM-ELA", "CQM-AL",  "CQM-AE", "CQM-ALE",
        "QCM-A",  "QCM-LA", "QCM-EA",  "QCM-LEA", "QCM-ELA", "QCM-AL",  "QCM-AE", "QCM-ALE",
        "QCML-A", "QCME-A", "QCMLE-A", "QCLM-A",  "QCEM-A",  "QCLEM-A", "QCML-AE"})
    EXPECT_TRUE(PromptFormat::parse(name).isOk()) << name;
  for (const char *name : {"", "QCM", "QCM-", "-A", "QMC-A", "QCM-B", "QCM-A-A", "qcm-a"}) {
    auto format = PromptFormat::parse(name);
    ASSERT_FALSE(format.isOk()) << name;
    EXPECT_EQ(format.status().code(), StatusCode::BadUsage);
  }
}

TEST(PromptFormat, StripsWhatPythonStrips) {
  ScienceQaProblem problem = smallProblem();
  problem.hint = "\xE3\x80\x80\x1C H \xC2\xA0i\xE2\x80\x83\x85"; // a stray 0x85 byte is no blank
  problem.solution = "S\xE2\x80\xA8\xC2\x85";
  auto format = PromptFormat::parse("CQM-AL");
  PromptText text = format->build(problem);
  EXPECT_EQ(text.prompt.substr(0, 24), "Context: H \xC2\xA0i\xE2\x80\x83\x85\nQuest");
  EXPECT_EQ(text.answer, "The answer is B. BECAUSE: S");
}
