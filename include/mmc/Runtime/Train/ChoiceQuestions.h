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

/// Each option is a row that ends in "The answer is X.", and the option whose letter is the most
/// likely there is chosen: what greedy generation chooses once it has written "The answer is". A
/// letter's tokens are those between what all rows begin and end with; usually it is one, and one
/// row serves all options, because causal attention hides the letter from the position that
/// predicts it.
class ChoiceQuestions {
public:
  /// `data`, `tokenizer` must outlive it. Problems whose letter is cut off by the sequence length
  /// count as asked and unread.
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
  /// The prediction of one token of one option's letter.
  struct Piece {
    int64_t question, option, column;
    int32_t token;
  };
  struct Row {
    Sample sample;
    std::vector<Piece> pieces;
  };
  /// Appends the rows of a problem; none when the letter is cut off.
  Status addRows(int64_t index, std::vector<Row> &rows) const;
  /// Adds the log-likelihoods of at most batchSize() rows to scores[question][option].
  Status score(TrainModel &model, const std::vector<Row> &rows,
               std::vector<std::vector<double>> &scores) const;

  const ScienceQaDataset &data;
  const Tokenizer &tokenizer;
  LavinRowOptions row;
  BatchLayout layout;
  int64_t seqLen;
  PixelLoader pixels;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_CHOICEQUESTIONS_H
