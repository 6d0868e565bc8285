// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The option that a model finds most likely, on the golden problems.

#include "mmc/Runtime/Train/ChoiceQuestions.h"
#include "../Data/Golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

using namespace mmc;
using namespace mmc::test;

namespace {

/// Predicts what a given text continues with.
class Oracle final : public TrainModel {
public:
  /// The tokens that follow the question in `row` of `ids`, from column `from` on.
  std::function<std::vector<int32_t>(const std::string &question)> answer;
  std::vector<int32_t> lead; ///< tokens of "The answer is"
  std::map<std::vector<int32_t>, std::string> questions; ///< by their prompt's tokens
  int64_t vocabulary = 0, rowsAsked = 0;

  StatusOr<LossSum> gradients(MicroBatch &, RandomKey, GradientSum &) override { return LossSum{}; }
  void update(const UpdateNumbers &, GradientSum &) override {}
  StatusOr<LossSum> loss(MicroBatch &) override { return LossSum{}; }
  StatusOr<Tensor> logits(MicroBatch &batch,
                          const std::vector<std::array<int64_t, 2>> &positions) override {
    const Tensor &ids = batch.tensors.at("input_ids");
    Tensor rows(DType::F32, {static_cast<int64_t>(positions.size()), vocabulary});
    for (size_t i = 0; i < positions.size(); ++i) {
      const int32_t *row = ids.as<int32_t>() + positions[i][0] * ids.shape()[1];
      const int64_t column = positions[i][1];
      // Where the lead ends tells how much of the answer stands there already.
      int64_t end = column + 1;
      while (end > 0 && !std::equal(lead.begin(), lead.end(), row + end - lead.size()))
        --end;
      EXPECT_GT(end, 0) << "asked away from 'The answer is'";
      std::vector<int32_t> prompt(row, row + end - lead.size());
      std::vector<int32_t> follows = answer(questions[prompt]);
      const size_t given = column + 1 - end;
      if (given < follows.size() && std::equal(row + end, row + column + 1, follows.begin()))
        rows.as<float>()[i * vocabulary + follows[given]] = 20;
    }
    rowsAsked += positions.size();
    return rows;
  }
  int64_t peakBytes() const override { return 0; }
};

struct ChoiceQuestionsTest : testing::Test {
  const Tokenizer &tokenizer = *goldenTokenizer();
  std::vector<ScienceQaProblem> problems;
  LavinRowOptions row;
  BatchLayout layout;
  Oracle oracle;

  static const Tokenizer *goldenTokenizer() {
    static const std::unique_ptr<Tokenizer> tokenizer =
        std::move(*Tokenizer::load(golden("lavin-data/picture-qa/tokenizer.model")));
    return tokenizer.get();
  }

  void SetUp() override {
    auto loaded = loadScienceQa(golden("lavin-data/picture-qa"), {"train", false});
    ASSERT_TRUE(loaded.isOk()) << loaded.status().message();
    problems = *loaded;
    row.seqLen = 512;
    layout.batchSize = 3;
    layout.imagesPerRow = 1;
    layout.tokensPerImage = row.imageTokens;
    layout.imageHeight = layout.imageWidth = 2;
    layout.modality = true;
    oracle.vocabulary = tokenizer.vocabSize();
    auto behind = *tokenizer.encode("Response:The answer is"), before = *tokenizer.encode("Response:");
    oracle.lead.assign(behind.begin() + before.size(), behind.end());
  }

  /// The tokens of a letter where it follows "The answer is".
  std::vector<int32_t> letter(int64_t option) {
    auto ids = *tokenizer.encode(std::string("Response:The answer is ") +
                                 static_cast<char>('A' + option) + ".");
    auto lead = *tokenizer.encode("Response:The answer is");
    return {ids.begin() + lead.size(), ids.end() - 1};
  }

  MultipleChoiceScore ask(int64_t limit = 0) {
    ScienceQaDataset data(problems, *PromptFormat::parse("QCM-ALE"), tokenizer, row);
    for (int64_t i = 0; i < data.size(); ++i) {
      auto sample = encodeLavinRow(tokenizer, data.text(i).prompt, "The answer is A.",
                                   problems[i].imageFile, row);
      const std::vector<int32_t> &ids = sample->inputIds;
      size_t tail = oracle.lead.size() + letter(0).size() + 2; // ". EOS"
      if (ids.back() == tokenizer.eosId())
        oracle.questions[{ids.begin(), ids.end() - tail}] = problems[i].id;
    }
    auto noPixels = [](const std::string &, float *) { return Status::ok(); };
    ChoiceQuestions questions(data, tokenizer, row, layout, row.seqLen, noPixels);
    auto score = questions.ask(oracle, limit);
    EXPECT_TRUE(score.isOk()) << score.status().message();
    return *score;
  }
  const ScienceQaProblem &problem(const std::string &id) {
    return *std::find_if(problems.begin(), problems.end(),
                         [&](const ScienceQaProblem &p) { return p.id == id; });
  }
};

TEST_F(ChoiceQuestionsTest, KnowingAllAndNothing) {
  EXPECT_EQ(letter(0).size(), 1u);
  EXPECT_EQ(letter(3).size(), 2u) << "the golden tokenizer has no token for D: both ways are tested";
  oracle.answer = [&](const std::string &id) { return letter(problem(id).answer); };
  Tally all = ask().all();
  EXPECT_EQ(all.asked, static_cast<int64_t>(problems.size()));
  EXPECT_EQ(all.unread, 0);
  EXPECT_EQ(all.right, all.asked);
  oracle.answer = [&](const std::string &id) {
    auto choices = static_cast<int64_t>(problem(id).choices.size());
    return letter((problem(id).answer + 1) % choices);
  };
  EXPECT_EQ(ask().all().right, 0);
}

TEST_F(ChoiceQuestionsTest, PicturesAreCountedApart) {
  oracle.answer = [&](const std::string &id) {
    return letter(problem(id).imageFile.empty() ? 25 : problem(id).answer);
  };
  MultipleChoiceScore score = ask();
  EXPECT_GT(score.withImage().asked, 0);
  EXPECT_EQ(score.withImage().right, score.withImage().asked);
  EXPECT_LT(score.textOnly().right, score.textOnly().asked) << "Z is no option";
  EXPECT_EQ(ask(2).all().asked, 2) << "a limit";
}

TEST_F(ChoiceQuestionsTest, CutOffAnswersAreUnread) {
  row.seqLen = 12;
  oracle.answer = [&](const std::string &) { return letter(0); };
  Tally all = ask().all();
  EXPECT_GT(all.asked, 0);
  EXPECT_EQ(all.unread, all.asked);
  EXPECT_EQ(all.right, 0);
}

TEST(ChoiceQuestions, Formats) {
  EXPECT_TRUE(ChoiceQuestions::suits("QCM-ALE"));
  EXPECT_TRUE(ChoiceQuestions::suits("QCM-A"));
  EXPECT_FALSE(ChoiceQuestions::suits("QCM-LEA"));
  EXPECT_FALSE(ChoiceQuestions::suits("QCM"));
}

} // namespace
