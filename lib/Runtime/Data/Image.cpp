// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads image files and picks the decoder by their first bytes.

#include "mmc/Runtime/Data/Image.h"

#include "ImageDecoders.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace mmc {

static bool startsWith(std::string_view bytes, std::string_view prefix) {
  return bytes.substr(0, prefix.size()) == prefix;
}

/// What the bytes look like, for the message that refuses them.
static std::string describeContent(std::string_view bytes) {
  if (startsWith(bytes, std::string_view("II*\0", 4)) ||
      startsWith(bytes, std::string_view("MM\0*", 4)))
    return "a TIFF file";
  std::string hex;
  char digits[4];
  for (unsigned char byte : bytes.substr(0, 8)) {
    std::snprintf(digits, sizeof digits, "%s%02x", hex.empty() ? "" : " ", byte);
    hex += digits;
  }
  return std::to_string(bytes.size()) + " bytes that start with " + hex;
}

Status checkImageSize(int64_t width, int64_t height) {
  // Both fit 32 bits, their product need not fit 64.
  if (height <= 0 || width <= maxImagePixels / height)
    return Status::ok();
  return Status::badInput(
      "an image has at most " + std::to_string(maxImagePixels) +
      " pixels, got: " + std::to_string(width) + " x " + std::to_string(height) + " = " +
      std::to_string(static_cast<uint64_t>(width) * static_cast<uint64_t>(height)) +
      " by its header; scale it down, or remove it if it is not what it says");
}

static StatusOr<Image> decodeByContent(std::string_view bytes) {
  static const char *const kRule = "an image must be a PNG, JPEG, WebP, GIF or BMP file, got: ";
  if (bytes.empty())
    return Status::badInput(std::string(kRule) + "an empty file");
  if (startsWith(bytes, "\x89PNG\r\n\x1a\n"))
    return decodePng(bytes);
  if (startsWith(bytes, "\xff\xd8\xff"))
    return decodeJpeg(bytes);
  if (startsWith(bytes, "RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP")
    return decodeWebp(bytes);
  if (startsWith(bytes, "GIF87a") || startsWith(bytes, "GIF89a"))
    return decodeGif(bytes);
  if (startsWith(bytes, "BM"))
    return decodeBmp(bytes);
  return Status::badInput(kRule + describeContent(bytes) + "; convert it or remove it");
}

StatusOr<Image> decodeImage(std::string_view bytes, const std::string &name) {
  StatusOr<Image> image = decodeByContent(bytes);
  if (!image.isOk())
    return image.status().context(name);
  return image;
}

StatusOr<Image> readImage(const std::string &path) {
  auto fail = [&] { return Status::io(path + ": cannot read the image: " + std::strerror(errno)); };
  std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file)
    return fail();
  std::string bytes;
  char chunk[1 << 16];
  while (size_t count = std::fread(chunk, 1, sizeof chunk, file.get()))
    bytes.append(chunk, count);
  if (std::ferror(file.get()))
    return fail();
  return decodeImage(bytes, path);
}

} // namespace mmc
