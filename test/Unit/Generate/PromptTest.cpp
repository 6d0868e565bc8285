// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows that generation starts from, by kind of model.

#include "mmc/Runtime/Generate/Prompt.h"

#include "../Data/Golden.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

static ProgramTensor input(const std::string &name, DType dtype, Shape shape, int64_t limit = 0) {
  return {name, dtype, std::move(shape), limit};
}

static std::vector<ProgramTensor> textInputs() {
  return {input("input_ids", DType::I32, {1, 16}, 2000),
          input("position_ids", DType::I32, {1, 16})};
}

static std::vector<ProgramTensor> pictureInputs() {
  std::vector<ProgramTensor> inputs = textInputs();
  inputs.push_back(input("pixel_values", DType::F32, {1, 3, 20, 20}));
  inputs.push_back(input("image_slots", DType::I32, {1, 16}, 3));
  return inputs;
}

TEST(PromptLayout, SaysWhatTheModelTakes) {
  BatchLayout text = *promptLayout(textInputs());
  EXPECT_EQ(text.vocabSize, 2000);
  EXPECT_EQ(text.imagesPerRow, 0);
  EXPECT_FALSE(text.modality);
  BatchLayout picture = *promptLayout(pictureInputs());
  EXPECT_EQ(picture.imagesPerRow, 1);
  EXPECT_EQ(picture.tokensPerImage, 3);
  EXPECT_EQ(picture.imageHeight, 20);
  EXPECT_FALSE(promptLayout({input("pixel_values", DType::F32, {1, 3, 20, 20})}).isOk());
  std::vector<ProgramTensor> wide = pictureInputs();
  wide[2].shape = {1, 3, 20, 30};
  EXPECT_FALSE(promptLayout(wide).isOk());
}

TEST(EncodePrompt, TextIsBosAndPrompt) {
  Sample row = *encodePrompt(llamaTokenizer(), "What is this?", "", *promptLayout(textInputs()));
  std::vector<int32_t> expected = *llamaTokenizer().encodeWithSpecials("What is this?");
  EXPECT_EQ(row.inputIds, expected);
  EXPECT_EQ(row.imageSlots, std::vector<int32_t>(expected.size(), -1));
  EXPECT_EQ(row.segmentIds, std::vector<int32_t>(expected.size(), 1));
  EXPECT_EQ(row.positionIds.back(), static_cast<int32_t>(expected.size()) - 1);
}

TEST(EncodePrompt, PictureStandsBehindBos) {
  Sample row = *encodePrompt(llamaTokenizer(), "A", "cat.png", *promptLayout(pictureInputs()));
  std::vector<int32_t> text = *llamaTokenizer().encode("A");
  std::vector<int32_t> ids = {llamaTokenizer().bosId(), 0, 0, 0}, slots = {-1, 0, 1, 2};
  ids.insert(ids.end(), text.begin(), text.end());
  slots.insert(slots.end(), text.size(), -1);
  EXPECT_EQ(row.inputIds, ids);
  EXPECT_EQ(row.imageSlots, slots);
  EXPECT_EQ(row.images, std::vector<std::string>{"cat.png"});
}

TEST(EncodePrompt, RefusesAPictureThatTheModelCannotTake) {
  StatusOr<Sample> row =
      encodePrompt(llamaTokenizer(), "A", "cat.png", *promptLayout(textInputs()));
  EXPECT_EQ(row.status().message(), "the model takes no pictures, got: --image=cat.png");
}

TEST(EncodePrompt, LavinRowsAreTheReferences) {
  json reference = goldenJson("lavin/lavin-generate/case.json");
  auto tokenizer = loadGolden("lavin/lavin-generate/tokenizer.model");
  ASSERT_NE(tokenizer, nullptr);
  std::vector<ProgramTensor> inputs = pictureInputs();
  inputs.push_back(input("modality", DType::I32, {1}));
  const BatchLayout layout = *promptLayout(inputs);
  for (const json &prompt : reference["prompts"]) {
    Sample row = *encodePrompt(*tokenizer, prompt["text"], prompt["image"], layout);
    EXPECT_EQ(row.inputIds, prompt["input_ids"].get<std::vector<int32_t>>());
    EXPECT_EQ(row.modality, 1);
    for (int64_t t = 0; t < row.length(); ++t) {
      const int64_t from = prompt["image_slots_at"][0], to = prompt["image_slots_at"][1];
      EXPECT_EQ(row.imageSlots[t], t >= from && t < to ? t - from : -1) << t;
    }
  }
}
