// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Durable writing with POSIX calls: the C++ library has neither fsync nor exclusive creation.

#include "mmc/Runtime/Core/File.h"

#include "RemoveOnSignal.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mmc {

Status errnoStatus(const std::string &action, const std::string &path) {
  int reason = errno;
  return Status::io("cannot " + action + " " + path + ": " + std::strerror(reason));
}

std::string parentDirectory(const std::string &path) {
  size_t slash = path.find_last_of('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void failBeyondFileSizeLimit() { std::signal(SIGXFSZ, SIG_IGN); }

Status flushStandardOutput() {
  // An earlier failure, of which printf told nobody, leaves no errno.
  const bool failed = std::ferror(stdout);
  if (std::fflush(stdout) != 0)
    return errnoStatus("write", "standard output");
  return failed ? Status::io("cannot write standard output") : Status::ok();
}

Status writeStandardOutput(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    return errnoStatus("write", "standard output");
  return flushStandardOutput();
}

Status syncDirectory(const std::string &directory) {
  int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return errnoStatus("open directory", directory);
  // Some file systems have no fsync for directories and say EINVAL; their renames are synchronous.
  Status status = fsync(descriptor) == 0 || errno == EINVAL
                      ? Status::ok()
                      : errnoStatus("sync directory", directory);
  close(descriptor);
  return status;
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : path(std::move(path)), temporary(std::move(temporary)), descriptor(descriptor),
      signalNumber(removeOnSignal(this->temporary)) {}

AtomicFile::AtomicFile(AtomicFile &&other) noexcept
    : path(std::move(other.path)), temporary(std::move(other.temporary)),
      descriptor(std::exchange(other.descriptor, -1)),
      signalNumber(std::exchange(other.signalNumber, -1)) {}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0) {
    close(descriptor);
    unlink(temporary.c_str());
  }
  keepOnSignal(signalNumber);
}

StatusOr<AtomicFile> AtomicFile::create(const std::string &path) {
  static std::atomic<unsigned> counter{0};
  size_t slash = path.find_last_of('/');
  size_t nameStart = slash == std::string::npos ? 0 : slash + 1;
  if (nameStart == path.size())
    return Status::badInput("cannot write file '" + path + "': it names a directory");
  // The rename would put a file in the place of a device, a pipe or a directory.
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return Status::io("cannot write file '" + path +
                      "': it exists and is no regular file; name a file that may be replaced");
  std::string temporary = path.substr(0, nameStart) + "." + path.substr(nameStart) + ".tmp-" +
                          std::to_string(getpid()) + "-" + std::to_string(counter++);
  // Only a dead process of the same id can have left this name behind.
  unlink(temporary.c_str());
  int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return errnoStatus("create", path);
  return AtomicFile(path, std::move(temporary), descriptor);
}

Status AtomicFile::write(const void *data, size_t size) {
  auto *bytes = static_cast<const char *>(data);
  constexpr size_t largestWrite = size_t(1) << 30; // Linux writes at most 2 GiB in one call
  while (size > 0) {
    ssize_t written = ::write(descriptor, bytes, std::min(size, largestWrite));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errnoStatus("write", path);
    bytes += written;
    size -= written;
  }
  return Status::ok();
}

Status AtomicFile::commit() {
  if (fsync(descriptor) != 0)
    return errnoStatus("sync", path);
  // close() reports what a network file system found out late.
  if (close(std::exchange(descriptor, -1)) != 0 || rename(temporary.c_str(), path.c_str()) != 0) {
    Status failure = errnoStatus("write", path);
    unlink(temporary.c_str());
    return failure;
  }
  return syncDirectory(parentDirectory(path));
}

Status writeFile(const std::string &path, std::string_view text) {
  MMC_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path));
  MMC_RETURN_IF_ERROR(file.write(text));
  return file.commit();
}

StatusOr<std::string> readFile(const std::string &path) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return errnoStatus("open", path);
  std::string text;
  char buffer[1 << 16];
  ssize_t got;
  while ((got = read(descriptor, buffer, sizeof(buffer))) != 0) {
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      Status failure = errnoStatus("read", path);
      close(descriptor);
      return failure;
    }
    text.append(buffer, got);
  }
  close(descriptor);
  return text;
}

} // namespace mmc
