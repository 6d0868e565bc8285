// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// bar, barrier and bar.warp.sync: who waits for whom, what is counted and voted, what is ordered.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

/// Each thread has a word in shared memory (r8) and one at out + 4 tid (d7); r9 is its warp.
const std::string start =
    ".shared .align 4 .b8 sv[1024];\nmov.u32 r8, sv;\nmad.lo.u32 r8, tid, 4, r8;\nmul.wide.u32 d7, "
    "tid, 4;\nadd.u64 d7, out, d7;\nshr.u32 r9, tid, 5;\n";

Outcome run(const std::string &code, unsigned threads, uint64_t seed = 0) {
  KernelSetup setup;
  setup.block = {threads};
  if (seed)
    setup.schedule = seed;
  return runKernel(start + code, setup);
}

/// Under several interleavings: nothing is reported, and every thread leaves what the model says.
void expectWords(const std::string &code, unsigned threads,
                 const std::function<uint32_t(uint32_t)> &model) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Outcome outcome = run(code, threads, seed);
    ASSERT_TRUE(outcome.status.isOk()) << outcome.status.message();
    ASSERT_TRUE(outcome.report.violations.empty()) << toText(outcome.report) << code;
    for (uint32_t thread = 0; thread < threads; ++thread)
      ASSERT_EQ(outcome.at<uint32_t>(thread), model(thread))
          << "thread " << thread << ", schedule " << seed << "\n"
          << code;
  }
}

/// Every thread writes its word, waits, and reads the word of the thread that is mirrored within
/// `group` threads; twice, with a barrier in between.
std::string exchange(const std::string &wait, unsigned group) {
  std::string mirror = "rem.u32 r2, tid, " + std::to_string(group) +
                       ";\nsub.u32 r3, tid, r2;\nsub.u32 r2, " + std::to_string(group - 1) +
                       ", r2;\nadd.u32 r3, r3, r2;\nmov.u32 r2, sv;\nmad.lo.u32 r3, r3, 4, r2;\n";
  return mirror + "st.shared.u32 [r8], tid;\n" + wait + "ld.shared.u32 r4, [r3];\n" + wait +
         "add.u32 r5, r4, 1000;\nst.shared.u32 [r8], r5;\n" + wait +
         "ld.shared.u32 r6, [r3];\nadd.u32 r6, r6, r4;\nst.global.u32 [d7], r6;\n";
}
/// The mirrored thread's word is the mirror of its own plus 1000, which is this thread, and its
/// number.
std::function<uint32_t(uint32_t)> exchanged(unsigned group) {
  return [=](uint32_t thread) {
    uint32_t mirrored = thread / group * group + group - 1 - thread % group;
    return thread + 1000 + mirrored;
  };
}

} // namespace

TEST(BarrierInstruction, WholeBlockWithEveryNumberAndForm) {
  for (const char *form : {"bar.sync", "bar.cta.sync", "barrier.sync", "barrier.cta.sync",
                           "barrier.sync.aligned", "barrier.cta.sync.aligned"})
    for (const char *number : {"0", "1", "7", "15", "r1"})
      for (const char *count : {"", ", 128", ", r7"})
        expectWords("mov.u32 r1, 9;\nmov.u32 r7, 128;\n" +
                        exchange(std::string(form) + " " + number + count + ";\n", 128),
                    128, exchanged(128));
  // The last warp has not all its lanes.
  for (const char *form : {"bar.sync 0", "barrier.sync 0", "barrier.cta.sync.aligned 3"})
    expectWords(exchange(std::string(form) + ";\n", 50), 50, exchanged(50));
  expectWords(exchange("bar.sync 0;\n", 1), 1, exchanged(1));
}

// A barrier for each pair of warps, with its count, at the same time as others.
TEST(BarrierInstruction, PartsOfABlock) {
  for (const char *form : {"bar.sync", "barrier.sync", "barrier.cta.sync.aligned"}) {
    expectWords("shr.u32 r1, tid, 6;\nadd.u32 r1, r1, 3;\n" +
                    exchange(std::string(form) + " r1, 64;\n", 64),
                256, exchanged(64));
    // One warp by itself.
    expectWords("add.u32 r1, r9, 8;\n" + exchange(std::string(form) + " r1, 32;\n", 32), 256,
                exchanged(32));
  }
  // Without .aligned the lanes may come one after the other, from different places.
  expectWords("and.b32 r1, tid, 1;\nsetp.eq.u32 p1, r1, 1;\nst.shared.u32 [r8], tid;\n@p1 bra "
              "second;\nbarrier.sync 4;\nbra join;\nsecond:\nbarrier.sync 4;\njoin:\n"
              "mov.u32 r2, sv;\nxor.b32 r3, tid, 33;\nmad.lo.u32 r3, r3, 4, r2;\nld.shared.u32 r4, "
              "[r3];\nst.global.u32 [d7], r4;\n",
              64, [](uint32_t thread) { return thread ^ 33; });
  // … and part of them only, as many as are said.
  expectWords("and.b32 r1, tid, 1;\nsetp.eq.u32 p1, r1, 1;\nst.global.u32 [d7], tid;\n@!p1 "
              "exit;\nst.shared.u32 [r8], tid;\nbarrier.sync 5, 64;\nmov.u32 r2, sv;\nxor.b32 r3, "
              "tid, 66;\nmad.lo.u32 r3, r3, 4, r2;\n"
              "ld.shared.u32 r4, [r3];\nadd.u32 r4, r4, 500;\nst.global.u32 [d7], r4;\n",
              128, [](uint32_t thread) { return thread % 2 ? (thread ^ 66) + 500 : thread; });
}

// The first two warps write and do not wait, the others wait for them; then the other way round.
TEST(BarrierInstruction, ArriveAndSync) {
  for (const char *form : {"bar", "bar.cta", "barrier", "barrier.cta"})
    for (const char *aligned : {"", ".aligned"}) {
      if (*aligned && form[3] != 'r')
        continue;
      std::string arrive = std::string(form) + ".arrive" + aligned,
                  sync = std::string(form) + ".sync" + aligned;
      expectWords(
          "setp.ge.u32 p1, tid, 64;\nmov.u32 r7, 128;\nmov.u32 r1, 6;\nmov.u32 r2, sv;\nxor.b32 "
          "r3, tid, 64;\nmad.lo.u32 r3, r3, 4, r2;\n@p1 bra consumer;\n"
          "st.shared.u32 [r8], tid;\n" +
              arrive + " 5, 128;\nst.global.u32 [d7], tid;\n" + sync +
              " r1, r7;\nld.shared.u32 r4, [r3];\nst.global.u32 [d7], r4;\nbra.uni done;\n"
              "consumer:\n" +
              sync +
              " 5, r7;\nld.shared.u32 r4, [r3];\nadd.u32 r5, r4, 1000;\nst.shared.u32 [r8], r5;\n" +
              arrive + " r1, 128;\nst.global.u32 [d7], r4;\ndone:\n",
          128, [](uint32_t thread) { return thread < 64 ? thread + 1000 : thread - 64; });
    }
}

TEST(BarrierInstruction, Reductions) {
  struct Vote {
    const char *text;
    std::function<bool(uint32_t)> holds;
  };
  const Vote votes[] = {
      {"setp.lt.u32 p1, tid, 0;\n", [](uint32_t) { return false; }},
      {"setp.ge.u32 p1, tid, 0;\n", [](uint32_t) { return true; }},
      {"setp.eq.u32 p1, tid, 37;\n", [](uint32_t t) { return t == 37; }},
      {"setp.ne.u32 p1, tid, 0;\n", [](uint32_t t) { return t != 0; }},
      {"and.b32 r1, tid, 3;\nsetp.eq.u32 p1, r1, 2;\n", [](uint32_t t) { return t % 4 == 2; }}};
  for (const char *form : {"bar", "bar.cta", "barrier", "barrier.cta"})
    for (const char *aligned : {"", ".aligned"})
      for (const char *count : {"", ", 96", ", r7"})
        for (const Vote &vote : votes)
          for (bool negated : {false, true}) {
            if (*aligned && form[3] != 'r')
              continue;
            uint32_t yes = 0;
            for (uint32_t t = 0; t < 96; ++t)
              yes += vote.holds(t) != negated;
            std::string f = form,
                        operands = std::string(count) + ", " + (negated ? "!" : "") + "p1;\n",
                        text = vote.text;
            text += "mov.u32 r7, 96;\nmov.u32 r6, 11;\n" + f + ".red.popc" + aligned +
                    ".u32 r2, 2" + operands + f + ".red.and" + aligned + ".pred p2, r6" + operands +
                    f + ".red.or" + aligned + ".pred p3, 2" + operands +
                    "mul.lo.u32 r2, r2, 10;\n@p2 add.u32 r2, r2, 2;\n@p3 add.u32 r2, r2, "
                    "1;\nst.global.u32 [d7], r2;\n";
            expectWords(text, 96,
                        [=](uint32_t) { return 10 * yes + (yes == 96 ? 2 : 0) + (yes ? 1 : 0); });
          }
  // A reduction orders memory as any barrier does; a predicate may be its own result.
  expectWords("st.shared.u32 [r8], tid;\nsetp.eq.u32 p1, tid, 1;\nbar.red.or.pred p1, 0, "
              "p1;\nmov.u32 r2, sv;\nxor.b32 r3, tid, 32;\nmad.lo.u32 r3, r3, 4, "
              "r2;\nld.shared.u32 r4, [r3];\n@p1 add.u32 r4, r4, 100;\nst.global.u32 [d7], r4;\n",
              64, [](uint32_t t) { return (t ^ 32) + 100; });
  // Two groups vote apart.
  expectWords("setp.lt.u32 p1, tid, 40;\nadd.u32 r1, r9, 1;\nbar.red.popc.u32 r2, r1, 32, "
              "p1;\nst.global.u32 [d7], r2;\n",
              64, [](uint32_t t) { return t < 32 ? 32u : 8u; });
  // Whoever has left is not asked.
  expectWords("st.global.u32 [d7], tid;\nsetp.ge.u32 p1, tid, 64;\n@p1 exit;\nsetp.lt.u32 p1, tid, "
              "50;\nbar.red.popc.u32 r2, 0, p1;\nsetp.ge.u32 p1, tid, 0;\nbar.red.and.pred p2, 0, "
              "p1;\n@p2 add.u32 r2, r2, 1000;\nst.global.u32 [d7], r2;\n",
              96, [](uint32_t t) { return t < 64 ? 1050u : t; });
}

// Lanes that name one another meet, and see what the others wrote; others go on.
TEST(BarrierInstruction, WarpSync) {
  auto swap = [](const std::string &wait, unsigned distance) {
    return "st.shared.u32 [r8], tid;\n" + wait + "mov.u32 r2, sv;\nxor.b32 r3, tid, " +
           std::to_string(distance) +
           ";\nmad.lo.u32 r3, r3, 4, r2;\nld.shared.u32 r4, [r3];\nst.global.u32 [d7], r4;\n";
  };
  for (const char *members : {"0xffffffff", "-1", "r1"})
    expectWords("mov.u32 r1, 0xffffffff;\n" +
                    swap(std::string("bar.warp.sync ") + members + ";\n", 5),
                64, [](uint32_t t) { return t ^ 5; });
  // Halves, quarters and pairs, each with the mask of its own.
  for (unsigned size : {16u, 8u, 2u})
    expectWords("and.b32 r1, tid, " + std::to_string(31 & ~(size - 1)) + ";\nmov.u32 r2, " +
                    std::to_string((1u << size) - 1) + ";\nshl.b32 r1, r2, r1;\n" +
                    swap("bar.warp.sync r1;\n", size - 1),
                64, [=](uint32_t t) { return t ^ (size - 1); });
  // From two sides of a branch.
  expectWords("and.b32 r1, tid, 1;\nsetp.eq.u32 p1, r1, 1;\nst.shared.u32 [r8], tid;\n@p1 bra "
              "second;\nbar.warp.sync -1;\nbra join;\nsecond:\nbar.warp.sync -1;\njoin:\nmov.u32 "
              "r2, sv;\nxor.b32 r3, tid, 3;\nmad.lo.u32 r3, r3, 4, r2;\nld.shared.u32 r4, "
              "[r3];\nst.global.u32 [d7], r4;\n",
              32, [](uint32_t t) { return t ^ 3; });
  EXPECT_GT(countOf(run(swap("", 5), 32), ViolationKind::SharedRace), 0u);
  EXPECT_GT(
      countOf(
          run("mov.u32 r1, 0x0000ffff;\nsetp.gt.u32 p1, tid, 15;\n@p1 mov.u32 r1, 0xffff0000;\n" +
                  swap("bar.warp.sync r1;\n", 16),
              32),
          ViolationKind::SharedRace),
      0u);
  EXPECT_GT(countOf(run("setp.lt.u32 p1, tid, 9;\n@p1 bar.warp.sync -1;\n@!p1 bra "
                        "out_;\nout_:\n@!p1 exit;\nspin:\nbra.uni end;\nend:\n",
                        32),
                    ViolationKind::DivergentShuffle) +
                countOf(run("setp.lt.u32 p1, tid, 9;\n@p1 bar.warp.sync 1;\n", 32),
                        ViolationKind::DivergentShuffle),
            0u);
}

TEST(BarrierInstruction, WrongUses) {
  // Not all lanes of a warp come to an aligned barrier.
  for (const char *form : {"bar.sync 0", "barrier.sync.aligned 0", "bar.sync 3, 64"})
    EXPECT_GT(countOf(run("and.b32 r1, tid, 1;\nsetp.eq.u32 p1, r1, 1;\n@!p1 bra past;\n" +
                              std::string(form) + ";\npast:\nst.global.u32 [d7], tid;\n",
                          64),
                      ViolationKind::DivergentBarrier),
              0u)
        << form;
  // A warp that never comes.
  EXPECT_GT(
      countOf(
          run("setp.lt.u32 p1, tid, 32;\n@p1 bra past;\nbar.sync 0;\npast:\nbar.sync 1, 64;\n", 64),
          ViolationKind::DivergentBarrier),
      0u);
  EXPECT_GT(countOf(run("setp.lt.u32 p1, tid, 32;\n@p1 bra past;\nbar.sync 2, "
                        "64;\npast:\nst.global.u32 [d7], tid;\n",
                        64),
                    ViolationKind::DivergentBarrier),
            0u);
  // Two counts for one barrier.
  EXPECT_GT(countOf(run("setp.lt.u32 p1, tid, 32;\n@p1 bra other;\nbar.sync 2, 64;\nbra.uni "
                        "end;\nother:\nbar.sync 2, 96;\nend:\n",
                        64),
                    ViolationKind::DivergentBarrier),
            0u);
  // Two barriers order nothing between those who wait at different ones.
  EXPECT_GT(countOf(run("add.u32 r1, r9, 1;\n" + exchange("bar.sync r1, 32;\n", 64), 64),
                    ViolationKind::SharedRace),
            0u);
  for (const char *bad : {"mov.u32 r1, 16;\nbar.sync r1;\n", "mov.u32 r1, 33;\nbar.sync 0, r1;\n",
                          "mov.u32 r1, 0;\nbar.arrive 0, r1;\n"})
    EXPECT_EQ(countOf(run(bad, 32), ViolationKind::InvalidInstruction), 1u) << bad;
  for (const char *wrong :
       {"bar.sync 16;", "bar.sync -1;", "bar.arrive 0;", "bar.arrive 0, 0;", "bar.sync 0, 33;",
        "barrier.arrive 0, 48;", "bar.red.popc.u32 r1, 0;", "bar.red.and.pred r1, 0, p1;",
        "bar.red.popc.u32 r1, 0, 31, p1;", "bar.sync p1;", "bar.warp.sync;", "bar.sync;"})
    EXPECT_NE(loadError(wrong), "") << wrong;
}

} // namespace mmc::emulator::test
