// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The output directory of a run.

#ifndef MMC_RUNTIME_TRAIN_RUNDIRECTORY_H
#define MMC_RUNTIME_TRAIN_RUNDIRECTORY_H

#include "mmc/Runtime/Core/Status.h"

#include <string>

namespace mmc {

/// OUTPUT, made if need be and held by this process alone. A directory that was made here and is
/// still empty at the end is removed again.
class RunDirectory {
public:
  /// BadInput for a directory that has anything in it, unless a run is to be resumed there, or that
  /// another process is writing to; Io where it cannot be made or written to.
  static StatusOr<RunDirectory> open(const std::string &path, bool resume);

  RunDirectory(RunDirectory &&other) noexcept;
  RunDirectory &operator=(RunDirectory &&) = delete;
  ~RunDirectory();

  const std::string &path() const { return directory; }

private:
  RunDirectory(std::string path, int lock, bool made)
      : directory(std::move(path)), lock(lock), made(made) {}
  std::string directory;
  int lock = -1;
  bool made = false;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_RUNDIRECTORY_H
