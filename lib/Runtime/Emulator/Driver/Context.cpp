// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The devices and contexts of the process, from cuInit to its end.

#include "Context.h"

#include "Allocations.h"
#include "Event.h"
#include "HostWatch.h"
#include "Leaks.h"
#include "Modules.h"
#include "StreamTable.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace mmc::emulator::driver {

namespace {
struct Registry {
  std::mutex mutex;
  std::vector<std::unique_ptr<Gpu>> gpus;
  HandleTable<CUcontext, Context> contexts;
  std::vector<std::shared_ptr<Context>> everyContext; ///< destroyed ones too
  std::vector<std::function<void()>> leakReports;
  std::atomic<bool> isReady{false}, isShutDown{false};
  std::atomic<pid_t> process{0}; ///< that has called cuInit; its children have none of the threads
};
/// Never destroyed: threads may use it until the process is gone.
Registry &registry() {
  static Registry &all = *new Registry;
  return all;
}
} // namespace

uint64_t newHandle() {
  static std::atomic<uint64_t> last{0};
  return 0x00e5000000000000 + 16 * ++last;
}

CUresult initialize() {
  Registry &all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (all.isShutDown)
    return CUDA_ERROR_DEINITIALIZED;
  if (!settings().error.empty()) {
    std::fprintf(stderr, "mmc-cuda-emulator: %s", settings().error.c_str());
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (!settings().devices)
    return CUDA_ERROR_NO_DEVICE;
  if (all.isReady)
    return all.process == getpid() ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
  for (unsigned i = 0; i < settings().devices; ++i)
    all.gpus.push_back(std::make_unique<Gpu>(settings().chip, i));
  all.process = getpid();
  all.isReady = true;
  return CUDA_SUCCESS;
}

bool isShutDown() { return registry().isShutDown; }

bool &isInHostFunction() {
  thread_local bool is = false;
  return is;
}

CUresult checkReady() {
  const Registry &all = registry();
  if (all.isShutDown)
    return CUDA_ERROR_DEINITIALIZED;
  if (isInHostFunction())
    return CUDA_ERROR_NOT_PERMITTED;
  return all.isReady && all.process == getpid() ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

const std::vector<std::unique_ptr<Gpu>> &gpus() { return registry().gpus; }

Gpu *findGpu(CUdevice device) {
  return device >= 0 && size_t(device) < gpus().size() ? gpus()[device].get() : nullptr;
}

Context *findContext(CUcontext handle) { return registry().contexts.find(handle).get(); }

std::vector<Context *> liveContexts() {
  std::vector<Context *> list;
  for (auto &[handle, context] : registry().contexts.all())
    list.push_back(context.get());
  return list;
}

ContextStack &contextStack() {
  thread_local ContextStack stack;
  return stack;
}

CUresult currentContext(Context *&context) {
  if (CUresult result = checkReady())
    return result;
  if (contextStack().empty() || !contextStack().back())
    return CUDA_ERROR_INVALID_CONTEXT;
  context = contextStack().back();
  return context->isDestroyed ? CUDA_ERROR_CONTEXT_IS_DESTROYED : context->error();
}

int deviceOf(const Context &context) { return static_cast<int>(context.gpu.ordinal); }
const Chip &chipOf(const Context &context) { return context.gpu.device.chip(); }
CUcontext handleOf(const Context &context) { return context.handle; }

Context::Context(Gpu &gpu, unsigned flags, bool isPrimary)
    : gpu(gpu), isPrimary(isPrimary), flags(flags) {}

Context *createContext(Gpu &gpu, unsigned flags, bool isPrimary) {
  static std::atomic<uint64_t> lastId{0};
  auto context = std::make_shared<Context>(gpu, flags, isPrimary);
  context->id = ++lastId;
  context->legacy = makeLegacyStream(*context);
  Registry &all = registry();
  // Known before it has its handle: nobody else can ask for it yet.
  context->handle = all.contexts.add(context);
  std::lock_guard<std::mutex> lock(all.mutex);
  all.everyContext.push_back(context);
  return context.get();
}

void destroyContext(Context &context) {
  if (context.isDestroyed.exchange(true))
    return;
  registry().contexts.take(context.handle);
  endStreams(context);
  // After a fault the program could not have freed anything.
  endAllocations(context, /*isLeak=*/context.error() == CUDA_SUCCESS);
  endModules(context);
  endEvents(context);
}

std::mutex &primaryMutex() {
  static std::mutex &mutex = *new std::mutex;
  return mutex;
}

void reportLeaksOf(std::function<void()> function) {
  Registry &all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.leakReports.push_back(std::move(function));
}

/// Waits for all work, but not for ever: a kernel may hang.
static bool drain() {
  auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::unique_lock<std::mutex> lock(orderMutex());
  for (Context *context : liveContexts())
    for (const StreamRef &stream : streamsOf(*context))
      if (stream->last && !taskDone().wait_until(lock, limit, [&] { return stream->last->isDone; }))
        return false;
  return true;
}

/// Runs when the process ends (or unloads the library), after its own destructors.
__attribute__((destructor)) static void finish() {
  Registry &all = registry();
  if (!all.isReady || all.process != getpid() || all.isShutDown.exchange(true))
    return;
  bool isIdle = drain();
  std::vector<std::function<void()>> leakReports;
  {
    std::lock_guard<std::mutex> lock(all.mutex);
    leakReports = all.leakReports;
  }
  for (const auto &function : leakReports)
    function();
  reportHandleLeaks();
  for (Context *context : liveContexts()) {
    if (context->error() == CUDA_SUCCESS)
      reportLeaks(*context);
    if (isIdle)
      endStreams(*context);
  }
  reportHostFaults();
  if (writeReport() && settings().exitStatus) {
    std::fflush(nullptr);
    _exit(settings().exitStatus);
  }
}

} // namespace mmc::emulator::driver
