// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules, functions, launches: what they do, and what they refuse.

#include "Driver.h"

#include <cstring>

namespace mmc::emulator::test {

TEST_F(Driver, LoadsPtxAndWritesLogs) {
  char error[512] = "untouched", info[512] = "untouched";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
                            CU_JIT_INFO_LOG_BUFFER, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES,
                            CU_JIT_WALL_TIME};
  auto values = [&](void *(&list)[5]) {
    list[0] = error;
    list[1] = reinterpret_cast<void *>(sizeof error);
    list[2] = info;
    list[3] = reinterpret_cast<void *>(sizeof info);
    list[4] = nullptr;
  };
  void *list[5];
  CUmodule other = nullptr;
  values(list);
  EXPECT_CU(cuModuleLoadDataEx(&other, driverKernels, 5, options, list));
  EXPECT_NE(std::string(info).find("'axpy': 24 bytes of parameters"), std::string::npos) << info;
  EXPECT_EQ(reinterpret_cast<size_t>(list[3]), std::strlen(info));
  EXPECT_STREQ(error, "");
  EXPECT_CU(cuModuleUnload(other));
  EXPECT_EQ(cuModuleUnload(other), CUDA_ERROR_INVALID_HANDLE);

  values(list);
  EXPECT_EQ(cuModuleLoadDataEx(&other,
                               ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k() "
                               "{\n  frob.u32 x;\n}\n",
                               5, options, list),
            CUDA_ERROR_INVALID_PTX);
  EXPECT_NE(std::string(error).find(":5:"), std::string::npos) << error; // the line
  EXPECT_EQ(reinterpret_cast<size_t>(list[1]), std::strlen(error));
  list[1] = reinterpret_cast<void *>(8); // a log that does not fit is cut
  EXPECT_EQ(cuModuleLoadDataEx(&other, "nonsense", 5, options, list), CUDA_ERROR_INVALID_PTX);
  EXPECT_EQ(std::strlen(error), 7u);

  EXPECT_EQ(cuModuleLoadData(&other, ".version 8.0\n.target sm_90\n.address_size 64\n"),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(cuModuleLoadData(&other, "\177ELF and more"), CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(cuModuleLoadData(&other, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuModuleLoadData(nullptr, driverKernels), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuModuleLoadDataEx(&other, driverKernels, 1, nullptr, nullptr),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuModuleLoad(&other, "/nonexistent.ptx"), CUDA_ERROR_FILE_NOT_FOUND);
}

TEST_F(Driver, FindsFunctionsAndVariables) {
  CUfunction found = nullptr, again = nullptr;
  EXPECT_CU(cuModuleGetFunction(&found, module, "axpy"));
  EXPECT_CU(cuModuleGetFunction(&again, module, "axpy"));
  EXPECT_EQ(found, again);
  EXPECT_EQ(cuModuleGetFunction(&found, module, "nothing"), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cuModuleGetFunction(&found, nullptr, "axpy"), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuModuleGetFunction(nullptr, module, "axpy"), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuModuleGetFunction(&found, module, nullptr), CUDA_ERROR_INVALID_VALUE);
  unsigned count = 0;
  EXPECT_CU(cuModuleGetFunctionCount(&count, module));
  EXPECT_EQ(count, 6u);
  const char *name = nullptr;
  EXPECT_CU(cuFuncGetName(&name, again));
  EXPECT_STREQ(name, "axpy");
  CUfunction list[6] = {};
  EXPECT_CU(cuModuleEnumerateFunctions(list, 6, module));
  EXPECT_EQ(list[0], again);
  EXPECT_EQ(cuModuleEnumerateFunctions(nullptr, 6, module), CUDA_ERROR_INVALID_VALUE);
  CUmodule owner = nullptr;
  EXPECT_CU(cuFuncGetModule(&owner, again));
  EXPECT_EQ(owner, module);
  EXPECT_EQ(cuFuncGetModule(nullptr, again), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuFuncSetCacheConfig(again, CU_FUNC_CACHE_PREFER_SHARED));
  EXPECT_EQ(cuFuncSetCacheConfig(nullptr, CU_FUNC_CACHE_PREFER_SHARED), CUDA_ERROR_INVALID_HANDLE);
  CUmoduleLoadingMode mode;
  EXPECT_CU(cuModuleGetLoadingMode(&mode));
  EXPECT_EQ(mode, CU_MODULE_EAGER_LOADING);
  EXPECT_EQ(cuModuleGetLoadingMode(nullptr), CUDA_ERROR_INVALID_VALUE);
  size_t offset = 0, bytes = 0;
  EXPECT_CU(cuFuncGetParamInfo(again, 3, &offset, &bytes));
  EXPECT_EQ(offset, 20u);
  EXPECT_EQ(bytes, 4u);
  EXPECT_EQ(cuFuncGetParamInfo(again, 4, &offset, &bytes), CUDA_ERROR_INVALID_VALUE);
  CUdeviceptr factor = 0;
  EXPECT_CU(cuModuleGetGlobal_v2(&factor, &bytes, module, "factor"));
  EXPECT_EQ(bytes, 4u);
  EXPECT_EQ(cuModuleGetGlobal_v2(&factor, &bytes, module, "nothing"), CUDA_ERROR_NOT_FOUND);
  uint32_t seven = 7, result = 0;
  EXPECT_CU(cuMemcpyHtoD_v2(factor, &seven, 4));
  CUdeviceptr out = allocate(4);
  EXPECT_CU(launch("scaled", 1, {&out}));
  EXPECT_CU(cuMemcpyDtoH_v2(&result, out, 4));
  EXPECT_EQ(result, 21u);
}

TEST_F(Driver, LoadsLibraries) {
  CUlibrary library = nullptr;
  CUkernel kernel = nullptr, again = nullptr;
  CUfunction function = nullptr;
  CUmodule itsModule = nullptr;
  ASSERT_CU(cuLibraryLoadData(&library, driverKernels, nullptr, nullptr, 0, nullptr, nullptr, 0));
  EXPECT_CU(cuLibraryGetKernel(&kernel, library, "scaled"));
  EXPECT_CU(cuLibraryGetKernel(&again, library, "scaled"));
  EXPECT_EQ(kernel, again);
  EXPECT_EQ(cuLibraryGetKernel(&again, library, "nothing"), CUDA_ERROR_NOT_FOUND);
  EXPECT_CU(cuKernelGetFunction(&function, kernel));
  EXPECT_CU(cuLibraryGetModule(&itsModule, library));
  CUdeviceptr factor = 0;
  size_t bytes = 0;
  EXPECT_CU(cuLibraryGetGlobal(&factor, &bytes, library, "factor"));
  EXPECT_EQ(bytes, 4u);
  EXPECT_EQ(cuLibraryGetGlobal(&factor, &bytes, library, "nothing"), CUDA_ERROR_NOT_FOUND);
  CUdeviceptr out = allocate(4);
  void *parameters[] = {&out};
  uint32_t result = 0;
  EXPECT_CU(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr));
  EXPECT_CU(cuLaunchKernel(reinterpret_cast<CUfunction>(kernel), 1, 1, 1, 1, 1, 1, 0, nullptr,
                           parameters, nullptr));
  EXPECT_CU(cuMemcpyDtoH_v2(&result, out, 4));
  EXPECT_EQ(result, 15u);
  EXPECT_CU(cuLibraryUnload(library));
  EXPECT_EQ(cuLibraryUnload(library), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuKernelGetFunction(&function, kernel), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(Driver, LaunchesWithBothFormsOfParameters) {
  CUdeviceptr x = allocate(400), y = allocate(400);
  float a = 3, back[100];
  uint32_t n = 100;
  EXPECT_CU(cuMemsetD32_v2(x, 0x3f800000, 100));
  EXPECT_CU(cuMemsetD32_v2(y, 0x40000000, 100));
  void *parameters[] = {&y, &x, &a, &n};
  EXPECT_CU(cuLaunchKernel(function("axpy"), 2, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr));
  struct {
    CUdeviceptr y, x;
    float a;
    uint32_t n;
  } buffer = {y, x, a, n};
  size_t size = sizeof buffer;
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &buffer, CU_LAUNCH_PARAM_BUFFER_SIZE, &size,
                   CU_LAUNCH_PARAM_END};
  EXPECT_CU(cuLaunchKernel(function("axpy"), 2, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra));
  CUlaunchConfig config = {2, 1, 1, 64, 1, 1, 0, nullptr, nullptr, 0};
  EXPECT_CU(cuLaunchKernelEx(&config, function("axpy"), parameters, nullptr));
  EXPECT_CU(cuMemcpyDtoH_v2(back, y, 400));
  for (float value : back)
    ASSERT_EQ(value, 11);
  EXPECT_EQ(cuLaunchKernel(function("axpy"), 2, 1, 1, 64, 1, 1, 0, nullptr, parameters, extra),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuLaunchKernel(function("axpy"), 2, 1, 1, 64, 1, 1, 0, nullptr, nullptr, nullptr),
            CUDA_ERROR_INVALID_VALUE);
  size = 20;
  EXPECT_EQ(cuLaunchKernel(function("axpy"), 2, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra),
            CUDA_ERROR_INVALID_VALUE);
  parameters[2] = nullptr;
  EXPECT_EQ(cuLaunchKernel(function("axpy"), 2, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, RefusesLaunches) {
  CUdeviceptr p = allocate(4096);
  void *parameters[] = {&p};
  auto attempt = [&](CUfunction function, unsigned grid, unsigned block, unsigned shared,
                     CUstream stream) {
    return cuLaunchKernel(function, grid, 1, 1, block, 1, 1, shared, stream, parameters, nullptr);
  };
  CUfunction reverse = function("reverse");
  EXPECT_EQ(attempt(nullptr, 1, 1, 0, nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(attempt(reinterpret_cast<CUfunction>(module), 1, 1, 0, nullptr),
            CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(attempt(reverse, 0, 1, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(attempt(reverse, 1, 0, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(attempt(reverse, 1, 1025, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(attempt(reverse, 1, 1, 48 * 1024 + 1, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(attempt(reverse, 1, 1, 0, reinterpret_cast<CUstream>(77)), CUDA_ERROR_INVALID_HANDLE);
  CUlaunchAttribute cluster = {};
  cluster.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  cluster.value.clusterDim = {2, 1, 1};
  CUlaunchConfig config = {2, 1, 1, 32, 1, 1, 128, nullptr, &cluster, 1};
  EXPECT_EQ(cuLaunchKernelEx(&config, reverse, parameters, nullptr), CUDA_ERROR_NOT_SUPPORTED);
  cluster.value.clusterDim = {3, 0xaaaaaaab, 1}; // whose product is 1 in 32 bits
  EXPECT_EQ(cuLaunchKernelEx(&config, reverse, parameters, nullptr), CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(cuLaunchKernelEx(nullptr, reverse, parameters, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuMemsetD8_v2(p, 0, 4096));
  EXPECT_CU(cuLaunchCooperativeKernel(reverse, 1, 1, 1, 32, 1, 1, 128, nullptr, parameters));
  EXPECT_EQ(cuLaunchCooperativeKernel(reverse, 1 << 20, 1, 1, 32, 1, 1, 128, nullptr, parameters),
            CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
  CUmodule bounded = nullptr;
  CUfunction k = nullptr;
  ASSERT_CU(cuModuleLoadData(&bounded, ".version 8.0\n.target sm_80\n.address_size 64\n"
                                       ".visible .entry k() .maxntid 64, 1, 1 { ret; }\n"));
  ASSERT_CU(cuModuleGetFunction(&k, bounded, "k"));
  EXPECT_CU(attempt(k, 1, 64, 0, nullptr));
  EXPECT_EQ(attempt(k, 1, 65, 0, nullptr), CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
  EXPECT_CU(cuModuleUnload(bounded)); // with a launch in flight
  EXPECT_EQ(attempt(k, 1, 64, 0, nullptr), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(Driver, GivesDynamicSharedMemoryWhenAsked) {
  CUfunction reverse = function("reverse");
  int value = 0;
  EXPECT_CU(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, reverse));
  EXPECT_EQ(value, 48 * 1024);
  EXPECT_EQ(
      cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 163 * 1024 + 1),
      CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, -1),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(
      cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 160 * 1024));
  EXPECT_EQ(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_NUM_REGS, 8), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 50));
  CUdeviceptr p = allocate(256);
  std::vector<uint32_t> words(64);
  for (uint32_t i = 0; i < 64; ++i)
    words[i] = i;
  EXPECT_CU(cuMemcpyHtoD_v2(p, words.data(), 256));
  EXPECT_CU(launch("reverse", 64, {&p}, nullptr, 160 * 1024));
  EXPECT_CU(cuMemcpyDtoH_v2(words.data(), p, 256));
  for (uint32_t i = 0; i < 64; ++i)
    ASSERT_EQ(words[i], 63 - i);
  EXPECT_CU(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, reverse));
  EXPECT_EQ(value, 1024);
  EXPECT_CU(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_PTX_VERSION, reverse));
  EXPECT_EQ(value, 80);
  EXPECT_CU(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES, reverse));
  EXPECT_EQ(value, 4);
  EXPECT_EQ(cuFuncGetAttribute(&value, static_cast<CUfunction_attribute>(99), reverse),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuFuncGetAttribute(nullptr, CU_FUNC_ATTRIBUTE_NUM_REGS, reverse),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, nullptr),
            CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(Driver, KnowsOccupancy) {
  CUfunction reverse = function("reverse");
  int blocks = 0, size = 0, grid = 0;
  EXPECT_CU(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 1024, 0));
  EXPECT_EQ(blocks, 2); // 2048 threads
  EXPECT_CU(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 32, 0));
  EXPECT_EQ(blocks, 32); // blocks
  EXPECT_CU(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 32, 40 * 1024));
  EXPECT_EQ(blocks, 4); // 164 KiB, 41 for each
  EXPECT_CU(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 2048, 0));
  EXPECT_EQ(blocks, 0);
  EXPECT_EQ(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 0, 0),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuOccupancyMaxPotentialBlockSize(&grid, &size, reverse, nullptr, 0, 0));
  EXPECT_EQ(size, 1024);
  EXPECT_EQ(grid, 2 * 108);
}

} // namespace mmc::emulator::test
