// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decodes BMP to RGB. No kept library reads all of the format's variants as PIL does, and they are
// few lines: palettes of 1, 4 and 8 bits, run lengths, 16, 24 and 32 bits with masks.

#include "ImageDecoders.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mmc {

namespace {

struct BmpFile {
  explicit BmpFile(std::string_view bytes) : bytes(bytes) {}
  Status readHeader();
  Status readMasks(size_t at);
  Status readPalette(size_t at);
  StatusOr<Image> readPixels() const;
  StatusOr<std::vector<uint8_t>> runLengths() const;

  uint32_t u16(size_t at) const {
    return static_cast<unsigned char>(bytes[at]) | static_cast<unsigned char>(bytes[at + 1]) << 8;
  }
  uint32_t u32(size_t at) const { return u16(at) | u16(at + 2) << 16; }
  uint8_t u8(size_t at) const { return static_cast<uint8_t>(bytes[at]); }

  std::string_view bytes;
  int64_t width = 0, height = 0;
  bool topDown = false;
  uint32_t bits = 0, compression = 0, colours = 0;
  size_t paletteEntry = 4, offset = 0;
  std::array<uint8_t, 256 * 3> palette{}; ///< zero beyond the file's entries
  /// 16 bits: of green. 32 bits: the bytes of red, green and blue.
  int greenBits = 5;
  std::array<int, 3> places = {2, 1, 0};
};

constexpr uint32_t kRaw = 0, kRle8 = 1, kRle4 = 2, kMasks = 3;

Status damaged(const std::string &reason) {
  return Status::badInput("a BMP must be complete and undamaged, got: " + reason +
                          "; replace or remove it");
}

Status unsupported(const std::string &what) {
  return Status::badInput("a BMP of this kind cannot be read, got: " + what + "; convert it");
}

Status BmpFile::readMasks(size_t at) {
  if (at + 12 > bytes.size())
    return damaged("an end inside of its colour masks");
  uint32_t red = u32(at), green = u32(at + 4), blue = u32(at + 8);
  auto is = [&](uint32_t r, uint32_t g, uint32_t b) { return red == r && green == g && blue == b; };
  if (bits == 16 && (is(0xf800, 0x7e0, 0x1f) || is(0x7c00, 0x3e0, 0x1f))) {
    greenBits = red == 0xf800 ? 6 : 5;
    return Status::ok();
  }
  if (bits == 24 && is(0xff0000, 0xff00, 0xff))
    return Status::ok();
  if (bits != 32)
    return unsupported("unusual colour masks");
  if (is(0xff0000, 0xff00, 0xff) || is(0, 0, 0))
    places = {2, 1, 0};
  else if (is(0xff000000, 0xff0000, 0xff00))
    places = {3, 2, 1};
  else if (is(0xff000000, 0xff00, 0xff))
    places = {3, 1, 0};
  else if (is(0xff, 0xff00, 0xff0000))
    places = {0, 1, 2};
  else
    return unsupported("unusual colour masks");
  return Status::ok();
}

Status BmpFile::readPalette(size_t at) {
  if (colours < 1 || colours > 65536)
    return damaged("a palette of " + std::to_string(colours) + " colours");
  if (at + colours * paletteEntry > bytes.size())
    return damaged("an end inside of its palette");
  for (size_t i = 0; i < std::min<size_t>(colours, 256); ++i)
    for (int channel = 0; channel < 3; ++channel)
      palette[3 * i + channel] = u8(at + i * paletteEntry + 2 - channel);
  return Status::ok();
}

Status BmpFile::readHeader() {
  if (bytes.size() < 26)
    return damaged("an end inside of its header");
  offset = u32(10);
  size_t header = u32(14), behind = 14 + header;
  bool os2 = header == 12;
  static const size_t known[] = {12, 40, 52, 56, 64, 108, 124};
  if (std::find(std::begin(known), std::end(known), header) == std::end(known))
    return unsupported("a header of " + std::to_string(header) + " bytes");
  if (bytes.size() < behind)
    return damaged("an end inside of its header");
  if (os2) {
    width = u16(18);
    height = u16(20);
    bits = u16(24);
    paletteEntry = 3;
  } else {
    width = u32(18);
    height = u32(22);
    topDown = u8(25) == 0xff;
    if (topDown)
      height = (int64_t(1) << 32) - height;
    bits = u16(28);
    compression = u32(30);
    colours = u32(46);
  }
  if (width < 1 || height < 1)
    return damaged("no pixels");
  MMC_RETURN_IF_ERROR(checkImageSize(width, height));
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
    return unsupported(std::to_string(bits) + " bits per pixel");
  if (compression == kMasks && bits >= 16) {
    MMC_RETURN_IF_ERROR(readMasks(header >= 52 ? 14 + 40 : behind));
    behind += header < 52 ? 12 : 0;
  } else if (compression != kRaw && !(compression == kRle8 && bits == 8) &&
             !(compression == kRle4 && bits == 4)) {
    return unsupported("compression " + std::to_string(compression) + " with " +
                       std::to_string(bits) + " bits");
  }
  if (bits <= 8) {
    if (colours == 0)
      colours = 1u << bits;
    MMC_RETURN_IF_ERROR(readPalette(behind));
    behind += colours * paletteEntry;
    // Some writers say that the pixels begin where the palette does.
    if (offset == 14 + header)
      offset = behind;
  }
  if (offset == 0)
    offset = behind;
  return Status::ok();
}

/// Indices of a run-length file, bottom row first.
StatusOr<std::vector<uint8_t>> BmpFile::runLengths() const {
  const size_t wanted = size_t(width) * height;
  const bool four = compression == kRle4;
  std::vector<uint8_t> data;
  int64_t x = 0;
  size_t at = offset;
  while (data.size() < wanted && at + 2 <= bytes.size()) {
    int64_t run = u8(at);
    uint8_t value = u8(at + 1);
    at += 2;
    if (run > 0) {
      run = std::min(run, std::max<int64_t>(width - x, 0));
      for (int64_t i = 0; i < run; ++i)
        data.push_back(!four ? value : i % 2 == 0 ? value >> 4 : value & 15);
      x += run;
    } else if (value == 0) { // the end of a row
      data.resize((data.size() + width - 1) / width * width);
      x = 0;
    } else if (value == 1) { // the end of the picture
      break;
    } else if (value == 2) { // a step to the right and up
      if (at + 2 > bytes.size())
        break;
      size_t step = u8(at) + size_t(u8(at + 1)) * width;
      data.resize(data.size() + std::min(step, wanted - std::min(wanted, data.size())));
      x = static_cast<int64_t>(data.size() % width);
      at += 2;
    } else { // pixels one by one
      size_t count = std::min<size_t>(wanted - data.size(), value);
      size_t stored = four ? (count + 1) / 2 : count;
      if (at + stored > bytes.size())
        break;
      for (size_t i = 0; i < count; ++i)
        data.push_back(!four ? u8(at + i) : i % 2 == 0 ? u8(at + i / 2) >> 4 : u8(at + i / 2) & 15);
      x += value;
      at += stored;
      at += at % 2;
    }
  }
  if (data.size() < wanted)
    return damaged("run lengths for " + std::to_string(data.size()) + " of " +
                   std::to_string(wanted) + " pixels");
  data.resize(wanted);
  return data;
}

StatusOr<Image> BmpFile::readPixels() const {
  std::vector<uint8_t> indices;
  size_t stride = ((size_t(width) * bits + 31) >> 3) & ~size_t(3);
  bool runs = compression == kRle8 || compression == kRle4;
  if (runs) {
    MMC_ASSIGN_OR_RETURN(indices, runLengths());
  } else {
    // PIL does not ask for the padding of the last row.
    size_t needed = stride * (height - 1) + (size_t(width) * bits + 7) / 8;
    if (offset > bytes.size() || bytes.size() - offset < needed)
      return damaged("fewer bytes than its size needs (" + std::to_string(bytes.size()) +
                     " in the file)");
  }
  Image image{width, height, std::vector<uint8_t>(size_t(width) * height * 3)};
  for (int64_t y = 0; y < height; ++y) {
    uint8_t *to = &image.pixels[(topDown ? y : height - 1 - y) * width * 3];
    size_t row = offset + stride * y;
    for (int64_t x = 0; x < width; ++x, to += 3) {
      if (bits <= 8) {
        unsigned index = runs        ? indices[y * width + x]
                         : bits == 8 ? u8(row + x)
                         : bits == 4 ? u8(row + x / 2) >> (x % 2 ? 0 : 4) & 15
                                     : u8(row + x / 8) >> (7 - x % 8) & 1;
        std::memcpy(to, &palette[3 * index], 3);
      } else if (bits == 16) {
        unsigned pixel = u16(row + 2 * x), most = (1u << greenBits) - 1;
        to[0] = (pixel >> (5 + greenBits) & 31) * 255 / 31;
        to[1] = (pixel >> 5 & most) * 255 / most;
        to[2] = (pixel & 31) * 255 / 31;
      } else {
        for (int channel = 0; channel < 3; ++channel)
          to[channel] = u8(row + x * (bits / 8) + (bits == 24 ? 2 - channel : places[channel]));
      }
    }
  }
  return image;
}

} // namespace

StatusOr<Image> decodeBmp(std::string_view bytes) {
  BmpFile file(bytes);
  MMC_RETURN_IF_ERROR(file.readHeader());
  return file.readPixels();
}

} // namespace mmc
