// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/OpenData.h"

#include "../Data/Golden.h"
#include "mmc/Runtime/Train/TrainSettings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

using namespace mmc;

namespace {

/// One captioned picture, of the project's goldens.
class OpenDataTest : public testing::Test {
protected:
  void SetUp() override {
    file = testing::TempDir() + "open-data.json";
    std::ofstream(file) << R"([{"id": "one", "image": ")" << test::golden("image/files/crop3-61x90.png") <<
        R"(", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a"}]}])";
    settings.data = settings.evalData = file;
    settings.tokenizer = test::golden("tokenizer/spm-llama/model");
    settings.seqLen = {16};
    settings.batchSize = 1;
    settings.evalBlankImages = true;
  }

  /// The pixels of the one batch.
  std::vector<float> pixels(const DataRequest &request) {
    const std::vector<ProgramTensor> inputs = {{"input_ids", DType::I32, {1, 16}},
                                               {"image_slots", DType::I32, {1, 16}, 2},
                                               {"pixel_values", DType::F32, {1, 3, 8, 8}}};
    StatusOr<OpenedData> opened = openData(settings, request, inputs, false);
    EXPECT_TRUE(opened.isOk()) << opened.status().message();
    if (!opened.isOk())
      return {};
    StatusOr<MicroBatch> batch = opened->source->next();
    EXPECT_TRUE(batch.isOk()) << batch.status().message();
    if (!batch.isOk())
      return {};
    const Tensor &tensor = batch->tensors.at("pixel_values");
    const float *begin = static_cast<const float *>(tensor.data());
    return std::vector<float>(begin, begin + elementCount(tensor.shape()));
  }

  std::string file;
  TrainSettings settings;
};

TEST_F(OpenDataTest, BlankImagesAreForEvaluationOnly) {
  StatusOr<DataRequest> training = trainingData(settings), evaluation = evaluationData(settings);
  ASSERT_TRUE(training.isOk() && evaluation.isOk());
  auto isZero = [](float value) { return value == 0; };
  const std::vector<float> seen = pixels(*training), blank = pixels(*evaluation);
  ASSERT_EQ(seen.size(), 192u);
  ASSERT_EQ(blank.size(), 192u);
  EXPECT_FALSE(std::all_of(seen.begin(), seen.end(), isZero));
  EXPECT_TRUE(std::all_of(blank.begin(), blank.end(), isZero));
}

} // namespace
