// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registers that nothing has written: reported where they decide something, and only there.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

/// One block of 32; odd lanes have p1. `x` is a register that only some lanes, or nobody, has
/// written.
Outcome run(const std::string &code, const KernelSetup &given = {}) {
  return runKernel("and.b32 r16, tid, 1;\nsetp.eq.u32 p1, r16, 1;\nmul.wide.u32 d7, tid, "
                   "8;\nadd.u64 d7, out, d7;\n" +
                       code,
                   given);
}

void expectReported(const std::string &code, uint64_t threads, const std::string &name,
                    const KernelSetup &given = {}) {
  Outcome outcome = run(code, given);
  EXPECT_EQ(countOf(outcome, ViolationKind::UninitializedRegister), threads)
      << code << toText(outcome.report);
  bool isNamed = false;
  for (const Violation &violation : outcome.report.violations)
    if (violation.kind == ViolationKind::UninitializedRegister) {
      isNamed |= violation.message.find("'" + name + "'") != std::string::npos;
      EXPECT_GT(violation.line, 0u);
    }
  EXPECT_EQ(isNamed, threads > 0) << code << toText(outcome.report);
}

void expectClean(const std::string &code, const KernelSetup &given = {}) {
  Outcome outcome = run(code, given);
  EXPECT_EQ(countOf(outcome, ViolationKind::UninitializedRegister), 0u)
      << code << toText(outcome.report);
}

} // namespace

TEST(RegisterFlow, UsesOfWhatNobodyHasWritten) {
  expectReported("st.global.u32 [d7], r1;\n", 32, "r1");
  expectReported("add.u32 r2, r1, 1;\nst.global.u32 [d7], r2;\n", 32, "r2");
  expectReported("add.f32 f2, f1, 0f3f800000;\nmul.f32 f3, f2, f2;\ncvt.rzi.s32.f32 r1, "
                 "f3;\nst.global.u32 [d7], r1;\n",
                 32, "r1");
  expectReported("st.global.v2.u32 [d7], {tid, r1};\n", 32, "r1");
  expectReported("setp.eq.u32 p2, r1, 0;\n@p2 bra over;\nover:\n", 32, "p2");
  expectReported("@p2 st.global.u32 [d7], tid;\n", 32, "p2");
  expectReported("@!p2 st.global.u32 [d7], tid;\n", 32, "p2");
  expectReported("@p2 exit;\n", 32, "p2");
  expectReported("ld.global.u32 r1, [d1];\n", 32, "d1");
  expectReported("add.u64 d2, d1, out;\nst.global.u32 [d2], tid;\n", 32, "d2");
  expectReported("atom.global.add.u32 r1, [out], r2;\n", 32, "r2");
  expectReported("red.global.add.u32 [out], r2;\n", 32, "r2");
  expectReported("bar.sync r1;\n", 32, "r1");
  expectReported("table: .branchtargets a, b;\nbrx.idx r1, table;\na:\nb:\n", 32, "r1");
  expectReported(".shared .align 16 .b8 sv[64];\nmov.u32 r2, sv;\ncp.async.ca.shared.global [r2], "
                 "[in], 4, r1;\ncp.async.wait_all;\n",
                 32, "r1");
  // Sums that begin with nothing.
  expectReported("mov.u32 r1, 4;\nloop:\nadd.u32 r2, r2, r1;\nsub.u32 r1, r1, 1;\nsetp.ne.u32 p2, "
                 "r1, 0;\n@p2 bra loop;\nst.global.u32 [d7], r2;\n",
                 32, "r2");
  expectClean("mov.u32 r1, 4;\nmov.u32 r2, 0;\nloop:\nadd.u32 r2, r2, r1;\nsub.u32 r1, r1, "
              "1;\nsetp.ne.u32 p2, r1, 0;\n@p2 bra loop;\nst.global.u32 [d7], r2;\n");
  // Accumulators of a matrix product.
  std::string product =
      "mov.b32 r1, 0;\nmma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {f1, f2, f3, f4}, {r1, "
      "r1}, {r1}, {f1, f2, f3, f4};\nst.global.v2.f32 [d7], {f1, f2};\n";
  expectReported("mov.f32 f1, 0f00000000;\nmov.f32 f3, f1;\nmov.f32 f4, f1;\n" + product, 64,
                 "f1"); // f2 is missing, all four come from it
  expectClean("mov.f32 f1, 0f00000000;\nmov.f32 f2, f1;\nmov.f32 f3, f1;\nmov.f32 f4, f1;\n" +
              product);
}

// Which lanes: those whose way does not pass a write.
TEST(RegisterFlow, LanesOnTheirWays) {
  expectReported("@p1 mov.u32 r1, 5;\nst.global.u32 [d7], r1;\n", 16, "r1");
  expectClean("@p1 mov.u32 r1, 5;\n@p1 st.global.u32 [d7], r1;\n");
  expectReported("@p1 mov.u32 r1, 5;\n@!p1 st.global.u32 [d7], r1;\n", 16, "r1");
  expectClean("@p1 mov.u32 r1, 5;\n@!p1 mov.u32 r1, 6;\nst.global.u32 [d7], r1;\n");
  expectReported("@p1 bra past;\nmov.u32 r1, 5;\npast:\nst.global.u32 [d7], r1;\n", 16, "r1");
  expectClean("@p1 bra other;\nmov.u32 r1, 5;\nbra join;\nother:\nmov.u32 r1, "
              "6;\njoin:\nst.global.u32 [d7], r1;\n");
  expectClean("@p1 bra past;\nmov.u32 r1, 5;\npast:\n@p1 bra end;\nst.global.u32 [d7], "
              "r1;\nend:\n"); // correlated branches
  expectReported("setp.lt.u32 p2, tid, 3;\n@p1 bra past;\nmov.u32 r1, 5;\npast:\n@!p2 bra "
                 "end;\nst.global.u32 [d7], r1;\nend:\n",
                 1, "r1");
  // Written in a round of a loop before it is used in the next.
  expectClean(
      "mov.u32 r2, 0;\nloop:\nsetp.eq.u32 p2, r2, 0;\n@p2 bra first;\nst.global.u32 [d7], "
      "r1;\nfirst:\nmov.u32 r1, r2;\nadd.u32 r2, r2, 1;\nsetp.lt.u32 p3, r2, 3;\n@p3 bra loop;\n");
  expectReported(
      "mov.u32 r2, 0;\nloop:\nsetp.eq.u32 p2, r2, 9;\n@p2 bra first;\nst.global.u32 [d7], "
      "r1;\nfirst:\nmov.u32 r1, r2;\nadd.u32 r2, r2, 1;\nsetp.lt.u32 p3, r2, 3;\n@p3 bra loop;\n",
      32, "r1");
  for (uint64_t seed = 1; seed < 4; ++seed) {
    KernelSetup setup;
    setup.block = {64};
    setup.schedule = seed;
    expectReported("@p1 mov.u32 r1, 5;\nst.global.u32 [d7], r1;\n", 32, "r1", setup);
  }
}

// What compilers make of a && b where b is only computed where a holds, and of c ? a : b.
TEST(RegisterFlow, OperandsThatAnotherOverrules) {
  // p1 holds in half of the lanes, and r1 has a value there.
  const std::string some = "mov.u32 r3, 1;\n@p1 mov.u32 r1, 5;\n",
                    store = "st.global.u32 [d7], r2;\n";
  expectClean(some + "selp.b32 r2, r1, r3, p1;\n" + store);
  expectReported(some + "selp.b32 r2, r3, r1, p1;\n" + store, 16, "r2");
  expectReported("mov.u32 r2, 1;\nselp.b32 r2, r2, 3, p2;\n" + store, 32, "r2");
  expectClean("selp.b32 r2, 4, r1, p1;\nselp.b32 r2, r2, 3, p1;\n" + store);
  const std::string branch = "@p3 bra end;\nst.global.u32 [d7], tid;\nend:\n";
  expectClean("@p1 setp.eq.u32 p2, tid, 3;\nand.pred p3, p1, p2;\n" + branch);
  expectClean("@p1 setp.eq.u32 p2, tid, 3;\nand.pred p3, p2, p1;\n" + branch);
  expectReported("@p1 setp.eq.u32 p2, tid, 3;\nor.pred p3, p1, p2;\n" + branch, 16, "p3");
  expectClean("@!p1 setp.eq.u32 p2, tid, 3;\nor.pred p3, p1, p2;\n" + branch);
  expectClean("@p1 setp.eq.u32 p2, tid, 3;\nor.pred p3, p2, !p1;\n" + branch);
  expectReported("@p1 setp.eq.u32 p2, tid, 3;\nxor.pred p3, p1, p2;\n" + branch, 16, "p3");
  expectClean("selp.b32 r3, -1, 0, p1;\n@p1 mov.u32 r1, 5;\nand.b32 r2, r1, r3;\n" + store);
  expectReported("selp.b32 r3, -1, 0, p1;\n@p1 mov.u32 r1, 5;\nor.b32 r2, r1, r3;\n" + store, 16,
                 "r2");
  expectClean("selp.b32 r3, -1, 0, p1;\n@!p1 mov.u32 r1, 5;\nor.b32 r2, r1, r3;\n" + store);
  expectReported("selp.b32 r3, 1, 0, p1;\n@!p1 mov.u32 r1, 5;\nor.b32 r2, r1, r3;\n" + store, 16,
                 "r2");
  expectClean("and.b32 r2, r1, 0;\n" + store);
}

// Reading is not using.
TEST(RegisterFlow, ValuesThatDoNotMatter) {
  expectClean("add.u32 r2, r1, 1;\nmov.u32 r3, r2;\nsetp.eq.u32 p2, r3, 7;\n");
  expectClean(
      "mov.b64 d1, {tid, r1};\nmov.b64 {r2, _}, d1;\nst.global.u32 [d7], r2;\n"); // a half that
                                                                                  // nobody wants
  expectClean("mov.b64 d1, {0, r1};\nst.global.u64 [d7], d1;\n");
  expectReported("mov.b64 d1, {r2, r1};\nst.global.u64 [d7], d1;\n", 32, "d1");
  expectClean("xor.b32 r1, r1, r1;\nst.global.u32 [d7], r1;\n");
  expectClean("sub.u32 r1, r1, r1;\nst.global.u32 [d7], r1;\n");
  expectReported("xor.b32 r2, r1, r3;\nst.global.u32 [d7], r2;\n", 32, "r2");
  expectClean(
      "shfl.sync.idx.b32 r2, r1, 0, 31, -1;\nst.global.u32 [d7], r2;\n"); // what other lanes have
                                                                          // is not followed
  // Threads exchange items that some of them do not have.
  expectClean("{ .shared .u32 items[32]; st.shared.u32 [items], r1; }\n");
  expectReported("{ .shared .u32 items[32]; st.shared.u32 [r1], tid; }\n", 32, "r1");
  expectClean("prefetch.global.L1 [d1];\napplypriority.L2::evict_normal [d1], 128;\n");
  expectClean("mov.u32 r2, r1;\nmov.u32 r2, 3;\nst.global.u32 [d7], r2;\n");
  KernelSetup setup;
  setup.declarations = ".func take(.param .align 8 .b8 pair[8]) { .reg .u32 a; .reg .u64 b; "
                       "ld.param.u64 b, [pair]; ret; }\n";
  expectClean(
      "{ .param .align 8 .b8 pair[8]; st.param.v2.u32 [pair], {tid, r1}; call take, (pair); }\n",
      setup);
}

// In functions too, each call anew.
TEST(RegisterFlow, Functions) {
  KernelSetup setup;
  setup.declarations = ".func (.param .u32 result) f(.param .u32 x) {\n.reg .u32 a, b;\n.reg .pred "
                       "p;\nld.param.u32 a, [x];\nsetp.lt.u32 p, a, 100;\n@p bra past;\nmov.u32 b, "
                       "1;\npast:\nst.param.u32 [result], a;\n"
                       ".reg .u64 g;\nmov.u64 g, sink;\nst.global.u32 [g], b;\nret;\n}\n";
  setup.declarations = ".global .u32 sink;\n" + setup.declarations;
  setup.checkRaces = false;
  auto call = [](const std::string &value) {
    return "{ .param .u32 x; .param .u32 y; st.param.u32 [x], " + value +
           "; call (y), f, (x); ld.param.u32 r1, [y]; }\n";
  };
  expectClean(call("100"), setup);
  expectReported(call("5"), 32, "b", setup);
  expectReported(call("100") + call("5"), 32, "b", setup); // what the first call wrote is gone
  expectReported(call("tid") + call("200"), 32, "b", setup);
}

// The counters are those of the kernel, whoever keeps an eye on it; a guard without a value is
// false.
TEST(RegisterFlow, GuardsAndCounters) {
  Outcome outcome = run(
      "mov.u32 r1, 1;\n@p2 mov.u32 r1, 2;\n@!p2 add.u32 r1, r1, 10;\nst.global.u32 [d7], r1;\n");
  EXPECT_EQ(outcome.at<uint32_t>(0), 11u);
  EXPECT_EQ(countOf(outcome, ViolationKind::UninitializedRegister), 32u);
  Outcome plain = run("setp.lt.u32 p2, tid, 0;\nmov.u32 r1, 1;\n@p2 mov.u32 r1, 2;\n@!p2 add.u32 "
                      "r1, r1, 10;\nst.global.u32 [d7], r1;\n");
  EXPECT_EQ(outcome.report.counters.threadInstructions + 32,
            plain.report.counters.threadInstructions);
  EXPECT_EQ(outcome.report.counters.warpInstructions + 1, plain.report.counters.warpInstructions);
}

} // namespace mmc::emulator::test
