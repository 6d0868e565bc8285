// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that are complete or absent: written under a temporary name, synced, renamed.

#ifndef MMC_RUNTIME_CORE_FILE_H
#define MMC_RUNTIME_CORE_FILE_H

#include "mmc/Runtime/Core/Status.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace mmc {

/// A file being written. Its bytes lie under a temporary name in the same directory until commit()
/// gives them `path` in one step; without a commit the destructor removes them, and so does a
/// Ctrl-C, SIGTERM or SIGHUP that ends the process.
class AtomicFile {
public:
  /// Io if the directory is missing or not writable, or if `path` is there and is no regular file
  /// (a device, a pipe, a directory): it would be replaced.
  static StatusOr<AtomicFile> create(const std::string &path);

  AtomicFile(AtomicFile &&other) noexcept;
  AtomicFile &operator=(AtomicFile &&) = delete;
  ~AtomicFile();

  /// Appends. Io on a full disk, an exceeded file size limit, ….
  Status write(const void *data, size_t size);
  Status write(std::string_view text) { return write(text.data(), text.size()); }
  /// Syncs, renames over `path`, and syncs the directory so that the name survives a power cut.
  Status commit();

private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  std::string path, temporary;
  int descriptor = -1;
  /// Among the files that a signal removes.
  int signalNumber = -1;
};

/// Writes `text` to `path` by way of an AtomicFile.
Status writeFile(const std::string &path, std::string_view text);

/// The whole content of a (small) file.
StatusOr<std::string> readFile(const std::string &path);

/// For every tool's main(): what is written beyond a file size limit (`ulimit -f`) fails like any
/// other write, with a message, where the signal SIGXFSZ would end the process.
void failBeyondFileSizeLimit();

/// Writes `text` to standard output at once.
Status writeStandardOutput(std::string_view text);

/// Whether all that was printed has been written. Io on a full disk, an exceeded file size limit,
/// ….
Status flushStandardOutput();

/// Makes names created in, renamed in or removed from `directory` durable.
Status syncDirectory(const std::string &directory);

/// "." for a bare name, else what lies before the last slash.
std::string parentDirectory(const std::string &path);

/// Io, "cannot <action> <path>: <reason of errno>".
Status errnoStatus(const std::string &action, const std::string &path);

} // namespace mmc

#endif // MMC_RUNTIME_CORE_FILE_H
