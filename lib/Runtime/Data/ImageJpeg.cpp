// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decodes JPEG to RGB with libjpeg-turbo's defaults (accurate DCT, fancy upsampling), as PIL does.

#include "ImageDecoders.h"

#include <array>
#include <csetjmp>
#include <cstdio>
// libjpeg's headers use FILE and size_t without including them.
#include <jpeglib.h>

#include <jerror.h>

namespace mmc {

namespace {

/// All that a decode needs. libjpeg reports errors by a callback that must not return, so it jumps,
/// which skips destructors: whatever has one lives here, outside the functions that call setjmp.
struct JpegFile {
  JpegFile();
  JpegFile(const JpegFile &) = delete;
  ~JpegFile() { jpeg_destroy_decompress(&jpeg); }

  bool readHeader(std::string_view bytes);
  bool readRows();

  jpeg_error_mgr errors{}; // before jpeg, which points to it
  jpeg_decompress_struct jpeg{};
  std::jmp_buf onFailure;
  std::array<char, JMSG_LENGTH_MAX> message{};
  std::vector<uint8_t> row;
  std::vector<uint8_t> rgb;
};

void fail(j_common_ptr common) {
  JpegFile &file = *static_cast<JpegFile *>(common->client_data);
  common->err->format_message(common, file.message.data());
  std::longjmp(file.onFailure, 1);
}

void onMessage(j_common_ptr common, int level) {
  if (level >= 0)
    return; // a trace
  switch (common->err->msg_code) {
  case JWRN_JPEG_EOF:
  case JWRN_HIT_MARKER:
  case JWRN_HUFF_BAD_CODE:
  case JWRN_ARITH_BAD_CODE:
  case JWRN_MUST_RESYNC:
    // libjpeg would go on and make the missing pixels up.
    fail(common);
    break;
  default:
    break; // odd, but every pixel is there
  }
}

void printNothing(j_common_ptr) {}

JpegFile::JpegFile() {
  jpeg.err = jpeg_std_error(&errors);
  errors.error_exit = fail;
  errors.emit_message = onMessage;
  errors.output_message = printNothing;
}

bool JpegFile::readHeader(std::string_view bytes) {
  // Set here: creating the decompressor clears everything but err and client_data.
  jpeg.client_data = this;
  if (setjmp(onFailure))
    return false;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  return true;
}

/// round(a * b / 255), exactly.
uint8_t multiply255(unsigned a, unsigned b) { return (2 * a * b + 255) / 510; }

/// One row of gray, RGB or inverted CMYK to RGB.
void convertRow(const uint8_t *samples, int components, size_t width, uint8_t *rgb) {
  for (size_t x = 0; x < width; ++x, samples += components, rgb += 3)
    for (int channel = 0; channel < 3; ++channel)
      rgb[channel] = components == 1   ? samples[0]
                     : components == 3 ? samples[channel]
                                       : multiply255(samples[channel], samples[3]);
}

bool JpegFile::readRows() {
  if (setjmp(onFailure))
    return false;
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW pointer = row.data();
    jpeg_read_scanlines(&jpeg, &pointer, 1);
    // Grows with what was decoded, so that a short file with a large header stays cheap.
    size_t start = rgb.size();
    rgb.resize(start + size_t(jpeg.output_width) * 3);
    convertRow(row.data(), jpeg.output_components, jpeg.output_width, rgb.data() + start);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

} // namespace

StatusOr<Image> decodeJpeg(std::string_view bytes) {
  JpegFile file;
  auto damaged = [&] {
    return Status::badInput(std::string("a JPEG must be complete and undamaged, got: ") +
                            file.message.data() + " (" + std::to_string(bytes.size()) +
                            " bytes in the file); replace or remove it");
  };
  if (!file.readHeader(bytes))
    return damaged();
  jpeg_decompress_struct &jpeg = file.jpeg;
  MMC_RETURN_IF_ERROR(checkImageSize(jpeg.image_width, jpeg.image_height));
  switch (jpeg.num_components) {
  case 1:
    jpeg.out_color_space = JCS_GRAYSCALE;
    break;
  case 3:
    jpeg.out_color_space = JCS_RGB;
    break;
  case 4:
    jpeg.out_color_space = JCS_CMYK; // from YCCK too
    break;
  default:
    return Status::badInput("a JPEG must have 1, 3 or 4 components, got: " +
                            std::to_string(jpeg.num_components) + "; convert it");
  }
  file.row.resize(size_t(jpeg.image_width) * jpeg.num_components);
  file.rgb.reserve(size_t(jpeg.image_width) * jpeg.image_height * 3);
  if (!file.readRows())
    return damaged();
  return Image{jpeg.image_width, jpeg.image_height, std::move(file.rgb)};
}

} // namespace mmc
