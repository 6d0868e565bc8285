// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Preprocessed pixels equal those of LLaVA's, Bunny's and LaVIN's transforms.

#include "ImageGoldens.h"

#include "mmc/Runtime/Data/ImageResize.h"
#include "mmc/Runtime/Data/ImageTransform.h"

#include <cmath>

using namespace mmc;
using namespace mmc::test;

/// Largest |a - b|; infinity where either is not a number.
static float largestDifference(const Tensor &a, const Tensor &b) {
  float largest = 0;
  for (int64_t i = 0; i < a.count(); ++i) {
    float difference = std::fabs(a.as<float>()[i] - b.as<float>()[i]);
    if (!(difference <= largest))
      largest = std::isnan(difference) ? INFINITY : difference;
  }
  return largest;
}

/// Expects `transform` to give every tensor of a case. The steps after the resize are two correctly
/// rounded f32 operations on 256 values, so equality is exact.
static void expectCase(const std::string &name, const ImageTransform &transform, size_t count) {
  SCOPED_TRACE(name);
  TensorMap expected = expectedTensors(name);
  ASSERT_EQ(expected.size(), count);
  for (const auto &[key, tensor] : expected) {
    SCOPED_TRACE(key);
    StatusOr<Image> image = readImage(imageFile(key.substr(std::strlen("pixel_values:"))));
    ASSERT_TRUE(image.isOk()) << image.status().message();
    StatusOr<Tensor> values = preprocess(*image, transform);
    ASSERT_TRUE(values.isOk()) << values.status().message();
    ASSERT_EQ(values->shape(), tensor.shape());
    EXPECT_EQ(largestDifference(*values, tensor), 0.0f);
  }
}

static ImageTransform named(const char *name, int64_t size) {
  StatusOr<ImageTransform> transform = imageTransform(name, size);
  EXPECT_TRUE(transform.isOk()) << transform.status().message();
  return *transform;
}

static ImageTransform configured(const std::string &json) {
  StatusOr<ImageTransform> transform = parseImageTransform(json, "preprocessor_config.json");
  EXPECT_TRUE(transform.isOk()) << transform.status().message();
  return transform.isOk() ? *transform : ImageTransform();
}

TEST(ImageTransform, namedEqualReferences) {
  expectCase("lavin", named("lavin", 56), 10);
  expectCase("lavin-224", named("lavin", 224), 1);
  expectCase("clip-pad", named("clip-pad", 56), 10);
  expectCase("siglip", named("siglip", 48), 10);
  expectCase("siglip-pad", named("siglip-pad", 48), 4);
  expectCase("eva-clip", named("eva-clip", 84), 4);
}

TEST(ImageTransform, configuredEqualReferences) {
  expectCase("clip-pad", withPadding(configured(R"({
    "image_processor_type": "CLIPImageProcessor", "do_center_crop": true, "do_resize": true,
    "crop_size": {"height": 56, "width": 56}, "size": {"shortest_edge": 56}, "resample": 3,
    "image_mean": [0.48145466, 0.4578275, 0.40821073], "rescale_factor": 0.00392156862745098,
    "image_std": [0.26862954, 0.26130258, 0.27577711]})")),
             10);
  expectCase("clip-pad", withPadding(configured(R"({
    "feature_extractor_type": "CLIPFeatureExtractor", "size": 56, "crop_size": 56})")),
             10);
  expectCase("siglip", configured(R"({
    "image_processor_type": "SiglipImageProcessor", "size": {"height": 48, "width": 48},
    "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})"),
             10);
  expectCase("siglip-pad", withPadding(configured(R"({
    "image_processor_type": "SiglipImageProcessor", "size": 48})")),
             4);
}

/// A column of `height` gray pixels 0, 1, 2, …
static Image ramp(int64_t width, int64_t height) {
  Image image{width, height, {}};
  for (int64_t y = 0; y < height; ++y)
    image.pixels.insert(image.pixels.end(), width * 3, uint8_t(y));
  return image;
}

TEST(ImageTransform, cropStartsAsTheReferenceDoes) {
  // The shortest edge stays, so nothing is resized: pixel values are row numbers. The rest is 3.
  ImageTransform floor = named("clip", 4), even = named("eva-clip", 4);
  for (ImageTransform *transform : {&floor, &even}) {
    transform->rescale = ImageTransform::Rescale::Multiply;
    transform->rescaleFactor = 1.0;
    transform->mean.fill(0.0f);
    transform->std.fill(1.0f);
  }
  EXPECT_EQ(preprocess(ramp(4, 7), floor)->as<float>()[0], 1.0f);
  EXPECT_EQ(preprocess(ramp(4, 7), even)->as<float>()[0], 2.0f);
  // A rest of 1: one half goes to 0.
  EXPECT_EQ(preprocess(ramp(4, 5), floor)->as<float>()[0], 0.0f);
  EXPECT_EQ(preprocess(ramp(4, 5), even)->as<float>()[0], 0.0f);
}

TEST(ImageTransform, cropOfAConfigMayBeSmallerThanItsSize) {
  ImageTransform transform = configured(R"({"image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": 6}, "crop_size": 4, "do_normalize": false, "do_rescale": false})");
  StatusOr<Tensor> values = preprocess(ramp(6, 9), transform);
  ASSERT_EQ(values->shape(), Shape({3, 4, 4}));
  EXPECT_EQ(values->as<float>()[0], 2.0f);
  EXPECT_EQ(values->as<float>()[12], 5.0f);
}

TEST(ImageTransform, extremeAspectRatiosNeedNoHugeImage) {
  // Resized as a whole it would be 336 x 33600000 pixels. Its rows are constant.
  Image image = ramp(1, 100000);
  StatusOr<Tensor> values = preprocess(image, named("clip", 336));
  ASSERT_TRUE(values.isOk());
  EXPECT_EQ(values->shape(), Shape({3, 336, 336}));
  StatusOr<Tensor> padded = preprocess(image, named("clip-pad", 336));
  ASSERT_FALSE(padded.isOk());
  EXPECT_NE(padded.status().message().find("got: 1 x 100000, a square of 10000000000"),
            std::string::npos);
}

TEST(ImageTransform, windowIsACropOfTheWhole) {
  StatusOr<Image> image = readImage(imageFile("crop3-61x90.png"));
  ASSERT_TRUE(image.isOk());
  // Both orders of passes, and one pass alone.
  for (auto [width, height] : {std::pair<int64_t, int64_t>{70, 40}, {30, 88}, {61, 30}, {30, 90}}) {
    Image whole = resizeBicubic(*image, width, height);
    Image part = resizeBicubic(*image, width, height, {7, 5, 20, 19});
    for (int64_t y = 0; y < 19; ++y)
      EXPECT_TRUE(std::equal(&part.pixels[y * 60], &part.pixels[y * 60] + 60,
                             &whole.pixels[((y + 5) * width + 7) * 3]))
          << width << " x " << height << ", row " << y;
  }
}

TEST(ImageTransform, refusesUnknownNamesAndSizes) {
  auto message = [](const char *name, int64_t size) {
    return imageTransform(name, size).status().message();
  };
  EXPECT_EQ(message("clipp", 56), "an image transform must be one of clip, clip-pad, siglip, "
                                  "siglip-pad, lavin, eva-clip, got: clipp");
  EXPECT_EQ(message("clip", 0),
            "the size of an image transform must be between 1 and 4096, got: 0");
  EXPECT_NE(message("clip", 4097), "");
  EXPECT_EQ(message("clip", 4096), "");
}

TEST(ImageTransform, refusesConfigsItCannotFollow) {
  const std::string clip = R"({"image_processor_type": "CLIPImageProcessor", )";
  const std::pair<std::string, std::string> cases[] = {
      {"{", "got: malformed JSON"},
      {"[1]", "must hold one JSON object"},
      {"{}", "\"feature_extractor_type\" must be"},
      {R"({"image_processor_type": "ViTImageProcessor"})", "got: \"ViTImageProcessor\""},
      {clip + R"("resample": 2})", "\"resample\" must be 3"},
      {clip + R"("do_resize": false})", "\"do_resize\" must be true"},
      {clip + R"("do_resize": "no"})", "\"do_resize\" must be true or false, got: \"no\""},
      {clip + R"("do_center_crop": false})", "\"do_center_crop\" must be true"},
      {clip + R"("size": {"height": 3, "width": 4}})", "both the same, got: {\"height\":3"},
      {clip + R"("size": {"longest_edge": 4}})", "size.shortest_edge"},
      {clip + R"("size": 56, "crop_size": 57})", "got: 57 > 56"},
      {clip + R"("size": 0})", "between 1 and 4096, got: 0"},
      {clip + R"("size": 1e3})", "a whole number"},
      {clip + R"("size": 18446744073709551615})", "a whole number"},
      {clip + R"("image_mean": [0.5, 0.5]})", "\"image_mean\" must be three numbers"},
      {clip + R"("image_std": [0.5, 0, 0.5]})", "three numbers above 0"},
      {clip + R"("rescale_factor": "x"})", "\"rescale_factor\" must be a number"},
  };
  for (const auto &[json, reason] : cases) {
    Status status = parseImageTransform(json, "dir/config.json").status();
    EXPECT_EQ(status.code(), StatusCode::BadInput) << json;
    EXPECT_EQ(status.message().find("dir/config.json: "), 0u) << status.message();
    EXPECT_NE(status.message().find(reason), std::string::npos) << status.message();
  }
}
