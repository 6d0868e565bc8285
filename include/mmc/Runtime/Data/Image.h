// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RGB images and how PNG, JPEG, WebP, GIF and BMP files become them, pixel for pixel as PIL
// decodes.

#ifndef MMC_RUNTIME_DATA_IMAGE_H
#define MMC_RUNTIME_DATA_IMAGE_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// 8-bit RGB, row-major [height, width, 3].
struct Image {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<uint8_t> pixels;
};

/// The most pixels an image may have: twice PIL's Image.MAX_IMAGE_PIXELS, where PIL raises
/// DecompressionBombError.
constexpr int64_t maxImagePixels = 2 * (int64_t(1024) * 1024 * 1024 / 4 / 3);

/// Decodes a PNG, JPEG, WebP, GIF (its first frame) or BMP, told apart by content, to what PIL's
/// Image.open(f).convert("RGB") gives: alpha is dropped and never composited, palettes are looked
/// up, 16-bit gray is clipped at 255, 16-bit colour keeps its high byte, CMYK JPEGs are taken as
/// inverted (Adobe's habit), gAMA, ICC profiles and EXIF orientation are ignored.
///
/// BadInput, naming `name`, for anything else, for more than maxImagePixels (known from the header,
/// before pixels are allocated), and for a file that is cut off or damaged. Stricter than PIL in
/// two points: PIL accepts a PNG without its last chunk, and JPEG data that libjpeg has to guess.
StatusOr<Image> decodeImage(std::string_view bytes, const std::string &name);

/// decodeImage of a file; Io if it cannot be read.
StatusOr<Image> readImage(const std::string &path);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_IMAGE_H
