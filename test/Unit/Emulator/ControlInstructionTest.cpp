// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// bra, brx.idx, exit, trap and the like: each lane goes its own way, and the host goes the same.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

constexpr uint32_t untouched = 0xeeeeeeee;

/// Runs and compares the word that each thread leaves at out + 4 tid (d7).
void expectWords(const std::string &code, const std::function<uint32_t(uint32_t)> &model,
                 unsigned threads = 64, const KernelSetup &given = {}) {
  KernelSetup setup = given;
  setup.block = {threads};
  Outcome outcome = runClean("mul.wide.u32 d7, tid, 4;\nadd.u64 d7, out, d7;\n" + code, setup);
  ASSERT_FALSE(outcome.target.empty());
  for (uint32_t thread = 0; thread < threads; ++thread)
    ASSERT_EQ(outcome.at<uint32_t>(thread), model(thread)) << "thread " << thread << "\n" << code;
}

/// Predicates that hold for no, some, all lanes: text that sets p1, and what it says.
struct Condition {
  const char *text;
  bool (*holds)(uint32_t);
};
const Condition conditions[] = {
    {"setp.lt.u32 p1, tid, 0;\n", [](uint32_t) { return false; }},
    {"setp.ge.u32 p1, tid, 0;\n", [](uint32_t) { return true; }},
    {"and.b32 r1, tid, 1;\nsetp.eq.u32 p1, r1, 1;\n", [](uint32_t t) { return t % 2 == 1; }},
    {"setp.eq.u32 p1, tid, 0;\n", [](uint32_t t) { return t == 0; }},
    {"setp.ne.u32 p1, tid, 31;\n", [](uint32_t t) { return t != 31; }},
    {"setp.lt.u32 p1, tid, 40;\n", [](uint32_t t) { return t < 40; }},
};

} // namespace

TEST(ControlInstruction, BranchesForwardUnderGuards) {
  for (const Condition &condition : conditions)
    for (bool negated : {false, true})
      for (const char *uni : {"", ".uni"}) {
        bool isUniform = condition.holds(0) == condition.holds(1) &&
                         condition.holds(0) == condition.holds(31) &&
                         condition.holds(0) == condition.holds(50);
        if (*uni && !isUniform)
          continue; // .uni promises that all lanes go the same way
        expectWords(std::string(condition.text) + "mov.u32 r1, 1;\n@" + (negated ? "!" : "") +
                        "p1 bra" + uni +
                        " past;\nadd.u32 r1, r1, 10;\npast:\nadd.u32 r1, r1, 100;\nst.global.u32 "
                        "[d7], r1;\n",
                    [&](uint32_t t) { return condition.holds(t) != negated ? 101u : 111u; });
      }
  // Without a guard; over code that is never reached; to the next statement; to the end.
  expectWords("mov.u32 r1, 1;\nbra there;\nback:\nadd.u32 r1, r1, 10;\nbra.uni "
              "end;\nthere:\nadd.u32 r1, r1, 100;\nbra back;\nend:\nbra "
              "next;\nnext:\nst.global.u32 [d7], r1;\nbra last;\ntrap;\nlast:",
              [](uint32_t) { return 111u; });
}

TEST(ControlInstruction, GuardsOfEveryKind) {
  for (const Condition &condition : conditions) {
    expectWords(std::string(condition.text) +
                    "mov.u32 r1, 1;\n@p1 add.u32 r1, r1, 2;\n@!p1 add.u32 r1, r1, 4;\n@p1 "
                    "st.global.u32 [d7], r1;\n@!p1 st.global.u32 [d7], r1;\n",
                [&](uint32_t t) { return condition.holds(t) ? 3u : 5u; });
    // A guard that its own instruction overwrites.
    expectWords(std::string(condition.text) +
                    "mov.u32 r1, 1;\n@p1 setp.ne.u32 p1, tid, tid;\n@p1 add.u32 r1, r1, 2;\n@!p1 "
                    "not.pred p1, p1;\n@p1 add.u32 r1, r1, 4;\nst.global.u32 [d7], r1;\n",
                [](uint32_t) { return 5u; });
    expectWords(std::string(condition.text) + "st.global.u32 [d7], tid;\n@p1 exit;\nadd.u32 r1, "
                                              "tid, 1000;\nst.global.u32 [d7], r1;\n",
                [&](uint32_t t) { return condition.holds(t) ? t : t + 1000; });
    expectWords(std::string(condition.text) + "st.global.u32 [d7], tid;\n@!p1 ret;\nadd.u32 r1, "
                                              "tid, 1000;\nst.global.u32 [d7], r1;\n",
                [&](uint32_t t) { return condition.holds(t) ? t + 1000 : t; });
  }
  expectWords("exit;\nst.global.u32 [d7], tid;\n", [](uint32_t) { return untouched; });
  expectWords("ret.uni;\nst.global.u32 [d7], tid;\n", [](uint32_t) { return untouched; });
}

// Trips of all lengths at once, a loop in a loop, breaks and continues.
TEST(ControlInstruction, Loops) {
  expectWords(
      "mov.u32 r1, 0;\nmov.u32 r2, tid;\nloop:\nsetp.eq.u32 p1, r2, 0;\n@p1 bra done;\nadd.u32 r1, "
      "r1, r2;\nsub.u32 r2, r2, 1;\nbra loop;\ndone:\nst.global.u32 [d7], r1;\n",
      [](uint32_t t) { return t * (t + 1) / 2; });
  expectWords("mov.u32 r1, 0;\nmov.u32 r2, 0;\nloop:\nadd.u32 r2, r2, 1;\nadd.u32 r1, r1, "
              "r2;\nsetp.lt.u32 p1, r2, tid;\n@p1 bra loop;\nst.global.u32 [d7], r1;\n",
              [](uint32_t t) { return t ? t * (t + 1) / 2 : 1; });
  std::string nest =
      "mov.u32 r1, 0;\nmov.u32 r2, 0;\nouter:\nsetp.ge.u32 p1, r2, tid;\n@p1 bra end;\nadd.u32 r2, "
      "r2, 1;\nrem.u32 r4, r2, 3;\nsetp.eq.u32 p2, r4, 0;\n@p2 bra outer;\n" // continue
      "mov.u32 r3, 0;\ninner:\nsetp.ge.u32 p3, r3, r2;\n@p3 bra outer;\nadd.u32 r3, r3, "
      "1;\nmul.lo.u32 r5, r3, r3;\nsetp.gt.u32 p4, r5, tid;\n@p4 bra end;\n" // break of both
      "mad.lo.u32 r1, r1, 3, r3;\nbra inner;\nend:\nst.global.u32 [d7], r1;\n";
  auto nested = [](uint32_t t) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < t;) {
      ++i;
      if (i % 3 == 0)
        continue;
      for (uint32_t k = 1; k <= i; ++k) {
        if (k * k > t)
          return sum;
        sum = sum * 3 + k;
      }
    }
    return sum;
  };
  expectWords(nest, nested);
  for (uint64_t seed : {1, 2, 3, 4, 5}) {
    KernelSetup setup;
    setup.schedule = seed;
    expectWords(nest, nested, 64, setup);
  }
  // Lanes leave by exit while others go on.
  expectWords("mov.u32 r1, 0;\nloop:\nadd.u32 r1, r1, 7;\nst.global.u32 [d7], r1;\nsetp.ge.u32 p1, "
              "r1, tid;\n@p1 exit;\nbra.uni loop;\n",
              [](uint32_t t) { return t ? (t + 6) / 7 * 7 : 7; });
}

// Where ways join again the lanes go on together: a vote behind the join has all of them.
TEST(ControlInstruction, LanesMeetAgain) {
  for (const Condition &condition : conditions)
    for (unsigned threads : {32u, 20u}) // a warp that has not all its lanes
      expectWords(
          std::string(condition.text) + "mov.u32 r1, 0;\n@p1 bra yes;\nadd.u32 r1, r1, 1;\nadd.u32 "
                                        "r1, r1, 1;\nbra join;\nyes:\nadd.u32 r1, r1, "
                                        "4;\njoin:\nactivemask.b32 r2;\nst.global.u32 [d7], r2;\n",
          [&](uint32_t) { return threads == 32 ? 0xffffffff : (1u << threads) - 1; }, threads);
  expectWords("mov.u32 r2, tid;\nloop:\nsetp.eq.u32 p1, r2, 0;\n@p1 bra done;\nsub.u32 r2, r2, "
              "1;\nbra loop;\ndone:\nactivemask.b32 r2;\nst.global.u32 [d7], r2;\n",
              [](uint32_t) { return 0xffffffff; });
  expectWords("and.b32 r1, tid, 3;\nsetp.eq.u32 p1, r1, 2;\n@p1 exit;\nactivemask.b32 "
              "r2;\nst.global.u32 [d7], r2;\n",
              [](uint32_t t) { return t % 4 == 2 ? untouched : 0xbbbbbbbb; });
}

TEST(ControlInstruction, IndexedBranches) {
  std::string cases =
      "one:\nadd.u32 r1, r1, 1;\nbra join;\ntwo:\nadd.u32 r1, r1, 2;\n"; // falls into the third
  std::string rest = "three:\nadd.u32 r1, r1, 4;\njoin:\nst.global.u32 [d7], r1;\n",
              list = "table: .branchtargets one, two, three, one;\n";
  auto value = [](uint32_t index) { return index == 1 ? 6u : index == 2 ? 4u : 1u; };
  for (const char *uni : {"", ".uni"})
    expectWords(list + "mov.u32 r1, 0;\nmov.u32 r2, 1;\nbrx.idx" + uni + " r2, table;\n" + cases +
                    rest,
                [&](uint32_t) { return value(1); });
  expectWords(list + "mov.u32 r1, 0;\nand.b32 r2, tid, 3;\nbrx.idx r2, table;\n" + cases + rest,
              [&](uint32_t t) { return value(t % 4); });
  expectWords(list +
                  "mov.u32 r1, 100;\nand.b32 r2, tid, 3;\nsetp.lt.u32 p1, tid, 7;\n@p1 brx.idx r2, "
                  "table;\nadd.u32 r1, r1, 1000;\n" +
                  cases + rest,
              [&](uint32_t t) { return t < 7 ? 100 + value(t % 4) : 1101; });
  expectWords(list +
                  "mov.u32 r1, 100;\nand.b32 r2, tid, 3;\nsetp.lt.u32 p1, tid, 7;\n@!p1 brx.idx "
                  "r2, table;\nadd.u32 r1, r1, 1000;\n" +
                  cases + rest,
              [&](uint32_t t) { return t >= 7 ? 100 + value(t % 4) : 1101; });
  // Back to a label before: a loop with states.
  expectWords(
      "table: .branchtargets add, double, end;\nmov.u32 r1, tid;\nmov.u32 r2, 0;\nnext:\nbrx.idx "
      "r2, table;\nadd:\nadd.u32 r1, r1, 3;\nadd.u32 r2, r2, 1;\nbra next;\ndouble:\nadd.u32 r1, "
      "r1, r1;\nadd.u32 r2, r2, 1;\nbra next;\nend:\nst.global.u32 [d7], r1;\n",
      [](uint32_t t) { return 2 * (t + 3); });
  // Beyond the list: reported, and those lanes go on behind.
  for (uint32_t index : {4u, 0xffffffffu, 0x80000000u}) {
    KernelSetup setup;
    Outcome outcome = runKernel(
        "mul.wide.u32 d7, tid, 4;\nadd.u64 d7, out, d7;\n" + list +
            "mov.u32 r1, 0;\nand.b32 r2, tid, 1;\nsetp.eq.u32 p1, tid, 9;\n@p1 mov.u32 r2, " +
            std::to_string(index) + ";\nbrx.idx r2, table;\nadd.u32 r1, r1, 1000;\nbra join;\n" +
            cases + rest,
        setup);
    EXPECT_EQ(countOf(outcome, ViolationKind::InvalidInstruction), 1u) << toText(outcome.report);
    ASSERT_EQ(outcome.report.violations.size(), 1u);
    EXPECT_EQ(outcome.report.violations[0].thread[0], 9u);
    for (uint32_t lane = 0; lane < 32; ++lane)
      EXPECT_EQ(outcome.at<uint32_t>(lane), lane == 9 ? 1000 : value(lane % 2));
  }
}

TEST(ControlInstruction, TrapsAndOthers) {
  for (const Condition &condition : conditions) {
    KernelSetup setup;
    setup.block = {64};
    Outcome outcome =
        runKernel(std::string(condition.text) +
                      "st.global.u32 [out], tid;\n@p1 trap;\nst.global.u32 [out+4], tid;\n",
                  setup);
    bool any = false;
    for (uint32_t t = 0; t < 64; ++t)
      any |= condition.holds(t);
    EXPECT_EQ(countOf(outcome, ViolationKind::InvalidInstruction) > 0, any)
        << toText(outcome.report);
  }
  // All threads stop at a trap, those of other blocks too.
  KernelSetup many;
  many.grid = {64};
  many.checkRaces = false;
  Outcome outcome =
      runKernel("mov.u32 r1, %ctaid.x;\nsetp.eq.u32 p1, r1, 3;\n@p1 trap;\nmul.wide.u32 d1, r1, "
                "4;\nadd.u64 d1, out, d1;\nst.global.u32 [d1], r1;\n",
                many);
  EXPECT_EQ(outcome.at<uint32_t>(2), 2u);
  EXPECT_EQ(outcome.at<uint32_t>(3), untouched);
  EXPECT_EQ(outcome.at<uint32_t>(63), untouched);
  // What has no effect that a program could see.
  expectWords(
      "nanosleep.u32 0;\nnanosleep.u32 tid;\nsetp.lt.u32 p1, tid, 9;\nnanosleep.u32 1000000;\n@p1 "
      "nanosleep.u32 5;\npmevent 3;\npmevent.mask "
      "0xff;\nbrkpt;\ngriddepcontrol.launch_dependents;\ngriddepcontrol.wait;\nst.global.u32 [d7], "
      "tid;\n",
      [](uint32_t t) { return t; });
  KernelSetup groups;
  groups.chip = "sm_90a";
  groups.block = {128};
  runClean("setmaxnreg.dec.sync.aligned.u32 24;\nsetmaxnreg.inc.sync.aligned.u32 240;\n", groups);
  for (const char *wrong :
       {"setmaxnreg.inc.sync.aligned.u32 20;",
        "setmaxnreg.inc.sync.aligned.u32 "
        "264;",
        "setmaxnreg.dec.sync.aligned.u32 28;", "setmaxnreg.dec.sync.aligned.u32 r1;"})
    EXPECT_NE(loadError(wrong, groups), "") << wrong;
  KernelSetup old;
  old.chip = "sm_80";
  EXPECT_NE(loadError("griddepcontrol.wait;", old), "");
  for (const char *wrong : {"bra nowhere;", "brx.idx r1, nowhere;",
                            "brx.idx p1, here; here: .branchtargets a; a:", "bra r1;", "@r1 exit;",
                            "twice: twice:", "pmevent 16;", "pmevent.mask 0x10000;"})
    EXPECT_NE(loadError(wrong), "") << wrong;
}

} // namespace mmc::emulator::test
