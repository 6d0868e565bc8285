// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules from fat binaries, which are put together here byte by byte.

#include "Driver.h"

#include <cstring>
#include <fstream>

#ifdef MMC_HAVE_LZ4
#include <lz4.h>
#endif
#ifdef MMC_HAVE_ZSTD
#include <zstd.h>
#endif

namespace mmc::emulator::test {

namespace {

constexpr uint64_t lz4 = 0x2000, zstd = 0x8000, chipOnly = 0x100000, family = 0x200000;

template <typename T>
void put(std::string &bytes, size_t at, T value) {
  if (bytes.size() < at + sizeof value)
    bytes.resize(at + sizeof value);
  std::memcpy(&bytes[at], &value, sizeof value);
}

/// An entry: kind 1 is PTX, 2 machine code. `unpacked` is the size of a compressed payload.
std::string entry(uint16_t kind, uint32_t chip, std::string payload, uint64_t flags = 0,
                  uint64_t unpacked = 0) {
  std::string bytes(64, '\0');
  put<uint16_t>(bytes, 0, kind);
  put<uint16_t>(bytes, 2, 0x101);
  put<uint32_t>(bytes, 4, 64);
  put<uint64_t>(bytes, 8, (payload.size() + 7) / 8 * 8);
  put<uint32_t>(bytes, 16, flags & (lz4 | zstd) ? static_cast<uint32_t>(payload.size()) : 0);
  put<uint32_t>(bytes, 28, chip);
  put<uint64_t>(bytes, 40, flags | 0x11);
  put<uint64_t>(bytes, 56, unpacked);
  payload.resize((payload.size() + 7) / 8 * 8);
  return bytes + payload;
}

std::string container(const std::string &entries) {
  std::string bytes;
  put<uint32_t>(bytes, 0, 0xba55ed50);
  put<uint16_t>(bytes, 4, 1);
  put<uint16_t>(bytes, 6, 16);
  put<uint64_t>(bytes, 8, entries.size());
  return bytes + entries;
}

/// A module with one kernel, by whose name it is known.
std::string ptx(const std::string &kernel, const std::string &target = "sm_80") {
  return ".version 8.0\n.target " + target + "\n.address_size 64\n.visible .entry " + kernel +
         "()\n{\n  ret;\n}\n";
}

} // namespace

class DriverFatBinary : public Driver {
protected:
  /// The name of the only kernel of what is loaded from the image, or the error and its log.
  std::string load(const std::string &image) {
    char log[1024] = "";
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
    CUmodule loaded = nullptr;
    CUresult result = cuModuleLoadDataEx(&loaded, image.data(), 2, options, values);
    if (result != CUDA_SUCCESS)
      return std::to_string(result) + ": " + log;
    CUfunction found = nullptr;
    const char *name = "";
    EXPECT_CU(cuModuleEnumerateFunctions(&found, 1, loaded));
    EXPECT_CU(cuFuncGetName(&name, found));
    std::string copy = name;
    EXPECT_CU(cuModuleUnload(loaded));
    return copy;
  }
  CUresult loadFile(const std::string &content) {
    std::string name = testing::TempDir() + "/mmc-fat-binary-" + std::to_string(getpid());
    std::ofstream(name, std::ios::binary) << content;
    CUmodule loaded = nullptr;
    CUresult result = cuModuleLoad(&loaded, name.c_str());
    std::remove(name.c_str());
    if (result == CUDA_SUCCESS)
      EXPECT_CU(cuModuleUnload(loaded));
    return result;
  }
};

TEST_F(DriverFatBinary, TakesThePtxOfTheNewestChipThatIsNotNewer) {
  // The tests' chip is sm_80.
  EXPECT_EQ(load(container(entry(1, 75, ptx("old", "sm_75")) + entry(1, 80, ptx("right")) +
                           entry(1, 90, ptx("newer", "sm_90")))),
            "right");
  EXPECT_EQ(load(container(entry(1, 80, ptx("right")) + entry(1, 75, ptx("old", "sm_75")))),
            "right");
  EXPECT_EQ(load(container(entry(2, 80, "machine code") + entry(1, 75, ptx("old", "sm_75")))),
            "old");
  EXPECT_EQ(load(container(entry(1, 80, ptx("right")) +
                           entry(1, 80, ptx("specific", "sm_80"), chipOnly))),
            "specific");
  EXPECT_EQ(
      load(container(entry(1, 75, ptx("old", "sm_75")) + entry(1, 70, "for one chip", chipOnly))),
      "old");
  EXPECT_EQ(
      load(container(entry(1, 75, ptx("old", "sm_75")) + entry(1, 76, "for a family", family))),
      "old");
}

TEST_F(DriverFatBinary, FunctionsKnowTheArchitectureTheyAreFor) {
  std::string image = container(entry(1, 75, ptx("old", "sm_75")) + entry(1, 70, "older"));
  CUmodule loaded = nullptr;
  ASSERT_CU(cuModuleLoadData(&loaded, image.data()));
  CUfunction found = nullptr;
  EXPECT_CU(cuModuleGetFunction(&found, loaded, "old"));
  int value = 0;
  EXPECT_CU(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_PTX_VERSION, found));
  EXPECT_EQ(value, 75);
  EXPECT_CU(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_BINARY_VERSION, found));
  EXPECT_EQ(value, 80);
  EXPECT_CU(cuModuleUnload(loaded));
}

TEST_F(DriverFatBinary, TakesTheStructureOfHostCodeAndLibraries) {
  std::string image = container(entry(1, 80, ptx("right")));
  struct {
    uint32_t magic = 0x466243b1, version = 1;
    const void *container;
    void *file = nullptr;
  } wrapper;
  wrapper.container = image.data();
  CUmodule loaded = nullptr;
  EXPECT_CU(cuModuleLoadFatBinary(&loaded, &wrapper));
  CUfunction found = nullptr;
  EXPECT_CU(cuModuleGetFunction(&found, loaded, "right"));
  EXPECT_CU(cuModuleUnload(loaded));
  CUlibrary library = nullptr;
  EXPECT_CU(cuLibraryLoadData(&library, &wrapper, nullptr, nullptr, 0, nullptr, nullptr, 0));
  CUkernel kernel = nullptr;
  EXPECT_CU(cuLibraryGetKernel(&kernel, library, "right"));
  EXPECT_CU(cuLibraryUnload(library));
  EXPECT_EQ(loadFile(image), CUDA_SUCCESS);
  wrapper.container = "something else";
  EXPECT_EQ(cuModuleLoadFatBinary(&loaded, &wrapper), CUDA_ERROR_INVALID_IMAGE);
  wrapper.container = nullptr;
  EXPECT_EQ(cuModuleLoadFatBinary(&loaded, &wrapper), CUDA_ERROR_INVALID_IMAGE);
}

TEST_F(DriverFatBinary, Unpacks) {
  std::string text = ptx("packed") + std::string(5000, '\n');
#ifdef MMC_HAVE_ZSTD
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  EXPECT_EQ(load(container(entry(1, 80, packed, zstd, text.size()))), "packed");
  EXPECT_NE(load(container(entry(1, 80, packed, zstd, text.size() - 1))).find("does not unpack"),
            std::string::npos);
  EXPECT_NE(load(container(entry(1, 80, packed, zstd, uint64_t(1) << 60))).find("200: the fat"),
            std::string::npos);
#else
  EXPECT_NE(load(container(entry(1, 80, text, zstd, text.size()))).find("--no-compress"),
            std::string::npos);
#endif
#ifdef MMC_HAVE_LZ4
  std::string fast(LZ4_compressBound(static_cast<int>(text.size())), '\0');
  fast.resize(LZ4_compress_default(text.data(), fast.data(), static_cast<int>(text.size()),
                                   static_cast<int>(fast.size())));
  EXPECT_EQ(load(container(entry(1, 80, fast, lz4, text.size()))), "packed");
  fast[1] = '\xff';
  EXPECT_NE(load(container(entry(1, 80, fast, lz4, text.size()))).find("200: the fat"),
            std::string::npos);
#else
  EXPECT_NE(load(container(entry(1, 80, text, lz4, text.size()))).find("--no-compress"),
            std::string::npos);
#endif
  // An older way, which only NVIDIA's own tools know.
  EXPECT_NE(load(container(entry(1, 80, text, 0x1000, text.size()))).find("--no-compress"),
            std::string::npos);
}

TEST_F(DriverFatBinary, SaysWhatToCompileInstead) {
  std::string log = load(container(entry(2, 80, "machine code") + entry(2, 90, "more")));
  EXPECT_EQ(log, "209: the fat binary has no PTX for sm_80: it has machine code only (sm_80, "
                 "sm_90), and the emulator runs PTX. Compile with nvcc -gencode "
                 "arch=compute_80,code=compute_80");
  log = load(container(entry(2, 80, "machine code") + entry(1, 90, ptx("newer"), chipOnly)));
  EXPECT_NE(log.find("209: the fat binary has no PTX for sm_80: its PTX is for sm_90a. "),
            std::string::npos)
      << log;
  EXPECT_NE(log.find("MMC_EMULATOR_CHIP"), std::string::npos) << log;
  EXPECT_NE(load(std::string("\177ELF and more")).find("209: the image is a cubin"),
            std::string::npos);
  EXPECT_EQ(load(container("")).substr(0, 4), "209:");
}

TEST_F(DriverFatBinary, RefusesDamagedOnes) {
  // What is cut anywhere is refused, or what is left of it is right.
  std::string whole = container(entry(1, 80, ptx("right")));
  for (size_t bytes = 4; bytes < whole.size(); ++bytes)
    EXPECT_EQ(loadFile(whole.substr(0, bytes)), CUDA_ERROR_INVALID_IMAGE) << bytes;
  EXPECT_CU(loadFile(whole));
  std::string entries = entry(1, 80, ptx("right"));
  for (uint64_t bytes : {uint64_t(1), uint64_t(entries.size() - 72), ~uint64_t(0)}) {
    std::string wrong = entries;
    put<uint64_t>(wrong, 8, bytes);
    EXPECT_EQ(load(container(wrong)).substr(0, 4), "200:") << bytes;
  }
  for (uint32_t bytes : {0u, 47u, ~0u}) {
    std::string wrong = entries;
    put<uint32_t>(wrong, 4, bytes);
    EXPECT_EQ(load(container(wrong)).substr(0, 4), "200:") << bytes;
  }
  std::string longer = whole;
  put<uint64_t>(longer, 8, ~uint64_t(0));
  EXPECT_EQ(loadFile(longer), CUDA_ERROR_INVALID_IMAGE);
}

} // namespace mmc::emulator::test
