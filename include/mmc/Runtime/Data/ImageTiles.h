// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// S2's input: a picture at several scales, each cut into tiles of the size that a vision tower
// reads.

#ifndef MMC_RUNTIME_DATA_IMAGETILES_H
#define MMC_RUNTIME_DATA_IMAGETILES_H

#include "mmc/Runtime/Data/ImageTransform.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// torch's F.interpolate(image, (height, width), mode="bicubic", align_corners=False) in f32: cubic
/// convolution with A = -0.75 of the 4 nearest pixels each way, not antialiased, edges repeated.
/// `image` is f32 [C, H, W], the result [C, height, width]; no extent may be zero.
Tensor interpolateBicubic(const Tensor &image, int64_t height, int64_t width);

/// What s2wrapper's forward (bfshi/scaling_on_scales, split_mode "resize") gives its tower: `image`
/// interpolated to scale x scale for each of `scales` in turn, then cut into tiles. Tiles of a
/// scale follow each other row by row, each row from left to right.
///
/// `image` is f32 [C, H, W], the result f32 [tiles, C, tileSize, tileSize], the sum of
/// (scale / tileSize)^2 tiles. BadInput where `scales` is empty, a scale is beyond
/// maxTransformSize, or it is not a multiple of `tileSize` (s2wrapper would interpolate twice).
StatusOr<Tensor> tilesOfScales(const Tensor &image, const std::vector<int64_t> &scales,
                               int64_t tileSize);

/// From an image to the tiles of its scales.
struct TiledTransform {
  /// Makes the picture that is scaled. In Bunny and LLaVA it has the largest scale.
  ImageTransform picture;
  std::vector<int64_t> scales;
  int64_t tileSize = 0;
};

/// The names that tiledTransform knows.
const std::vector<std::string> &tiledTransformNames();

/// Whether `name` is one of them.
bool isTiledTransform(std::string_view name);

/// The scales tileSize, 2 tileSize and 3 tileSize (14 tiles) of the imageTransform that is named
/// before "-s2", made at 3 tileSize:
///   siglip-s2, siglip-pad-s2  Bunny's SiglipVisionTowerS2; its tileSize is 384
///   clip-s2, clip-pad-s2      LLaVA's CLIPVisionTowerS2; its tileSize is 336
/// Both interpolate in f32 and round to the tower's type then; here the tiles stay f32. BadInput
/// for another name, or a tileSize outside 1…maxTransformSize / 3.
StatusOr<TiledTransform> tiledTransform(std::string_view name, int64_t tileSize);

/// The tiles of an image, f32 [tiles, 3, tileSize, tileSize]. Errors as of preprocess of one
/// picture and of tilesOfScales.
StatusOr<Tensor> preprocess(const Image &image, const TiledTransform &transform);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_IMAGETILES_H
