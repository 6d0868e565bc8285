// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuBLASLt's logger: to a callback and a file, at level 1 (errors) and above.

#include "Log.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace mmc::emulator::cublaslt {
namespace {

/// Only errors are logged, so level and mask say whether errors are.
struct Logger {
  std::mutex mutex;
  cublasLtLoggerCallback_t callback = nullptr;
  FILE *file = nullptr;
  bool owned = false, errors = false, disabled = false;

  Logger() {
    const char *level = std::getenv("CUBLASLT_LOG_LEVEL");
    if (level && *level && !(level[0] >= '0' && level[0] <= '5' && !level[1]))
      std::fprintf(
          stderr, "mmc-cuda-emulator: CUBLASLT_LOG_LEVEL must be a number from 0 to 5, got: '%s'\n",
          level);
    else
      errors = level && *level > '0';
    const char *path = std::getenv("CUBLASLT_LOG_FILE");
    if (errors && path) {
      owned = (file = std::fopen(path, "a")) != nullptr;
      if (!owned)
        std::fprintf(stderr, "mmc-cuda-emulator: CUBLASLT_LOG_FILE cannot be written: '%s': %s\n",
                     path, std::strerror(errno));
    } else if (errors) {
      file = stdout;
    }
  }
  void setFile(FILE *to, bool own) {
    if (owned)
      std::fclose(file);
    file = to;
    owned = own;
  }
};

/// Never destroyed: calls may come as the process ends.
Logger &logger() {
  static Logger *instance = new Logger;
  return *instance;
}

} // namespace

cublasStatus_t refuse(cublasStatus_t status, const char *function, const std::string &message) {
  Logger &log = logger();
  cublasLtLoggerCallback_t callback = nullptr;
  {
    std::lock_guard<std::mutex> lock(log.mutex);
    if (log.disabled || !log.errors)
      return status;
    callback = log.callback;
    if (log.file) {
      std::fprintf(log.file, "[cublasLt][Error][%s] %s: %s\n", function,
                   cublasLtGetStatusName(status), message.c_str());
      std::fflush(log.file);
    }
  }
  // Outside the lock: the callback may call the library.
  if (callback)
    callback(1, function, message.c_str());
  return status;
}

} // namespace mmc::emulator::cublaslt

using namespace mmc::emulator::cublaslt;

extern "C" {

cublasStatus_t cublasLtLoggerSetCallback(cublasLtLoggerCallback_t callback) {
  std::lock_guard<std::mutex> lock(logger().mutex);
  logger().callback = callback;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtLoggerSetFile(FILE *file) {
  std::lock_guard<std::mutex> lock(logger().mutex);
  logger().setFile(file, false);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtLoggerOpenFile(const char *path) {
  FILE *file = path ? std::fopen(path, "a") : nullptr;
  if (!file)
    return CUBLAS_STATUS_INVALID_VALUE;
  std::lock_guard<std::mutex> lock(logger().mutex);
  logger().setFile(file, true);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtLoggerSetLevel(int level) {
  if (level < 0 || level > 5)
    return CUBLAS_STATUS_INVALID_VALUE;
  std::lock_guard<std::mutex> lock(logger().mutex);
  logger().errors = level > 0;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtLoggerSetMask(int mask) {
  std::lock_guard<std::mutex> lock(logger().mutex);
  logger().errors = mask & 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtLoggerForceDisable() {
  std::lock_guard<std::mutex> lock(logger().mutex);
  logger().disabled = true;
  return CUBLAS_STATUS_SUCCESS;
}
}
