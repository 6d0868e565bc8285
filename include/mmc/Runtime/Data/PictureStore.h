// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bytes of picture files, from folders and from tar files.

#ifndef MMC_RUNTIME_DATA_PICTURESTORE_H
#define MMC_RUNTIME_DATA_PICTURESTORE_H

#include "mmc/Runtime/Core/Status.h"

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace mmc {

/// A tar file whose members can be read in any order: ustar, GNU's long names and pax's paths; not
/// compressed. Const members may be called from several threads at once.
class TarFile {
public:
  /// Reads the headers. BadInput, naming `path` and the byte, for a damaged or cut-off archive.
  static StatusOr<std::unique_ptr<TarFile>> open(const std::string &path);

  bool contains(const std::string &name) const;
  /// Io when the member is not there or cannot be read, and when the archive is not the one whose
  /// headers were read. It is opened each time: there may be more archives than file handles.
  StatusOr<std::string> read(const std::string &name) const;
  int64_t size() const { return static_cast<int64_t>(members.size()); }

private:
  explicit TarFile(std::string path) : path(std::move(path)) {}
  Status readHeaders(int descriptor);
  struct Member {
    uint64_t nameHash, offset, bytes;
    bool operator<(const Member &other) const {
      return nameHash != other.nameHash ? nameHash < other.nameHash : offset < other.offset;
    }
  };
  const Member *find(const std::string &name) const;

  std::string path;
  /// The file as it was: its place on disk, size in bytes and time of last change.
  struct Stamp {
    uint64_t device, inode, bytes;
    int64_t seconds, nanoseconds;
    bool operator==(const Stamp &other) const {
      return device == other.device && inode == other.inode && bytes == other.bytes &&
             seconds == other.seconds && nanoseconds == other.nanoseconds;
    }
  };
  StatusOr<Stamp> stampOf(int descriptor) const;
  Stamp stamp{};
  /// Sorted by the hash of their names; of equal names the last of the archive.
  std::vector<Member> members;
};

/// Reads files by path. A path that goes through a tar file, "pictures.tar/a/b.png", is a member of
/// it. May be called from several threads at once.
class PictureStore {
public:
  StatusOr<std::string> read(const std::string &path);
  /// BadInput for a damaged archive, Io where a folder or an archive cannot be looked into: that
  /// says nothing of the picture.
  StatusOr<bool> exists(const std::string &path);

private:
  /// The archive in `path` and the name in it; null for a path of ordinary folders.
  StatusOr<const TarFile *> archiveOf(const std::string &path, std::string &name);
  std::mutex mutex;
  std::unordered_map<std::string, std::unique_ptr<TarFile>> archives;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_PICTURESTORE_H
