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
  ~TarFile();
  TarFile(const TarFile &) = delete;

  bool contains(const std::string &name) const;
  /// Io when the member is not there or cannot be read.
  StatusOr<std::string> read(const std::string &name) const;
  int64_t size() const { return static_cast<int64_t>(members.size()); }

private:
  explicit TarFile(std::string path) : path(std::move(path)) {}
  Status readHeaders();
  struct Member {
    uint64_t nameHash, offset, bytes;
    bool operator<(const Member &other) const {
      return nameHash != other.nameHash ? nameHash < other.nameHash : offset < other.offset;
    }
  };
  const Member *find(const std::string &name) const;

  std::string path;
  int descriptor = -1;
  /// Sorted by the hash of their names; of equal names the last of the archive.
  std::vector<Member> members;
};

/// Reads files by path. A path that goes through a tar file, "pictures.tar/a/b.png", is a member of
/// it. May be called from several threads at once.
class PictureStore {
public:
  StatusOr<std::string> read(const std::string &path);
  /// False too where the tar file cannot be opened; read() then says why.
  bool exists(const std::string &path);

private:
  /// The archive in `path` and the name in it; null for a path of ordinary folders.
  StatusOr<const TarFile *> archiveOf(const std::string &path, std::string &name);
  std::mutex mutex;
  std::unordered_map<std::string, std::unique_ptr<TarFile>> archives;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_PICTURESTORE_H
