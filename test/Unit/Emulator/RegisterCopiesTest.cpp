// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of local memory that nobody has written, as compilers make them of structures, bit fields
// and vectors: no mistakes, but what is read of the copy is.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

const std::string begin = ".local .align 16 .b8 a[32];\n.local .align 16 .b8 c[32];\nmov.u64 d1, "
                          "a;\ncvta.local.u64 d1, d1;\nmov.u64 d2, c;\ncvta.local.u64 d2, "
                          "d2;\nmul.wide.u32 d7, tid, 8;\nadd.u64 d7, out, d7;\n";

uint64_t count(const std::string &code, ViolationKind kind) {
  return countOf(runKernel(begin + code), kind);
}
void expectClean(const std::string &code) {
  Outcome outcome = runKernel(begin + code);
  EXPECT_EQ(outcome.report.violations.size(), 0u) << code << toText(outcome.report);
}
void expectUninitialized(const std::string &code) {
  EXPECT_EQ(count(code, ViolationKind::Uninitialized), 32u) << code;
}

} // namespace

// Words of a structure: the first has padding, the second nothing.
TEST(RegisterCopies, Structures) {
  std::string fill = "st.local.u8 [a], 7;\nst.local.u32 [a+4], tid;\n";
  std::string copy = "ld.local.u64 d3, [a];\nst.local.u64 [c], d3;\nld.local.u64 d4, "
                     "[a+8];\nst.local.u64 [c+8], d4;\n";
  std::string vector = "ld.local.v2.u64 {d3, d4}, [a];\nst.local.v2.u64 [c], {d3, d4};\n";
  std::string generic = "ld.u64 d3, [d1];\nst.u64 [d2], d3;\nld.v2.u32 {r3, r4}, "
                        "[d1+8];\nmov.b32 r5, r4;\nst.v2.u32 [d2+8], {r3, r5};\n";
  for (const std::string &way : {copy, vector, generic}) {
    expectClean(fill + way + "ld.local.u32 r1, [c+4];\nst.global.u32 [d7], r1;\n");
    // What nobody has written has no value in the copy.
    expectUninitialized(fill + way + "ld.local.u32 r1, [c+8];\nst.global.u32 [d7], r1;\n");
    expectUninitialized(fill + way + "ld.local.u32 r1, [c+12];\nadd.u32 r1, r1, 1;\n");
  }
  // A copy of the copy, and what is written in it afterwards.
  expectUninitialized(fill + copy +
                      "ld.local.u64 d3, [c+8];\nst.local.u64 [a+16], d3;\nld.local.u32 r1, "
                      "[a+16];\nadd.u32 r1, r1, 1;\n");
  expectClean(fill + copy +
              "st.local.u32 [c+8], tid;\nld.local.u32 r1, [c+8];\nst.global.u32 "
              "[d7], r1;\n");
  // Registers that a loop writes anew have a value again.
  expectClean(fill + copy + "ld.local.u64 d4, [a];\nst.u64 [d7], d4;\n");
}

// A value that leaves local memory matters, and so does one that decides something.
TEST(RegisterCopies, ValuesThatMatter) {
  expectUninitialized("ld.local.u32 r1, [a];\nst.global.u32 [d7], r1;\n");
  expectUninitialized("ld.local.u32 r1, [a];\nst.u32 [d7], r1;\n");
  expectUninitialized("ld.local.u32 r1, [a];\nmov.b32 r2, r1;\nst.u32 [d7], r2;\n");
  expectUninitialized("ld.u32 r1, [d1];\nadd.u32 r1, r1, 1;\nst.u32 [d2], r1;\n");
  expectUninitialized("ld.local.u32 r1, [a];\nsetp.eq.u32 p1, r1, 0;\n");
  expectUninitialized("ld.local.u32 r1, [a];\n");
  expectUninitialized("ld.local.u64 d3, [a];\nst.u32 [d3], tid;\n");
  // An element of a vector that is used, although the others are only carried on.
  expectUninitialized("ld.local.v2.u32 {r1, r2}, [a];\nst.local.u32 [c], r1;\nadd.u32 r2, r2, "
                      "1;\n");
  expectClean("st.local.u32 [a+4], tid;\nld.local.v2.u32 {r1, r2}, [a];\nst.local.u32 [c], "
              "r1;\nadd.u32 r2, r2, 1;\nst.global.u32 [d7], r2;\n");
}

// Parts are put into words that nobody has written.
TEST(RegisterCopies, FieldsAndElements) {
  expectClean(
      "ld.local.u32 r1, [a];\nand.b32 r2, r1, -8;\nand.b32 r3, tid, 7;\nor.b32 r4, r2, "
      "r3;\nst.local.u32 [a], r4;\nld.local.u32 r5, [a];\nand.b32 r5, r5, 7;\nst.global.u32 "
      "[d7], r5;\n");
  expectClean("ld.local.u32 r1, [a];\nbfi.b32 r4, tid, r1, 8, 8;\nst.local.u32 [a], "
              "r4;\nld.local.u8 r5, [a+1];\nst.global.u32 [d7], r5;\n");
  expectClean("ld.local.v4.f32 {f1, f2, f3, f4}, [a];\nmov.f32 f2, 0f3f800000;\nst.local.v4.f32 "
              "[a], {f1, f2, f3, f4};\nld.local.f32 f5, [a+4];\nst.global.f32 [d7], f5;\n");
  expectUninitialized("ld.local.v4.f32 {f1, f2, f3, f4}, [a];\nmov.f32 f2, "
                      "0f3f800000;\nst.local.v4.f32 [a], {f1, f2, f3, f4};\nld.local.f32 f5, "
                      "[a+8];\nst.global.f32 [d7], f5;\n");
  // Not a bit field: both matter.
  EXPECT_EQ(
      count("or.b32 r2, r1, tid;\nst.global.u32 [d7], r2;\n", ViolationKind::UninitializedRegister),
      32u);
}

// Registers that nothing has written, in places that do not matter.
TEST(RegisterCopies, UnwrittenRegisters) {
  expectClean("prmt.b32 r2, tid, r1, 0x0123;\nst.global.u32 [d7], r2;\n");
  expectClean("prmt.b32 r2, r1, tid, 0x4567;\nst.global.u32 [d7], r2;\n");
  expectClean("prmt.b32 r2, r1, tid, 0xfeee;\nst.global.u32 [d7], r2;\n"); // signs
  for (const char *text : {"prmt.b32 r2, r1, tid, 0x0123;\n", "prmt.b32 r2, tid, r1, 0x4567;\n",
                           "prmt.b32 r2, tid, r1, 0xcccc;\n", "prmt.b32 r2, r1, tid, tid;\n",
                           "prmt.b32.f4e r2, r1, r1, 1;\n"})
    EXPECT_EQ(count(std::string(text) + "st.global.u32 [d7], r2;\n",
                    ViolationKind::UninitializedRegister),
              32u)
        << text;
  // Padding of a local vector; the fourth of three.
  expectClean("st.local.v2.u32 [a], {tid, r1};\nld.local.u32 r2, [a];\nst.global.u32 [d7], r2;\n");
  expectUninitialized("st.local.v2.u32 [a], {tid, r1};\nld.local.u32 r2, [a+4];\nst.global.u32 "
                      "[d7], r2;\n");
  std::string aligned = "mul.wide.u32 d6, tid, 16;\nadd.u64 d6, out, d6;\n";
  expectClean(aligned + "st.global.v4.u32 [d6], {tid, tid, tid, r1};\n");
  for (const char *elements : {"{tid, tid, r1, tid}", "{tid, tid, r1, r2}", "{r1, r1, r1, r1}"})
    EXPECT_GE(count(aligned + "st.global.v4.u32 [d6], " + elements + ";\n",
                    ViolationKind::UninitializedRegister),
              32u)
        << elements;
}

// Functions of recursive programs too.
TEST(RegisterCopies, Recursion) {
  KernelSetup setup;
  setup.declarations =
      ".func (.param .u32 result) down(.param .u32 x) {\n.local .align 8 .b8 a[16];\n.local .align "
      "8 .b8 c[16];\n.reg .u32 n, m;\n.reg .u64 w;\n.reg .pred p;\nld.param.u32 n, "
      "[x];\nst.local.u32 [a], n;\nld.local.u64 w, [a];\nst.local.u64 [c], w;\nld.local.u64 w, "
      "[a+8];\nst.local.u64 [c+8], w;\nsetp.eq.u32 p, n, 0;\n@p bra end;\nsub.u32 m, n, 1;\n"
      "{ .param .u32 u; .param .u32 v; st.param.u32 [u], m; call (v), down, (u); ld.param.u32 m, "
      "[v]; }\nld.local.u32 n, [c];\nadd.u32 n, n, m;\nend:\nst.param.u32 [result], n;\nret;\n}\n";
  Outcome outcome = runKernel(begin + "{ .param .u32 x; .param .u32 y; st.param.u32 [x], tid; call "
                                      "(y), down, (x); ld.param.u32 r1, [y]; }\nst.global.u32 "
                                      "[d7], r1;\n",
                              setup);
  EXPECT_EQ(outcome.report.violations.size(), 0u) << toText(outcome.report);
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(outcome.at<uint32_t>(2 * t), t * (t + 1) / 2);
}

} // namespace mmc::emulator::test
