// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/ChoiceQuestions.h"

#include <algorithm>
#include <cmath>
#include <iterator>

using namespace mmc;

bool ChoiceQuestions::suits(const std::string &promptFormat) {
  size_t dash = promptFormat.find('-');
  return dash != std::string::npos && promptFormat.compare(dash + 1, 1, "A") == 0;
}

/// How many tokens all rows have in common at their beginning, or at their end.
static size_t commonLength(const std::vector<Sample> &rows, bool atEnd) {
  const std::vector<int32_t> &first = rows.front().inputIds;
  size_t common = first.size();
  for (const Sample &sample : rows) {
    const std::vector<int32_t> &other = sample.inputIds;
    common = std::min(common, other.size());
    auto count = [&](auto begin, auto otherBegin) {
      return static_cast<size_t>(std::mismatch(begin, begin + common, otherBegin).first - begin);
    };
    common = atEnd ? count(first.rbegin(), other.rbegin()) : count(first.begin(), other.begin());
  }
  return common;
}

Status ChoiceQuestions::addRows(int64_t index, std::vector<Row> &rows) const {
  const ScienceQaProblem &problem = data.problem(index);
  const std::string prompt = data.text(index).prompt;
  std::vector<Sample> samples;
  const auto options = static_cast<int64_t>(problem.choices.size());
  // With one option, a second row still shows where the letter stands.
  for (int64_t option = 0; option < std::max<int64_t>(options, 2); ++option) {
    const std::string answer =
        std::string("The answer is ") + static_cast<char>('A' + option) + ".";
    MMC_ASSIGN_OR_RETURN(Sample sample,
                         encodeLavinRow(tokenizer, prompt, answer, problem.imageFile, row));
    if (sample.inputIds.back() != tokenizer.eosId())
      return Status::ok(); // cut off
    sample.id = problem.id;
    samples.push_back(std::move(sample));
  }
  const auto begin = static_cast<int64_t>(commonLength(samples, /*atEnd=*/false));
  const auto tail = static_cast<int64_t>(commonLength(samples, /*atEnd=*/true));
  const size_t shared = rows.size();
  rows.push_back({samples.front(), {}});
  for (int64_t option = 0; option < options; ++option) {
    const std::vector<int32_t> ids = samples[option].inputIds;
    const int64_t end = std::max(samples[option].length() - tail, begin + 1);
    size_t place = shared;
    if (end > begin + 1 && option > 0) {
      place = rows.size();
      rows.push_back({std::move(samples[option]), {}});
    }
    for (int64_t t = begin; t < end; ++t)
      rows[place].pieces.push_back({index, option, t - 1, ids[t]});
  }
  return Status::ok();
}

/// log p of `token` in a softmax over `logits`.
static double logProbability(const float *logits, int64_t count, int32_t token) {
  const float highest = *std::max_element(logits, logits + count);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += std::exp(static_cast<double>(logits[i]) - highest);
  return static_cast<double>(logits[token]) - highest - std::log(sum);
}

Status ChoiceQuestions::score(TrainModel &model, const std::vector<Row> &rows,
                              std::vector<std::vector<double>> &scores) const {
  std::vector<std::vector<Sample>> samples;
  std::vector<Piece> pieces;
  std::vector<std::array<int64_t, 2>> positions;
  for (const Row &item : rows) {
    for (const Piece &piece : item.pieces) {
      pieces.push_back(piece);
      positions.push_back({static_cast<int64_t>(samples.size()), piece.column});
    }
    samples.push_back({item.sample});
  }
  MMC_ASSIGN_OR_RETURN(Batch batch, makeBatch(layout, seqLen, samples, pixels));
  MicroBatch input;
  input.tensors = std::move(batch.tensors);
  input.name = "question '" + rows.front().sample.id + "'";
  MMC_ASSIGN_OR_RETURN(Tensor logits, model.logits(input, positions));
  const int64_t vocabulary = logits.shape().back();
  for (size_t i = 0; i < pieces.size(); ++i) {
    std::vector<double> &options = scores[pieces[i].question];
    if (static_cast<int64_t>(options.size()) <= pieces[i].option)
      options.resize(pieces[i].option + 1);
    options[pieces[i].option] +=
        logProbability(logits.as<float>() + i * vocabulary, vocabulary, pieces[i].token);
  }
  return Status::ok();
}

StatusOr<MultipleChoiceScore> ChoiceQuestions::ask(TrainModel &model, int64_t limit) const {
  const int64_t count = limit > 0 ? std::min(limit, data.size()) : data.size();
  std::vector<std::vector<double>> scores(count);
  std::vector<Row> rows;
  for (int64_t i = 0; i < count; ++i) {
    MMC_RETURN_IF_ERROR(addRows(i, rows));
    const auto batchSize = static_cast<size_t>(layout.batchSize);
    while (rows.size() >= batchSize || (i + 1 == count && !rows.empty())) {
      const size_t taken = std::min(batchSize, rows.size());
      std::vector<Row> now(std::make_move_iterator(rows.begin()),
                           std::make_move_iterator(rows.begin() + taken));
      rows.erase(rows.begin(), rows.begin() + taken);
      MMC_RETURN_IF_ERROR(score(model, now, scores));
    }
  }
  MultipleChoiceScore result;
  for (int64_t i = 0; i < count; ++i) {
    std::optional<int64_t> chosen;
    if (!scores[i].empty())
      chosen = std::max_element(scores[i].begin(), scores[i].end()) - scores[i].begin();
    const ScienceQaProblem &problem = data.problem(i);
    result.add(chosen, problem.answer, !problem.imageFile.empty());
  }
  return result;
}
