// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers that compiled code must not see.

#include "mmc/Runtime/Data/InputCheck.h"

#include <gtest/gtest.h>

#include <limits>

using namespace mmc;

namespace {

struct InputCheck : testing::Test {
  TensorMap batch;
  InputLimits limits{10, 4};

  int32_t *add(const char *name, const Shape &shape, std::vector<int32_t> values) {
    Tensor tensor(DType::I32, shape);
    std::copy(values.begin(), values.end(), tensor.as<int32_t>());
    return (batch[name] = std::move(tensor)).as<int32_t>();
  }
  void SetUp() override {
    add("input_ids", {2, 3}, {0, 9, 5, 1, 2, 3});
    add("labels", {2, 3}, {-100, 9, 5, 1, 0, 3});
    add("image_slots", {2, 3}, {-1, 3, 0, -1, -1, -1});
  }
  std::string refusal() {
    Status status = checkInputs(batch, limits);
    EXPECT_EQ(status.code(), StatusCode::BadInput);
    return status.message();
  }
};

TEST_F(InputCheck, AcceptsTheWholeRange) {
  Status status = checkInputs(batch, limits);
  EXPECT_TRUE(status.isOk()) << status.message();
}

TEST_F(InputCheck, TokenIds) {
  batch["input_ids"].as<int32_t>()[4] = 10;
  EXPECT_EQ(refusal(), "input_ids[1, 1] must lie in [0, 10), got: 10; tokenizer and model do not "
                       "belong together");
  batch["input_ids"].as<int32_t>()[4] = -1;
  EXPECT_NE(refusal().find("got: -1"), std::string::npos);
  limits.vocabSize = 0;
  EXPECT_TRUE(checkInputs(batch, limits).isOk()) << "not known, not checked";
}

TEST_F(InputCheck, IdsOfFilledTokensMayBeAnything) {
  int32_t *ids = batch["input_ids"].as<int32_t>();
  ids[1] = -200;
  ids[2] = 1 << 30;
  ASSERT_TRUE(checkInputs(batch, limits).isOk());
  EXPECT_EQ(ids[1], 0);
  EXPECT_EQ(ids[2], 0);
  ids[0] = ids[3] = -1;
  EXPECT_NE(refusal().find("input_ids[0, 0]"), std::string::npos);
  add("modality", {2}, {0, 1});
  EXPECT_TRUE(checkInputs(batch, limits).isOk()) << "the modality token stands in column 0";
  EXPECT_EQ(ids[3], 0);
}

TEST_F(InputCheck, LabelsSlotsModalityPixels) {
  batch["labels"].as<int32_t>()[5] = 10;
  EXPECT_NE(refusal().find("labels[1, 2] must be -100 or lie in [0, 10), got: 10"),
            std::string::npos);
  batch["labels"].as<int32_t>()[5] = -1;
  EXPECT_NE(refusal().find("got: -1"), std::string::npos);
  batch["labels"].as<int32_t>()[5] = -100;
  batch["image_slots"].as<int32_t>()[1] = 4;
  EXPECT_EQ(refusal(), "image_slots[0, 1] must lie in [-1, 4), got: 4");
  batch["image_slots"].as<int32_t>()[1] = -2;
  EXPECT_NE(refusal().find("got: -2"), std::string::npos);
  batch["image_slots"].as<int32_t>()[1] = -1;
  add("modality", {2}, {0, 2});
  EXPECT_EQ(refusal(), "modality[1] must be 0 (text) or 1 (image), got: 2");
  add("modality", {2}, {0, 1});
  Tensor pixels(DType::F32, {1, 3, 1, 2});
  pixels.as<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  batch["pixel_values"] = std::move(pixels);
  EXPECT_NE(refusal().find("pixel_values[0, 1, 0, 1] must be finite"), std::string::npos);
}

} // namespace
