// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Samples become the tensors that a module takes.

#include "Golden.h"

#include "mmc/Runtime/Data/Batch.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;

using Ints = std::vector<int32_t>;

static Status noPixels(const std::string &, float *) { return Status::ok(); }

/// LaVIN's golden batch, taken apart into samples and put together again.
TEST(Batch, LavinTiny) {
  auto rows = goldenRows("lavin/lavin-tiny/inputs.safetensors");
  ASSERT_EQ(rows["input_ids"].rows, 3);
  BatchLayout layout;
  layout.batchSize = 3;
  layout.imagesPerRow = 1;
  layout.tokensPerImage = 3;
  layout.imageHeight = layout.imageWidth = 20;
  layout.modality = true;
  layout.padSegment = 2; // LaVIN's padding attends
  std::vector<std::vector<Sample>> samples;
  for (int32_t b = 0; b < 3; ++b) {
    Sample sample;
    sample.id = std::to_string(b);
    sample.inputIds = rows["input_ids"].row(b);
    sample.labels = rows["labels"].row(b);
    sample.positionIds = rows["position_ids"].row(b);
    sample.segmentIds = rows["segment_ids"].row(b);
    sample.imageSlots = rows["image_slots"].row(b);
    size_t length = sample.inputIds.size();
    while (sample.inputIds[length - 1] == 0 && sample.labels[length - 1] == -100)
      --length;
    for (Ints *list : {&sample.inputIds, &sample.labels, &sample.positionIds, &sample.segmentIds,
                       &sample.imageSlots})
      list->resize(length);
    for (int32_t &slot : sample.imageSlots)
      if (slot >= 0)
        slot -= 3 * b;
    sample.modality = rows["modality"].row(b)[0];
    if (sample.modality)
      sample.images.push_back("image");
    samples.push_back({sample});
  }
  auto batch = makeBatch(layout, 40, samples, noPixels);
  ASSERT_TRUE(batch.isOk()) << batch.status().message();
  EXPECT_EQ(batch->tensors.size(), 7u);
  for (auto &[name, golden] : rows)
    EXPECT_EQ(values(batch->tensors, name), golden.values) << name;
  EXPECT_EQ(batch->tensors.at("pixel_values").shape(), (Shape{3, 3, 20, 20}));
  EXPECT_EQ(batch->tensors.at("input_ids").shape(), (Shape{3, 40}));
}

TEST(Batch, PadsAndFillsUp) {
  BatchLayout layout;
  layout.batchSize = 2;
  layout.padId = 9;
  auto batch = makeBatch(layout, 5, {{textSample("a", 3, 3)}}, noPixels);
  ASSERT_TRUE(batch.isOk());
  EXPECT_EQ(values(batch->tensors, "input_ids"), (Ints{3, 4, 5, 9, 9, 9, 9, 9, 9, 9}));
  EXPECT_EQ(values(batch->tensors, "labels"),
            (Ints{-100, 4, 5, -100, -100, -100, -100, -100, -100, -100}));
  EXPECT_EQ(values(batch->tensors, "position_ids"), (Ints{0, 1, 2, 3, 4, 0, 1, 2, 3, 4}));
  EXPECT_EQ(values(batch->tensors, "segment_ids"), (Ints{1, 1, 1, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(batch->tensors.size(), 4u);
  EXPECT_EQ(batch->seqLen, 5);
  ASSERT_EQ(batch->ids.size(), 2u);
  EXPECT_EQ(batch->ids[0], std::vector<std::string>{"a"});
  EXPECT_TRUE(batch->ids[1].empty());
}

/// An image of one or two tokens between two text tokens.
static Sample imageSample(const std::string &id, int32_t first, int32_t tokens) {
  Sample sample = textSample(id, first, 2 + tokens);
  for (int32_t i = 0; i < tokens; ++i)
    sample.imageSlots[1 + i] = i;
  sample.images = {id + ".png"};
  return sample;
}

TEST(Batch, PacksSegmentsAndImages) {
  BatchLayout layout;
  layout.batchSize = 2;
  layout.imagesPerRow = 2;
  layout.tokensPerImage = 2;
  layout.imageHeight = 1;
  layout.imageWidth = 2;
  Sample twoSegments = textSample("t", 30, 3);
  twoSegments.segmentIds = {1, 2, 2};
  std::vector<std::string> asked;
  PixelLoader pixels = [&](const std::string &file, float *to) {
    asked.push_back(file);
    std::fill(to, to + 6, static_cast<float>(file[0]));
    return Status::ok();
  };
  auto batch =
      makeBatch(layout, 10,
                {{imageSample("a", 10, 2), twoSegments, textSample("u", 40, 2)},
                 {textSample("v", 50, 2), imageSample("b", 20, 2), imageSample("c", 60, 2)}},
                pixels);
  ASSERT_TRUE(batch.isOk()) << batch.status().message();
  EXPECT_EQ(values(batch->tensors, "input_ids"), (Ints{10, 11, 12, 13, 30, 31, 32, 40, 41, 0, //
                                                       50, 51, 20, 21, 22, 23, 60, 61, 62, 63}));
  // The first token of a sample is never a label: what stands before it is another sample.
  EXPECT_EQ(values(batch->tensors, "labels"),
            (Ints{-100, 11, 12,   13, -100, 31, 32,   -100, 41, -100, //
                  -100, 51, -100, 21, 22,   23, -100, 61,   62, 63}));
  EXPECT_EQ(values(batch->tensors, "position_ids"), (Ints{0, 1, 2, 3, 0, 1, 2, 0, 1, 2, //
                                                          0, 1, 0, 1, 2, 3, 0, 1, 2, 3}));
  EXPECT_EQ(values(batch->tensors, "segment_ids"), (Ints{1, 1, 1, 1, 2, 3, 3, 4, 4, 0, //
                                                         1, 1, 2, 2, 2, 2, 3, 3, 3, 3}));
  // Row 1 has image places 2 and 3, of two tokens each.
  EXPECT_EQ(values(batch->tensors, "image_slots"), (Ints{-1, 0,  1,  -1, -1, -1, -1, -1, -1, -1, //
                                                         -1, -1, -1, 4,  5,  -1, -1, 6,  7,  -1}));
  EXPECT_EQ(asked, (std::vector<std::string>{"a.png", "b.png", "c.png"}));
  const Tensor &images = batch->tensors.at("pixel_values");
  ASSERT_EQ(images.shape(), (Shape{4, 3, 1, 2}));
  for (int64_t i = 0; i < images.count(); ++i)
    EXPECT_EQ(images.as<float>()[i], (std::vector<float>{'a', 0, 'b', 'c'})[i / 6]) << i;
}

/// The message that a batch of these samples in one row fails with.
static std::string failure(const BatchLayout &layout, const std::vector<Sample> &row,
                           const PixelLoader &pixels = noPixels) {
  auto batch = makeBatch(layout, 4, {row}, pixels);
  EXPECT_FALSE(batch.isOk());
  return batch.isOk() ? "" : batch.status().message();
}

TEST(Batch, RefusesWithTheNameOfTheSample) {
  BatchLayout text;
  text.vocabSize = 10;
  EXPECT_EQ(failure(text, {textSample("x", 8, 3)}),
            "sample 'x': token ids must lie in [0, 10), got: 10 at token 2; tokenizer and model do "
            "not belong together");
  EXPECT_EQ(failure(text, {textSample("x", -1, 3)}).substr(0, 40),
            "sample 'x': token ids must lie in [0, 10");
  Sample label = textSample("x", 1, 3);
  label.labels[1] = 10;
  EXPECT_EQ(failure(text, {label}), "sample 'x': labels must be -100 or lie in [0, 10), got: 10 at "
                                    "token 1");
  EXPECT_EQ(failure(text, {textSample("x", 1, 3), textSample("y", 1, 2)}),
            "sample 'y': a row holds 4 tokens, got: 3 + 2; cut samples at the longest sequence "
            "length");
  EXPECT_EQ(failure(text, {imageSample("x", 1, 1)}),
            "sample 'x': it has an image, but the model takes none");
  Sample lavin = textSample("x", 1, 3);
  lavin.modality = 0;
  EXPECT_NE(failure(text, {lavin}).find("the model has none"), std::string::npos);
  Sample slot = textSample("x", 1, 3);
  slot.imageSlots[0] = 0;
  EXPECT_NE(failure(text, {slot}).find("image tokens must lie in [0, 0)"), std::string::npos);

  BatchLayout image;
  image.imagesPerRow = image.tokensPerImage = image.imageHeight = image.imageWidth = 1;
  EXPECT_NE(failure(image, {imageSample("x", 1, 2)}).find("[0, 1) (1 images of 1), got: 1"),
            std::string::npos);
  Sample two = textSample("z", 1, 1);
  two.images = {"1", "2"};
  EXPECT_EQ(failure(image, {two}), "sample 'z': a row holds 1 images, got: 0 + 2");
  PixelLoader broken = [](const std::string &file, float *) {
    return Status::badInput("'" + file + "' is broken");
  };
  EXPECT_EQ(failure(image, {imageSample("x", 1, 1)}, broken), "sample 'x': 'x.png' is broken");
  image.modality = true;
  EXPECT_NE(failure(image, {textSample("x", 1, 1)}).find("modality token"), std::string::npos);
  EXPECT_NE(failure(image, {lavin, lavin}).find("do not pack"), std::string::npos);
}

TEST(Batch, LeavesOutSamplesWhosePicturesCannotBeRead) {
  BatchLayout layout;
  layout.imagesPerRow = 2;
  layout.tokensPerImage = layout.imageHeight = layout.imageWidth = 1;
  PixelLoader pixels = [](const std::string &file, float *to) {
    std::fill_n(to, 3, file == "bad.png" ? 7.0f : 1.0f);
    return file == "bad.png" ? Status::badInput("bad.png: broken") : Status::ok();
  };
  std::vector<Sample> row = {imageSample("bad", 10, 1), imageSample("good", 20, 1)};
  auto with = makeBatch(layout, 8, {row}, pixels, true);
  auto without = makeBatch(layout, 8, {{row[1]}}, pixels);
  ASSERT_TRUE(with.isOk() && without.isOk());
  EXPECT_EQ(with->skipped, std::vector<std::string>{"sample 'bad': bad.png: broken"});
  EXPECT_EQ(with->ids, without->ids);
  for (const char *name : {"input_ids", "labels", "position_ids", "segment_ids", "image_slots"})
    EXPECT_EQ(values(with->tensors, name), values(without->tensors, name)) << name;
  const Tensor &a = with->tensors.at("pixel_values"), &b = without->tensors.at("pixel_values");
  EXPECT_TRUE(std::equal(a.as<float>(), a.as<float>() + a.count(), b.as<float>()));
  EXPECT_FALSE(makeBatch(layout, 8, {row}, pixels).isOk());
}

namespace {

ProgramTensor input(const std::string &name, Shape shape, int64_t limit = 0) {
  return {name, name == "pixel_values" ? DType::F32 : DType::I32, std::move(shape), limit};
}

/// Two rows of 16 tokens, with two pictures of three tokens each.
std::vector<ProgramTensor> pictureInputs() {
  return {input("input_ids", {2, 16}, 2000), input("labels", {2, 16}, 2000), input("position_ids", {2, 16}),
          input("image_slots", {2, 16}, 12), input("pixel_values", {4, 3, 20, 30}), input("modality", {2})};
}

/// What layoutOf() says when input `name` has another shape.
std::string refusal(const std::string &name, Shape shape, int64_t limit = 0) {
  std::vector<ProgramTensor> inputs = pictureInputs();
  for (ProgramTensor &tensor : inputs)
    if (tensor.name == name)
      tensor = input(name, std::move(shape), limit);
  return std::string(layoutOf(inputs).status().message());
}

} // namespace

TEST(BatchLayout, IsWhatTheInputsSay) {
  StatusOr<BatchLayout> layout = layoutOf(pictureInputs());
  ASSERT_TRUE(layout.isOk()) << layout.status().message();
  EXPECT_EQ(layout->batchSize, 2);
  EXPECT_EQ(layout->vocabSize, 2000);
  EXPECT_EQ(layout->imagesPerRow, 2);
  EXPECT_EQ(layout->tokensPerImage, 3);
  EXPECT_EQ(layout->imageHeight, 20);
  EXPECT_EQ(layout->imageWidth, 30);
  EXPECT_TRUE(layout->modality);
  StatusOr<BatchLayout> text = layoutOf({input("input_ids", {3, 8})});
  ASSERT_TRUE(text.isOk()) << text.status().message();
  EXPECT_EQ(text->batchSize, 3);
  EXPECT_EQ(text->vocabSize, 0);
  EXPECT_EQ(text->imagesPerRow, 0);
  EXPECT_FALSE(text->modality);
  EXPECT_EQ(layoutOf({})->batchSize, 1);
}

TEST(BatchLayout, RefusesOtherShapes) {
  EXPECT_EQ(refusal("input_ids", {}), "input_ids of the model must be [B, T] with a row or more, got: []");
  EXPECT_EQ(refusal("input_ids", {16}), "input_ids of the model must be [B, T] with a row or more, got: [16]");
  EXPECT_EQ(refusal("input_ids", {0, 16}), "input_ids of the model must be [B, T] with a row or more, got: [0, 16]");
  EXPECT_EQ(refusal("position_ids", {16}), "position_ids of the model must be as input_ids, [2, 16], got: [16]");
  EXPECT_EQ(refusal("labels", {}), "labels of the model must be as input_ids, [2, 16], got: []");
  EXPECT_EQ(refusal("modality", {2, 1}), "modality of the model must be [B] for input_ids [2, 16], got: [2, 1]");
  EXPECT_EQ(refusal("pixel_values", {}), "pixel_values of the model must be [N, 3, H, W], got: []");
  EXPECT_EQ(refusal("pixel_values", {4, 1, 20, 30}), "pixel_values of the model must be [N, 3, H, W], got: [4, 1, 20, 30]");
  EXPECT_EQ(refusal("pixel_values", {3, 3, 20, 30}),
            "pixel_values of the model must be [N, 3, H, W] with as many images for each of 2 rows, got: [3, 3, 20, 30]");
  EXPECT_EQ(refusal("image_slots", {2, 16}, 13), "image_slots of the model must count as many rows of features for each "
                                                 "image, got: 13 rows for 4 images of pixel_values");
}
