// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// printf, assert, malloc and free in kernels: what they print and give, and what is refused.

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>

namespace mmc::emulator::test {

namespace {

const char head[] = ".version 8.0\n.target sm_80\n.address_size 64\n"
                    ".extern .func (.param .b32 r) vprintf (.param .b64 f, .param .b64 a);\n"
                    ".extern .func __assertfail (.param .b64 m, .param .b64 f, .param .b32 l, "
                    ".param .b64 n, .param .b64 s);\n"
                    ".extern .func (.param .b64 r) malloc (.param .b64 n);\n"
                    ".extern .func free (.param .b64 p);\n";

/// .global NAME: text and its zero.
std::string textVariable(const std::string &name, const std::string &text) {
  std::string list;
  for (char c : text + '\0')
    list += (list.empty() ? "" : ", ") + std::to_string(static_cast<unsigned char>(c));
  return ".global .align 1 .b8 " + name + "[" + std::to_string(text.size() + 1) + "] = {" + list +
         "};\n";
}

struct Ran {
  std::string printed, errors;
  LaunchResult result;
  std::vector<uint32_t> out;
};

/// Runs kernel k(u64 out), which has 64 words.
Ran run(const std::string &ptx, Dim3 block = {}, Dim3 grid = {}) {
  Ran ran;
  Device device(**findChip("sm_80"));
  auto module = device.load(ptx, "test.ptx");
  EXPECT_TRUE(module.isOk()) << module.status().message();
  if (!module.isOk())
    return ran;
  uint64_t out = *device.memory().allocate(256, "out");
  EXPECT_TRUE(device.memory().fill(out, 0, 4, 64).isOk());
  std::mutex mutex;
  LaunchOptions options;
  options.print = [&](bool isError, std::string_view text) {
    std::lock_guard<std::mutex> lock(mutex);
    (isError ? ran.errors : ran.printed) += text;
  };
  LaunchConfig config;
  config.block = block;
  config.grid = grid;
  ran.result = device.launch(*(*module)->kernel("k"), config, {&out}, options);
  ran.out.resize(64);
  EXPECT_TRUE(device.memory().read(out, ran.out.data(), 256).isOk());
  return ran;
}

/// One thread prints with arguments of 4 and 8 bytes, which lie as C's variadic ones do; the result
/// goes to out[0].
Ran print(const std::string &format, const std::vector<std::pair<unsigned, uint64_t>> &arguments) {
  std::string stores;
  uint64_t offset = 0;
  for (auto [bytes, value] : arguments) {
    offset = (offset + bytes - 1) / bytes * bytes;
    stores += "mov.b" + std::to_string(8 * bytes) + (bytes == 4 ? " %r, " : " %d, ") +
              std::to_string(value) + ";\nst.local.b" + std::to_string(8 * bytes) + " [buffer+" +
              std::to_string(offset) + (bytes == 4 ? "], %r;\n" : "], %d;\n");
    offset += bytes;
  }
  return run(
      head + textVariable("format", format) + textVariable("word", "word") +
      ".visible .entry k(.param .u64 out) {\n.local .align 16 .b8 buffer[256];\n"
      ".reg .b32 %r;\n.reg .b64 %d, %e;\n" +
      stores +
      "{ .param .b64 f; .param .b64 a; .param .b32 r;\nmov.u64 %d, format;\n"
      "cvta.global.u64 %d, %d;\nst.param.b64 [f], %d;\nmov.u64 %d, buffer;\n"
      "cvta.local.u64 %d, %d;\nst.param.b64 [a], %d;\ncall.uni (r), vprintf, (f, a);\n"
      "ld.param.b32 %r, [r]; }\nld.param.u64 %d, [out];\nst.global.b32 [%d], %r;\nret;\n}\n");
}

uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// What the host's printf makes of it.
template <typename... T>
std::string host(const char *format, T... values) {
  char text[16384];
  int length = std::snprintf(text, sizeof text, format, values...);
  return std::string(text, static_cast<size_t>(length));
}

} // namespace

TEST(SystemCall, PrintsAsTheHostDoes) {
  for (const char *format : {"%d", "%i|", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%x", "%#x",
                             "%X", "%o", "%u", "%hd", "%hhd", "%hu", "%c", "%8.4x", "a%db%%c"})
    for (uint32_t value : {0u, 7u, 65u, 0x12345u, 0x7fffffffu, 0x80000000u, ~0u}) {
      Ran ran = print(format, {{4, value}});
      EXPECT_EQ(ran.printed, host(format, value)) << format;
      EXPECT_EQ(ran.out[0], 1u);
      EXPECT_TRUE(ran.result.report.violations.empty()) << toText(ran.result.report);
    }
  for (const char *format : {"%ld", "%lld", "%20lld|", "%lu", "%llx", "%#llo", "%zu", "%jd", "%td"})
    for (uint64_t value : {uint64_t(0), uint64_t(1) << 63, ~uint64_t(0), uint64_t(123456789012)})
      EXPECT_EQ(print(format, {{8, value}}).printed, host(format, value)) << format;
  for (const char *format :
       {"%f", "%.2f", "%10.3f", "%-10.1f|", "%e", "%G", "%g", "%a", "%+.0e", "%A", "%E", "%F"})
    for (double value : {0.0, -0.0, 1.5, -1e300, 5e-324, 123456.789, 1.0 / 0.0, -(0.0 / 0.0)})
      EXPECT_EQ(print(format, {{8, bitsOf(value)}}).printed, host(format, value)) << format;
  EXPECT_EQ(print("%p", {{8, 0x1234}}).printed, "0x1234");
}

TEST(SystemCall, PrintsSeveralArgumentsAndCountsThem) {
  // An argument of 8 bytes lies at a multiple of 8.
  Ran ran = print("%d %f %c %lld %*d %.*f\n", {{4, 1},
                                               {8, bitsOf(2.5)},
                                               {4, 'x'},
                                               {8, uint64_t(1) << 40},
                                               {4, 6},
                                               {4, 42},
                                               {4, 2},
                                               {8, bitsOf(3.14159)}});
  EXPECT_EQ(ran.printed,
            host("%d %f %c %lld %*d %.*f\n", 1, 2.5, 'x', 1ll << 40, 6, 42, 2, 3.14159));
  EXPECT_EQ(ran.out[0], 8u);
  EXPECT_EQ(print("%*d|", {{4, ~0u - 4}, {4, 42}}).printed, "42   |");
  EXPECT_EQ(print("no arguments\n", {}).printed, "no arguments\n");
  EXPECT_EQ(print("no arguments\n", {}).out[0], 0u);
  EXPECT_EQ(print("%s", {{8, 0}}).printed, "(null)");
  // What is no conversion stays; sizes are bounded.
  EXPECT_EQ(print("100% %y %", {}).printed, "100% %y %");
  EXPECT_EQ(print("%99999d", {{4, 1}}).printed.size(), 4096u);
  EXPECT_EQ(print("%*d", {{4, 0x80000000}, {4, 1}}).printed.size(), 4096u);
}

TEST(SystemCall, PrintfChecksWhatItReads) {
  auto kinds = [](const Ran &ran) {
    std::vector<ViolationKind> list;
    for (const Violation &violation : ran.result.report.violations)
      list.push_back(violation.kind);
    return list;
  };
  using Kinds = std::vector<ViolationKind>;
  EXPECT_EQ(kinds(print("%d %d", {{4, 1}})), Kinds{ViolationKind::Uninitialized});
  EXPECT_EQ(kinds(print("%s", {{8, 0x123456}})), Kinds{ViolationKind::OutOfBounds});
}

/// printf("%s %d\n", word, tid), or of those threads below `threads`.
static std::string printing(unsigned threads) {
  return head + textVariable("format", "%s %d\n") + textVariable("word", "thread") +
         ".visible .entry k(.param .u64 out) {\n.local .align 16 .b8 buffer[16];\n"
         ".reg .pred %p;\n.reg .b32 %r;\n.reg .b64 %d;\n"
         "mov.u64 %d, word;\ncvta.global.u64 %d, %d;\nst.local.u64 [buffer], %d;\n"
         "mov.u32 %r, %tid.x;\nst.local.u32 [buffer+8], %r;\nsetp.lt.u32 %p, %r, " +
         std::to_string(threads) +
         ";\n{ .param .b64 f; .param .b64 a; .param .b32 r;\nmov.u64 %d, format;\n"
         "cvta.global.u64 %d, %d;\nst.param.b64 [f], %d;\nmov.u64 %d, buffer;\n"
         "cvta.local.u64 %d, %d;\nst.param.b64 [a], %d;\n@%p call (r), vprintf, (f, a); }\n"
         "ret;\n}\n";
}

TEST(SystemCall, EveryThreadPrintsOnce) {
  Ran ran = run(printing(40), {64}, {3});
  EXPECT_TRUE(ran.result.report.violations.empty()) << toText(ran.result.report);
  for (unsigned thread = 0; thread < 64; ++thread) {
    std::string line = "thread " + std::to_string(thread) + "\n";
    unsigned count = 0;
    for (size_t at = ran.printed.find(line); at != std::string::npos;
         at = ran.printed.find(line, at + 1))
      ++count;
    EXPECT_EQ(count, thread < 40 ? 3u : 0u) << thread;
  }
}

TEST(SystemCall, AssertSaysWhatHasFailed) {
  Ran ran = run(head + textVariable("message", "x < 3") + textVariable("file", "a.cu") +
                    textVariable("name", "void k()") +
                    ".visible .entry k(.param .u64 out) {\n.reg .pred %p;\n.reg .b32 %r;\n"
                    ".reg .b64 %d;\nmov.u32 %r, %tid.x;\nsetp.ne.u32 %p, %r, 5;\n@%p bra ok;\n"
                    "{ .param .b64 m; .param .b64 f; .param .b32 l; .param .b64 n; .param .b64 s;\n"
                    "mov.u64 %d, message;\ncvta.global.u64 %d, %d;\nst.param.b64 [m], %d;\n"
                    "mov.u64 %d, file;\ncvta.global.u64 %d, %d;\nst.param.b64 [f], %d;\n"
                    "st.param.b32 [l], 12;\nmov.u64 %d, name;\ncvta.global.u64 %d, %d;\n"
                    "st.param.b64 [n], %d;\nst.param.b64 [s], 1;\n"
                    "call __assertfail, (m, f, l, n, s); }\nok:\nret;\n}\n",
                {8});
  EXPECT_EQ(ran.errors,
            "a.cu:12: void k(): block: [0,0,0], thread: [5,0,0] Assertion `x < 3` failed.\n");
  EXPECT_TRUE(ran.result.hasFailedAssertion);
  ASSERT_EQ(ran.result.report.violations.size(), 1u);
  EXPECT_EQ(ran.result.report.violations[0].kind, ViolationKind::InvalidInstruction);
  EXPECT_NE(ran.result.report.violations[0].message.find("`x < 3` in a.cu:12: void k()"),
            std::string::npos);
}

/// out[2 tid] and [2 tid + 1] = the two halves of malloc(bytes), which the thread writes to.
static std::string mallocOf(const std::string &bytes, bool frees) {
  return std::string(head) +
         ".visible .entry k(.param .u64 out) {\n.reg .pred %p;\n.reg .b32 %r;\n"
         ".reg .b64 %d, %e, %n;\nmov.u32 %r, %tid.x;\ncvt.u64.u32 %n, %r;\n"
         "{ .param .b64 n; .param .b64 r;\n" +
         bytes +
         "st.param.b64 [n], %n;\ncall (r), malloc, (n);\nld.param.b64 %d, [r]; }\n"
         "ld.param.u64 %e, [out];\nmad.wide.u32 %e, %r, 8, %e;\nst.global.b64 [%e], %d;\n"
         "setp.eq.u64 %p, %d, 0;\n@!%p st.b32 [%d], %r;\n" +
         (frees ? "{ .param .b64 p;\nst.param.b64 [p], %d;\ncall free, (p); }\n" : "") +
         "ret;\n}\n";
}

TEST(SystemCall, MallocGivesPartsThatDoNotOverlap) {
  Ran ran = run(mallocOf("mul.lo.u64 %n, %n, 100;\n", /*frees=*/false), {32});
  EXPECT_TRUE(ran.result.report.violations.empty()) << toText(ran.result.report);
  std::vector<std::pair<uint64_t, uint64_t>> parts;
  for (uint64_t thread = 0; thread < 32; ++thread) {
    uint64_t address = ran.out[2 * thread] | uint64_t(ran.out[2 * thread + 1]) << 32;
    EXPECT_EQ(address % 16, 0u);
    EXPECT_EQ(address == 0, thread == 0); // of no bytes
    if (address)
      parts.push_back({address, address + 100 * thread});
  }
  std::sort(parts.begin(), parts.end());
  for (size_t i = 1; i < parts.size(); ++i)
    EXPECT_LT(parts[i - 1].second, parts[i].first);
}

TEST(SystemCall, MallocOfMoreThanIsLeftGivesNull) {
  // Of 8 MiB, 2 of 3 MiB.
  Ran ran = run(mallocOf("mov.u64 %n, 3145728;\n", /*frees=*/false), {3});
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.begin() + 6, 0u) >= 2, true);
  EXPECT_TRUE(ran.out[0] && ran.out[2]);
  EXPECT_EQ(ran.out[4] | ran.out[5], 0u);
  // What is freed can be given again, whole.
  Device device(**findChip("sm_80"));
  EXPECT_TRUE(device.setHeapBytes(4096));
  auto module = device.load(mallocOf("mov.u64 %n, 3000;\n", /*frees=*/true), "test.ptx");
  ASSERT_TRUE(module.isOk()) << module.status().message();
  uint64_t out = *device.memory().allocate(256, "out");
  for (int i = 0; i < 100; ++i) {
    LaunchResult result = device.launch(*(*module)->kernel("k"), {}, {&out});
    uint64_t address = 0;
    EXPECT_TRUE(device.memory().read(out, &address, 8).isOk());
    EXPECT_NE(address, 0u);
    ASSERT_TRUE(result.report.violations.empty()) << toText(result.report);
  }
  EXPECT_FALSE(device.setHeapBytes(8192)); // it is in use
  EXPECT_EQ(device.kernelHeapBytes(), 4096u);
}

TEST(SystemCall, OtherDeclarationsAreRefused) {
  const char *start = ".version 8.0\n.target sm_80\n.address_size 64\n";
  auto refusal = [&](const std::string &text) {
    auto module = Device(**findChip("sm_80")).load(start + text, "test.ptx");
    return module.isOk() ? std::string() : module.status().message();
  };
  EXPECT_NE(
      refusal(".extern .func (.param .b32 r) malloc (.param .b64 n);\n.entry k() { .param "
              ".b32 r; .param .b64 n;\nst.param.b64 [n], 4;\ncall (r), malloc, (n);\nret; }\n")
          .find("other parameters than CUDA's"),
      std::string::npos);
  EXPECT_NE(refusal(".extern .func free (.param .b32 n);\n.entry k() { .param .b32 n;\n"
                    "st.param.b32 [n], 4;\ncall free, (n);\nret; }\n")
                .find("other parameters than CUDA's"),
            std::string::npos);
  EXPECT_NE(refusal(".extern .func other ();\n.entry k() { call other;\nret; }\n")
                .find("'other' has no body"),
            std::string::npos);
  // One error each, whatever braces stand behind: what follows is understood.
  EXPECT_EQ(refusal(".entry k() { .reg .f32 %f<4>; .reg .b64 %d;\nfrob.v2.f32 {%f1, %f2}, [%d, "
                    "{%f1, %f2}];\nbra past;\nfrob.x {%f1}, 1;\npast:\nret; }\n"),
            "test.ptx:5:1: instruction 'frob.v2.f32' is not supported\n"
            "test.ptx:7:1: instruction 'frob.x' is not supported");
  // A function of the module's own is no system function.
  EXPECT_EQ(refusal(".func free () { ret; }\n.entry k() { call free;\nret; }\n"), "");
}

} // namespace mmc::emulator::test
