// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Addresses: mov of variables and functions, cvta from and to every space, isspacep. What an
// address is worth shows in what is read there.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

/// A space with two variables of 8 words each, filled with numbers of their own.
struct SpaceCase {
  std::string space, variable, other;
  uint32_t first; ///< word i of `variable` is first + i, of `other` first + 100 + i
  bool isWritable;
};
const SpaceCase cases[] = {
    {"global", "ga", "gb", 1000, true},      {"const", "ca", "cb", 2000, false},
    {"shared", "sa", "sb", 3000, true},      {"local", "la", "lb", 4000, true},
    {"param", "source", "target", 0, false},
};

std::string words(uint32_t first) {
  std::string text;
  for (unsigned i = 0; i < 8; ++i)
    text += (i ? ", " : "") + std::to_string(first + i);
  return text;
}

KernelSetup variables() {
  KernelSetup setup;
  setup.block = {1};
  setup.declarations = ".global .align 16 .u32 ga[8] = {" + words(1000) +
                       "};\n.global .align 16 .u32 gb[8] = {" + words(1100) +
                       "};\n.const .align 16 .u32 ca[8] = {" + words(2000) +
                       "};\n.const .align 16 .u32 cb[8] = {" + words(2100) + "};";
  return setup;
}

/// Declares and fills what lies in the kernel.
std::string locals() {
  std::string text = ".shared .align 16 .u32 sa[8], sb[8];\n.local .align 16 .u32 la[8], lb[8];\n";
  for (const SpaceCase &one : cases)
    if (one.space == "shared" || one.space == "local")
      for (unsigned i = 0; i < 8; ++i)
        text += "st." + one.space + ".u32 [" + one.variable + "+" + std::to_string(4 * i) + "], " +
                std::to_string(one.first + i) + ";\nst." + one.space + ".u32 [" + one.other + "+" +
                std::to_string(4 * i) + "], " + std::to_string(one.first + 100 + i) + ";\n";
  return text;
}

/// Shows a word of 32 bits to the test.
std::string storeAt(unsigned slot, const std::string &value) {
  return "st.global.u32 [out+" + std::to_string(4 * slot) + "], " + value + ";\n";
}

} // namespace

TEST(AddressInstruction, VariablesByName) {
  std::string code = locals();
  unsigned slot = 0;
  std::vector<uint32_t> want;
  for (const SpaceCase &one : cases) {
    if (one.space == "param")
      continue;
    auto check = [&](const std::string &move, const std::string &base, const std::string &offset,
                     uint32_t value) {
      code +=
          move + "ld." + one.space + ".u32 r1, [" + base + offset + "];\n" + storeAt(slot++, "r1");
      want.push_back(value);
    };
    for (const char *type : {"u64", "b64", "s64"}) {
      std::string t = type;
      check("mov." + t + " d1, " + one.variable + ";\n", "d1", "", one.first);
      check("mov." + t + " d1, " + one.variable + "+12;\n", "d1", "", one.first + 3);
      check("mov." + t + " d1, " + one.variable + "+28;\n", "d1", "+-20", one.first + 2);
      check("mov." + t + " d1, " + one.other + ";\n", "d1", "+4", one.first + 101);
    }
    if (one.space == "shared" || one.space == "local")
      for (const char *type : {"u32", "b32", "s32"}) {
        check(std::string("mov.") + type + " r2, " + one.variable + "+4;\n", "r2", "",
              one.first + 1);
        check(std::string("mov.") + type + " r2, " + one.variable + "+20;\n", "r2", "+-16",
              one.first + 1);
      }
    check("", one.variable, "", one.first);
    check("", one.variable, "+28", one.first + 7);
    check("", one.other, "+8", one.first + 102);
  }
  Outcome outcome = runClean(code, variables());
  for (unsigned i = 0; i < slot; ++i)
    EXPECT_EQ(outcome.at<uint32_t>(i), want[i]) << "row " << i;
}

TEST(AddressInstruction, ToGenericAndBack) {
  std::string code = locals();
  unsigned slot = 0;
  std::vector<uint32_t> want;
  auto expect = [&](const std::string &text, uint32_t value) {
    code += text + storeAt(slot++, "r1");
    want.push_back(value);
  };
  for (const SpaceCase &one : cases) {
    std::vector<std::string> names = {one.space};
    if (one.space == "shared")
      names.insert(names.end(), {"shared::cta", "shared::cluster"});
    if (one.space == "param")
      names.push_back("param::entry");
    for (const std::string &name : names) {
      if (one.space == "param") {
        // The parameters are the pointers `in` and `out`.
        for (const char *which : {"source", "target"})
          for (bool isDirect : {true, false})
            expect((isDirect ? "cvta." + name + ".u64 d2, " + which + ";\n"
                             : std::string("mov.b64 d1, ") + which + ";\ncvta." + name +
                                   ".u64 d2, d1;\n") +
                       "ld.u64 d3, [d2];\nsetp.eq.u64 p1, d3, " + (*which == 's' ? "in" : "out") +
                       ";\nselp.u32 r1, 1, 0, p1;\n",
                   1);
        expect("mov.b64 d1, target;\ncvta." + name + ".u64 d2, d1;\ncvta.to." + name +
                   ".u64 d3, d2;\nsetp.eq.u64 p1, d3, d1;\nselp.u32 r1, 1, 0, p1;\n",
               1);
        continue;
      }
      expect("mov.u64 d1, " + one.variable + ";\ncvta." + name +
                 ".u64 d2, d1;\nld.u32 r1, [d2+4];\n",
             one.first + 1);
      expect("cvta." + name + ".u64 d2, " + one.variable + ";\nld.u32 r1, [d2+8];\n",
             one.first + 2);
      expect("cvta." + name + ".u64 d2, " + one.variable + "+12;\nld.u32 r1, [d2];\n",
             one.first + 3);
      expect("cvta." + name + ".u64 d2, " + one.other + "+16;\nld.u32 r1, [d2+-4];\n",
             one.first + 103);
      expect("cvta." + name + ".u64 d2, " + one.variable + ";\ncvta.to." + name +
                 ".u64 d3, d2;\nld." + one.space + ".u32 r1, [d3+20];\n",
             one.first + 5);
      expect("mov.u64 d1, " + one.variable + ";\ncvta." + name + ".u64 d2, d1;\ncvta.to." + name +
                 ".u64 d3, d2;\nsetp.eq.u64 p1, d1, d3;\nselp.u32 r1, 1, 0, p1;\n",
             1);
      // Arithmetic on generic addresses carries over.
      expect("mov.u64 d1, " + one.variable + "+24;\ncvta." + name +
                 ".u64 d2, d1;\nsub.u64 d2, d2, 20;\ncvta.to." + name + ".u64 d3, d2;\nld." +
                 one.space + ".u32 r1, [d3];\n",
             one.first + 1);
      if (one.isWritable)
        expect("cvta." + name + ".u64 d2, " + one.other + ";\nst.u32 [d2+28], " +
                   std::to_string(slot + 7) + ";\nld." + one.space + ".u32 r1, [" + one.other +
                   "+28];\n",
               slot + 7);
      if (one.space == "shared" || one.space == "local")
        expect("mov.u32 r2, " + one.variable + ";\ncvt.u64.u32 d1, r2;\ncvta." + name +
                   ".u64 d2, d1;\nld.u32 r1, [d2+16];\n",
               one.first + 4);
    }
  }
  Outcome outcome = runClean(code, variables());
  for (unsigned i = 0; i < slot; ++i)
    EXPECT_EQ(outcome.at<uint32_t>(i), want[i]) << "row " << i;
}

// Of each address exactly one space says yes, whatever the lanes have.
TEST(AddressInstruction, WhichSpace) {
  const char *spaces[] = {"global", "const", "shared", "local", "param"};
  std::string code = locals();
  unsigned slot = 0;
  std::vector<uint32_t> want;
  for (const SpaceCase &one : cases)
    for (const char *offset : {"", "+28", "+31"}) {
      if (one.space == "param" && *offset)
        continue;
      code += "cvta." + one.space + ".u64 d1, " + one.variable + offset + ";\n";
      for (const char *asked :
           {"global", "const", "shared", "shared::cta", "local", "param", "param::entry"}) {
        code += std::string("isspacep.") + asked + " p1, d1;\nselp.u32 r1, 1, 0, p1;\n" +
                storeAt(slot++, "r1");
        want.push_back(std::string(asked).substr(0, std::string(asked).find(':')) == one.space);
      }
    }
  Outcome outcome = runClean(code, variables());
  for (unsigned i = 0; i < slot; ++i)
    EXPECT_EQ(outcome.at<uint32_t>(i), want[i]) << "row " << i;
  // Lane i has an address of space i % 5; under a guard the others keep false.
  std::string mixed = locals() + "and.b32 r1, tid, 7;\n";
  for (unsigned i = 0; i < 5; ++i)
    mixed += "cvta." + cases[i].space + ".u64 d2, " + cases[i].variable +
             ";\nrem.u32 r1, tid, 5;\nsetp.eq.u32 p1, r1, " + std::to_string(i) +
             ";\n@p1 mov.u64 d1, d2;\n";
  mixed += "setp.lt.u32 p2, tid, 16;\nmul.wide.u32 d3, tid, 32;\nadd.u64 d3, out, d3;\n";
  for (unsigned i = 0; i < 5; ++i)
    mixed += std::string("mov.pred p3, 0;\n@p2 isspacep.") + spaces[i] +
             " p3, d1;\nselp.u32 r1, 1, 0, p3;\nst.global.u32 [d3+" + std::to_string(4 * i) +
             "], r1;\n";
  KernelSetup setup = variables();
  setup.block = {32};
  setup.checkRaces = false; // all threads fill the shared variables, with the same
  outcome = runClean(mixed, setup);
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < 5; ++i)
      EXPECT_EQ(outcome.at<uint32_t>(8 * lane + i), lane < 16 && lane % 5 == i)
          << "lane " << lane << ", " << spaces[i];
}

TEST(AddressInstruction, Functions) {
  KernelSetup setup = variables();
  setup.declarations +=
      "\n.func (.param .u32 result) two(.param .u32 x) { .reg .u32 a; ld.param.u32 a, [x]; "
      "mul.lo.u32 a, a, 2; st.param.u32 [result], a; ret; }\n"
      ".func (.param .u32 result) three(.param .u32 x) { .reg .u32 a; ld.param.u32 a, [x]; "
      "mul.lo.u32 a, a, 3; st.param.u32 [result], a; ret; }\n"
      ".global .u64 table[2] = {two, three};";
  std::string call = "{ .param .u32 x; .param .u32 y; st.param.u32 [x], 7; call (y), d1, (x), "
                     "prototype; ld.param.u32 r1, [y]; }\n";
  Outcome outcome =
      runClean("prototype: .callprototype (.param .u32 _) _ (.param .u32 _);\nmov.u64 d1, two;\n" +
                   call + storeAt(0, "r1") + "mov.b64 d1, three;\n" + call + storeAt(1, "r1") +
                   "ld.global.u64 d1, [table+8];\n" + call + storeAt(2, "r1"),
               setup);
  EXPECT_EQ(outcome.at<uint32_t>(0), 14u);
  EXPECT_EQ(outcome.at<uint32_t>(1), 21u);
  EXPECT_EQ(outcome.at<uint32_t>(2), 21u);
}

TEST(AddressInstruction, Refusals) {
  for (const char *wrong :
       {"cvta.shared.u32 r1, r2;", "cvta.to.local.u32 r1, r2;", "cvta.global.u64 d1, sa;",
        "cvta.to.global.u64 d1, ga;", "cvta.shared.u32 d1, r1;", "isspacep.shared p1, r1;",
        "isspacep.shared r1, d1;", "mov.u16 h1, ga;", "ld.shared.u32 r1, [ga];",
        "ld.global.u32 r1, [la];"}) {
    EXPECT_NE(loadError(locals() + wrong, variables()), "") << wrong;
  }
}

// A variable that is only declared, with a size, is the module's own.
TEST(AddressInstruction, DeclaredVariables) {
  KernelSetup setup;
  setup.declarations = ".extern .global .align 4 .b8 far[40];\n";
  setup.checkRaces = false;
  EXPECT_EQ(
      runClean("mov.u64 d1, far;\nld.global.u32 r1, [d1+36];\nst.global.u32 [out], r1;\n", setup)
          .at<uint32_t>(0),
      0u);
  setup.declarations = ".extern .global .align 4 .b8 far[];\n";
  EXPECT_NE(loadError("mov.u64 d1, far;\n", setup).find("not defined"), std::string::npos);
}

} // namespace mmc::emulator::test
