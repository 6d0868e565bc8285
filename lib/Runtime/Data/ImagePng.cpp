// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decodes PNG to RGB: libpng delivers the samples as stored, PIL's conversions are done here.

#include "ImageDecoders.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <png.h>

namespace mmc {

namespace {

/// All that a decode needs. libpng reports errors by longjmp, which skips destructors: whatever
/// has one lives here, outside the functions that call setjmp.
struct PngFile {
  explicit PngFile(std::string_view bytes) : rest(bytes) {}
  PngFile(const PngFile &) = delete;
  ~PngFile() { png_destroy_read_struct(&png, &info, nullptr); }

  bool readHeader();
  bool prepareRows();
  bool readRows();
  bool isColour() const {
    return colourType == PNG_COLOR_TYPE_RGB || colourType == PNG_COLOR_TYPE_RGB_ALPHA;
  }

  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view rest; ///< what libpng has not read yet
  std::array<char, 160> message{};
  bool checksumWrong = false; ///< of the decompressed pixels; libpng only warns

  png_uint_32 width = 0, height = 0;
  int depth = 0, colourType = 0, interlacing = 0;
  int passes = 1;
  size_t rowBytes = 0;
  std::array<uint8_t, 256 * 3> palette{}; ///< zero beyond the file's entries, as in PIL
  std::vector<uint8_t> samples;           ///< one row, or all of an interlaced file that is not RGB
  std::vector<uint8_t> rgb;
};

PngFile &fileOf(png_structp png) { return *static_cast<PngFile *>(png_get_error_ptr(png)); }

void onError(png_structp png, png_const_charp text) {
  PngFile &file = fileOf(png);
  std::snprintf(file.message.data(), file.message.size(), "%s", text);
  png_longjmp(png, 1);
}

void onWarning(png_structp png, png_const_charp text) {
  // zlib's words for a wrong Adler-32. PIL refuses such a file too.
  if (std::strstr(text, "incorrect data check"))
    fileOf(png).checksumWrong = true;
}

void onRead(png_structp png, png_bytep destination, size_t count) {
  PngFile &file = *static_cast<PngFile *>(png_get_io_ptr(png));
  if (count > file.rest.size())
    png_error(png, "unexpected end of file");
  std::memcpy(destination, file.rest.data(), count);
  file.rest.remove_prefix(count);
}

bool PngFile::readHeader() {
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_set_read_fn(png, this, onRead);
  // checkImageSize sets the limit, on the product.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // No ancillary chunk changes the pixels, so none is read and a bad one does no harm.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(png, info);
  png_get_IHDR(png, info, &width, &height, &depth, &colourType, &interlacing, nullptr, nullptr);
  return true;
}

bool PngFile::prepareRows() {
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_set_packing(png); // 1, 2 and 4 bits become one byte per sample, unscaled
  // PIL takes the high byte of 16 bits, but not of gray ones, and drops alpha. libpng does both
  // before an interlaced picture is put together in memory.
  if (colourType != PNG_COLOR_TYPE_GRAY)
    png_set_strip_16(png);
  png_set_strip_alpha(png);
  passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  rowBytes = png_get_rowbytes(png, info);
  png_colorp entries = nullptr;
  int count = 0;
  if (png_get_PLTE(png, info, &entries, &count))
    for (int i = 0; i < std::min(count, 256); ++i) {
      palette[3 * i] = entries[i].red;
      palette[3 * i + 1] = entries[i].green;
      palette[3 * i + 2] = entries[i].blue;
    }
  return true;
}

/// One row of samples as stored to RGB, with PIL's conversions.
void convertRow(const PngFile &file, const uint8_t *samples, uint8_t *rgb) {
  bool isGray = file.colourType == PNG_COLOR_TYPE_GRAY;
  int bytes = file.depth == 16 && isGray ? 2 : 1;
  int stride = bytes * (file.isColour() ? 3 : 1);
  // Gray of 1, 2 or 4 bits is spread over 0…255: times 255, 85 or 17.
  int grayScale = file.depth < 8 ? 255 / ((1 << file.depth) - 1) : 1;
  for (png_uint_32 x = 0; x < file.width; ++x, samples += stride, rgb += 3) {
    switch (file.colourType) {
    case PNG_COLOR_TYPE_PALETTE:
      std::memcpy(rgb, &file.palette[3 * samples[0]], 3);
      break;
    case PNG_COLOR_TYPE_GRAY:
      // 16-bit gray is PIL's mode I;16, whose conversion clips instead of scaling.
      std::memset(rgb, file.depth == 16 && samples[0] ? 255 : samples[bytes - 1] * grayScale, 3);
      break;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      std::memset(rgb, samples[0], 3);
      break;
    default: // RGB
      std::memcpy(rgb, samples, 3);
    }
  }
}

bool PngFile::readRows() {
  if (setjmp(png_jmpbuf(png)))
    return false;
  size_t rgbBytes = size_t(width) * 3;
  if (passes == 1) {
    for (png_uint_32 y = 0; y < height; ++y) {
      png_read_row(png, samples.data(), nullptr);
      convertRow(*this, samples.data(), rgb.data() + y * rgbBytes);
    }
  } else if (isColour()) {
    for (int pass = 0; pass < passes; ++pass)
      for (png_uint_32 y = 0; y < height; ++y)
        png_read_row(png, rgb.data() + y * rgbBytes, nullptr);
  } else {
    for (int pass = 0; pass < passes; ++pass)
      for (png_uint_32 y = 0; y < height; ++y)
        png_read_row(png, samples.data() + y * rowBytes, nullptr);
    for (png_uint_32 y = 0; y < height; ++y)
      convertRow(*this, samples.data() + y * rowBytes, rgb.data() + y * rgbBytes);
  }
  png_read_end(png, nullptr);
  return true;
}

} // namespace

StatusOr<Image> decodePng(std::string_view bytes) {
  PngFile file(bytes);
  file.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &file, onError, onWarning);
  if (file.png)
    file.info = png_create_info_struct(file.png);
  if (!file.info)
    return Status::internal("libpng could not start: out of memory or another version");
  auto damaged = [&](const char *reason) {
    return Status::badInput(std::string("a PNG must be complete and undamaged, got: ") + reason +
                            " (" + std::to_string(bytes.size()) +
                            " bytes in the file); replace or remove it");
  };
  if (!file.readHeader())
    return damaged(file.message.data());
  MMC_RETURN_IF_ERROR(checkImageSize(file.width, file.height));
  // Deflate shrinks at most 1032 : 1 (zlib's technical details), so a short file that promises many
  // pixels is refused before they are allocated.
  uint64_t bits = uint64_t(file.depth) * png_get_channels(file.png, file.info);
  if (uint64_t(file.width) * file.height * bits / 8 / 1032 > bytes.size())
    return damaged("fewer bytes than its size needs");
  if (!file.prepareRows())
    return damaged(file.message.data());
  if (file.passes == 1 || !file.isColour())
    file.samples.resize(file.rowBytes * (file.passes == 1 ? 1 : file.height));
  file.rgb.resize(size_t(file.width) * file.height * 3);
  if (!file.readRows())
    return damaged(file.message.data());
  if (file.checksumWrong)
    return damaged("pixels that do not match their checksum");
  return Image{file.width, file.height, std::move(file.rgb)};
}

} // namespace mmc
