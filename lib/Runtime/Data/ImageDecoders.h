// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The decoders behind decodeImage, one per file format.

#ifndef MMC_LIB_RUNTIME_DATA_IMAGEDECODERS_H
#define MMC_LIB_RUNTIME_DATA_IMAGEDECODERS_H

#include "mmc/Runtime/Data/Image.h"

namespace mmc {

/// They take bytes that start with the format's signature. Messages do not name the file.
StatusOr<Image> decodeBmp(std::string_view bytes);
StatusOr<Image> decodeGif(std::string_view bytes);
StatusOr<Image> decodeJpeg(std::string_view bytes);
StatusOr<Image> decodePng(std::string_view bytes);
StatusOr<Image> decodeWebp(std::string_view bytes);

/// BadInput for more than maxImagePixels.
Status checkImageSize(int64_t width, int64_t height);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_IMAGEDECODERS_H
