// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops around atom.cas begin with a plain load, which is no race; other plain loads are.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

/// Each thread does word = word * 3 + 1 atomically; the load stands at `first`, the result of the
/// comparison is turned by `turn`.
std::string loop(const std::string &first, const std::string &turn = "") {
  return first + "again:\nmad.lo.u32 r2, r1, 3, 1;\n" + turn +
         "atom.global.cas.b32 r3, [out], r1, r2;\nsetp.ne.b32 p1, r3, r1;\nmov.b32 r1, r3;\n@p1 "
         "bra again;\n";
}

Outcome run(const std::string &code, uint64_t seed) {
  KernelSetup setup;
  setup.block = {64};
  setup.schedule = seed;
  return runKernel(code, setup);
}

} // namespace

TEST(AtomicGuess, IsNoRace) {
  uint32_t want = 0xeeeeeeee;
  for (unsigned i = 0; i < 64; ++i)
    want = want * 3 + 1;
  for (uint64_t seed : {1, 2, 3, 4}) {
    for (const char *first :
         {"ld.global.b32 r1, [out];\n", "ld.global.f32 f1, [out];\nmov.b32 r1, f1;\n",
          "ld.b32 r4, [out];\nand.b32 r5, r4, -1;\nor.b32 r1, r5, 0;\n"}) {
      Outcome outcome = run(loop(first), seed);
      EXPECT_EQ(outcome.report.violations.size(), 0u) << first << toText(outcome.report);
      EXPECT_EQ(outcome.at<uint32_t>(0), want);
    }
    std::string shared = ".shared .b32 word;\nsetp.eq.u32 p2, tid, 0;\n@p2 st.shared.u32 [word], "
                         "5;\nbar.sync 0;\nld.shared.u32 r1, [word];\nagain:\nadd.u32 r2, r1, "
                         "1;\natom.shared.cas.b32 r3, [word], r1, r2;\nsetp.ne.b32 p1, r3, "
                         "r1;\nmov.b32 r1, r3;\n@p1 bra again;\n";
    EXPECT_EQ(run(shared, seed).report.violations.size(), 0u);
  }
}

TEST(AtomicGuess, OtherLoadsRace) {
  for (const char *first : {
           "ld.global.b32 r5, [out];\nmov.b32 r1, 7;\n",                // not what is compared
           "ld.global.b32 r5, [out];\nadd.u32 r1, r5, 1;\n",            // computed from it
           "ld.global.b32 r1, [out+4];\nst.global.b32 [out+4], tid;\n", // another address
       }) {
    Outcome outcome = run(loop(first), 1);
    EXPECT_GT(countOf(outcome, ViolationKind::GlobalRace), 0u) << first;
  }
  // A plain store instead of atom.cas.
  EXPECT_GT(
      countOf(run("ld.global.b32 r1, [out];\nadd.u32 r1, r1, tid;\nst.global.b32 [out], r1;\n", 1),
              ViolationKind::GlobalRace),
      0u);
}

} // namespace mmc::emulator::test
