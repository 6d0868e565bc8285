// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Devices from outside: memory, loading, launches that are refused, use after free, leaks, reports.

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cstring>

namespace mmc::emulator::test {

static const char head[] = ".version 8.0\n.target sm_80\n.address_size 64\n";

static Device device() { return Device(**findChip("sm_80")); }

/// *p = 7
static const char storeSeven[] = ".visible .entry k(.param .u64 p) { .reg .b64 %rd; ld.param.u64 "
                                 "%rd, [p]; st.global.u32 [%rd], 7; ret; }\n";

static LaunchResult launch(Device &device, const Kernel &kernel,
                           const std::vector<const void *> &arguments, Dim3 block = {}) {
  LaunchConfig config;
  config.block = block;
  return device.launch(kernel, config, arguments);
}

TEST(DeviceMemory, IsCheckedAndKnowsWhatIsWritten) {
  DeviceMemory memory(1 << 20);
  uint64_t a = *memory.allocate(100, "a"), b = *memory.allocate(70000, "b");
  EXPECT_EQ(a % 256, 0u);
  EXPECT_GE(b, a + 100 + 256); // nothing lies right behind
  EXPECT_EQ(memory.countUninitialized(a, 100), 100u);
  EXPECT_TRUE(memory.write(a + 10, "hello", 5).isOk());
  uint64_t first = 0;
  EXPECT_EQ(memory.countUninitialized(a + 10, 6, &first), 1u);
  EXPECT_EQ(first, a + 15);
  EXPECT_TRUE(memory.copy(b + 65530, a + 8, 10).isOk());
  EXPECT_EQ(memory.countUninitialized(b + 65530, 10), 5u);
  char text[5];
  EXPECT_TRUE(memory.read(b + 65532, text, 5).isOk());
  EXPECT_EQ(std::memcmp(text, "hello", 5), 0);
  EXPECT_FALSE(memory.write(a + 98, "hello", 5).isOk());
  EXPECT_FALSE(memory.read(a - 1, text, 1).isOk());
  EXPECT_FALSE(memory.allocate(0, "none").isOk());
  EXPECT_FALSE(memory.allocate(1 << 20, "too large").isOk());
  EXPECT_EQ(memory.bytesInUse(), 70100u);
  EXPECT_EQ(memory.live().size(), 2u);
  EXPECT_TRUE(memory.free(a).isOk());
  EXPECT_FALSE(memory.free(a).isOk());
  EXPECT_FALSE(memory.free(b + 1).isOk());
  EXPECT_FALSE(memory.write(a, "x", 1).isOk());
  EXPECT_EQ(memory.live().size(), 1u);
  EXPECT_NE(memory.describe(a).find("'a'"), std::string::npos);
}

TEST(DeviceMemory, RunsOutOfAddresses) {
  for (unsigned ordinal : {0, 1}) {
    DeviceMemory memory(1 << 20, ordinal);
    // A device has 2^43 of them: three times 2^42, and none of the next device's.
    for (int i = 0; i < 2; ++i) {
      auto address = memory.allocate(16, "far apart", uint64_t(1) << 42);
      ASSERT_TRUE(address.isOk());
      EXPECT_TRUE(memory.free(*address).isOk());
    }
    auto none = memory.allocate(16, "beyond", uint64_t(1) << 42);
    ASSERT_FALSE(none.isOk());
    EXPECT_EQ(none.status().message(), "out of device memory: 16 bytes wanted, and no addresses "
                                       "are left: none is given out twice");
    EXPECT_TRUE(memory.allocate(16, "behind the last").isOk());
  }
}

TEST(DeviceMemory, FillRepeatsAcrossChunks) {
  DeviceMemory memory(1 << 20);
  uint64_t a = *memory.allocate(200000, "a");
  ASSERT_TRUE(memory.fill(a + 2, 0x1234, 2, 99999).isOk());
  std::vector<uint16_t> values(100000);
  ASSERT_TRUE(memory.read(a, values.data(), 200000).isOk());
  EXPECT_EQ(values[0], 0);
  for (size_t i = 1; i < values.size(); ++i)
    ASSERT_EQ(values[i], 0x1234) << i;
  EXPECT_FALSE(memory.fill(a + 1, 0, 2, 1).isOk());
  EXPECT_FALSE(memory.fill(a, 0, 3, 1).isOk());
}

TEST(Device, ReportsUseAfterFree) {
  Device gpu = device();
  auto module = *gpu.load(std::string(head) + storeSeven, "k");
  const Kernel &kernel = *module->kernel("k");
  uint64_t a = *gpu.memory().allocate(4, "a");
  EXPECT_TRUE(launch(gpu, kernel, {&a}).report.violations.empty());
  uint32_t value = 0;
  EXPECT_TRUE(gpu.memory().read(a, &value, 4).isOk());
  EXPECT_EQ(value, 7u);
  EXPECT_TRUE(gpu.memory().free(a).isOk());
  LaunchResult result = launch(gpu, kernel, {&a});
  ASSERT_EQ(result.report.violations.size(), 1u);
  EXPECT_EQ(result.report.violations[0].kind, ViolationKind::UseAfterFree);
  EXPECT_EQ(result.report.violations[0].address, a);
  EXPECT_NE(result.report.violations[0].message.find("'a'"), std::string::npos);
}

TEST(Device, AccessesMappedHostMemory) {
  Device gpu = device();
  auto module = *gpu.load(std::string(head) + storeSeven, "k");
  alignas(8) uint32_t host[2] = {1, 2};
  ASSERT_TRUE(gpu.memory().mapHost(host, sizeof host, "pinned").isOk());
  EXPECT_FALSE(gpu.memory().mapHost(host + 1, 4, "twice").isOk());
  uint64_t address = reinterpret_cast<uint64_t>(host + 1);
  EXPECT_TRUE(launch(gpu, *module->kernel("k"), {&address}).report.violations.empty());
  EXPECT_EQ(host[1], 7u);
  EXPECT_TRUE(gpu.memory().free(reinterpret_cast<uint64_t>(host)).isOk());
  EXPECT_EQ(launch(gpu, *module->kernel("k"), {&address}).report.violations.size(), 1u);
}

TEST(Device, RefusesLaunchesThatAChipWould) {
  Device gpu = device();
  auto module = *gpu.load(
      std::string(head) +
          ".visible .entry plain() { ret; }\n"
          ".visible .entry many() .maxntid 64 { ret; }\n"
          ".visible .entry exact() .reqntid 32, 2 { ret; }\n"
          ".visible .entry registers() .maxnreg 128 { ret; }\n"
          ".visible .entry shared() { .shared .b8 s[40000]; .reg .b32 %r; mov.u32 %r, s; ret; }\n",
      "k");
  auto check = [&](const char *name, Dim3 grid, Dim3 block, uint64_t dynamic,
                   std::optional<uint64_t> limit) {
    LaunchConfig config;
    config.grid = grid;
    config.block = block;
    config.dynamicShared = dynamic;
    config.dynamicSharedLimit = limit;
    return gpu.checkLaunch(*module->kernel(name), config).isOk();
  };
  EXPECT_TRUE(check("plain", {1}, {1024}, 0, {}));
  EXPECT_FALSE(check("plain", {1}, {1025}, 0, {}));
  EXPECT_FALSE(check("plain", {1}, {64, 32}, 0, {}));
  EXPECT_FALSE(check("plain", {1}, {1, 1, 65}, 0, {}));
  EXPECT_FALSE(check("plain", {0}, {1}, 0, {}));
  EXPECT_FALSE(check("plain", {1, 65536}, {1}, 0, {}));
  EXPECT_TRUE(check("many", {1}, {64}, 0, {}));
  EXPECT_FALSE(check("many", {1}, {65}, 0, {}));
  EXPECT_TRUE(check("exact", {1}, {32, 2}, 0, {}));
  EXPECT_FALSE(check("exact", {1}, {64}, 0, {}));
  EXPECT_TRUE(check("registers", {1}, {512}, 0, {}));
  EXPECT_FALSE(check("registers", {1}, {513}, 0, {}));
  EXPECT_TRUE(check("plain", {1}, {1}, 163 * 1024, {}));
  EXPECT_FALSE(check("plain", {1}, {1}, 163 * 1024 + 1, {}));
  EXPECT_FALSE(check("plain", {1}, {1}, 50000, 0)); // without the attribute 48 KiB
  EXPECT_TRUE(check("plain", {1}, {1}, 50000, 50000));
  EXPECT_TRUE(check("shared", {1}, {1}, 9152, 0));
  EXPECT_FALSE(check("shared", {1}, {1}, 9153, 0));
  EXPECT_EQ(module->kernel("shared")->staticShared, 40000u);
}

TEST(Device, GivesUpOnHangs) {
  Device gpu = device();
  auto module = *gpu.load(std::string(head) + ".visible .entry k() { $L: bra $L; }\n", "k");
  LaunchOptions options;
  options.maxInstructions = 100000;
  LaunchResult result = gpu.launch(*module->kernel("k"), {}, {}, options);
  EXPECT_FALSE(result.status.isOk());
  EXPECT_NE(result.status.message().find("has not ended"), std::string::npos);
}

TEST(Device, CollectsWhatALaunchAccesses) {
  Device gpu = device();
  auto module = *gpu.load(std::string(head) + ".visible .entry k(.param .u64 p) { .reg .b64 %rd, "
                                              "%ro; .reg .b32 %r, %t; ld.param.u64 %rd, [p];"
                                              " mov.u32 %t, %tid.x; mul.wide.u32 %ro, %t, 4; "
                                              "add.u64 %rd, %rd, %ro; ld.global.u32 %r, [%rd];"
                                              " st.global.u32 [%rd+256], %r; ret; }\n",
                          "k");
  uint64_t a = *gpu.memory().allocate(1024, "a");
  ASSERT_TRUE(gpu.memory().fill(a, 0, 4, 256).isOk());
  LaunchConfig config;
  config.block.x = 16;
  LaunchOptions options;
  options.collectAccesses = true;
  LaunchResult result = gpu.launch(*module->kernel("k"), config, {&a}, options);
  ASSERT_EQ(result.accesses.size(), 2u);
  EXPECT_EQ(result.accesses[0].begin, a);
  EXPECT_EQ(result.accesses[0].end, a + 64);
  EXPECT_FALSE(result.accesses[0].written);
  EXPECT_EQ(result.accesses[1].begin, a + 256);
  EXPECT_EQ(result.accesses[1].end, a + 320);
  EXPECT_TRUE(result.accesses[1].written);
}

TEST(Device, KeepsModuleVariables) {
  Device gpu = device();
  std::string text = std::string(head) + ".global .u32 what[3] = {1, 2};\n.global .align 8 .u64 "
                                         "where = generic(what);\n.const .f32 c = 0f3F800000;\n"
                                         ".visible .entry k() { ret; }\n";
  auto module = *gpu.load(text, "k");
  ASSERT_EQ(module->variables().size(), 3u);
  uint64_t address = 0;
  ASSERT_TRUE(gpu.memory().read(module->variable("where")->address, &address, 8).isOk());
  EXPECT_EQ(address, module->variable("what")->address);
  uint32_t values[3];
  ASSERT_TRUE(gpu.memory().read(address, values, 12).isOk());
  EXPECT_EQ(values[1], 2u);
  EXPECT_EQ(values[2], 0u);
  EXPECT_TRUE(module->variable("c")->constant);
  module.reset();
  EXPECT_TRUE(gpu.memory().live().empty());
}

TEST(Device, RefusesPtxForOtherChips) {
  Device gpu = device();
  auto load = [&](const char *target) {
    return gpu
        .load(std::string(".version 8.6\n.target ") + target +
                  "\n.address_size 64\n.visible .entry k() { ret; }\n",
              "k")
        .isOk();
  };
  EXPECT_TRUE(load("sm_75"));
  EXPECT_TRUE(load("sm_80"));
  EXPECT_FALSE(load("sm_90"));
  EXPECT_FALSE(load("sm_90a"));
  EXPECT_FALSE(load("sm_80a")); // there is none
  EXPECT_FALSE(load("sm_75f"));
  Device newer(**findChip("sm_120"));
  auto loadNewer = [&](const char *target) {
    return newer
        .load(std::string(".version 8.8\n.target ") + target +
                  "\n.address_size 64\n.visible .entry k() { ret; }\n",
              "k")
        .isOk();
  };
  EXPECT_TRUE(loadNewer("sm_100"));
  EXPECT_TRUE(loadNewer("sm_120f"));
  EXPECT_FALSE(loadNewer("sm_100a"));
  EXPECT_FALSE(loadNewer("sm_100f")); // of another family
}

TEST(Device, RunsCallsThroughPointersAndRecursion) {
  Device gpu = device();
  // fact(n) by recursion through a table of functions.
  std::string text =
      std::string(head) +
      ".func (.param .b32 r) fact(.param .b32 n);\n"
      ".global .align 8 .u64 table[1] = {fact};\n"
      ".func (.param .b32 r) fact(.param .b32 n) { .reg .b32 %n, %m, %f; .reg .pred %p; .reg .b64 "
      "%a;\n"
      " ld.param.b32 %n, [n]; setp.le.u32 %p, %n, 1; @%p bra $one;\n"
      " sub.u32 %m, %n, 1; ld.global.u64 %a, [table];\n"
      " { .param .b32 q; .param .b32 s; st.param.b32 [q], %m;\n"
      "   proto: .callprototype (.param .b32 _) _ (.param .b32 _);\n"
      "   call (s), %a, (q), proto; ld.param.b32 %f, [s]; }\n"
      " mul.lo.u32 %f, %f, %n; st.param.b32 [r], %f; ret;\n"
      "$one: st.param.b32 [r], 1; ret; }\n"
      ".visible .entry k(.param .u64 p) { .reg .b64 %rd, %o; .reg .b32 %t, %f; ld.param.u64 %rd, "
      "[p];\n"
      " mov.u32 %t, %tid.x; { .param .b32 q; .param .b32 s; st.param.b32 [q], %t; call (s), fact, "
      "(q); ld.param.b32 %f, [s]; }\n"
      " mul.wide.u32 %o, %t, 4; add.u64 %rd, %rd, %o; st.global.u32 [%rd], %f; ret; }\n";
  auto loaded = gpu.load(text, "k");
  ASSERT_TRUE(loaded.isOk()) << loaded.status().message();
  uint64_t a = *gpu.memory().allocate(40, "a");
  LaunchResult result = launch(gpu, *(*loaded)->kernel("k"), {&a}, {10});
  EXPECT_TRUE(result.report.violations.empty()) << toText(result.report);
  uint32_t values[10], want = 1;
  ASSERT_TRUE(gpu.memory().read(a, values, 40).isOk());
  for (uint32_t i = 0; i < 10; ++i) {
    want *= i ? i : 1;
    EXPECT_EQ(values[i], want) << i;
  }
}

TEST(Device, CountsWhatHappens) {
  Device gpu = device();
  // Lanes 32 bytes apart in global memory, 128 bytes apart in shared memory.
  auto module = *gpu.load(
      std::string(head) +
          ".visible .entry k(.param .u64 p) { .shared .align 4 .b8 s[4096]; .reg .b64 %rd, %o; "
          ".reg .b32 %t, %a, %b; .reg .pred %q;\n"
          " ld.param.u64 %rd, [p]; mov.u32 %t, %tid.x; mul.wide.u32 %o, %t, 32; add.u64 %rd, %rd, "
          "%o; st.global.u32 [%rd], %t;\n"
          " mov.u32 %a, s; mul.lo.u32 %b, %t, 128; add.u32 %a, %a, %b; st.shared.u32 [%a], %t; "
          "bar.sync 0;\n"
          " setp.lt.u32 %q, %t, 7; @%q bra $low; atom.global.add.u32 %b, [%rd], 1; $low: ret; }\n",
      "k");
  uint64_t a = *gpu.memory().allocate(1024, "a");
  LaunchResult result = launch(gpu, *module->kernel("k"), {&a}, {32});
  ASSERT_TRUE(result.report.violations.empty()) << toText(result.report);
  const Counters &counters = result.report.counters;
  EXPECT_EQ(counters.globalRequests, 2u);
  EXPECT_EQ(counters.globalSectors, 32u + 25u);
  EXPECT_EQ(counters.globalBytesWritten, 4 * (32u + 25u));
  EXPECT_EQ(counters.sharedBytesWritten, 128u);
  EXPECT_EQ(counters.bankConflicts, 31u);
  EXPECT_EQ(counters.divergentBranches, 1u);
  EXPECT_EQ(counters.atomics, 25u);
  EXPECT_EQ(counters.barriers, 1u);
  // Of the branch, those whose guard is true; of the atomic, the others.
  EXPECT_EQ(counters.threadInstructions, 32u * 11 + 7 + 25 + 32);
}

} // namespace mmc::emulator::test
