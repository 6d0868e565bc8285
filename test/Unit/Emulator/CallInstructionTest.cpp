// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// call and ret: direct and indirect, with parameters of every kind, under guards, nested and
// recursive.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

constexpr uint32_t untouched = 0xeeeeeeee;

void expectWords(const std::string &functions, const std::string &code,
                 const std::function<uint32_t(uint32_t)> &model, uint64_t seed = 0) {
  KernelSetup setup;
  setup.block = {64};
  setup.declarations = functions;
  if (seed)
    setup.schedule = seed;
  Outcome outcome = runClean("mul.wide.u32 d7, tid, 4;\nadd.u64 d7, out, d7;\n" + code +
                                 "st.global.u32 [d7], r1;\n",
                             setup);
  ASSERT_FALSE(outcome.target.empty());
  for (uint32_t thread = 0; thread < 64; ++thread)
    ASSERT_EQ(outcome.at<uint32_t>(thread), model(thread)) << "thread " << thread << "\n" << code;
}

/// x -> f(x), in .param space; `name` is the function, `body` computes a from a.
std::string unary(const std::string &name, const std::string &body) {
  return ".func (.param .u32 result) " + name +
         "(.param .u32 x) {\n.reg .u32 a, b;\n.reg .pred p;\nld.param.u32 a, [x];\n" + body +
         "\nst.param.u32 [result], a;\nret;\n}\n";
}
/// r1 = f(r1), by name.
std::string callOf(const std::string &name, const std::string &uni = "") {
  return "{ .param .u32 x; .param .u32 y; st.param.u32 [x], r1;\ncall" + uni + " (y), " + name +
         ", (x);\nld.param.u32 r1, [y]; }\n";
}
/// Counts the calls of each thread.
const char *const mark =
    ".global .u32 counter[64];\n.func mark() {\n.reg .u32 a;\n.reg .u64 b, c;\nmov.u32 a, "
    "%tid.x;\nmul.wide.u32 b, a, 4;\nmov.u64 c, counter;\nadd.u64 b, b, c;\n"
    "ld.global.u32 a, [b];\nadd.u32 a, a, 1;\nst.global.u32 [b], a;\n}\n";
const char *const calls = "mul.wide.u32 d1, tid, 4;\nmov.u64 d2, counter;\nadd.u64 d1, d1, "
                          "d2;\nld.global.u32 r1, [d1];\n";

const char *const odd = "and.b32 r2, tid, 1;\nsetp.eq.u32 p1, r2, 1;\n";

} // namespace

TEST(CallInstruction, Direct) {
  std::string functions =
      unary("triple", "mul.lo.u32 a, a, 3;") + unary("next", "add.u32 a, a, 1;");
  expectWords(functions,
              "mov.u32 r1, tid;\n" + callOf("triple") + callOf("next") + callOf("triple", ".uni"),
              [](uint32_t t) { return (3 * t + 1) * 3; });
  // Nothing passed, nothing returned; a function without an explicit ret. Guards say who calls.
  expectWords(mark, std::string("call mark;\ncall.uni mark;\n") + calls,
              [](uint32_t) { return 2; });
  for (bool negated : {false, true})
    for (uint64_t seed : {0, 1, 2})
      expectWords(
          mark,
          odd + std::string(negated ? "@!p1 " : "@p1 ") +
              "call mark;\nsetp.lt.u32 p2, tid, 40;\n@p2 call mark;\n" + calls,
          [=](uint32_t t) { return ((t % 2 == 1) != negated ? 1u : 0u) + (t < 40 ? 1 : 0); }, seed);
}

TEST(CallInstruction, RegistersAsParameters) {
  std::string functions =
      ".func (.reg .u32 sum, .reg .u64 wide) both(.reg .u32 a, .reg .u64 b, .reg .f32 c) {\n.reg "
      ".u32 t;\ncvt.rzi.u32.f32 t, c;\nadd.u32 sum, a, t;\nadd.u64 wide, b, 1;\nret;\n}\n";
  // As older PTX has it; an assembler of today says that it gives up the calling convention.
  KernelSetup setup;
  setup.declarations = functions;
  Outcome outcome = runClean("mul.wide.u32 d7, tid, 16;\nadd.u64 d7, out, d7;\ncvt.u64.u32 d1, "
                             "tid;\nshl.b64 d1, d1, 33;\ncall (r1, d2), both, (tid, d1, "
                             "0f40e00000);\nst.global.u32 [d7], r1;\nst.global.u64 [d7+8], d2;\n",
                             setup);
  for (uint32_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(outcome.at<uint32_t>(4 * lane), lane + 7);
    EXPECT_EQ(outcome.at<uint64_t>(2 * lane + 1), (uint64_t(lane) << 33) + 1);
  }
}

TEST(CallInstruction, NestedAndDivergent) {
  std::string functions =
      unary("inner", "add.u32 a, a, 1;") +
      ".func (.param .u32 result) outer(.param .u32 x) {\n.reg .u32 a, b;\n.reg .pred p;\n.local "
      ".u32 kept;\nld.param.u32 a, [x];\nst.local.u32 [kept], a;\n"
      "loop:\n{ .param .u32 u; .param .u32 v; st.param.u32 [u], a; call (v), inner, (u); "
      "ld.param.u32 a, [v]; }\nand.b32 b, a, 7;\nsetp.ne.u32 p, b, 0;\n@p bra loop;\n"
      "ld.local.u32 b, [kept];\nmad.lo.u32 a, b, 1000, a;\nst.param.u32 [result], a;\nret;\n}\n" +
      unary("early", "setp.lt.u32 p, a, 20;\nst.param.u32 [result], 7;\n@p ret;\nadd.u32 a, a, 2;");
  auto outer = [](uint32_t t) { return t * 1000 + (t / 8 + 1) * 8; };
  for (uint64_t seed : {0, 1, 2, 3}) {
    expectWords(functions, "mov.u32 r1, tid;\n" + callOf("outer"), outer, seed);
    // Lanes that call from two places.
    expectWords(
        functions,
        odd + std::string("mov.u32 r1, tid;\n@p1 bra second;\n") + callOf("outer") +
            "bra join;\nsecond:\nadd.u32 r1, r1, 64;\n" + callOf("outer") + "join:\n",
        [&](uint32_t t) { return t % 2 ? outer(t + 64) : outer(t); }, seed);
    expectWords(
        functions, "mov.u32 r1, tid;\n" + callOf("early"),
        [](uint32_t t) { return t < 20 ? 7 : t + 2; }, seed);
  }
  // Behind the call the lanes are together again; exit in a function ends the thread.
  expectWords(functions, "mov.u32 r1, tid;\n" + callOf("outer") + "activemask.b32 r1;\n",
              [](uint32_t) { return 0xffffffff; });
  expectWords(unary("quit", "setp.gt.u32 p, a, 33;\n@p exit;"),
              "mov.u32 r1, tid;\n" + callOf("quit"),
              [](uint32_t t) { return t > 33 ? untouched : t; });
}

TEST(CallInstruction, Recursion) {
  std::string functions =
      ".func (.param .u32 result) fib(.param .u32 x);\n" +
      unary("fib", "setp.lt.u32 p, a, 2;\n@p bra done;\nsub.u32 b, a, 1;\n{ .param .u32 u; .param "
                   ".u32 v; st.param.u32 [u], b; call (v), fib, (u); ld.param.u32 b, [v]; }\n"
                   "sub.u32 a, a, 2;\n{ .param .u32 u; .param .u32 v; st.param.u32 [u], a; call "
                   "(v), fib, (u); ld.param.u32 a, [v]; }\nadd.u32 a, a, b;\ndone:");
  auto fib = [](uint32_t n) {
    uint32_t a = 0, b = 1;
    for (; n; --n) {
      uint32_t c = a + b;
      a = b;
      b = c;
    }
    return a;
  };
  expectWords(functions, "rem.u32 r1, tid, 9;\n" + callOf("fib"),
              [&](uint32_t t) { return fib(t % 9); });
  // No end: the stack is.
  KernelSetup setup;
  setup.block = {1};
  setup.declarations = ".func (.param .u32 result) down(.param .u32 x);\n" +
                       unary("down", "{ .param .u32 u; .param .u32 v; st.param.u32 [u], a; call "
                                     "(v), down, (u); ld.param.u32 a, [v]; }");
  Outcome outcome = runKernel("mov.u32 r1, 1;\n" + callOf("down"), setup);
  EXPECT_EQ(countOf(outcome, ViolationKind::LocalOutOfBounds), 1u) << toText(outcome.report);
}

TEST(CallInstruction, Indirect) {
  std::string functions = unary("triple", "mul.lo.u32 a, a, 3;") +
                          unary("next", "add.u32 a, a, 1;") +
                          ".global .u64 table[2] = {triple, next};\n";
  std::string prototype = "prototype: .callprototype (.param .u32 _) _ (.param .u32 _);\n";
  std::string indirect = "{ .param .u32 x; .param .u32 y; st.param.u32 [x], r1;\ncall (y), d1, "
                         "(x), prototype;\nld.param.u32 r1, [y]; }\n";
  std::string pick = "and.b32 r2, tid, 1;\nmul.wide.u32 d1, r2, 8;\nmov.u64 d2, table;\nadd.u64 "
                     "d1, d1, d2;\nld.global.u64 d1, [d1];\nmov.u32 r1, tid;\n";
  expectWords(functions, prototype + "mov.u64 d1, next;\nmov.u32 r1, tid;\n" + indirect,
              [](uint32_t t) { return t + 1; });
  for (uint64_t seed : {0, 1, 2})
    expectWords(
        functions, prototype + pick + indirect + indirect,
        [](uint32_t t) { return t % 2 ? t + 2 : 9 * t; }, seed);
  expectWords(
      mark + std::string(".func twice() {\ncall mark;\ncall mark;\n}\n.global .u64 choice[2] = "
                         "{mark, twice};\n"),
      "none: .callprototype _ ();\nand.b32 r2, tid, 1;\nmul.wide.u32 d1, r2, 8;\nmov.u64 d2, "
      "choice;\nadd.u64 d1, d1, d2;\nld.global.u64 d1, [d1];\n"
      "setp.lt.u32 p1, tid, 11;\n@p1 call d1, none;\n@!p1 call d1, none;\n@p1 call d1, none;\n" +
          std::string(calls),
      [](uint32_t t) { return (t % 2 + 1) * (t < 11 ? 2 : 1); });
  expectWords(functions,
              "targets: .calltargets triple, next;\n" + pick +
                  "{ .param .u32 x; .param .u32 y; st.param.u32 [x], r1; call (y), d1, (x), "
                  "targets; ld.param.u32 r1, [y]; }\n",
              [](uint32_t t) { return t % 2 ? t + 1 : 3 * t; });
  for (const char *bad : {"0", "12345", "-1"}) {
    KernelSetup setup;
    setup.declarations = functions;
    Outcome outcome = runKernel(prototype + "mov.u32 r1, tid;\nmov.u64 d1, " + bad + ";\n" +
                                    indirect + "st.global.u32 [out], r1;\n",
                                setup);
    EXPECT_GT(countOf(outcome, ViolationKind::InvalidInstruction), 0u) << toText(outcome.report);
    EXPECT_EQ(outcome.at<uint32_t>(0), untouched);
  }
}

// .alias: another name of a function, for calls, addresses and initial values.
TEST(CallInstruction, Aliases) {
  std::string functions =
      unary("triple", "mul.lo.u32 a, a, 3;") +
      ".func (.param .u32 r) other(.param .u32 x);\n.func (.param .u32 r) third(.param .u32 x);\n"
      ".alias other, triple;\n.alias third, other;\n.global .u64 table[1] = {other};\n";
  expectWords(functions, "mov.u32 r1, tid;\n" + callOf("other") + callOf("third"),
              [](uint32_t t) { return 9 * t; });
  std::string prototype = "proto: .callprototype (.param .u32 _) _ (.param .u32 _);\n";
  std::string indirect = "{ .param .u32 x; .param .u32 y; st.param.u32 [x], r1; call (y), d1, (x), "
                         "proto; ld.param.u32 r1, [y]; }\n";
  for (const char *address : {"mov.u64 d1, third;\n", "ld.global.u64 d1, [table];\n"})
    expectWords(functions, prototype + "mov.u32 r1, tid;\n" + address + indirect,
                [](uint32_t t) { return 3 * t; });
  for (const char *wrong :
       {".alias nothing, triple;", ".alias other, nothing;", ".alias triple, other;",
        ".alias other, wide;", ".alias other, third;", ".alias other triple;",
        ".alias other, triple;\n.alias other, triple;"}) {
    KernelSetup setup;
    setup.declarations = unary("triple", "mul.lo.u32 a, a, 3;") +
                         ".func (.param .u32 r) other(.param .u32 x);\n.func (.param .u32 r) "
                         "third(.param .u32 x);\n.func (.param .u32 r) wide(.param .u64 x) { "
                         "ret; }\n" +
                         wrong + "\n";
    EXPECT_NE(loadError("", setup), "") << wrong;
  }
}

TEST(CallInstruction, Refusals) {
  KernelSetup setup;
  setup.declarations =
      unary("triple", "mul.lo.u32 a, a, 3;") + ".func (.param .u32 r) missing(.param .u32 x);\n";
  for (const char *wrong :
       {"call triple;", "{ .param .u32 x; call triple, (x); }",
        "{ .param .u64 x; .param .u32 y; call (y), triple, (x); }",
        "{ .param .u32 x; .param .u32 y; call (y), nothing, (x); }",
        "{ .param .u32 x; .param .u32 y; call (y), missing, (x); }", "call (r1), triple, (r2);",
        "{ .param .u32 y; call (y), triple, (source); }"})
    EXPECT_NE(loadError(wrong, setup), "") << wrong;
}

} // namespace mmc::emulator::test
