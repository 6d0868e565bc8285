// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decodes WebP to RGB with libwebp's animation decoder, as PIL does: of several frames the first.

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
