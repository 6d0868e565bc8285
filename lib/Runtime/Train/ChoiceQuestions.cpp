// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/ChoiceQuestions.h"

#include <algorithm>

using namespace mmc;

bool ChoiceQuestions::suits(const std::string &promptFormat) {
  size_t dash = promptFormat.find('-');
  return dash != std::string::npos && promptFormat.compare(dash + 1, 1, "A") == 0;
}

StatusOr<ChoiceQuestions::Question> ChoiceQuestions::question(int64_t index) const {
  const ScienceQaProblem &problem = data.problem(index);
  const std::string prompt = data.text(index).prompt;
  Question question;
  std::vector<std::vector<int32_t>> rows;
  for (size_t option = 0; option < std::max<size_t>(problem.choices.size(), 2); ++option) {
    const std::string answer =
        std::string("The answer is ") + static_cast<char>('A' + option) + ".";
    MMC_ASSIGN_OR_RETURN(Sample sample,
                         encodeLavinRow(tokenizer, prompt, answer, problem.imageFile, row));
    rows.push_back(sample.inputIds);
    if (option == 0)
      question.sample = std::move(sample);
  }
  question.sample.id = problem.id;
  // The first place where any two rows differ: before it they are one prefix.
  size_t length = rows[0].size();
  for (const std::vector<int32_t> &other : rows)
    length = std::min<size_t>(
        length, std::mismatch(rows[0].begin(), rows[0].end(), other.begin(), other.end()).first -
                    rows[0].begin());
  for (const std::vector<int32_t> &other : rows)
    if (length == 0 || length >= other.size())
      return question; // the letter is cut off
  question.column = static_cast<int64_t>(length) - 1;
  for (size_t option = 0; option < problem.choices.size(); ++option)
    question.tokens.push_back(rows[option][length]);
  return question;
}

StatusOr<MultipleChoiceScore> ChoiceQuestions::ask(TrainModel &model, int64_t limit) const {
  MultipleChoiceScore score;
  const int64_t count = limit > 0 ? std::min(limit, data.size()) : data.size();
  for (int64_t begin = 0; begin < count; begin += layout.batchSize) {
    const int64_t end = std::min(begin + layout.batchSize, count);
    std::vector<Question> questions;
    std::vector<std::vector<Sample>> rows;
    std::vector<std::array<int64_t, 2>> positions;
    for (int64_t i = begin; i < end; ++i) {
      MMC_ASSIGN_OR_RETURN(Question asked, question(i));
      positions.push_back({i - begin, std::max<int64_t>(asked.column, 0)});
      rows.emplace_back().push_back(std::move(asked.sample));
      questions.push_back(std::move(asked));
    }
    MMC_ASSIGN_OR_RETURN(Batch batch, makeBatch(layout, seqLen, rows, pixels));
    MicroBatch input;
    input.tensors = std::move(batch.tensors);
    input.name = "question '" + data.id(begin) + "'";
    MMC_ASSIGN_OR_RETURN(Tensor logits, model.logits(input, positions));
    const int64_t vocabulary = logits.shape().back();
    for (int64_t i = begin; i < end; ++i) {
      const Question &asked = questions[i - begin];
      const float *values = logits.as<float>() + (i - begin) * vocabulary;
      std::optional<int64_t> chosen;
      for (size_t option = 0; asked.column >= 0 && option < asked.tokens.size(); ++option)
        if (!chosen || values[asked.tokens[option]] > values[asked.tokens[*chosen]])
          chosen = static_cast<int64_t>(option);
      const ScienceQaProblem &problem = data.problem(i);
      score.add(chosen, problem.answer, !problem.imageFile.empty());
    }
  }
  return score;
}
