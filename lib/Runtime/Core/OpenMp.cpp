// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What must happen before the OpenMP library is first used.
//
// LLVM's libomp keeps a small shared object named by process id and user, and makes it in two
// steps: it is created, then given a size. A process that is killed between them leaves it empty,
// and a later process that gets the same id (in a container, often the very next one) maps the
// empty object, writes to it and dies of SIGBUS without a word. An empty object of our own id is
// never of use, so it is removed before main().

#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static std::string registration() {
  return "/__KMP_REGISTERED_LIB_" + std::to_string(getpid()) + "_" + std::to_string(getuid());
}

/// The linker is told to keep this (CMakeLists.txt): nothing calls it by name.
extern "C" __attribute__((constructor, visibility("default"))) void
mmc_remove_stale_openmp_registration() {
  const std::string name = registration();
  struct stat about;
  if (int object = shm_open(name.c_str(), O_RDONLY, 0); object >= 0) {
    if (fstat(object, &about) == 0 && about.st_size == 0)
      shm_unlink(name.c_str());
    close(object);
  }
  // Where libomp finds no shared memory it does the same with a file.
  if (const std::string file = "/tmp" + name;
      lstat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0)
    unlink(file.c_str());
}
