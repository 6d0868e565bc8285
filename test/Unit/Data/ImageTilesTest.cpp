// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tiles of S2's scales equal those that s2wrapper gives its tower (torch's bicubic in f32).

#include "ImageGoldens.h"

#include "mmc/Runtime/Data/ImageTiles.h"

#include <cmath>

using namespace mmc;
using namespace mmc::test;

static constexpr float tolerance = 1e-5f;

/// Expects equal shapes and, within the tolerance, values.
static void expectNear(const StatusOr<Tensor> &tiles, const Tensor &expected) {
  ASSERT_TRUE(tiles.isOk()) << tiles.status().message();
  ASSERT_EQ(tiles->shape(), expected.shape());
  for (int64_t i = 0; i < expected.count(); ++i)
    ASSERT_NEAR(tiles->as<float>()[i], expected.as<float>()[i], tolerance) << "element " << i;
}

TEST(ImageTiles, namedEqualReferences) {
  TensorMap expected = expectedTensors("../image-scales");
  int compared = 0;
  for (const auto &[key, tensor] : expected) {
    // NAME@TILE:FILE
    size_t at = key.find('@'), colon = key.find(':');
    if (at > colon)
      continue;
    SCOPED_TRACE(key);
    StatusOr<Image> image = readImage(imageFile(key.substr(colon + 1)));
    ASSERT_TRUE(image.isOk()) << image.status().message();
    StatusOr<TiledTransform> transform =
        tiledTransform(key.substr(0, at), std::stoll(key.substr(at + 1)));
    ASSERT_TRUE(transform.isOk()) << transform.status().message();
    expectNear(preprocess(*image, *transform), tensor);
    ++compared;
  }
  EXPECT_EQ(compared, int(tiledTransformNames().size()));
}

TEST(ImageTiles, anyPictureAndScalesEqualReferences) {
  TensorMap expected = expectedTensors("../image-scales");
  struct Case {
    const char *key;
    std::vector<int64_t> scales;
    int64_t tileSize;
  };
  for (const Case &each : {Case{"20x20@5,10,15/5", {5, 10, 15}, 5},
                           Case{"11x11@4,8,12/4", {4, 8, 12}, 4}, Case{"2x2@3,6/3", {3, 6}, 3}}) {
    SCOPED_TRACE(each.key);
    const Tensor &picture = expected.at(std::string("picture:") + each.key);
    expectNear(tilesOfScales(picture, each.scales, each.tileSize),
               expected.at(std::string("tiles:") + each.key));
  }
}

TEST(ImageTiles, interpolatesToAnyExtents) {
  TensorMap expected = expectedTensors("../image-scales");
  expectNear(interpolateBicubic(expected.at("picture:5x9"), 7, 4), expected.at("interpolated:5x9"));
}

TEST(ImageTiles, orderIsScalesThenRowsThenColumns) {
  Tensor picture(DType::F32, {1, 2, 2});
  for (int i = 0; i < 4; ++i)
    picture.as<float>()[i] = float(i);
  StatusOr<Tensor> tiles = tilesOfScales(picture, {1, 2}, 1);
  ASSERT_TRUE(tiles.isOk());
  ASSERT_EQ(tiles->shape(), Shape({5, 1, 1, 1}));
  EXPECT_NEAR(tiles->as<float>()[0], 1.5f, tolerance);
  for (int i = 0; i < 4; ++i) // its own size: to the bit
    EXPECT_EQ(tiles->as<float>()[1 + i], float(i));
}

TEST(ImageTiles, refusesNamesSizesAndScales) {
  auto named = [](const char *name, int64_t size) {
    return tiledTransform(name, size).status().message();
  };
  EXPECT_EQ(named("eva-clip-s2", 8), "an image transform into tiles must be one of clip-s2, "
                                     "clip-pad-s2, siglip-s2, siglip-pad-s2, got: eva-clip-s2");
  EXPECT_EQ(named("siglip-s2", 0), "the tile size of siglip-s2 must be between 1 and 1365 (the "
                                   "largest scale is 3 tiles wide), got: 0");
  EXPECT_NE(named("siglip-s2", 1366), "");
  EXPECT_NE(named("siglip-s2", INT64_MAX), "");
  EXPECT_EQ(named("siglip-s2", 1365), "");

  Tensor picture(DType::F32, {1, 2, 2});
  auto scaled = [&](const std::vector<int64_t> &scales, int64_t tileSize) {
    return tilesOfScales(picture, scales, tileSize).status().message();
  };
  EXPECT_EQ(scaled({4, 6}, 4),
            "a scale must be a multiple of the tile size, 4, and at most 4096, got: 6");
  EXPECT_NE(scaled({4, 0}, 4), "");
  EXPECT_NE(scaled({4, 4100}, 4), "");
  EXPECT_NE(scaled({4}, 0), "");
  EXPECT_NE(scaled({}, 4), "");
}

TEST(ImageTiles, modelsTakeOnePicture) {
  Status status = imageTransformFor("siglip-s2", 384).status();
  EXPECT_EQ(status.code(), StatusCode::BadInput);
  EXPECT_NE(status.message().find("got: siglip-s2, which makes 14 tiles"), std::string::npos)
      << status.message();
}
