// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// torch's bicubic interpolation, and the tiles that S2 makes with it.

#include "mmc/Runtime/Data/ImageTiles.h"

#include <algorithm>
#include <cmath>

namespace mmc {

namespace {

/// How one output position depends on four input positions along one axis.
struct CubicTaps {
  std::array<int64_t, 4> at;
  std::array<float, 4> weights;
};

/// The cubic convolution kernel (Keys 1981) with A = -0.75, at a distance below 1 and from 1 to 2.
/// The forms and the f32 are those of torch (ATen/native/UpSample.h).
constexpr float a = -0.75f;
float nearWeight(float x) { return ((a + 2) * x - (a + 3)) * x * x + 1; }
float farWeight(float x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; }

std::vector<CubicTaps> cubicTaps(int64_t inExtent, int64_t outExtent) {
  std::vector<CubicTaps> all(outExtent);
  float scale = float(inExtent) / float(outExtent);
  for (int64_t i = 0; i < outExtent; ++i) {
    // align_corners=False: centres of pixels lie on centres.
    float source = scale * (float(i) + 0.5f) - 0.5f;
    int64_t left = std::min(int64_t(std::floor(source)), inExtent - 1);
    float t = std::clamp(source - float(left), 0.0f, 1.0f);
    all[i].weights = {farWeight(t + 1), nearWeight(t), nearWeight(1 - t), farWeight(2 - t)};
    for (int64_t k = 0; k < 4; ++k)
      all[i].at[k] = std::clamp<int64_t>(left + k - 1, 0, inExtent - 1);
  }
  return all;
}

/// Copies a square of `image`, f32 [C, H, W], to `tile`, [C, side, side].
void copyTile(const Tensor &image, int64_t top, int64_t left, int64_t side, float *tile) {
  const Shape &shape = image.shape();
  for (int64_t channel = 0; channel < shape[0]; ++channel)
    for (int64_t y = 0; y < side; ++y, tile += side)
      std::copy_n(image.as<float>() + (channel * shape[1] + top + y) * shape[2] + left, side, tile);
}

Status checkScales(const std::vector<int64_t> &scales, int64_t tileSize) {
  if (tileSize < 1)
    return Status::badInput("the tile size must be positive, got: " + std::to_string(tileSize));
  if (scales.empty())
    return Status::badInput("tiles need at least one scale, got: none");
  for (int64_t scale : scales)
    if (scale < 1 || scale > maxTransformSize || scale % tileSize != 0)
      return Status::badInput("a scale must be a multiple of the tile size, " +
                              std::to_string(tileSize) + ", and at most " +
                              std::to_string(maxTransformSize) + ", got: " + std::to_string(scale));
  return Status::ok();
}

} // namespace

Tensor interpolateBicubic(const Tensor &image, int64_t height, int64_t width) {
  const int64_t channels = image.shape()[0], rows = image.shape()[1], columns = image.shape()[2];
  std::vector<CubicTaps> xTaps = cubicTaps(columns, width), yTaps = cubicTaps(rows, height);
  Tensor result(DType::F32, {channels, height, width});
  std::vector<float> wide(rows * width); // a channel after the horizontal pass
  for (int64_t channel = 0; channel < channels; ++channel) {
    const float *plane = image.as<float>() + channel * rows * columns;
    for (int64_t y = 0; y < rows; ++y) {
      const float *in = plane + y * columns;
      for (int64_t x = 0; x < width; ++x) {
        const auto &[at, weight] = xTaps[x];
        wide[y * width + x] = weight[0] * in[at[0]] + weight[1] * in[at[1]] +
                              weight[2] * in[at[2]] + weight[3] * in[at[3]];
      }
    }
    float *out = result.as<float>() + channel * height * width;
    for (int64_t y = 0; y < height; ++y, out += width) {
      const auto &[at, weight] = yTaps[y];
      for (int64_t x = 0; x < width; ++x)
        out[x] = weight[0] * wide[at[0] * width + x] + weight[1] * wide[at[1] * width + x] +
                 weight[2] * wide[at[2] * width + x] + weight[3] * wide[at[3] * width + x];
    }
  }
  return result;
}

StatusOr<Tensor> tilesOfScales(const Tensor &image, const std::vector<int64_t> &scales,
                               int64_t tileSize) {
  MMC_RETURN_IF_ERROR(checkScales(scales, tileSize));
  int64_t tiles = 0;
  for (int64_t scale : scales)
    tiles += (scale / tileSize) * (scale / tileSize);
  const int64_t channels = image.shape()[0];
  Tensor result(DType::F32, {tiles, channels, tileSize, tileSize});
  float *tile = result.as<float>();
  for (int64_t scale : scales) {
    // At its own size every weight is 0 or 1, so the picture stays as it is.
    Tensor scaled = interpolateBicubic(image, scale, scale);
    for (int64_t top = 0; top < scale; top += tileSize)
      for (int64_t left = 0; left < scale; left += tileSize) {
        copyTile(scaled, top, left, tileSize, tile);
        tile += channels * tileSize * tileSize;
      }
  }
  return result;
}

const std::vector<std::string> &tiledTransformNames() {
  static const std::vector<std::string> names = {"clip-s2", "clip-pad-s2", "siglip-s2",
                                                 "siglip-pad-s2"};
  return names;
}

bool isTiledTransform(std::string_view name) {
  const std::vector<std::string> &names = tiledTransformNames();
  return std::find(names.begin(), names.end(), name) != names.end();
}

StatusOr<TiledTransform> tiledTransform(std::string_view name, int64_t tileSize) {
  if (!isTiledTransform(name)) {
    std::string known;
    for (const std::string &each : tiledTransformNames())
      known += (known.empty() ? "" : ", ") + each;
    return Status::badInput("an image transform into tiles must be one of " + known +
                            ", got: " + std::string(name));
  }
  if (tileSize < 1 || tileSize > maxTransformSize / 3)
    return Status::badInput(
        "the tile size of " + std::string(name) + " must be between 1 and " +
        std::to_string(maxTransformSize / 3) +
        " (the largest scale is 3 tiles wide), got: " + std::to_string(tileSize));
  TiledTransform transform;
  transform.scales = {tileSize, 2 * tileSize, 3 * tileSize};
  transform.tileSize = tileSize;
  name.remove_suffix(std::string_view("-s2").size());
  MMC_ASSIGN_OR_RETURN(transform.picture, imageTransform(name, transform.scales.back()));
  return transform;
}

StatusOr<Tensor> preprocess(const Image &image, const TiledTransform &transform) {
  MMC_RETURN_IF_ERROR(checkScales(transform.scales, transform.tileSize));
  MMC_ASSIGN_OR_RETURN(Tensor picture, preprocess(image, transform.picture));
  return tilesOfScales(picture, transform.scales, transform.tileSize);
}

} // namespace mmc
