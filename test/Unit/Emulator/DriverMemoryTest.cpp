// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory and copies: what they do, and what they refuse.

#include "Driver.h"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

namespace mmc::emulator::test {

TEST_F(Driver, RunsOutOfMemory) {
  size_t free = 0, total = 0;
  EXPECT_CU(cuMemGetInfo_v2(&free, &total));
  EXPECT_EQ(total, size_t(64) << 20);
  CUdeviceptr all = 0, more = 0;
  EXPECT_EQ(cuMemAlloc_v2(&all, free + 1), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_CU(cuMemAlloc_v2(&all, free));
  EXPECT_EQ(cuMemAlloc_v2(&more, 1), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(cuMemAllocAsync(&more, 1, nullptr), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_CU(cuMemGetInfo_v2(&free, &total));
  EXPECT_EQ(free, 0u);
  EXPECT_CU(cuMemFree_v2(all));
  EXPECT_CU(cuMemAlloc_v2(&more, 1));
  EXPECT_CU(cuMemFree_v2(more));
  EXPECT_EQ(cuMemAlloc_v2(&more, ~size_t(0)), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(cuMemGetInfo_v2(nullptr, &total), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, RefusesToFreeWhatIsNotAllocated) {
  CUdeviceptr a = 0;
  ASSERT_CU(cuMemAlloc_v2(&a, 100));
  EXPECT_EQ(cuMemFree_v2(a + 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuMemFree_v2(a));
  EXPECT_EQ(cuMemFree_v2(a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuMemFree_v2(0));
  EXPECT_EQ(cuMemFreeAsync(a, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAlloc_v2(&a, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAlloc_v2(nullptr, 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAllocManaged(&a, 4, 1), CUDA_ERROR_NOT_SUPPORTED);
  int host = 0;
  EXPECT_EQ(cuMemFreeHost(&host), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemFreeHost(nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemHostUnregister(&host), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

TEST_F(Driver, CopiesEveryWay) {
  std::vector<uint8_t> host(1000), back(1000);
  for (size_t i = 0; i < host.size(); ++i)
    host[i] = static_cast<uint8_t>(i * 7);
  CUdeviceptr a = allocate(1000), b = allocate(1000);
  EXPECT_CU(cuMemcpyHtoD_v2(a, host.data(), 1000));
  EXPECT_CU(cuMemcpyDtoD_v2(b + 100, a, 900));
  EXPECT_CU(cuMemcpyDtoH_v2(back.data(), b + 100, 900));
  EXPECT_TRUE(std::equal(host.begin(), host.begin() + 900, back.begin()));
  auto *pinnedHost = static_cast<uint8_t *>(pinned(1000));
  EXPECT_CU(cuMemcpy(reinterpret_cast<CUdeviceptr>(pinnedHost), a, 1000));
  EXPECT_TRUE(std::equal(host.begin(), host.end(), pinnedHost));
  EXPECT_CU(cuMemcpy(reinterpret_cast<CUdeviceptr>(back.data()),
                     reinterpret_cast<CUdeviceptr>(pinnedHost), 1000));
  EXPECT_EQ(back, host);
  EXPECT_CU(cuMemcpyHtoD_v2(a, host.data(), 0));
  // Refused: beyond an end, no memory, the wrong sort of memory.
  EXPECT_EQ(cuMemcpyHtoD_v2(a + 1, host.data(), 1000), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyHtoD_v2(a, nullptr, 10), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyHtoD_v2(0, host.data(), 10), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyDtoH_v2(back.data(), a + 999, 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyDtoH_v2(nullptr, a, 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyDtoD_v2(a, reinterpret_cast<CUdeviceptr>(host.data()), 10),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyDtoH_v2(reinterpret_cast<void *>(a), b, 10), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyHtoD_v2(a, host.data(), ~size_t(0)), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyHtoDAsync_v2(a, host.data(), 4, reinterpret_cast<CUstream>(0x1234)),
            CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(Driver, CopiesBetweenDevices) {
  CUcontext other = nullptr;
  ASSERT_CU(cuDevicePrimaryCtxRetain(&other, 1));
  CUdeviceptr a = allocate(64), b = 0;
  EXPECT_CU(cuMemsetD8_v2(a, 9, 64));
  EXPECT_CU(cuCtxPushCurrent_v2(other));
  EXPECT_CU(cuMemAlloc_v2(&b, 64));
  EXPECT_NE(a, b);
  int ordinal = -1;
  EXPECT_CU(cuPointerGetAttribute(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, b));
  EXPECT_EQ(ordinal, 1);
  EXPECT_CU(cuCtxPopCurrent_v2(nullptr));
  EXPECT_CU(cuMemcpyPeer(b, other, a, context, 64));
  uint8_t back[64] = {};
  EXPECT_CU(cuMemcpyDtoH_v2(back, b, 64));
  EXPECT_EQ(back[63], 9);
  EXPECT_EQ(cuMemcpyPeer(b, nullptr, a, context, 64), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuCtxEnablePeerAccess(other, 0), CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
  EXPECT_CU(cuMemFree_v2(b));
  EXPECT_CU(cuDevicePrimaryCtxRelease_v2(1));
}

TEST_F(Driver, CopiesRows) {
  CUdeviceptr a = 0;
  size_t pitch = 0;
  ASSERT_CU(cuMemAllocPitch_v2(&a, &pitch, 100, 8, 4));
  memory.push_back(a);
  EXPECT_EQ(pitch % 512, 0u);
  EXPECT_CU(cuMemsetD2D8_v2(a, pitch, 1, 100, 8));
  std::vector<uint8_t> host(20 * 8, 5), back(100 * 8);
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = host.data();
  copy.srcPitch = 20;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = a;
  copy.dstPitch = pitch;
  copy.dstXInBytes = 10;
  copy.dstY = 2;
  copy.WidthInBytes = 20;
  copy.Height = 3;
  EXPECT_CU(cuMemcpy2D_v2(&copy));
  CUDA_MEMCPY2D out = {};
  out.srcMemoryType = CU_MEMORYTYPE_UNIFIED;
  out.srcDevice = a;
  out.srcPitch = pitch;
  out.dstMemoryType = CU_MEMORYTYPE_HOST;
  out.dstHost = back.data();
  out.dstPitch = 100;
  out.WidthInBytes = 100;
  out.Height = 8;
  EXPECT_CU(cuMemcpy2D_v2(&out));
  for (size_t y = 0; y < 8; ++y)
    for (size_t x = 0; x < 100; ++x)
      ASSERT_EQ(back[y * 100 + x], y >= 2 && y < 5 && x >= 10 && x < 30 ? 5 : 1) << x << ", " << y;
  copy.dstY = 6; // two rows are left
  EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
  copy.dstY = 2;
  copy.srcPitch = 10;
  EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
  copy.srcPitch = 20;
  copy.srcMemoryType = CU_MEMORYTYPE_ARRAY;
  EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(cuMemcpy2D_v2(nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAllocPitch_v2(&a, &pitch, 100, 8, 3), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, Fills) {
  CUdeviceptr a = allocate(64);
  uint8_t back[64];
  EXPECT_CU(cuMemsetD32_v2(a, 0x04030201, 16));
  EXPECT_CU(cuMemsetD16Async(a + 8, 0x0605, 2, nullptr));
  EXPECT_CU(cuMemsetD8Async(a + 63, 9, 1, nullptr));
  EXPECT_CU(cuMemcpyDtoH_v2(back, a, 64));
  EXPECT_EQ(back[7], 4);
  EXPECT_EQ(back[8], 5);
  EXPECT_EQ(back[11], 6);
  EXPECT_EQ(back[12], 1);
  EXPECT_EQ(back[63], 9);
  EXPECT_EQ(cuMemsetD32_v2(a + 2, 0, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemsetD16_v2(a + 1, 0, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemsetD32_v2(a, 0, 17), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemsetD8_v2(0, 0, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemsetD32_v2(a, 0, ~size_t(0)), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, CopiesAndFillsAsynchronously) {
  CUstream work = stream();
  CUdeviceptr a = allocate(4096), b = allocate(4096);
  void *pointer = nullptr;
  ASSERT_CU(cuMemAllocHost_v2(&pointer, 4096));
  hosts.push_back(pointer);
  auto *host = static_cast<uint8_t *>(pointer);
  EXPECT_CU(cuMemsetD2D8Async(a, 64, 1, 64, 64, work));
  EXPECT_CU(cuMemsetD2D16Async(a + 4, 64, 0x0202, 2, 64, work));
  EXPECT_CU(cuMemsetD2D32Async(a + 8, 64, 0x03030303, 1, 64, work));
  EXPECT_CU(cuMemcpyAsync(b, a, 4096, work));
  EXPECT_CU(cuMemcpyPeerAsync(a, context, b, context, 4096, work));
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = a;
  copy.srcPitch = 64;
  copy.dstMemoryType = CU_MEMORYTYPE_HOST;
  copy.dstHost = host;
  copy.dstPitch = 32;
  copy.WidthInBytes = 32;
  copy.Height = 64;
  EXPECT_CU(cuMemcpy2DAsync_v2(&copy, work));
  EXPECT_CU(cuStreamSynchronize(work));
  for (size_t i = 0; i < 64 * 32; ++i)
    ASSERT_EQ(host[i], i % 32 < 4 ? 1 : i % 32 < 8 ? 2 : i % 32 < 12 ? 3 : 1) << i;
  EXPECT_CU(cuMemsetD2D16_v2(a, 64, 7, 32, 2));
  EXPECT_CU(cuMemsetD2D32_v2(a, 64, 7, 16, 2));
  EXPECT_CU(cuMemcpy2DUnaligned_v2(&copy));
  EXPECT_EQ(host[0], 7);
  CUstream none = reinterpret_cast<CUstream>(module);
  EXPECT_EQ(cuMemsetD2D8Async(a, 64, 1, 64, 64, none), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuMemsetD2D16Async(a, 63, 1, 2, 2, work),
            CUDA_ERROR_INVALID_VALUE); // rows that are not aligned
  EXPECT_EQ(cuMemsetD2D32Async(a, 64, 1, 17, 2, work),
            CUDA_ERROR_INVALID_VALUE); // and that overlap
  EXPECT_EQ(cuMemsetD2D8Async(a, 64, 1, 64, 65, work), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyAsync(b, a + 1, 4096, work), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemcpyPeerAsync(a, context, b, nullptr, 4, work), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuMemcpy2DAsync_v2(&copy, none), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuMemcpy2DAsync_v2(nullptr, work), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, KnowsPointers) {
  CUdeviceptr a = allocate(100), base = 0;
  size_t bytes = 0;
  EXPECT_CU(cuMemGetAddressRange_v2(&base, &bytes, a + 50));
  EXPECT_EQ(base, a);
  EXPECT_EQ(bytes, 100u);
  EXPECT_EQ(cuMemGetAddressRange_v2(&base, &bytes, a + 100), CUDA_ERROR_NOT_FOUND);
  CUmemorytype type;
  EXPECT_CU(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, a + 5));
  EXPECT_EQ(type, CU_MEMORYTYPE_DEVICE);
  CUcontext owner = nullptr;
  EXPECT_CU(cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, a));
  EXPECT_EQ(owner, context);
  void *host = pinned(10), *same = nullptr;
  auto address = reinterpret_cast<CUdeviceptr>(host);
  EXPECT_CU(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address));
  EXPECT_EQ(type, CU_MEMORYTYPE_HOST);
  EXPECT_CU(cuPointerGetAttribute(&same, CU_POINTER_ATTRIBUTE_HOST_POINTER, address));
  EXPECT_EQ(same, host);
  EXPECT_EQ(cuPointerGetAttribute(&same, CU_POINTER_ATTRIBUTE_HOST_POINTER, a),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, 12345),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuPointerGetAttribute(nullptr, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, a),
            CUDA_ERROR_INVALID_VALUE);
  CUmemorytype kinds[2] = {};
  CUpointer_attribute wanted[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE};
  void *places[] = {&kinds[0]};
  EXPECT_CU(cuPointerGetAttributes(1, wanted, places, a));
  EXPECT_EQ(kinds[0], CU_MEMORYTYPE_DEVICE);
  EXPECT_CU(cuPointerGetAttributes(1, wanted, places, 12345)); // unknown memory is no error here
  EXPECT_EQ(int(kinds[0]), 0);
  EXPECT_EQ(cuPointerGetAttributes(1, nullptr, places, a), CUDA_ERROR_INVALID_VALUE);
  CUdeviceptr seen = 0;
  EXPECT_CU(cuMemHostGetDevicePointer_v2(&seen, host, 0));
  EXPECT_EQ(seen, address);
  EXPECT_EQ(cuMemHostGetDevicePointer_v2(&seen, &type, 0), CUDA_ERROR_INVALID_VALUE);
  unsigned flags = 0;
  EXPECT_CU(cuMemHostGetFlags(&flags, host));
  EXPECT_TRUE(flags & CU_MEMHOSTALLOC_DEVICEMAP);
  EXPECT_EQ(cuMemHostAlloc(&same, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemHostAlloc(&same, 4, 0x100), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemHostRegister_v2(host, 10, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  EXPECT_EQ(cuMemHostRegister_v2(nullptr, 10, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemHostRegister_v2(reinterpret_cast<void *>(~uint64_t(15)), 32, 0),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemHostRegister_v2(host, ~size_t(0), 0), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Driver, PinsOnlyMemoryThatThereIs) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void *memory =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ASSERT_EQ(munmap(static_cast<char *>(memory) + page, page), 0);
  EXPECT_EQ(cuMemHostRegister_v2(memory, 2 * page, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemHostRegister_v2(memory, size_t(1) << 45, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cuMemHostRegister_v2(static_cast<char *>(memory) + 1, page - 1, 0));
  EXPECT_CU(cuMemHostUnregister(static_cast<char *>(memory) + 1));
  ASSERT_EQ(munmap(memory, page), 0);
  void *pinned = nullptr;
  for (size_t bytes : {size_t(1) << 45, size_t(1) << 62, ~size_t(0)})
    EXPECT_EQ(cuMemHostAlloc(&pinned, bytes, 0), CUDA_ERROR_OUT_OF_MEMORY) << bytes;
  EXPECT_EQ(pinned, nullptr);
}

} // namespace mmc::emulator::test
