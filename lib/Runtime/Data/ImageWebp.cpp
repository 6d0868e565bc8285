// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decodes WebP to RGB, what has frames or alpha with libwebp's animation decoder, as PIL does: of
// several frames the first.

#include "ImageDecoders.h"

#include <memory>
#include <webp/decode.h>
#include <webp/demux.h>

namespace mmc {

StatusOr<Image> decodeWebp(std::string_view bytes) {
  auto damaged = [&](const char *reason) {
    return Status::badInput(std::string("a WebP must be complete and undamaged, got: ") + reason +
                            " (" + std::to_string(bytes.size()) +
                            " bytes in the file); replace or remove it");
  };
  WebPData data{reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()};
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data.bytes, data.size, &features) != VP8_STATUS_OK)
    return damaged("no readable header");
  MMC_RETURN_IF_ERROR(checkImageSize(features.width, features.height));
  // One opaque picture needs no canvases of RGBA beside the result.
  if (!features.has_animation && !features.has_alpha) {
    Image image{features.width, features.height,
                std::vector<uint8_t>(size_t(features.width) * features.height * 3)};
    if (!WebPDecodeRGBInto(data.bytes, data.size, image.pixels.data(), image.pixels.size(),
                           3 * features.width))
      return damaged("pixels that cannot be decoded");
    return image;
  }
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options))
    return Status::internal("libwebp could not start: another version");
  options.color_mode = MODE_RGBA;
  std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&data, &options), WebPAnimDecoderDelete);
  if (!decoder)
    return damaged("an end before its frames");
  WebPAnimInfo info;
  uint8_t *rgba = nullptr;
  int time = 0;
  if (!WebPAnimDecoderGetInfo(decoder.get(), &info) || !WebPAnimDecoderHasMoreFrames(decoder.get()))
    return damaged("no frame");
  MMC_RETURN_IF_ERROR(checkImageSize(info.canvas_width, info.canvas_height));
  if (!WebPAnimDecoderGetNext(decoder.get(), &rgba, &time))
    return damaged("pixels that cannot be decoded");
  size_t count = size_t(info.canvas_width) * info.canvas_height;
  Image image{info.canvas_width, info.canvas_height, std::vector<uint8_t>(count * 3)};
  for (size_t i = 0; i < count; ++i)
    for (int channel = 0; channel < 3; ++channel)
      image.pixels[3 * i + channel] = rgba[4 * i + channel];
  return image;
}

} // namespace mmc
