// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loss and, for multiple-choice problems, accuracy on held-out data.

#ifndef MMC_RUNTIME_TRAIN_EVALUATION_H
#define MMC_RUNTIME_TRAIN_EVALUATION_H

#include "mmc/Runtime/Data/MultipleChoice.h"
#include "mmc/Runtime/Train/ChoiceQuestions.h"
#include "mmc/Runtime/Train/DataSource.h"
#include "mmc/Runtime/Train/Metrics.h"
#include "mmc/Runtime/Train/TrainModel.h"

#include <memory>
#include <optional>

namespace mmc {

/// What is evaluated on.
struct Evaluation {
  std::unique_ptr<DataSource> source;
  /// Batches at most; 0: one epoch.
  int64_t batches = 0;
  /// Questions for accuracy, or null.
  std::unique_ptr<ChoiceQuestions> questions;
};

struct EvaluationResult {
  double loss = 0;
  std::optional<MultipleChoiceScore> score;
};

/// Mean loss over all labels of the data, and the score of the questions. The same batches each
/// time. BadInput when there is no label.
StatusOr<EvaluationResult> evaluate(TrainModel &model, Evaluation &evaluation);

/// For people: "eval_loss 1.25, eval_accuracy 0.5 (with picture 0.5 of 8, text only 0.5 of 4)".
std::string toString(const EvaluationResult &result);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_EVALUATION_H
