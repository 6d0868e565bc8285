// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decodes the first frame of a GIF to RGB with giflib, placed as PIL places it.

#include "ImageDecoders.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <gif_lib.h>
#include <memory>

namespace mmc {

namespace {

int readBytes(GifFileType *gif, GifByteType *to, int count) {
  auto &rest = *static_cast<std::string_view *>(gif->UserData);
  size_t taken = std::min<size_t>(std::max(count, 0), rest.size());
  std::memcpy(to, rest.data(), taken);
  rest.remove_prefix(taken);
  return static_cast<int>(taken);
}

struct CloseGif {
  void operator()(GifFileType *gif) const { DGifCloseFile(gif, nullptr); }
};
using GifHandle = std::unique_ptr<GifFileType, CloseGif>;

Status damaged(const GifFileType *gif, const char *reason) {
  const char *text = gif && gif->Error ? GifErrorString(gif->Error) : nullptr;
  return Status::badInput(std::string("a GIF must be complete and undamaged, got: ") +
                          (text ? text : reason) + "; replace or remove it");
}

/// Reads up to the first frame; `transparent` is its transparent index, or -1.
Status findFrame(GifFileType *gif, int &transparent) {
  transparent = -1;
  while (true) {
    GifRecordType kind;
    if (DGifGetRecordType(gif, &kind) != GIF_OK)
      return damaged(gif, "no frame");
    if (kind == TERMINATE_RECORD_TYPE)
      return damaged(nullptr, "no frame");
    if (kind == IMAGE_DESC_RECORD_TYPE)
      return DGifGetImageDesc(gif) == GIF_OK ? Status::ok() : damaged(gif, "no frame");
    int code = 0;
    GifByteType *block = nullptr;
    if (kind != EXTENSION_RECORD_TYPE || DGifGetExtension(gif, &code, &block) != GIF_OK)
      return damaged(gif, "an unknown record");
    while (block) {
      if (code == GRAPHICS_EXT_FUNC_CODE && block[0] >= 4)
        transparent = block[1] & 1 ? block[4] : -1;
      if (DGifGetExtensionNext(gif, &block) != GIF_OK)
        return damaged(gif, "an extension without an end");
    }
  }
}

} // namespace

StatusOr<Image> decodeGif(std::string_view bytes) {
  std::string_view rest = bytes;
  int error = 0;
  GifHandle gif(DGifOpen(&rest, readBytes, &error));
  if (!gif)
    return Status::badInput(std::string("a GIF must be complete and undamaged, got: ") +
                            (GifErrorString(error) ? GifErrorString(error) : "no header") +
                            "; replace or remove it");
  int transparent = -1;
  MMC_RETURN_IF_ERROR(findFrame(gif.get(), transparent));
  const GifImageDesc &frame = gif->Image;
  if (frame.Width < 1 || frame.Height < 1)
    return damaged(nullptr, "a frame without pixels");
  // A frame that reaches beyond the screen makes the picture larger.
  int64_t width = std::max<int64_t>(gif->SWidth, int64_t(frame.Left) + frame.Width);
  int64_t height = std::max<int64_t>(gif->SHeight, int64_t(frame.Top) + frame.Height);
  MMC_RETURN_IF_ERROR(checkImageSize(width, height));
  // Each code of a GIF stands for at most 4096 pixels and takes at least three bits.
  if (int64_t(frame.Width) * frame.Height / (4096 * 3) > static_cast<int64_t>(bytes.size()))
    return damaged(nullptr, "fewer bytes than its size needs");

  std::array<uint8_t, 256 * 3> palette{};
  const ColorMapObject *map = frame.ColorMap ? frame.ColorMap : gif->SColorMap;
  for (int i = 0; i < 256; ++i) {
    uint8_t *entry = &palette[3 * i];
    if (!map)
      std::memset(entry, i, 3); // without a palette the indices are gray
    else if (i < map->ColorCount)
      std::memcpy(entry, &map->Colors[i], 3);
  }
  Image image{width, height, std::vector<uint8_t>(size_t(width) * height * 3)};
  const uint8_t *around = &palette[3 * std::max(transparent, 0)];
  for (int64_t i = 0; i < width * height; ++i)
    std::memcpy(&image.pixels[3 * i], around, 3);
  std::vector<GifPixelType> row(frame.Width);
  static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (frame.Interlace ? 4 : 1); ++pass)
    for (int y = frame.Interlace ? starts[pass] : 0; y < frame.Height;
         y += frame.Interlace ? steps[pass] : 1) {
      if (DGifGetLine(gif.get(), row.data(), frame.Width) != GIF_OK)
        return damaged(gif.get(), "an end inside of its pixels");
      uint8_t *to = &image.pixels[((frame.Top + int64_t(y)) * width + frame.Left) * 3];
      for (int x = 0; x < frame.Width; ++x)
        std::memcpy(to + 3 * x, &palette[3 * row[x]], 3);
    }
  return image;
}

} // namespace mmc
