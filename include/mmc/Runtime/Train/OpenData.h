// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From --data and a compiled model's inputs to a source of micro-batches.

#ifndef MMC_RUNTIME_TRAIN_OPENDATA_H
#define MMC_RUNTIME_TRAIN_OPENDATA_H

#include "mmc/Runtime/Data/ScienceQa.h"
#include "mmc/Runtime/Data/Tokenizer.h"
#include "mmc/Runtime/Train/ChoiceQuestions.h"
#include "mmc/Runtime/Train/DataSource.h"
#include "mmc/Runtime/Train/ImagePixels.h"
#include "mmc/Runtime/Train/ProgramModel.h"
#include "mmc/Runtime/Train/TrainSettings.h"

#include <memory>
#include <string>
#include <vector>

namespace mmc {

enum class DataKind { ScienceQa, Conversations, Text, Batches, Synthetic };

/// Which data, and how it is walked.
struct DataRequest {
  std::string path, split;
  DataKind kind = DataKind::Text;
  bool pack = false, groupByModality = false, shuffle = true, dropLast = true;
  bool blankImages = false; ///< pictures of zeros, whatever the files hold
};

/// What --data is: by --template, else by looking at it. Io or BadInput when it is nothing known.
StatusOr<DataKind> dataKind(const std::string &path, const std::string &templateName);

/// The training data of these settings.
StatusOr<DataRequest> trainingData(const TrainSettings &settings);
/// The evaluation data: in its own order, not packed, every sample; an empty path when there is
/// none.
StatusOr<DataRequest> evaluationData(const TrainSettings &settings);

/// The shapes to compile for: those of the batch file, else one per sequence length.
StatusOr<std::vector<BatchShapes>> dataShapes(const TrainSettings &settings,
                                              const DataRequest &request);

/// A source with all that it stands on.
struct OpenedData {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<ImagePixels> pixels;
  std::unique_ptr<Dataset> dataset;
  std::unique_ptr<DataSource> source;
  /// Questions for accuracy, when they were asked for and the data has them.
  std::unique_ptr<ChoiceQuestions> questions;
};

/// Opens `request` for a model with these inputs.
StatusOr<OpenedData> openData(const TrainSettings &settings, const DataRequest &request,
                              const std::vector<ProgramTensor> &inputs, bool withQuestions);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_OPENDATA_H
