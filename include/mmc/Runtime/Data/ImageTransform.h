// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a decoded image to the pixel_values that a vision tower reads.

#ifndef MMC_RUNTIME_DATA_IMAGETRANSFORM_H
#define MMC_RUNTIME_DATA_IMAGETRANSFORM_H

#include "mmc/Runtime/Core/Tensor.h"
#include "mmc/Runtime/Data/Image.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// The steps from an image to [3, size, size] f32, in their order.
struct ImageTransform {
  /// Exact: to resizeTo x resizeTo, aspect ratio not kept. ShortestEdge: that edge to resizeTo, the
  /// other to int(resizeTo * long / short). Then the centre, size x size, is cropped.
  enum class Resize : uint8_t { Exact, ShortestEdge };
  /// Where the crop starts in the rest r = extent - size: floor(r / 2) in Hugging Face's
  /// processors, r / 2 with halves to even in torchvision's CenterCrop.
  enum class CropStart : uint8_t { Floor, HalfToEven };
  /// double(x) * rescaleFactor rounded to f32 in Hugging Face's processors; x / 255 in f32 in
  /// torchvision's ToTensor. They differ by an ulp.
  enum class Rescale : uint8_t { Multiply, Divide255 };

  /// Set: first put in the centre of a square of the longer side, of this colour (LLaVA's and
  /// Bunny's image_aspect_ratio "pad").
  std::optional<std::array<uint8_t, 3>> padColour;
  Resize resize = Resize::Exact;
  int64_t resizeTo = 0;
  CropStart cropStart = CropStart::Floor;
  int64_t size = 0; ///< of the result; at most resizeTo
  Rescale rescale = Rescale::Multiply;
  double rescaleFactor = 1.0 / 255;
  /// Per channel, on rescaled values: (x - mean) / std in f32.
  std::array<float, 3> mean{};
  std::array<float, 3> std{};
};

/// The largest side of a result.
constexpr int64_t maxTransformSize = 4096;

/// The names that imageTransform knows.
const std::vector<std::string> &imageTransformNames();

/// A transform by name, to `size` x `size`:
///   clip        Hugging Face's CLIPImageProcessor
///   clip-pad    LLaVA's image_aspect_ratio "pad" with CLIP's mean colour, then clip
///   siglip      Hugging Face's SiglipImageProcessor
///   siglip-pad  Bunny's image_aspect_ratio "pad" with (127, 127, 127), then siglip
///   lavin       LaVIN's: exact resize, ImageNet's mean and std
///   eva-clip    Bunny's EvaClipImageTrainProcessor (torchvision's steps, CLIP's mean and std)
/// BadInput for another name, or a size outside 1…maxTransformSize.
StatusOr<ImageTransform> imageTransform(std::string_view name, int64_t size);

/// The transform that a Hugging Face preprocessor_config.json describes (CLIP and SigLIP families;
/// a missing key has its processor's default). `name` is the file's, for messages. BadInput for
/// malformed JSON and for every setting that preprocess does not implement.
StatusOr<ImageTransform> parseImageTransform(std::string_view json, const std::string &name);

/// parseImageTransform of a file, or of the preprocessor_config.json in a directory.
StatusOr<ImageTransform> readImageTransform(const std::string &path);

/// A transform by name, or readImageTransform of a path. BadInput also when the file makes images
/// of another size than `size`, and for the names of tiledTransform: no model takes several tiles
/// for an image.
StatusOr<ImageTransform> imageTransformFor(const std::string &nameOrPath, int64_t size);

/// The same transform with its image padded to a square first, in the colour int(255 * mean) that
/// LLaVA and Bunny choose.
ImageTransform withPadding(ImageTransform transform);

/// The transformed image, f32 [3, size, size]. BadInput for an image whose padded square would
/// exceed maxImagePixels.
StatusOr<Tensor> preprocess(const Image &image, const ImageTransform &transform);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_IMAGETRANSFORM_H
