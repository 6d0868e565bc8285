// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Multiple-choice problems asked by the likelihood of the answer's letter.

#ifndef MMC_RUNTIME_TRAIN_CHOICEQUESTIONS_H
#define MMC_RUNTIME_TRAIN_CHOICEQUESTIONS_H

#include "mmc/Runtime/Data/Batch.h"
#include "mmc/Runtime/Data/MultipleChoice.h"
#include "mmc/Runtime/Data/ScienceQa.h"
#include "mmc/Runtime/Train/TrainModel.h"

#include <memory>
#include <vector>

namespace mmc {

/// Each problem is a row that ends in "The answer is A."; causal attention hides the letter from the
/// position before it. The options' tokens are where the rows of "... is A.", "... is B.", ... differ
/// first, and the option whose token has the highest logit there is chosen: what greedy generation
/// chooses once it has written "The answer is".
class ChoiceQuestions {
public:
  /// `data`, `tokenizer` must outlive it. Problems whose letter is cut off by the sequence length count
  /// as asked and unread.
  ChoiceQuestions(const ScienceQaDataset &data, const Tokenizer &tokenizer, LavinRowOptions row,
                  BatchLayout layout, int64_t seqLen, PixelLoader pixels)
      : data(data), tokenizer(tokenizer), row(row), layout(layout), seqLen(seqLen),
        pixels(std::move(pixels)) {}

  /// Whether answers of this prompt format begin with the letter ("QCM-ALE" yes, "QCM-LEA" no).
  static bool suits(const std::string &promptFormat);

  int64_t batchSize() const { return layout.batchSize; }
  /// Asks the first `limit` problems (0: all).
  StatusOr<MultipleChoiceScore> ask(TrainModel &model, int64_t limit) const;

private:
  struct Question {
    Sample sample;
    int64_t column = -1; ///< that predicts the letter; -1: it is cut off
    std::vector<int32_t> tokens;
  };
  StatusOr<Question> question(int64_t index) const;

  const ScienceQaDataset &data;
  const Tokenizer &tokenizer;
  LavinRowOptions row;
  BatchLayout layout;
  int64_t seqLen;
  PixelLoader pixels;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_CHOICEQUESTIONS_H
