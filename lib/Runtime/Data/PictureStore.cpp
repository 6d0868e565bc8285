// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Folders and tar files of pictures.

#include "mmc/Runtime/Data/PictureStore.h"

#include "ByteTable.h"

#include "mmc/Runtime/Core/File.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mmc;

static constexpr uint64_t kBlock = 512;
/// Names and pax headers longer than this are no names.
static constexpr uint64_t kLongestExtra = 1 << 20;

static std::string_view withoutDot(std::string_view name) {
  while (name.substr(0, 2) == "./")
    name.remove_prefix(2);
  return name;
}

/// A number field: octal digits, or with the high bit set a big-endian binary number.
static bool parseNumber(const char *field, size_t size, uint64_t &value) {
  value = 0;
  if (field[0] & 0x80) {
    for (size_t i = 1; i < size; ++i) {
      if (value >> 55)
        return false;
      value = value << 8 | static_cast<unsigned char>(field[i]);
    }
    return true;
  }
  size_t i = 0;
  while (i < size && field[i] == ' ')
    ++i;
  for (; i < size && field[i] >= '0' && field[i] <= '7'; ++i) {
    if (value >> 60)
      return false;
    value = value * 8 + (field[i] - '0');
  }
  return i == size || field[i] == 0 || field[i] == ' ';
}

/// The value of `path` in a pax header: "LENGTH path=VALUE\n".
static std::string paxPath(const std::string &header) {
  std::string result;
  for (size_t at = 0; at < header.size();) {
    uint64_t length = 0;
    size_t i = at;
    while (i < header.size() && header[i] >= '0' && header[i] <= '9' && length < kLongestExtra)
      length = length * 10 + (header[i++] - '0');
    if (length < 5 || at + length > header.size() || header[i] != ' ')
      break;
    std::string record = header.substr(i + 1, at + length - i - 2);
    if (record.compare(0, 5, "path=") == 0)
      result = record.substr(5);
    at += length;
  }
  return result;
}

static Status readAt(int descriptor, const std::string &path, uint64_t offset, std::string &bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t count = ::pread(descriptor, bytes.data() + done, bytes.size() - done,
                            static_cast<off_t>(offset + done));
    if (count < 0)
      return errnoStatus("read", path);
    if (count == 0)
      return Status::badInput("'" + path + "' ends at byte " + std::to_string(offset + done) +
                              ", inside of a member");
    done += static_cast<size_t>(count);
  }
  return Status::ok();
}

namespace {

/// A file that is open for reading and closes itself.
struct OpenFile {
  explicit OpenFile(const std::string &path)
      : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor >= 0)
      ::close(descriptor);
  }
  OpenFile(const OpenFile &) = delete;
  int descriptor;
};

} // namespace

StatusOr<std::unique_ptr<TarFile>> TarFile::open(const std::string &path) {
  std::unique_ptr<TarFile> tar(new TarFile(path));
  OpenFile file(path);
  if (file.descriptor < 0)
    return errnoStatus("open", path);
  MMC_RETURN_IF_ERROR(tar->readHeaders(file.descriptor));
  return tar;
}

StatusOr<TarFile::Stamp> TarFile::stampOf(int descriptor) const {
  struct stat info;
  if (::fstat(descriptor, &info) != 0)
    return errnoStatus("look at", path);
  return Stamp{info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size), info.st_mtim.tv_sec,
               info.st_mtim.tv_nsec};
}

Status TarFile::readHeaders(int descriptor) {
  MMC_ASSIGN_OR_RETURN(stamp, stampOf(descriptor));
  uint64_t fileSize = stamp.bytes;
  std::string header(kBlock, '\0'), extra, longName;
  for (uint64_t at = 0; at + kBlock <= fileSize;) {
    MMC_RETURN_IF_ERROR(readAt(descriptor, path, at, header));
    if (header[0] == 0)
      break; // the end of the archive
    auto damaged = [&](const char *what) {
      return Status::badInput("'" + path + "' is no tar file, or damaged: " + what + " at byte " +
                              std::to_string(at));
    };
    uint64_t size = 0, checksum = 0, sum = 0;
    if (!parseNumber(&header[124], 12, size) || !parseNumber(&header[148], 8, checksum))
      return damaged("no number where one must be");
    for (uint64_t i = 0; i < kBlock; ++i)
      sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
    if (sum != checksum)
      return damaged("a wrong checksum");
    if (size > fileSize - at - kBlock)
      return damaged("a member that is longer than the file");
    char type = header[156];
    if (type == 'L' || type == 'x') {
      if (size > kLongestExtra)
        return damaged("a name that is too long");
      extra.resize(size);
      MMC_RETURN_IF_ERROR(readAt(descriptor, path, at + kBlock, extra));
      longName = type == 'L' ? extra.c_str() : paxPath(extra);
    } else if (type == '0' || type == 0 || type == '7') {
      std::string name = longName;
      if (name.empty()) {
        name.assign(header.data(), strnlen(header.data(), 100));
        bool ustar = std::memcmp(&header[257], "ustar", 5) == 0 && header[345] != 0;
        // GNU's own format has other things where ustar has the prefix.
        if (ustar && std::memcmp(&header[257], "ustar ", 6) != 0)
          name = std::string(&header[345], strnlen(&header[345], 155)) + "/" + name;
      }
      members.push_back({hashBytes(withoutDot(name)), at + kBlock, size});
      longName.clear();
    } else if (type != 'g') {
      longName.clear();
    }
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
  }
  std::sort(members.begin(), members.end());
  return Status::ok();
}

const TarFile::Member *TarFile::find(const std::string &name) const {
  uint64_t hash = hashBytes(withoutDot(name));
  auto behind = std::upper_bound(members.begin(), members.end(), Member{hash, UINT64_MAX, 0});
  return behind != members.begin() && (behind - 1)->nameHash == hash ? &*(behind - 1) : nullptr;
}

bool TarFile::contains(const std::string &name) const { return find(name) != nullptr; }

StatusOr<std::string> TarFile::read(const std::string &name) const {
  const Member *member = find(name);
  if (!member)
    return Status::io("cannot open " + path + "/" + name + ": the archive has no such member");
  OpenFile file(path);
  if (file.descriptor < 0)
    return errnoStatus("open", path);
  MMC_ASSIGN_OR_RETURN(Stamp now, stampOf(file.descriptor));
  if (!(now == stamp))
    return Status::io("'" + path + "' has changed since it was first read; start again");
  std::string bytes(member->bytes, '\0');
  MMC_RETURN_IF_ERROR(readAt(file.descriptor, path, member->offset, bytes));
  return bytes;
}

static StatusOr<bool> isRegularFile(const std::string &path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0)
    return S_ISREG(info.st_mode);
  if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
    return false;
  return errnoStatus("look at", path);
}

StatusOr<const TarFile *> PictureStore::archiveOf(const std::string &path, std::string &name) {
  for (size_t at = path.find(".tar/"); at != std::string::npos; at = path.find(".tar/", at + 1)) {
    std::string archive = path.substr(0, at + 4);
    name = path.substr(at + 5);
    std::lock_guard<std::mutex> lock(mutex);
    if (auto found = archives.find(archive); found != archives.end())
      return found->second.get();
    MMC_ASSIGN_OR_RETURN(bool isFile, isRegularFile(archive));
    if (!isFile)
      continue;
    MMC_ASSIGN_OR_RETURN(std::unique_ptr<TarFile> tar, TarFile::open(archive));
    return archives.emplace(archive, std::move(tar)).first->second.get();
  }
  return static_cast<const TarFile *>(nullptr);
}

StatusOr<std::string> PictureStore::read(const std::string &path) {
  std::string name;
  MMC_ASSIGN_OR_RETURN(const TarFile *archive, archiveOf(path, name));
  return archive ? archive->read(name) : readFile(path);
}

StatusOr<bool> PictureStore::exists(const std::string &path) {
  std::string name;
  MMC_ASSIGN_OR_RETURN(const TarFile *archive, archiveOf(path, name));
  return archive ? archive->contains(name) : isRegularFile(path);
}
