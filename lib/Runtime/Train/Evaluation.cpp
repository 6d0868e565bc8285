// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/Evaluation.h"

#include <algorithm>
#include <cmath>

using namespace mmc;

StatusOr<EvaluationResult> mmc::evaluate(TrainModel &model, Evaluation &evaluation) {
  DataSource &source = *evaluation.source;
  MMC_RETURN_IF_ERROR(source.seek({0, 0}));
  MMC_ASSIGN_OR_RETURN(int64_t count, source.batchesIn(0));
  if (evaluation.batches > 0)
    count = count > 0 ? std::min(count, evaluation.batches) : evaluation.batches;
  if (count == 0)
    return Status::badInput("evaluation on data without end needs --eval-batches");
  double sum = 0;
  int64_t labels = 0;
  for (int64_t i = 0; i < count; ++i) {
    MMC_ASSIGN_OR_RETURN(MicroBatch batch, source.next());
    MMC_ASSIGN_OR_RETURN(LossSum loss, model.loss(batch));
    if (!std::isfinite(loss.sum))
      return Status::badInput("the loss of " + batch.name + " is not finite");
    sum += loss.sum;
    labels += loss.labels;
  }
  if (labels == 0)
    return Status::badInput("the evaluation data has no label");
  EvaluationResult result;
  result.loss = sum / static_cast<double>(labels);
  if (evaluation.questions) {
    // The questions are the problems of the batches, one a row.
    int64_t limit = 0;
    if (evaluation.batches > 0)
      limit = evaluation.batches * evaluation.questions->batchSize();
    MMC_ASSIGN_OR_RETURN(result.score, evaluation.questions->ask(model, limit));
  }
  return result;
}

std::string mmc::toString(const EvaluationResult &result) {
  std::string text = "eval_loss " + std::to_string(result.loss);
  if (!result.score)
    return text;
  auto share = [](const Tally &tally) {
    return std::to_string(tally.accuracy()) + " of " + std::to_string(tally.asked);
  };
  return text + ", eval_accuracy " + std::to_string(result.score->all().accuracy()) +
         " (with picture " + share(result.score->withImage()) + ", text only " +
         share(result.score->textOnly()) + ")";
}
