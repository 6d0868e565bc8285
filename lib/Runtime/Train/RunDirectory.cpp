// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/RunDirectory.h"
#include "mmc/Runtime/Core/File.h"

#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

using namespace mmc;
namespace fs = std::filesystem;

StatusOr<RunDirectory> RunDirectory::open(const std::string &path, bool resume) {
  std::error_code failure;
  const bool made = fs::create_directories(path, failure);
  if (failure)
    return Status::io("cannot create " + path + ": " + failure.message());
  int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0)
    return errnoStatus("open", path);
  RunDirectory directory(path, lock, made);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK
               ? Status::badInput(path + ": another process is writing a run there")
               : errnoStatus("lock", path);
  if (!resume && !fs::is_empty(path, failure))
    return Status::badInput(path + ": is not empty; use --resume to go on with the run there, or "
                                   "another --output");
  if (access(path.c_str(), W_OK) != 0)
    return errnoStatus("write to", path);
  return directory;
}

RunDirectory::RunDirectory(RunDirectory &&other) noexcept
    : directory(std::move(other.directory)), lock(std::exchange(other.lock, -1)), made(other.made) {
}

RunDirectory::~RunDirectory() {
  if (lock < 0)
    return;
  if (made)
    rmdir(directory.c_str()); // fails, as it should, when something is in it
  close(lock);
}
