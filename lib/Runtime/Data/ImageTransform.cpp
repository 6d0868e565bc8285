// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The named image transforms and their execution.

#include "mmc/Runtime/Data/ImageTransform.h"

#include "mmc/Runtime/Data/ImageResize.h"

#include <algorithm>

namespace mmc {

static constexpr std::array<float, 3> clipMean = {0.48145466f, 0.4578275f, 0.40821073f};
static constexpr std::array<float, 3> clipStd = {0.26862954f, 0.26130258f, 0.27577711f};
static constexpr std::array<float, 3> imageNetMean = {0.485f, 0.456f, 0.406f};
static constexpr std::array<float, 3> imageNetStd = {0.229f, 0.224f, 0.225f};
static constexpr std::array<float, 3> siglipMeanAndStd = {0.5f, 0.5f, 0.5f};

const std::vector<std::string> &imageTransformNames() {
  static const std::vector<std::string> names = {"clip",       "clip-pad", "siglip",
                                                 "siglip-pad", "lavin",    "eva-clip"};
  return names;
}

ImageTransform withPadding(ImageTransform transform) {
  transform.padColour.emplace();
  for (int channel = 0; channel < 3; ++channel)
    (*transform.padColour)[channel] =
        uint8_t(std::clamp(255 * double(transform.mean[channel]), 0.0, 255.0));
  return transform;
}

StatusOr<ImageTransform> imageTransform(std::string_view name, int64_t size) {
  const std::vector<std::string> &names = imageTransformNames();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    std::string known;
    for (const std::string &each : names)
      known += (known.empty() ? "" : ", ") + each;
    return Status::badInput("an image transform must be one of " + known +
                            ", got: " + std::string(name));
  }
  if (size < 1 || size > maxTransformSize)
    return Status::badInput("the size of an image transform must be between 1 and " +
                            std::to_string(maxTransformSize) + ", got: " + std::to_string(size));
  ImageTransform transform;
  transform.resizeTo = transform.size = size;
  if (name == "lavin") {
    transform.rescale = ImageTransform::Rescale::Divide255;
    transform.mean = imageNetMean;
    transform.std = imageNetStd;
    return transform;
  }
  if (name == "siglip" || name == "siglip-pad") {
    transform.mean = transform.std = siglipMeanAndStd;
    return name == "siglip-pad" ? withPadding(transform) : transform;
  }
  transform.resize = ImageTransform::Resize::ShortestEdge;
  transform.mean = clipMean;
  transform.std = clipStd;
  if (name == "eva-clip") {
    transform.cropStart = ImageTransform::CropStart::HalfToEven;
    transform.rescale = ImageTransform::Rescale::Divide255;
  }
  return name == "clip-pad" ? withPadding(transform) : transform;
}

static StatusOr<Image> padToSquare(const Image &image, const std::array<uint8_t, 3> &colour) {
  int64_t side = std::max(image.width, image.height);
  // A side is at most maxImagePixels, so its square fits 64 bits.
  if (side * side > maxImagePixels)
    return Status::badInput(
        "an image to be padded to a square has at most " + std::to_string(maxImagePixels) +
        " pixels then, got: " + std::to_string(image.width) + " x " + std::to_string(image.height) +
        ", a square of " + std::to_string(side * side) + "; crop or scale it");
  Image square{side, side, std::vector<uint8_t>(side * side * 3)};
  for (int64_t i = 0; i < side * side; ++i)
    std::copy(colour.begin(), colour.end(), &square.pixels[i * 3]);
  int64_t left = (side - image.width) / 2, top = (side - image.height) / 2;
  for (int64_t y = 0; y < image.height; ++y)
    std::copy_n(&image.pixels[y * image.width * 3], image.width * 3,
                &square.pixels[((top + y) * side + left) * 3]);
  return square;
}

static int64_t cropStart(int64_t extent, int64_t size, ImageTransform::CropStart rule) {
  int64_t rest = extent - size;
  int64_t start = rest / 2;
  if (rule == ImageTransform::CropStart::HalfToEven && rest % 2 && start % 2)
    ++start; // k + 1/2 goes to the even neighbour
  return start;
}

static Image resizeAndCrop(const Image &image, const ImageTransform &transform) {
  int64_t edge = transform.resizeTo, size = transform.size;
  int64_t width = edge, height = edge;
  if (transform.resize == ImageTransform::Resize::ShortestEdge) {
    int64_t shortest = std::min(image.width, image.height);
    int64_t longest = std::max(image.width, image.height);
    // Python's int(edge * longest / shortest): the product is exact, the quotient a double.
    int64_t scaled = int64_t(double(edge * longest) / double(shortest));
    (image.width <= image.height ? height : width) = scaled;
  }
  return resizeBicubic(image, width, height,
                       {cropStart(width, size, transform.cropStart),
                        cropStart(height, size, transform.cropStart), size, size});
}

StatusOr<Tensor> preprocess(const Image &image, const ImageTransform &transform) {
  const Image *source = &image;
  Image square;
  if (transform.padColour) {
    MMC_ASSIGN_OR_RETURN(square, padToSquare(image, *transform.padColour));
    source = &square;
  }
  Image resized = resizeAndCrop(*source, transform);
  int64_t size = transform.size;
  Tensor values(DType::F32, {3, size, size});
  for (int channel = 0; channel < 3; ++channel) {
    // A channel has 256 values only.
    std::array<float, 256> table;
    for (int x = 0; x < 256; ++x) {
      float rescaled = transform.rescale == ImageTransform::Rescale::Divide255
                           ? float(x) / 255.0f
                           : float(x * transform.rescaleFactor);
      table[x] = (rescaled - transform.mean[channel]) / transform.std[channel];
    }
    float *plane = values.as<float>() + channel * size * size;
    for (int64_t i = 0; i < size * size; ++i)
      plane[i] = table[resized.pixels[i * 3 + channel]];
  }
  return values;
}

} // namespace mmc
