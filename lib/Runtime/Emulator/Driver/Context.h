// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emulated devices and the contexts on them.

#ifndef MMC_EMULATOR_DRIVER_CONTEXT_H
#define MMC_EMULATOR_DRIVER_CONTEXT_H

#include "Clock.h"
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
  Clock ended;                    ///< the work of its streams that are no more, under orderMutex()
  std::atomic<bool> isDestroyed{false};
  std::atomic<size_t> printfBytes{1 << 20}; ///< CU_LIMIT_PRINTF_FIFO_SIZE, on which nothing depends

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
/// Whether the calling thread runs a function of the program for a stream, which must not call the
/// driver.
bool &isInHostFunction();
/// Null when there is no such device.
Gpu *findGpu(CUdevice device);
Context *findContext(CUcontext handle);
/// All that are not destroyed.
std::vector<Context *> liveContexts();
/// A thread's stack of current contexts; the last one is current. May hold destroyed ones. It needs
/// no destructor: the program's own may call the driver when those of its threads have run.
class ContextStack {
public:
  bool empty() const { return !count; }
  bool isFull() const { return count == capacity; }
  Context *back() const { return contexts[count - 1]; }
  void push(Context *context) { contexts[count++] = context; }
  void pop() { --count; }

private:
  static constexpr size_t capacity = 128;
  Context *contexts[capacity] = {};
  size_t count = 0;
};
ContextStack &contextStack();

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
