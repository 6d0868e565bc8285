// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// alloca, stacksave, stackrestore: sizes of each lane, alignments, what ends with a call, overflow.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

const char *const place = "mul.wide.u32 d7, tid, 8;\nadd.u64 d7, out, d7;\n";

/// Sums i · (n + 1 - i) over an array of n words that it allocates, n the argument.
const char *const sum =
    ".func (.param .u32 result) sum(.param .u32 x) {\n.reg .u32 n, i, v, s;\n.reg .u64 b, a;\n.reg "
    ".pred p;\nld.param.u32 n, [x];\nmul.wide.u32 b, n, 4;\nalloca.u64 b, b, 16;\n"
    "mov.u64 a, b;\nmov.u32 i, n;\nfill:\nst.local.u32 [a], i;\nadd.u64 a, a, 4;\nsub.u32 i, i, "
    "1;\nsetp.ne.u32 p, i, 0;\n@p bra fill;\n"
    "mov.u32 s, 0;\nmov.u64 a, b;\nmov.u32 i, 1;\ntake:\nld.local.u32 v, [a];\nmad.lo.u32 s, v, "
    "i, s;\nadd.u64 a, a, 4;\nadd.u32 i, i, 1;\nsetp.le.u32 p, i, n;\n@p bra take;\n"
    "st.param.u32 [result], s;\nret;\n}\n";

std::string callSum(const std::string &argument) {
  return "{ .param .u32 x; .param .u32 y; st.param.u32 [x], " + argument +
         "; call (y), sum, (x); ld.param.u32 r1, [y]; }\n";
}

uint64_t countAfter(const std::string &code, ViolationKind kind, const KernelSetup &setup = {}) {
  Outcome outcome = runKernel(place + code, setup);
  return countOf(outcome, kind);
}

} // namespace

// Lanes take different sizes and call at different times; what a call took is there again after it.
TEST(StackInstruction, EachLaneAndCallHasItsOwn) {
  for (uint64_t seed : {1, 2, 3}) {
    KernelSetup setup;
    setup.block = {64};
    setup.schedule = seed;
    setup.declarations = sum;
    Outcome outcome = runClean(std::string(place) +
                                   "add.u32 r2, tid, 1;\nmov.u32 r3, 0;\nmov.u32 r4, 0;\nagain:\n" +
                                   callSum("r2") +
                                   "add.u32 r3, r3, r1;\nadd.u32 r4, r4, 1;\nsetp.lt.u32 p1, r4, "
                                   "r2;\n@p1 bra again;\nst.global.u32 [d7], r3;\n",
                               setup);
    for (uint32_t t = 0; t < 64; ++t) {
      uint32_t n = t + 1, once = 0;
      for (uint32_t i = 1; i <= n; ++i)
        once += i * (n + 1 - i);
      EXPECT_EQ(outcome.at<uint32_t>(2 * t), n * once) << t;
    }
  }
}

TEST(StackInstruction, Alignments) {
  for (unsigned alignment : {1, 2, 4, 8, 16, 64, 256, 1024}) {
    std::string text = std::to_string(alignment);
    Outcome outcome =
        runClean(std::string(place) + "alloca.u64 d1, 3, " + text + ";\nalloca.u64 d2, 40, " +
                 text + ";\nalloca.u64 d4, 8;\nmov.u64 d3, " + text +
                 ";\nrem.u64 d5, d1, d3;\nrem.u64 d6, d2, d3;\nor.b64 d5, d5, "
                 "d6;\nrem.u64 d6, d4, 8;\nor.b64 d5, d5, d6;\n"
                 "st.local.u64 [d2+32], d3;\nst.local.u8 [d1+2], r1;\n"
                 "cvta.local.u64 d2, d2;\nld.u64 d6, [d2+32];\nadd.u64 d5, d5, "
                 "d6;\nst.global.u64 [d7], d5;\n");
    EXPECT_EQ(outcome.at<uint64_t>(5), alignment);
  }
  Outcome narrow = runClean(
      std::string(place) +
      "stacksave.u32 r3;\nalloca.u32 r1, 16, 8;\nst.local.u32 [r1+12], tid;\nld.local.u32 r2, "
      "[r1+12];\nstackrestore.u32 r3;\nst.global.u32 [d7], r2;\n");
  EXPECT_EQ(narrow.at<uint32_t>(10), 5u);
}

// What is given back may be taken again, any number of times.
TEST(StackInstruction, SavesAndRestores) {
  Outcome outcome =
      runClean(std::string(place) +
               "mov.u32 r1, 0;\nmov.u32 r4, 0;\nagain:\nstacksave.u64 d1;\nalloca.u64 d2, 4096;\n"
               "st.local.u32 [d2+4092], r1;\nld.local.u32 r2, [d2+4092];\nadd.u32 r4, r4, r2;\n"
               "stackrestore.u64 d1;\nadd.u32 r1, r1, 1;\nsetp.lt.u32 p1, r1, 1000;\n@p1 bra "
               "again;\nst.global.u32 [d7], r4;\n");
  EXPECT_EQ(outcome.at<uint32_t>(6), 499500u);
  EXPECT_EQ(countAfter("stacksave.u64 d1;\nalloca.u64 d2, 16;\nstackrestore.u64 "
                       "d1;\nst.local.u32 [d2], tid;\n",
                       ViolationKind::LocalOutOfBounds),
            32u);
  EXPECT_EQ(countAfter("mov.u64 d1, 5;\nstackrestore.u64 d1;\n", ViolationKind::InvalidInstruction),
            32u);
}

TEST(StackInstruction, Mistakes) {
  EXPECT_EQ(countAfter("alloca.u64 d2, 16;\nst.local.u32 [d2+16], tid;\n",
                       ViolationKind::LocalOutOfBounds),
            32u);
  EXPECT_EQ(countAfter("alloca.u64 d2, 16;\nst.local.u32 [d2+-4], tid;\n",
                       ViolationKind::LocalOutOfBounds),
            32u);
  EXPECT_EQ(countAfter("alloca.u64 d2, 16;\nld.local.u32 r1, [d2];\nadd.u32 r1, r1, 1;\n",
                       ViolationKind::Uninitialized),
            32u);
  // Gone with the call.
  KernelSetup setup;
  setup.declarations = ".func (.param .u64 result) leak() {\n.reg .u64 a;\nalloca.u64 a, "
                       "16;\nst.param.u64 [result], a;\nret;\n}\n";
  EXPECT_EQ(countAfter("{ .param .u64 y; call (y), leak; ld.param.u64 d1, [y]; }\nst.local.u32 "
                       "[d1], tid;\n",
                       ViolationKind::LocalOutOfBounds, setup),
            32u);
  for (const char *size : {"0x7fffffff", "0xffffffffffffffff", "70000"})
    EXPECT_EQ(countAfter(std::string("mov.u64 d1, ") + size + ";\nalloca.u64 d2, d1;\n",
                         ViolationKind::LocalOutOfBounds),
              1u)
        << size;
  EXPECT_NE(loadError("alloca.u64 d1, 16, 3;\n").find("power of two"), std::string::npos);
  EXPECT_NE(loadError("alloca.u64 r1, 16;\n"), "");
  EXPECT_NE(loadError("stackrestore.u64 64;\n"), "");
}

} // namespace mmc::emulator::test
