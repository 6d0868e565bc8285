// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading fat binaries. Their layout is in no manual; this is what nvcc 13.0 writes, and what other
// tools read: a header of 16 bytes, then entries, each a header and a payload padded to 8 bytes.

#include "FatBinary.h"

#include "Try.h"

#include <algorithm>
#include <cstring>
#include <vector>

#ifdef MMC_HAVE_LZ4
#include <lz4.h>
#endif
#ifdef MMC_HAVE_ZSTD
#include <zstd.h>
#endif

namespace mmc::emulator::driver {

static constexpr uint32_t elfMagic = 0x464c457f;
static constexpr uint32_t containerMagic = 0xba55ed50;
/// Of the structure that nvcc's host code has, which points to the container.
static constexpr uint32_t wrapperMagic = 0x466243b1;
/// More than any module needs; a header that says more is damaged.
static constexpr uint64_t longestPtx = uint64_t(1) << 30;

namespace {

struct Wrapper {
  uint32_t magic, version;
  const void *container;
  const void *fileName;
};

struct ContainerHeader {
  uint32_t magic;
  uint16_t version, headerBytes;
  uint64_t bytes; ///< of all entries
};

struct EntryHeader {
  uint16_t kind, version;
  uint32_t headerBytes;
  uint64_t paddedBytes; ///< of the payload
  uint32_t compressedBytes;
  uint32_t optionsOffset;
  uint16_t minor, major;
  uint32_t chip; ///< 80 for sm_80
  uint32_t nameOffset, nameBytes;
  uint64_t flags;
  uint64_t reserved;
  uint64_t bytes; ///< unpacked, of compressed payloads
};
static_assert(sizeof(EntryHeader) == 64);

enum : uint16_t { PtxKind = 1, CubinKind = 2 };

/// Of EntryHeader::flags.
constexpr uint64_t compressedOldFlag = 0x1000, lz4Flag = 0x2000, zstdFlag = 0x8000,
                   chipOnlyFlag = 0x100000, familyFlag = 0x200000;

struct Entry {
  EntryHeader header;
  const char *payload;

  std::string target() const {
    return "sm_" + std::to_string(header.chip) +
           (header.flags & chipOnlyFlag ? "a"
            : header.flags & familyFlag ? "f"
                                        : "");
  }
  bool runsOn(const Chip &chip) const {
    if (header.flags & chipOnlyFlag)
      return header.chip == chip.sm();
    if (header.flags & familyFlag)
      return header.chip / 10 == chip.sm() / 10 && header.chip <= chip.sm();
    return header.chip <= chip.sm();
  }
  /// Newer chips first; for one chip, what is written for it alone.
  uint64_t preference() const {
    return header.chip * uint64_t(4) + (header.flags & chipOnlyFlag ? 2 : 0) +
           (header.flags & familyFlag ? 1 : 0);
  }
};

} // namespace

/// The first four bytes; an image may be a shorter text.
static uint32_t magicOf(const void *image, size_t available) {
  uint32_t magic = 0;
  size_t bytes = strnlen(static_cast<const char *>(image), std::min<size_t>(4, available));
  std::memcpy(&magic, image, bytes);
  return magic;
}

static CUresult damaged(const std::string &what, std::string &log) {
  log = "the fat binary is damaged: " + what;
  return CUDA_ERROR_INVALID_IMAGE;
}

static CUresult readEntries(const char *image, size_t available, std::string &log,
                            std::vector<Entry> &entries) {
  ContainerHeader container;
  if (available < sizeof container)
    return damaged("it ends in its header", log);
  std::memcpy(&container, image, sizeof container);
  if (container.headerBytes < sizeof container || container.headerBytes > available ||
      container.bytes > available - container.headerBytes)
    return damaged(
        "its header says " + std::to_string(container.bytes) + " bytes, the file is shorter", log);
  const char *at = image + container.headerBytes;
  uint64_t left = container.bytes;
  while (left) {
    Entry entry{};
    size_t least = offsetof(EntryHeader, reserved);
    if (left < least)
      return damaged("an entry ends in its header", log);
    std::memcpy(&entry.header, at, std::min<uint64_t>(left, sizeof entry.header));
    uint64_t headerBytes = entry.header.headerBytes;
    if (headerBytes < least || headerBytes > left || entry.header.paddedBytes > left - headerBytes)
      return damaged("an entry says " + std::to_string(entry.header.paddedBytes) + " bytes, " +
                         std::to_string(left) + " are left",
                     log);
    if (headerBytes < sizeof entry.header)
      entry.header.bytes = 0; // what was read there is the payload
    entry.payload = at + headerBytes;
    entries.push_back(entry);
    at += headerBytes + entry.header.paddedBytes;
    left -= headerBytes + entry.header.paddedBytes;
  }
  return CUDA_SUCCESS;
}

/// Text that has been written with zeros after it.
static void cutAtZero(std::string &text) { text.resize(std::strlen(text.c_str())); }

static CUresult unpack(const Entry &entry, std::string &log, std::string &ptx) {
  const EntryHeader &header = entry.header;
  bool isCompressed = header.flags & (compressedOldFlag | lz4Flag | zstdFlag);
  if (!isCompressed) {
    ptx.assign(entry.payload, header.paddedBytes);
    cutAtZero(ptx);
    return CUDA_SUCCESS;
  }
  if (header.compressedBytes > header.paddedBytes || header.bytes > longestPtx)
    return damaged("PTX of " + std::to_string(header.compressedBytes) + " bytes, unpacked " +
                       std::to_string(header.bytes) + ", in an entry of " +
                       std::to_string(header.paddedBytes),
                   log);
  const char *how = header.flags & zstdFlag  ? "zstd"
                    : header.flags & lz4Flag ? "LZ4"
                                             : "an old way";
  int64_t written = -1;
  bool isKnown = false;
  ptx.resize(header.bytes);
#ifdef MMC_HAVE_ZSTD
  if (header.flags & zstdFlag) {
    isKnown = true;
    size_t result = ZSTD_decompress(ptx.data(), ptx.size(), entry.payload, header.compressedBytes);
    written = ZSTD_isError(result) ? -1 : static_cast<int64_t>(result);
  }
#endif
#ifdef MMC_HAVE_LZ4
  if ((header.flags & lz4Flag) && !(header.flags & zstdFlag)) {
    isKnown = true;
    written =
        LZ4_decompress_safe(entry.payload, ptx.data(), static_cast<int>(header.compressedBytes),
                            static_cast<int>(ptx.size()));
  }
#endif
  if (!isKnown) {
    log = "the PTX for " + entry.target() + " is compressed with " + how +
          ", which this build of the emulator cannot unpack: compile with nvcc --no-compress, or "
          "build the emulator with libzstd and liblz4";
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  if (written != static_cast<int64_t>(header.bytes))
    return damaged("PTX for " + entry.target() + ", compressed with " + how + ", does not unpack",
                   log);
  cutAtZero(ptx);
  return CUDA_SUCCESS;
}

/// What there is instead of PTX for the chip, and what to do.
static std::string describeLack(const std::vector<Entry> &entries, const Chip &chip) {
  std::string ptx, cubins;
  for (const Entry &entry : entries) {
    std::string &list = entry.header.kind == PtxKind ? ptx : cubins;
    list += (list.empty() ? "" : ", ") + entry.target();
  }
  std::string name(chip.name), number = std::to_string(chip.sm());
  std::string log = "the fat binary has no PTX for " + name + ": ";
  if (ptx.empty())
    return log + "it has machine code only (" + (cubins.empty() ? "none" : cubins) +
           "), and the emulator runs PTX. Compile with nvcc -gencode arch=compute_" + number +
           ",code=compute_" + number;
  return log + "its PTX is for " + ptx + ". Compile with nvcc -gencode arch=compute_" + number +
         ",code=compute_" + number + ", or choose the chip with MMC_EMULATOR_CHIP";
}

CUresult ptxOfImage(const void *image, size_t available, const Chip &chip, std::string &log,
                    std::string &ptx) {
  uint32_t magic = magicOf(image, available);
  if (magic == wrapperMagic) {
    Wrapper wrapper;
    if (available != unknownImageSize)
      return damaged("a file has the structure that points to it in a program", log);
    std::memcpy(&wrapper, image, sizeof wrapper);
    if (!wrapper.container || magicOf(wrapper.container, available) != containerMagic)
      return damaged("what points to it points to something else", log);
    image = wrapper.container;
    magic = containerMagic;
  }
  if (magic == elfMagic) {
    log = "the image is a cubin, and the emulator runs PTX: compile with nvcc -ptx, or -fatbin";
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  if (magic != containerMagic) {
    const char *text = static_cast<const char *>(image);
    ptx.assign(text, strnlen(text, available));
    return CUDA_SUCCESS;
  }
  std::vector<Entry> entries;
  MMC_TRY(readEntries(static_cast<const char *>(image), available, log, entries));
  const Entry *best = nullptr;
  for (const Entry &entry : entries)
    if (entry.header.kind == PtxKind && entry.runsOn(chip) &&
        (!best || entry.preference() > best->preference()))
      best = &entry;
  if (best)
    return unpack(*best, log, ptx);
  log = describeLack(entries, chip);
  return CUDA_ERROR_NO_BINARY_FOR_GPU;
}

} // namespace mmc::emulator::driver
