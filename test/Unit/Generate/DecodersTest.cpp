// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the decoders compute token by token is what the reference implementations computed for whole
// rows.

#include "mmc/Runtime/Generate/Decoders.h"
#include "mmc/Runtime/Generate/Prompt.h"
#include "mmc/Runtime/Model/AdapterConfig.h"
#include "mmc/Runtime/Model/FileShapes.h"

#include "../Data/Golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ostream>

using namespace mmc;
using namespace mmc::test;

namespace {

/// A row of a golden batch, cut into a prompt and tokens that follow it.
struct DecodeCase {
  std::string name, golden, adapter, expected, inputs;
  int64_t row, promptLength;
  /// Of the case's own runs.json; in bf16 8 roundings of 2⁻⁸.
  double rtol;
  DType dtype = DType::F32;
};

void PrintTo(const DecodeCase &c, std::ostream *stream) { *stream << c.name; }

class Decoders : public ::testing::TestWithParam<DecodeCase> {
protected:
  /// Imports the case's model and fills the request.
  void open(const TempDir &work) {
    const DecodeCase &c = GetParam();
    const std::string folder = golden(c.golden), model = work.path("model.mlir");
    const bool lavin = c.golden.rfind("lavin/", 0) == 0;
    const std::string import = lavin ? "--connector=lavin --llm=" + folder +
                                           "/model-hf/llm --vision=" + folder + "/model-hf/vision"
                                     : "--model=" + folder + "/model";
    ASSERT_EQ(std::system((MMC_TEST_TOOLS "/mmc-import " + import + " -o " + model).c_str()), 0);
    request.base.modelFile = model;
    request.base.dtype = c.dtype;
    if (lavin)
      request.sources.weights = {folder + "/model-hf/llm", folder + "/model-hf/vision"};
    else
      request.sources.weights = {folder + "/model"};
    if (!c.adapter.empty()) {
      StatusOr<AdapterConfig> adapter = readAdapter(folder + "/" + c.adapter);
      ASSERT_TRUE(adapter.isOk()) << adapter.status().message();
      request.base.adapter = adapter->spec;
      request.sources.adapterDirectory = adapter->directory;
    }
    StatusOr<std::map<std::string, Shape>> shapes = fileShapes(request.sources);
    ASSERT_TRUE(shapes.isOk()) << shapes.status().message();
    request.base.fileShapes = *shapes;
    CompileRequest asked = request.base;
    asked.entries = {"logits"};
    asked.batch = asked.images = 1;
    asked.seqLen = 16;
    StatusOr<std::vector<ProgramTensor>> inputs = Program::inputs(asked);
    ASSERT_TRUE(inputs.isOk()) << inputs.status().message();
    StatusOr<BatchLayout> layout = promptLayout(*inputs);
    ASSERT_TRUE(layout.isOk()) << layout.status().message();
    request.layout = *layout;
    readRow();
  }

  /// The row as a sample, and its logits.
  void readRow() {
    const DecodeCase &c = GetParam();
    std::map<std::string, IntRows> inputs = goldenRows(c.golden + "/" + c.inputs);
    row.id = "row";
    row.inputIds = inputs["input_ids"].row(c.row);
    row.positionIds = inputs["position_ids"].row(c.row);
    row.segmentIds = inputs["segment_ids"].row(c.row);
    row.labels.assign(row.inputIds.size(), kIgnoredLabel);
    row.imageSlots.assign(row.inputIds.size(), -1);
    StatusOr<SafetensorsFile> file = SafetensorsFile::open(golden(c.golden + "/" + c.inputs));
    ASSERT_TRUE(file.isOk());
    if (request.layout.modality) {
      row.modality = inputs["modality"].row(c.row)[0];
      row.imageSlots = inputs["image_slots"].row(c.row);
      for (int32_t &slot : row.imageSlots)
        slot = slot < 0 ? -1 : slot - c.row * request.layout.tokensPerImage;
      if (row.modality)
        row.images = {"picture"};
      const TensorView pixels = *file->find("pixel_values");
      const int64_t size = pixels.count() / pixels.shape[0];
      const float *own = pixels.as<float>() + c.row * size;
      picture.assign(own, own + size);
      request.pixels = [this](const std::string &, float *to) {
        std::memcpy(to, picture.data(), picture.size() * sizeof(float));
        return Status::ok();
      };
    }
    StatusOr<SafetensorsFile> results = SafetensorsFile::open(golden(c.golden + "/" + c.expected));
    ASSERT_TRUE(results.isOk());
    const TensorView logits = *results->find("logits");
    vocabulary = logits.shape[2];
    for (int64_t i = 0; i < logits.count(); ++i)
      largest = std::max(largest, std::fabs(logits.as<float>()[i]));
    const float *own = logits.as<float>() + c.row * logits.shape[1] * vocabulary;
    expected.assign(own, own + logits.shape[1] * vocabulary);
  }

  Sample prompt() const {
    Sample cut = row;
    const int64_t length = GetParam().promptLength;
    for (std::vector<int32_t> *part :
         {&cut.inputIds, &cut.labels, &cut.positionIds, &cut.segmentIds, &cut.imageSlots})
      part->resize(length);
    return cut;
  }

  /// Rows `promptLength` − 1 … of the reference, one after the other.
  void expectReference(DecodingModel &model) {
    for (int64_t t = GetParam().promptLength - 1; t < row.length(); ++t) {
      StatusOr<Tensor> logits =
          t == GetParam().promptLength - 1 ? model.begin(prompt()) : model.append(row.inputIds[t]);
      ASSERT_TRUE(logits.isOk()) << logits.status().message();
      ASSERT_EQ(logits->count(), vocabulary);
      for (int64_t i = 0; i < vocabulary; ++i)
        ASSERT_TRUE(std::fabs(logits->as<float>()[i] - expected[t * vocabulary + i]) <=
                    GetParam().rtol * largest)
            << "token " << t << ", logit " << i << ", got: " << logits->as<float>()[i]
            << " != " << expected[t * vocabulary + i];
    }
  }

  DecoderRequest request;
  Sample row;
  std::vector<float> picture, expected;
  int64_t vocabulary = 0;
  float largest = 0;
};

} // namespace

TEST_P(Decoders, GiveTheReferencesLogits) {
  TempDir work;
  ASSERT_NO_FATAL_FAILURE(open(work));
  request.base.cacheDir = work.path("cache");
  request.promptLength = GetParam().promptLength;
  request.capacity = row.length();
  using Make = StatusOr<std::unique_ptr<DecodingModel>> (*)(const DecoderRequest &);
  for (auto &[name, make] : {std::pair<const char *, Make>("whole rows", fullForwardDecoder),
                             {"cache", cachedDecoder}}) {
    SCOPED_TRACE(name);
    StatusOr<std::unique_ptr<DecodingModel>> model = make(request);
    ASSERT_TRUE(model.isOk()) << model.status().message();
    EXPECT_GE((*model)->capacity(), row.length());
    expectReference(**model);
    // A second prompt starts afresh.
    expectReference(**model);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Golden, Decoders,
    ::testing::Values(DecodeCase{"mha", "lm/llama-mha", "", "expected.safetensors",
                                 "inputs.safetensors", 0, 7, 8e-5},
                      DecodeCase{"gqa", "lm/llama-gqa", "", "expected.safetensors",
                                 "inputs.safetensors", 1, 1, 8e-5},
                      DecodeCase{"gqaBf16", "lm/llama-gqa", "", "expected.safetensors",
                                 "inputs.safetensors", 0, 5, 8.0 / 256, DType::BF16},
                      DecodeCase{"lora", "lm/llama-lora", "adapter", "expected.safetensors",
                                 "inputs.safetensors", 1, 4, 8e-5},
                      DecodeCase{"lavinPicture", "lavin/lavin-tiny", "adapter",
                                 "expected.safetensors", "inputs.safetensors", 2, 17, 1e-4},
                      DecodeCase{"lavinText", "lavin/lavin-tiny", "adapter", "expected.safetensors",
                                 "inputs.safetensors", 1, 2, 1e-4},
                      DecodeCase{"lavinCompat", "lavin/lavin-tiny", "adapter-compat",
                                 "expected-compat.safetensors", "inputs.safetensors", 0, 16, 5e-5},
                      DecodeCase{"lavinBlock", "lavin/lavin-block", "adapter",
                                 "expected.safetensors", "inputs.safetensors", 0, 20, 2e-5}),
    [](const ::testing::TestParamInfo<DecodeCase> &info) { return info.param.name; });

TEST(BucketOf, RoundsUpByAtMostAQuarter) {
  EXPECT_EQ(bucketOf(1), 16);
  EXPECT_EQ(bucketOf(64), 64);
  EXPECT_EQ(bucketOf(65), 80);
  for (int64_t length = 64; length < 5000; ++length) {
    EXPECT_GE(bucketOf(length), length);
    EXPECT_LE(4 * bucketOf(length), 5 * length + 63) << length;
    EXPECT_EQ(bucketOf(bucketOf(length)), bucketOf(length)) << length;
  }
}
