// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads of the host that use the driver together, and what they use while another ends it.

#include "Driver.h"

#include <atomic>
#include <fstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace mmc::emulator::test {

TEST_F(Driver, WorksFromManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      EXPECT_CU(cuCtxSetCurrent(context));
      CUstream mine = nullptr;
      EXPECT_CU(cuStreamCreate(&mine, CU_STREAM_NON_BLOCKING));
      for (int i = 0; i < 20; ++i) {
        CUdeviceptr x = 0, y = 0;
        EXPECT_CU(cuMemAlloc_v2(&x, 256));
        EXPECT_CU(cuMemAlloc_v2(&y, 256));
        float a = 2, back[64] = {};
        uint32_t n = 64;
        EXPECT_CU(cuMemsetD32Async(x, 0x3f800000, 64, mine));
        EXPECT_CU(cuMemsetD32Async(y, 0, 64, mine));
        EXPECT_CU(launch("axpy", 64, {&y, &x, &a, &n}, mine));
        EXPECT_CU(cuMemcpyDtoHAsync_v2(back, y, 256, mine));
        EXPECT_EQ(back[t], 2);
        EXPECT_CU(cuMemFreeAsync(x, mine));
        EXPECT_CU(cuStreamSynchronize(mine));
        EXPECT_CU(cuMemFree_v2(y));
      }
      EXPECT_CU(cuStreamDestroy_v2(mine));
    });
  for (std::thread &thread : threads)
    thread.join();
}

/// Threads that fill memory in one stream, and wait, until the driver refuses: it must, and not
/// leave them waiting.
class Workers {
public:
  Workers(CUcontext context, CUstream stream, CUdeviceptr memory) {
    for (int i = 0; i < count; ++i)
      threads.emplace_back([=] { work(context, stream, memory); });
    while (working < count)
      std::this_thread::yield();
  }
  ~Workers() {
    for (std::thread &thread : threads)
      thread.join();
  }

private:
  void work(CUcontext context, CUstream stream, CUdeviceptr memory) {
    EXPECT_CU(cuCtxSetCurrent(context));
    ++working;
    CUresult result = CUDA_SUCCESS;
    while (result == CUDA_SUCCESS) {
      result = cuMemsetD8Async(memory, 1, 64, stream);
      if (result == CUDA_SUCCESS)
        result = cuStreamSynchronize(stream);
    }
    EXPECT_TRUE(result == CUDA_ERROR_CONTEXT_IS_DESTROYED || result == CUDA_ERROR_INVALID_HANDLE ||
                result == CUDA_ERROR_INVALID_VALUE)
        << result;
  }

  static constexpr int count = 4;
  std::atomic<int> working{0};
  std::vector<std::thread> threads;
};

TEST_F(Driver, ContextsEndUnderWork) {
  for (int round = 0; round < 100; ++round) {
    CUcontext other = nullptr;
    CUstream stream = nullptr;
    CUdeviceptr memory = 0;
    ASSERT_CU(cuCtxCreate_v2(&other, 0, 0));
    ASSERT_CU(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    ASSERT_CU(cuMemAlloc_v2(&memory, 64));
    Workers workers(other, stream, memory);
    EXPECT_CU(cuCtxDestroy_v2(other));
  }
}

TEST_F(Driver, StreamsEndUnderWork) {
  CUdeviceptr memory = allocate(64);
  for (int round = 0; round < 200; ++round) {
    CUstream stream = nullptr;
    ASSERT_CU(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    Workers workers(context, stream, memory);
    EXPECT_CU(cuStreamDestroy_v2(stream));
  }
}

TEST_F(Driver, LibrariesEndUnderUse) {
  for (int round = 0; round < 20; ++round) {
    CUlibrary library = nullptr;
    ASSERT_CU(cuLibraryLoadData(&library, driverKernels, nullptr, nullptr, 0, nullptr, nullptr, 0));
    std::atomic<bool> isWorking{false};
    std::thread worker([&] {
      EXPECT_CU(cuCtxSetCurrent(context));
      CUresult result = CUDA_SUCCESS;
      while (result == CUDA_SUCCESS) {
        CUkernel kernel = nullptr;
        CUfunction function = nullptr;
        result = cuLibraryGetKernel(&kernel, library, "scaled");
        if (result == CUDA_SUCCESS)
          result = cuKernelGetFunction(&function, kernel);
        isWorking = true;
      }
      EXPECT_EQ(result, CUDA_ERROR_INVALID_HANDLE);
    });
    while (!isWorking)
      std::this_thread::yield();
    EXPECT_CU(cuLibraryUnload(library));
    worker.join();
  }
}

// A sanitizer's own memory would be refused first.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

/// Without memory for the stacks of threads: a launch takes those it gets, a new stream none.
DRIVER_PROGRAM(threadsAreRefused) {
  CUdeviceptr memory = program.allocate(64 * 1024);
  EXPECT_CU(cuMemsetD8_v2(memory, 0, 64 * 1024));
  EXPECT_CU(cuCtxSynchronize()); // the default stream has its thread
  std::vector<CUstream> streams;
  for (int i = 0; i < 4; ++i)
    streams.push_back(program.stream());
  rlimit before{}, small{};
  getrlimit(RLIMIT_AS, &before);
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  small = before;
  small.rlim_cur = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + (4 << 20);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &small), 0);
  float one = 1;
  uint32_t n = 16 * 1024;
  void *parameters[] = {&memory, &memory, &one, &n};
  CUresult launched = cuLaunchKernel(program.function("axpy"), 16, 1, 1, 1024, 1, 1, 0, nullptr,
                                     parameters, nullptr);
  CUresult waited = cuCtxSynchronize(), refused = CUDA_SUCCESS;
  for (CUstream stream : streams)
    if (CUresult result = cuMemsetD8Async(memory, 1, 64, stream))
      refused = result;
  setrlimit(RLIMIT_AS, &before);
  EXPECT_CU(launched);
  EXPECT_CU(waited);
  EXPECT_EQ(refused, CUDA_ERROR_OPERATING_SYSTEM);
  for (CUstream stream : streams) { // and now there is room
    EXPECT_CU(cuMemsetD8Async(memory, 1, 64, stream));
    EXPECT_CU(cuStreamSynchronize(stream));
  }
}

TEST(DriverThreads, AreRefused) {
  Outcome outcome = runProgram("threadsAreRefused", {"MMC_EMULATOR_THREADS=16"});
  EXPECT_EQ(outcome.status, 0) << outcome.error;
}

#endif

} // namespace mmc::emulator::test
