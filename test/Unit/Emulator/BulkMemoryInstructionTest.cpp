// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// st.bulk and discard: what they write, where they may not; fences restricted to shared memory.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

KernelSetup newest() {
  KernelSetup setup;
  setup.chip = "sm_100";
  setup.checkRaces = false;
  return setup;
}

const std::string fill =
    ".shared .align 16 .b8 sv[256];\nmov.u64 d5, sv;\nmov.u32 r1, sv;\nmul.lo.u32 r2, tid, "
    "8;\nadd.u32 r1, r1, r2;\nmov.u64 d1, -1;\nst.shared.u64 [r1], "
    "d1;\nmul.wide.u32 d7, tid, 8;\nadd.u64 d7, out, d7;\nsetp.eq.u32 p1, "
    "tid, 0;\nbar.sync 0;\n";
const std::string give = "bar.sync 0;\nld.shared.u64 d2, [r1];\nst.global.u64 [d7], d2;\n";

uint64_t count(const std::string &code, ViolationKind kind) {
  return countOf(runKernel(fill + code, newest()), kind);
}

} // namespace

TEST(BulkMemoryInstruction, StoresZeros) {
  for (const char *text :
       {"@p1 st.bulk.shared::cta [d5+16], 80, 0;\n",
        "@p1 st.bulk.weak.shared::cta [d5+16], d3, 0;\n",
        "mov.u64 d4, sv;\ncvta.shared.u64 d4, d4;\n@p1 st.bulk [d4+16], 80, 0;\n"}) {
    Outcome outcome = runClean("mov.u64 d3, 80;\n" + fill + text + give, newest());
    for (uint64_t i = 0; i < 32; ++i)
      EXPECT_EQ(outcome.at<uint64_t>(i), i >= 2 && i < 12 ? 0 : ~uint64_t(0)) << text << i;
  }
  // Each lane its own piece; none of 0 bytes.
  Outcome outcome = runClean(fill +
                                 "and.b32 r3, tid, 1;\nmul.wide.u32 d3, r3, 8;\ncvt.u64.u32 d4, "
                                 "r1;\nst.bulk.shared::cta [d4], d3, 0;\n" +
                                 give,
                             newest());
  for (uint64_t i = 0; i < 32; ++i)
    EXPECT_EQ(outcome.at<uint64_t>(i), i % 2 ? 0 : ~uint64_t(0)) << i;
  // What it has written has a value.
  runClean(".shared .align 16 .b8 sv[64];\nmov.u64 d5, sv;\nsetp.eq.u32 p1, tid, 0;\n@p1 "
           "st.bulk.shared::cta [d5], "
           "64, 0;\nbar.sync 0;\nld.shared.u32 r1, [sv+60];\nst.global.u32 [out], r1;\n",
           newest());
}

TEST(BulkMemoryInstruction, Mistakes) {
  EXPECT_EQ(count("@p1 st.bulk.shared::cta [d5], 264, 0;\n", ViolationKind::OutOfBounds), 1u);
  EXPECT_EQ(count("@p1 st.bulk.shared::cta [d5+4], 16, 0;\n", ViolationKind::Misaligned), 1u);
  EXPECT_EQ(count("mov.u64 d3, 12;\n@p1 st.bulk.shared::cta [d5], d3, 0;\n",
                  ViolationKind::InvalidInstruction),
            1u);
  KernelSetup racing = newest();
  racing.checkRaces = true;
  EXPECT_GT(countOf(runKernel(fill + "st.bulk.shared::cta [d5], 64, 0;\nld.shared.u64 d2, [r1];\n",
                              racing),
                    ViolationKind::SharedRace),
            0u);
  EXPECT_EQ(
      count("add.u64 d3, out, 64;\n@p1 discard.global.L2 [d3], 128;\n", ViolationKind::Misaligned),
      1u);
  for (const char *wrong :
       {"st.bulk [d1], 8, 1;\n", "st.bulk.shared::cta [d1], r1, 0;\n", "st.bulk [d1], 8;\n",
        "discard.L2 [d1], 64;\n", "discard.L2 [d1], r1;\n"})
    EXPECT_NE(loadError(wrong, newest()), "") << wrong;
  KernelSetup older = newest();
  older.chip = "sm_90";
  EXPECT_NE(loadError("st.bulk [d1], 8, 0;\n", older), "");
}

TEST(BulkMemoryInstruction, DiscardsAndFences) {
  runClean("discard.global.L2 [out], 128;\ndiscard.L2 [out+128], 128;\nst.global.u32 [out], 1;\n",
           newest());
  // A release restricted to the block's shared memory, and who sees the flag behind it.
  for (const char *fence : {"fence.release.sync_restrict::shared::cta.cluster;\n",
                            "fence.acquire.sync_restrict::shared::cluster.cluster;\n"}) {
    KernelSetup setup;
    setup.block = {64};
    Outcome outcome = runKernel(
        std::string(".shared .b32 word;\n.shared .b32 flag;\nsetp.eq.u32 p1, tid, 0;\nsetp.eq.u32 "
                    "p2, tid, 32;\n@p1 st.shared.u32 [flag], 0;\nbar.sync 0;\n@!p1 bra "
                    "reader;\nst.shared.u32 [word], 7;\n") +
            fence +
            "st.relaxed.cluster.shared::cta.u32 [flag], 1;\nexit;\nreader:\n@!p2 bra "
            "end;\nwait:\nld.relaxed.cluster.shared::cta.u32 r1, [flag];\nsetp.ne.u32 p3, r1, "
            "1;\n@p3 bra wait;\nld.shared.u32 r2, [word];\nst.global.u32 [out], r2;\nend:\n",
        setup);
    bool isRelease = fence[6] == 'r';
    EXPECT_EQ(countOf(outcome, ViolationKind::SharedRace) == 0, isRelease) << fence;
  }
  runClean("fence.proxy.async::generic.acquire.sync_restrict::shared::cluster.cluster;\n"
           "fence.proxy.async::generic.release.sync_restrict::shared::cta.cluster;\n");
}

} // namespace mmc::emulator::test
