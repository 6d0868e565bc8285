// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emulated devices and the contexts on them.

#ifndef MMC_EMULATOR_DRIVER_CONTEXT_H
#define MMC_EMULATOR_DRIVER_CONTEXT_H

#include "Driver.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <atomic>
#include <memory>

namespace mmc::emulator::driver {

class Stream;

/// One device of the process.
struct Gpu {
  Gpu(const Chip &chip, unsigned ordinal) : ordinal(ordinal), device(chip, ordinal) {}

  const unsigned ordinal;
  Device device;
  // Under primaryMutex():
  Context *primary = nullptr;
  uint64_t retained = 0;
  unsigned primaryFlags = 0;
};

/// A context. Never deleted, so that whoever still holds one may ask whether it is destroyed.
class Context {
public:
  Context(Gpu &gpu, unsigned flags, bool isPrimary);

  Gpu &gpu;
  const bool isPrimary;
  std::atomic<unsigned> flags;
  CUcontext handle = nullptr;
  uint64_t id = 0;
  std::shared_ptr<Stream> legacy; ///< the default stream
  std::atomic<bool> isDestroyed{false};

  /// The first failure, which stays; CUDA_SUCCESS if there is none.
  CUresult error() const { return failure.load(); }
  void fail(CUresult result) {
    CUresult none = CUDA_SUCCESS;
    failure.compare_exchange_strong(none, result);
  }

private:
  std::atomic<CUresult> failure{CUDA_SUCCESS};
};

/// The devices there are; made by cuInit.
const std::vector<std::unique_ptr<Gpu>> &gpus();
/// Null when there is no such device.
Gpu *findGpu(CUdevice device);
Context *findContext(CUcontext handle);
/// All that are not destroyed.
std::vector<Context *> liveContexts();
/// The thread's stack of current contexts; the last one is current. May hold destroyed ones.
std::vector<Context *> &contextStack();

/// Guards the primary contexts of all devices.
std::mutex &primaryMutex();
/// Makes a context known.
Context *createContext(Gpu &gpu, unsigned flags, bool isPrimary);
/// Ends everything in it: waits for its streams, reports what is left, frees it.
void destroyContext(Context &context);
/// cuInit and the end of the process.
CUresult initialize();
bool isShutDown();

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_CONTEXT_H
