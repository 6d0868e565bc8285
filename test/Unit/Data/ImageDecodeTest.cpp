// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decoded pixels equal PIL's; bad files are refused, and no damage to a file crashes.

#include "ImageGoldens.h"

#include "mmc/Runtime/Core/Safetensors.h"
#include "mmc/Runtime/Data/Image.h"

#include <fstream>
#include <set>
#include <zlib.h>

using namespace mmc;
using namespace mmc::test;

TEST(ImageDecode, equalsPil) {
  TensorMap expected = expectedTensors("decode");
  ASSERT_EQ(expected.size(), 23u);
  for (const auto &[key, tensor] : expected) {
    SCOPED_TRACE(key);
    StatusOr<Image> image = readImage(imageFile(key.substr(std::strlen("rgb:"))));
    ASSERT_TRUE(image.isOk()) << image.status().message();
    ASSERT_EQ(Shape({image->height, image->width, 3}), tensor.shape());
    ASSERT_EQ(image->pixels.size(), tensor.bytes());
    const uint8_t *want = tensor.as<uint8_t>();
    EXPECT_TRUE(std::equal(image->pixels.begin(), image->pixels.end(), want));
  }
}

TEST(ImageDecode, refusesAndNamesBadFiles) {
  const std::map<std::string, std::string> reasons = {
      {"truncated.jpg", "Premature end of JPEG file"},
      {"truncated.png", "unexpected end of file"},
      {"damaged.png", "IDAT: invalid distance"},
      {"empty.png", "got: an empty file"},
      {"html.jpg", "got: 40 bytes that start with 3c 68 74 6d"},
      {"bomb.png", "60000 x 60000 = 3600000000"},
  };
  nlohmann::json refused = refusedFiles();
  ASSERT_EQ(refused.size(), reasons.size());
  for (const auto &[name, unused] : refused.items()) {
    StatusOr<Image> image = readImage(imageFile(name));
    ASSERT_FALSE(image.isOk()) << name;
    EXPECT_EQ(image.status().code(), StatusCode::BadInput);
    EXPECT_NE(image.status().message().find(name), std::string::npos) << image.status().message();
    EXPECT_NE(image.status().message().find(reasons.at(name)), std::string::npos)
        << image.status().message();
  }
}

TEST(ImageDecode, refusesWhatCannotBeRead) {
  for (std::string path : {imageFile("absent.png"), imageGoldens().string()}) {
    StatusOr<Image> image = readImage(path);
    ASSERT_FALSE(image.isOk());
    EXPECT_EQ(image.status().code(), StatusCode::Io);
    EXPECT_NE(image.status().message().find(path), std::string::npos);
  }
}

TEST(ImageDecode, webpGifAndBmpEqualPil) {
  std::string folder = std::string(MMC_TEST_DATA) + "/image-formats/";
  StatusOr<SafetensorsFile> file = SafetensorsFile::open(folder + "expected.safetensors");
  ASSERT_TRUE(file.isOk()) << file.status().message();
  ASSERT_EQ(file->names().size(), 31u);
  for (const std::string &key : file->names()) {
    SCOPED_TRACE(key);
    StatusOr<Image> image = readImage(folder + "files/" + key.substr(std::strlen("rgb:")));
    ASSERT_TRUE(image.isOk()) << image.status().message();
    TensorView want = *file->find(key);
    ASSERT_EQ(Shape({image->height, image->width, 3}), want.shape);
    EXPECT_TRUE(std::equal(image->pixels.begin(), image->pixels.end(), want.as<uint8_t>()));
  }
}

/// Every format is refused when it is cut off anywhere before its pixels end, and never crashes.
TEST(ImageDecode, refusesCutWebpGifAndBmp) {
  for (const char *name : {"lossy.webp", "lossless-alpha.webp", "palette.gif", "interlaced.gif",
                           "rgb.bmp", "rle8.bmp", "565.bmp"}) {
    std::string bytes;
    {
      std::ifstream file(std::string(MMC_TEST_DATA) + "/image-formats/files/" + name,
                         std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    ASSERT_TRUE(decodeImage(bytes, name).isOk()) << name;
    for (size_t size = 0; size < bytes.size() * 9 / 10; size += 1 + bytes.size() / 300) {
      StatusOr<Image> image = decodeImage(std::string_view(bytes).substr(0, size), name);
      ASSERT_FALSE(image.isOk()) << name << " cut to " << size;
      EXPECT_EQ(image.status().message().rfind(name, 0), 0u);
    }
  }
}

TEST(ImageDecode, refusesBombsOfEveryFormatByTheirHeader) {
  std::string bmp("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x60\xea\0\0\x60\xea\0\0\1\0\x18\0", 30);
  bmp.resize(100);
  std::string gif("GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;", 29);
  std::string webp("RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0", 30);
  for (auto &[name, bytes] :
       {std::pair("x.bmp", bmp), std::pair("x.gif", gif), std::pair("x.webp", webp)}) {
    StatusOr<Image> image = decodeImage(bytes, name);
    ASSERT_FALSE(image.isOk()) << name;
    EXPECT_NE(image.status().message().find("an image has at most"), std::string::npos)
        << image.status().message();
  }
}

TEST(ImageDecode, namesOtherFormats) {
  StatusOr<Image> image = decodeImage(std::string_view("MM\0*", 4), "x.png");
  ASSERT_FALSE(image.isOk());
  EXPECT_EQ(image.status().message(),
            "x.png: an image must be a PNG, JPEG, WebP, GIF or BMP file, got: a TIFF file; convert "
            "it or remove it");
}

static void putBigEndian(std::string &bytes, size_t at, uint32_t value) {
  for (int i = 0; i < 4; ++i)
    bytes[at + i] = char(value >> (24 - 8 * i));
}

/// Makes the checksum of the chunk whose type starts at `at` right again.
static void fixChunk(std::string &bytes, size_t at) {
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i)
    size = size << 8 | uint8_t(bytes[at - 4 + i]);
  auto *start = reinterpret_cast<const unsigned char *>(bytes.data() + at);
  putBigEndian(bytes, at + 4 + size, uint32_t(crc32(0, start, size + 4)));
}

TEST(ImageDecode, refusesPixelsThatDoNotMatchTheirChecksum) {
  int count = 0;
  for (const std::string &name : imageFiles()) {
    std::string bytes = readBytes(imageFile(name));
    // Good PNG files: the ends of others are not where this test looks for them.
    size_t data = bytes.rfind("IDAT"), end = bytes.rfind("IEND");
    if (end != bytes.size() - 8 || !decodeImage(bytes, name).isOk())
      continue;
    // The last byte of zlib's Adler-32; after it the chunk's CRC and the next chunk's length.
    bytes[end - 9] ^= 1;
    fixChunk(bytes, data);
    StatusOr<Image> image = decodeImage(bytes, name);
    EXPECT_FALSE(image.isOk()) << name;
    ++count;
  }
  EXPECT_EQ(count, 20);
}

TEST(ImageDecode, refusesAWrongChecksumInAChunkOfItsOwn) {
  // libpng has all pixels before it sees the last chunk, and then only warns.
  std::string bytes = readBytes(imageFile("one-1x1.png"));
  size_t data = bytes.find("IDAT"), end = bytes.find("IEND") - 4;
  std::string checksum = bytes.substr(end - 8, 4);
  for (bool wrong : {false, true}) {
    std::string split = bytes;
    putBigEndian(split, data - 4, uint32_t(end - 8 - (data + 4)));
    split.replace(end - 8, 8, std::string("crc \0\0\0\4IDAT", 12) + checksum + "crc ");
    split[end + 4] ^= char(wrong);
    fixChunk(split, data);
    fixChunk(split, end);
    Status status = decodeImage(split, "x.png").status();
    EXPECT_EQ(status.isOk(), !wrong);
    EXPECT_EQ(status.message().find("do not match their checksum") != std::string::npos, wrong)
        << status.message();
  }
}

TEST(ImageDecode, refusesAShortFileThatPromisesManyPixels) {
  // 13000 x 13000 is within the limit on pixels, but 507 MB cannot come from 71 bytes.
  std::string bytes = readBytes(imageFile("bomb.png"));
  size_t header = bytes.find("IHDR");
  putBigEndian(bytes, header + 4, 13000);
  putBigEndian(bytes, header + 8, 13000);
  fixChunk(bytes, header);
  StatusOr<Image> image = decodeImage(bytes, "x.png");
  ASSERT_FALSE(image.isOk());
  EXPECT_NE(image.status().message().find("fewer bytes than its size needs"), std::string::npos)
      << image.status().message();
}

TEST(ImageDecode, limitIsPils) {
  std::string bytes = readBytes(imageFile("bomb.png"));
  size_t header = bytes.find("IHDR");
  auto message = [&](uint32_t width, uint32_t height) {
    putBigEndian(bytes, header + 4, width);
    putBigEndian(bytes, header + 8, height);
    fixChunk(bytes, header);
    return decodeImage(bytes, "x.png").status().message();
  };
  EXPECT_EQ(message(178956970, 1).find("at most 178956970 pixels"), std::string::npos);
  EXPECT_NE(message(178956971, 1).find("at most 178956970 pixels"), std::string::npos);
  EXPECT_NE(message(0x7fffffff, 0x7fffffff).find("at most 178956970 pixels"), std::string::npos);
}

/// The lengths to cut a file at: all near both ends, some in between.
static std::set<size_t> cutLengths(size_t size) {
  std::set<size_t> lengths;
  for (size_t i = 0; i < std::min<size_t>(size, 48); ++i) {
    lengths.insert(i);
    lengths.insert(size - 1 - i);
    lengths.insert(size * i / 48);
  }
  return lengths;
}

TEST(ImageDecode, refusesFilesCutOffAnywhere) {
  for (const std::string &name : imageFiles()) {
    std::string bytes = readBytes(imageFile(name));
    for (size_t length : cutLengths(bytes.size())) {
      // A copy of its own, so that a sanitizer sees reads beyond its end.
      std::vector<char> cut(bytes.begin(), bytes.begin() + length);
      StatusOr<Image> image = decodeImage({cut.data(), cut.size()}, name);
      EXPECT_FALSE(image.isOk()) << name << " cut at " << length;
    }
  }
}

TEST(ImageDecode, survivesFlippedBytes) {
  for (const std::string &name : imageFiles()) {
    const std::string bytes = readBytes(imageFile(name));
    for (size_t at : cutLengths(bytes.size()))
      for (int mask : {0x01, 0x80, 0xff}) {
        std::vector<char> changed(bytes.begin(), bytes.end());
        changed[at] ^= char(mask);
        StatusOr<Image> image = decodeImage({changed.data(), changed.size()}, name);
        if (image.isOk())
          EXPECT_EQ(int64_t(image->pixels.size()), image->width * image->height * 3)
              << name << " changed at " << at;
        else
          EXPECT_EQ(image.status().message().find(name + ": "), 0u);
      }
  }
}

TEST(ImageDecode, refusesDamagedPngBodies) {
  // Every byte of a PNG is covered by a checksum or by the structure around it.
  const std::string bytes = readBytes(imageFile("interlaced.png"));
  size_t data = bytes.find("IDAT") + 4;
  for (size_t at = data; at < bytes.size() - 12; at += 101) {
    std::string changed = bytes;
    changed[at] ^= 0x10;
    EXPECT_FALSE(decodeImage(changed, "x.png").isOk()) << "changed at " << at;
  }
}
