// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Errors, devices and contexts: what is known of them, and what is refused.

#include "Driver.h"

#include <cstring>

namespace mmc::emulator::test {

TEST_F(Driver, NamesErrors) {
  const char *text = nullptr;
  EXPECT_CU(cuGetErrorName(CUDA_ERROR_OUT_OF_MEMORY, &text));
  EXPECT_STREQ(text, "CUDA_ERROR_OUT_OF_MEMORY");
  EXPECT_CU(cuGetErrorString(CUDA_ERROR_OUT_OF_MEMORY, &text));
  EXPECT_STREQ(text, "out of memory");
  EXPECT_EQ(cuGetErrorName(static_cast<CUresult>(12345), &text), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(text, nullptr);
  EXPECT_EQ(cuGetErrorString(CUDA_SUCCESS, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuInit(1), CUDA_ERROR_INVALID_VALUE);
  int version = 0;
  EXPECT_CU(cuDriverGetVersion(&version));
  EXPECT_EQ(version, 13000);
  EXPECT_EQ(cuDriverGetVersion(nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, FindsEntryPoints) {
  void *found = nullptr;
  CUdriverProcAddressQueryResult status;
  EXPECT_CU(cuGetProcAddress_v2("cuMemAlloc", &found, 13000, 0, &status));
  EXPECT_EQ(found, reinterpret_cast<void *>(&cuMemAlloc_v2));
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SUCCESS);
  EXPECT_CU(cuGetProcAddress_v2("cuCtxCreate", &found, 12000, 0, nullptr));
  EXPECT_EQ(found, reinterpret_cast<void *>(&cuCtxCreate_v2));
  EXPECT_CU(cuGetProcAddress_v2("cuCtxCreate", &found, 13000, 0, nullptr));
  EXPECT_EQ(found, reinterpret_cast<void *>(&cuCtxCreate_v4));
  EXPECT_CU(cuGetProcAddress_v2("cuGraphLaunch", &found, 9000, 0, &status));
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  EXPECT_CU(cuGetProcAddress_v2("cuNothing", &found, 13000, 0, &status));
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  EXPECT_EQ(cuGetProcAddress_v2("cuNothing", &found, 13000, 0, nullptr), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cuGetProcAddress_v2(nullptr, &found, 13000, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, KnowsTheChip) {
  int count = 0, value = 0;
  EXPECT_CU(cuDeviceGetCount(&count));
  EXPECT_EQ(count, 2);
  CUdevice device = -1;
  EXPECT_CU(cuDeviceGet(&device, 1));
  EXPECT_EQ(device, 1);
  EXPECT_EQ(cuDeviceGet(&device, 2), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cuDeviceGet(&device, -1), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cuDeviceGet(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  char name[64] = "";
  EXPECT_CU(cuDeviceGetName(name, sizeof name, 0));
  EXPECT_STREQ(name, "NVIDIA A100-SXM4-80GB");
  EXPECT_CU(cuDeviceGetName(name, 7, 0));
  EXPECT_STREQ(name, "NVIDIA");
  EXPECT_EQ(cuDeviceGetName(name, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuDeviceGetName(name, 7, 5), CUDA_ERROR_INVALID_DEVICE);
  size_t bytes = 0;
  EXPECT_CU(cuDeviceTotalMem_v2(&bytes, 0));
  EXPECT_EQ(bytes, size_t(64) << 20);
  auto attribute = [&](CUdevice_attribute which) {
    EXPECT_CU(cuDeviceGetAttribute(&value, which, 0));
    return value;
  };
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR), 8);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR), 0);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT), 108);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN), 163 * 1024);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY), 0);
  EXPECT_EQ(cuDeviceGetAttribute(&value, static_cast<CUdevice_attribute>(100000), 0),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuDeviceGetAttribute(nullptr, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 0),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 9),
            CUDA_ERROR_INVALID_DEVICE);
  CUuuid first, second;
  EXPECT_CU(cuDeviceGetUuid_v2(&first, 0));
  EXPECT_CU(cuDeviceGetUuid_v2(&second, 1));
  EXPECT_NE(std::memcmp(&first, &second, sizeof first), 0);
  char bus[16];
  EXPECT_CU(cuDeviceGetPCIBusId(bus, sizeof bus, 1));
  EXPECT_CU(cuDeviceGetByPCIBusId(&device, bus));
  EXPECT_EQ(device, 1);
  EXPECT_EQ(cuDeviceGetByPCIBusId(&device, "0000:77:00.0"), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_CU(cuDeviceCanAccessPeer(&value, 0, 1));
  EXPECT_EQ(value, 0);
}

TEST_F(Driver, StacksContexts) {
  CUcontext second = nullptr, seen = nullptr;
  CUdevice device = -1;
  CUctxCreateParams parameters = {};
  parameters.numExecAffinityParams = 1;
  EXPECT_EQ(cuCtxCreate_v4(&second, &parameters, 0, 1), CUDA_ERROR_NOT_SUPPORTED);
  parameters = {};
  EXPECT_CU(cuCtxCreate_v4(&second, &parameters, 0, 1));
  EXPECT_CU(cuCtxDestroy_v2(second));
  EXPECT_CU(cuCtxCreate_v4(&second, nullptr, 0, 1));
  EXPECT_CU(cuCtxGetCurrent(&seen));
  EXPECT_EQ(seen, second);
  EXPECT_CU(cuCtxGetDevice(&device));
  EXPECT_EQ(device, 1);
  EXPECT_CU(cuCtxPopCurrent_v2(&seen));
  EXPECT_EQ(seen, second);
  EXPECT_CU(cuCtxGetCurrent(&seen));
  EXPECT_EQ(seen, context);
  EXPECT_CU(cuCtxPushCurrent_v2(second));
  EXPECT_CU(cuCtxDestroy_v2(second)); // and is current no more
  EXPECT_CU(cuCtxGetCurrent(&seen));
  EXPECT_EQ(seen, context);
  EXPECT_EQ(cuCtxDestroy_v2(second), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuCtxDestroy_v2(context), CUDA_ERROR_INVALID_CONTEXT); // primary
  EXPECT_EQ(cuCtxPushCurrent_v2(second), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuCtxSetCurrent(second), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuCtxCreate_v2(&second, 3, 0), CUDA_ERROR_INVALID_VALUE); // two ways to wait
  EXPECT_EQ(cuCtxCreate_v2(nullptr, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuCtxCreate_v2(&second, 0, 7), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_CU(cuCtxSetCurrent(nullptr));
  EXPECT_EQ(cuCtxGetDevice(&device), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuCtxPopCurrent_v2(&seen), CUDA_ERROR_INVALID_CONTEXT);
  CUdeviceptr address = 0;
  EXPECT_EQ(cuMemAlloc_v2(&address, 4), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_CU(cuCtxSetCurrent(context));
}

TEST_F(Driver, ContextsTakeTheirEventsAlong) {
  CUcontext other = nullptr;
  CUevent event = nullptr;
  ASSERT_CU(cuCtxCreate_v2(&other, 0, 0));
  ASSERT_CU(cuEventCreate(&event, 0));
  EXPECT_CU(cuCtxDestroy_v2(other));
  EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuEventDestroy_v2(event), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(Driver, CountsPrimaryContexts) {
  CUcontext again = nullptr;
  unsigned flags = 0;
  int active = 0;
  EXPECT_CU(cuDevicePrimaryCtxRetain(&again, 0));
  EXPECT_EQ(again, context);
  EXPECT_CU(cuDevicePrimaryCtxRelease_v2(0));
  EXPECT_CU(cuDevicePrimaryCtxGetState(0, &flags, &active));
  EXPECT_EQ(active, 1);
  EXPECT_CU(cuDevicePrimaryCtxGetState(1, &flags, &active));
  EXPECT_EQ(active, 0);
  EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(1), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuDevicePrimaryCtxRetain(&again, 2), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cuDevicePrimaryCtxRetain(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuDevicePrimaryCtxSetFlags_v2(0, 0x100), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuDevicePrimaryCtxSetFlags_v2(0, CU_CTX_SCHED_BLOCKING_SYNC));
  EXPECT_CU(cuCtxGetFlags(&flags));
  EXPECT_EQ(flags, unsigned(CU_CTX_SCHED_BLOCKING_SYNC));
  int least = 1, greatest = 1;
  EXPECT_CU(cuCtxGetStreamPriorityRange(&least, &greatest));
  EXPECT_LE(greatest, least);
  size_t limit = 0;
  EXPECT_CU(cuCtxGetLimit(&limit, CU_LIMIT_STACK_SIZE));
  EXPECT_EQ(cuCtxGetLimit(&limit, static_cast<CUlimit>(99)), CUDA_ERROR_UNSUPPORTED_LIMIT);
}

TEST_F(Driver, KnowsWhatContextsAre) {
  unsigned long long id = 0, again = 0;
  unsigned version = 0;
  CUfunc_cache cache;
  EXPECT_CU(cuCtxGetId(context, &id));
  EXPECT_CU(cuCtxGetId(nullptr, &again));
  EXPECT_EQ(id, again);
  EXPECT_EQ(cuCtxGetId(reinterpret_cast<CUcontext>(module), &id), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuCtxGetId(context, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuCtxGetApiVersion(context, &version));
  EXPECT_EQ(version, 3020u);
  EXPECT_EQ(cuCtxGetApiVersion(context, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuCtxGetCacheConfig(&cache));
  EXPECT_EQ(cuCtxGetCacheConfig(nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuCtxSetCacheConfig(CU_FUNC_CACHE_PREFER_L1));
  EXPECT_EQ(cuCtxSetCacheConfig(static_cast<CUfunc_cache>(9)), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096));
  EXPECT_EQ(cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 1 << 20), CUDA_ERROR_INVALID_VALUE);
  size_t limit = 0;
  EXPECT_CU(cuCtxSetLimit(CU_LIMIT_PRINTF_FIFO_SIZE, 1 << 16));
  EXPECT_CU(cuCtxGetLimit(&limit, CU_LIMIT_PRINTF_FIFO_SIZE));
  EXPECT_EQ(limit, 1u << 16);
  EXPECT_CU(cuCtxGetLimit(&limit, CU_LIMIT_MALLOC_HEAP_SIZE));
  EXPECT_EQ(limit, 8u << 20);
  EXPECT_CU(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, 1 << 20));
  EXPECT_CU(cuCtxGetLimit(&limit, CU_LIMIT_MALLOC_HEAP_SIZE));
  EXPECT_EQ(limit, 1u << 20);
  EXPECT_EQ(cuCtxDisablePeerAccess(context), CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
  EXPECT_EQ(cuCtxEnablePeerAccess(context, 1), CUDA_ERROR_INVALID_VALUE);
}

} // namespace mmc::emulator::test
