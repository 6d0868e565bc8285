// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mov: every type, constants, packing, special registers.

#include "Instruction.h"
#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

/// A register of the table by the bits of a type.
std::string registerOf(unsigned bits) {
  return bits == 16 ? "h" : bits == 32 ? "r" : bits == 64 ? "d" : "o";
}

/// The operand bytes as they are.
Bytes same(const Bytes &operands, unsigned) { return operands; }

Form constant(const std::string &type, const std::string &written, unsigned __int128 bits) {
  unsigned size = static_cast<unsigned>(std::stoul(type.substr(1)));
  std::string result = (type == "f32" ? "f" : type == "f64" ? "e" : registerOf(size)) + "0";
  if (size == 32 && type != "f32")
    result = "r5";
  if (size == 64 && type != "f64")
    result = "d5";
  return {"mov." + type + " " + result + ", " + written + ";",
          {result},
          [=](const Bytes &, unsigned) { return bytesOf(bits); }};
}

} // namespace

TEST(MoveInstruction, EveryTypeFromRegisters) {
  std::vector<Form> forms;
  for (const char *type : {"b16", "u16", "s16"})
    forms.push_back({std::string("mov.") + type + " h9, h1;", {"h9"}, same});
  for (const char *type : {"b32", "u32", "s32"})
    forms.push_back({std::string("mov.") + type + " r5, r1;", {"r5"}, same});
  for (const char *type : {"b64", "u64", "s64"})
    forms.push_back({std::string("mov.") + type + " d5, d1;", {"d5"}, same});
  forms.push_back({"mov.f32 f2, f1;", {"f2"}, same});
  forms.push_back({"mov.f64 e2, e1;", {"e2"}, same});
  // Bits may change their kind; NaNs keep theirs.
  forms.push_back({"mov.b32 f2, r1;", {"f2"}, same});
  forms.push_back({"mov.b32 r5, f1;", {"r5"}, same});
  forms.push_back({"mov.b64 e2, d1;", {"e2"}, same});
  forms.push_back({"mov.b64 d5, e1;", {"d5"}, same});
  forms.push_back({"mov.b128 o2, o1;", {"o2"}, same});
  // A register to itself.
  forms.push_back({"mov.b128 o2, o2;", {"o2"}, [](const Bytes &, unsigned) {
                     Bytes kept;
                     kept.fill(0xaa);
                     return kept;
                   }});
  for (bool negated : {false, true})
    forms.push_back({std::string("mov.pred p3, ") + (negated ? "!p2;" : "p2;"),
                     {"p3"},
                     [=](const Bytes &operands, unsigned) {
                       return bytesOf((numberAt(operands, 0, 4) & 0x80000000 ? 1 : 0) ^
                                      (negated ? 1 : 0));
                     }});
  for (unsigned value : {0u, 1u})
    forms.push_back({"mov.pred p3, " + std::to_string(value) + ";",
                     {"p3"},
                     [=](const Bytes &, unsigned) { return bytesOf(value); }});
  checkForms(forms, {}, "setp.lt.s32 p2, r1, 0;\n");
}

TEST(MoveInstruction, Constants) {
  std::vector<Form> forms;
  for (const char *sign : {"b", "u", "s"}) {
    std::string s = sign;
    forms.push_back(constant(s + "16", "-1", 0xffff));
    forms.push_back(constant(s + "16", "-32768", 0x8000));
    forms.push_back(constant(s + "16", "65535", 0xffff));
    forms.push_back(constant(s + "16", "0x7fff", 0x7fff));
    forms.push_back(constant(s + "32", "-1", 0xffffffff));
    forms.push_back(constant(s + "32", "-2147483648", 0x80000000));
    forms.push_back(constant(s + "32", "4294967295", 0xffffffff));
    forms.push_back(constant(s + "32", "0xfedcba98U", 0xfedcba98));
    forms.push_back(constant(s + "32", "0777", 511));
    forms.push_back(constant(s + "32", "0b101", 5));
    forms.push_back(constant(s + "32", "WARP_SZ", 32));
    forms.push_back(constant(s + "32", "(3 + 4) * 5 - 1", 34));
    forms.push_back(constant(s + "32", "~5", 0xfffffffa));
    forms.push_back(constant(s + "32", "1 << 31", 0x80000000));
    forms.push_back(constant(s + "32", "-7 / 2", 0xfffffffd));
    forms.push_back(constant(s + "64", "-1", ~uint64_t(0)));
    forms.push_back(constant(s + "64", "0xfedcba9876543210", 0xfedcba9876543210));
    forms.push_back(constant(s + "64", "-9223372036854775808", uint64_t(1) << 63));
    forms.push_back(constant(s + "64", "9223372036854775807", ~uint64_t(0) >> 1));
    forms.push_back(constant(s + "64", "WARP_SZ", 32));
  }
  forms.push_back(constant("f32", "0f3f800000", 0x3f800000));
  forms.push_back(constant("f32", "0f7fc12345", 0x7fc12345));
  forms.push_back(constant("f32", "0fffffffff", 0xffffffff));
  forms.push_back(constant("f32", "0f80000000", 0x80000000));
  forms.push_back(constant("f32", "0f00000001", 1));
  forms.push_back(constant("f32", "-1.5", 0xbfc00000));
  forms.push_back(constant("f32", "0.1", bitsOf<uint32_t>(0.1f)));
  forms.push_back(constant("f32", "1e38", bitsOf<uint32_t>(1e38f)));
  forms.push_back(constant("f64", "0d3ff0000000000000", 0x3ff0000000000000));
  forms.push_back(constant("f64", "0d7ff8000000012345", 0x7ff8000000012345));
  forms.push_back(constant("f64", "0dffffffffffffffff", ~uint64_t(0)));
  forms.push_back(constant("f64", "0d0000000000000001", 1));
  forms.push_back(constant("f64", "-1.5", bitsOf<uint64_t>(-1.5)));
  forms.push_back(constant("f64", "1e-300", bitsOf<uint64_t>(1e-300)));
  forms.push_back(constant("b32", "0f3f800000", 0x3f800000));
  forms.push_back(constant("b64", "0d3ff0000000000000", 0x3ff0000000000000));
  checkForms(forms);
}

TEST(MoveInstruction, PackAndUnpack) {
  auto part = [](unsigned first, unsigned count) {
    return
        [=](const Bytes &operands, unsigned) { return bytesOf(numberAt(operands, first, count)); };
  };
  std::vector<Form> forms = {
      {"mov.b16 h9, {b1, b2};", {"h9"}, same},
      {"mov.b32 r5, {b1, b2, b3, b4};", {"r5"}, same},
      {"mov.b32 r5, {h1, h2};", {"r5"}, same},
      {"mov.b64 d5, {h1, h2, h3, h4};", {"d5"}, same},
      {"mov.b64 d5, {r1, r2};", {"d5"}, same},
      {"mov.b64 d5, {f1, r2};", {"d5"}, same},
      {"mov.b128 o2, {d1, d2};", {"o2"}, same},
      {"mov.b16 {b9, b10}, h1;", {"b9", "b10"}, same},
      {"mov.b32 {b9, b10, b11, b12}, r1;", {"b9", "b10", "b11", "b12"}, same},
      {"mov.b32 {h9, h10}, r1;", {"h9", "h10"}, same},
      {"mov.b64 {h9, h10, h11, h12}, d1;", {"h9", "h10", "h11", "h12"}, same},
      {"mov.b64 {r5, r6}, d1;", {"r5", "r6"}, same},
      {"mov.b64 {f2, f3}, e1;", {"f2", "f3"}, same},
      {"mov.b128 {d5, d6}, o1;", {"d5", "d6"}, same},
      // Parts that nobody wants.
      {"mov.b32 {h9, _}, r1;", {"h9"}, part(0, 2)},
      {"mov.b64 {_, r5}, d1;", {"r5"}, part(4, 4)},
      {"mov.b64 {_, _, h9, _}, d1;", {"h9"}, part(4, 2)},
      {"mov.b128 {_, d5}, o1;", {"d5"}, part(8, 8)},
      // Twice the same, in another order, with constants.
      {"mov.b64 d5, {r2, r1};",
       {"d5"},
       [](const Bytes &o, unsigned) {
         return bytesOf(numberAt(o, 4, 4) | numberAt(o, 0, 4) << 32);
       }},
      {"mov.b64 d5, {r1, r1};",
       {"d5"},
       [](const Bytes &o, unsigned) {
         return bytesOf(numberAt(o, 0, 4) | numberAt(o, 0, 4) << 32);
       }},
      {"mov.b64 d5, {r1, 0};", {"d5"}, part(0, 4)},
      {"mov.b64 d5, {-1, r1};",
       {"d5"},
       [](const Bytes &o, unsigned) { return bytesOf(0xffffffff | numberAt(o, 0, 4) << 32); }},
      {"mov.b32 r5, {h1, 5};",
       {"r5"},
       [](const Bytes &o, unsigned) { return bytesOf(numberAt(o, 0, 2) | 5 << 16); }},
  };
  checkForms(forms);
  for (const char *wrong :
       {"mov.b64 d5, {r1, r2, r3};", "mov.b64 d5, {h1, h2};", "mov.b32 {h9, h10}, {h1, h2};",
        "mov.b128 o2, {r1, r2};", "mov.u32 r5, d1;", "mov.b16 h9, r1;", "mov.f32 f2, d1;",
        "mov.pred p3, r1;"})
    EXPECT_NE(loadError(wrong), "") << wrong;
}

TEST(MoveInstruction, SpecialRegisters) {
  KernelSetup setup;
  setup.grid = {3, 2, 2};
  setup.block = {5, 3, 4};
  setup.dynamicShared = 176;
  setup.declarations = ".extern .shared .align 16 .b8 tail[];";
  constexpr unsigned threads = 60, blocks = 12, stride = 256;
  setup.targetBytes = threads * blocks * stride;
  struct Row {
    std::string name;
    std::function<uint32_t(const unsigned (&tid)[3], const unsigned (&ctaid)[3], unsigned thread)>
        value;
  };
  std::vector<Row> rows;
  const unsigned sizes[] = {5, 3, 4}, grids[] = {3, 2, 2};
  for (unsigned i = 0; i < 3; ++i) {
    std::string part = std::string(".") + "xyz"[i];
    unsigned size = sizes[i], grid = grids[i];
    rows.push_back({"%tid" + part, [=](auto &tid, auto &, unsigned) { return tid[i]; }});
    rows.push_back({"%ntid" + part, [=](auto &, auto &, unsigned) { return size; }});
    rows.push_back({"%ctaid" + part, [=](auto &, auto &ctaid, unsigned) { return ctaid[i]; }});
    rows.push_back({"%nctaid" + part, [=](auto &, auto &, unsigned) { return grid; }});
    // Every block is a cluster of its own.
    rows.push_back({"%clusterid" + part, [=](auto &, auto &ctaid, unsigned) { return ctaid[i]; }});
    rows.push_back({"%nclusterid" + part, [=](auto &, auto &, unsigned) { return grid; }});
    rows.push_back({"%cluster_ctaid" + part, [](auto &, auto &, unsigned) { return 0; }});
    rows.push_back({"%cluster_nctaid" + part, [](auto &, auto &, unsigned) { return 1; }});
  }
  rows.push_back({"%cluster_ctarank", [](auto &, auto &, unsigned) { return 0; }});
  rows.push_back({"%cluster_nctarank", [](auto &, auto &, unsigned) { return 1; }});
  rows.push_back({"%laneid", [](auto &, auto &, unsigned thread) { return thread % 32; }});
  rows.push_back({"%warpid", [](auto &, auto &, unsigned thread) { return thread / 32; }});
  rows.push_back({"%nwarpid", [](auto &, auto &, unsigned) { return 2; }});
  rows.push_back({"%dynamic_smem_size", [](auto &, auto &, unsigned) { return 176; }});
  rows.push_back(
      {"%lanemask_eq", [](auto &, auto &, unsigned thread) { return 1u << thread % 32; }});
  rows.push_back({"%lanemask_lt", [](auto &, auto &, unsigned thread) {
                    uint32_t mask = 0;
                    for (unsigned i = 0; i < thread % 32; ++i)
                      mask |= 1u << i;
                    return mask;
                  }});
  rows.push_back({"%lanemask_ge", [](auto &, auto &, unsigned thread) {
                    uint32_t mask = 0;
                    for (unsigned i = thread % 32; i < 32; ++i)
                      mask |= 1u << i;
                    return mask;
                  }});
  rows.push_back({"%lanemask_le", [](auto &, auto &, unsigned thread) {
                    uint32_t mask = 0;
                    for (unsigned i = 0; i <= thread % 32; ++i)
                      mask |= 1u << i;
                    return mask;
                  }});
  rows.push_back({"%lanemask_gt", [](auto &, auto &, unsigned thread) {
                    uint32_t mask = 0;
                    for (unsigned i = thread % 32 + 1; i < 32; ++i)
                      mask |= 1u << i;
                    return mask;
                  }});
  ASSERT_LE(rows.size() * 4, stride);
  std::string code = "mov.u32 r1, %tid.z;\nmad.lo.u32 r1, r1, 3, 0;\nmov.u32 r2, %tid.y;\nadd.u32 "
                     "r1, r1, r2;\nmad.lo.u32 r1, r1, 5, tid;\n"
                     "mov.u32 r2, %ctaid.z;\nmov.u32 r3, %ctaid.y;\nmad.lo.u32 r2, r2, 2, "
                     "r3;\nmov.u32 r3, %ctaid.x;\n"
                     "mad.lo.u32 r2, r2, 3, r3;\nmad.lo.u32 r1, r2, 60, r1;\nmul.wide.u32 d1, r1, "
                     "256;\nadd.u64 d1, out, d1;\n";
  const char *types[] = {"u32", "b32", "s32"};
  for (size_t i = 0; i < rows.size(); ++i)
    code += std::string("mov.") + types[i % 3] + " r4, " + rows[i].name + ";\nst.global.u32 [d1+" +
            std::to_string(4 * i) + "], r4;\n";
  Outcome outcome = runClean(code, setup);
  for (unsigned block = 0; block < blocks; ++block)
    for (unsigned thread = 0; thread < threads; ++thread) {
      unsigned tid[3] = {thread % 5, thread / 5 % 3, thread / 15},
               ctaid[3] = {block % 3, block / 3 % 2, block / 6};
      for (size_t i = 0; i < rows.size(); ++i)
        ASSERT_EQ(outcome.at<uint32_t>((block * threads + thread) * stride / 4 + i),
                  rows[i].value(tid, ctaid, thread))
            << rows[i].name << " of thread " << thread << " in block " << block;
    }
}

// What has no fixed value has bounds: clocks go on, in both widths; a grid has one number.
TEST(MoveInstruction, ClocksAndNumbers) {
  KernelSetup setup;
  setup.grid = {4};
  Outcome outcome = runClean(
      "mov.u64 d1, %clock64;\nmov.u32 r1, %clock;\nmov.u32 r2, %clock_hi;\nmov.u64 d2, %clock64;\n"
      "mov.u64 d3, %globaltimer;\nmov.u32 r3, %globaltimer_hi;\nmov.u32 r4, "
      "%globaltimer_lo;\nmov.u64 d4, %globaltimer;\n"
      "mov.u32 r5, %smid;\nmov.u32 r6, %nsmid;\nmov.u64 d5, %gridid;\n"
      "mov.u32 r7, %ctaid.x;\nmul.wide.u32 d6, r7, 128;\nadd.u64 d6, out, d6;\n"
      "setp.ne.u32 p1, tid, 0;\n@p1 exit;\nst.global.v2.u64 [d6], {d1, d2};\nst.global.v2.u64 "
      "[d6+16], {d3, d4};\n"
      "st.global.v4.u32 [d6+32], {r1, r2, r3, r4};\nst.global.v2.u32 [d6+48], {r5, "
      "r6};\nst.global.u64 [d6+56], d5;",
      setup);
  for (unsigned block = 0; block < 4; ++block) {
    uint64_t clock = outcome.at<uint64_t>(16 * block), later = outcome.at<uint64_t>(16 * block + 1);
    EXPECT_LT(clock, later);
    uint64_t between =
        outcome.at<uint32_t>(32 * block + 8) | uint64_t(outcome.at<uint32_t>(32 * block + 9)) << 32;
    EXPECT_GE(between, clock);
    EXPECT_LE(between, later);
    uint64_t time = outcome.at<uint64_t>(16 * block + 2),
             after = outcome.at<uint64_t>(16 * block + 3);
    EXPECT_LE(time, after);
    EXPECT_GE(outcome.at<uint32_t>(32 * block + 10), time >> 32);
    EXPECT_LE(outcome.at<uint32_t>(32 * block + 10), after >> 32);
    EXPECT_LT(outcome.at<uint32_t>(32 * block + 12), outcome.at<uint32_t>(32 * block + 13));
    EXPECT_EQ(outcome.at<uint64_t>(16 * block + 7), outcome.at<uint64_t>(7));
  }
}

// 32 bits cut down to 16, as older compilers write them; .w is there and is 0 or 1.
TEST(MoveInstruction, NarrowSpecialRegisters) {
  checkForms(
      {{"mov.u16 h9, %tid.x;", {"h9"}, [](const Bytes &, unsigned lane) { return bytesOf(lane); }},
       {"mov.u16 h9, %ntid.x;", {"h9"}, [](const Bytes &, unsigned) { return bytesOf(32); }},
       {"mov.u16 h9, %ctaid.y;", {"h9"}, [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.u16 h9, %nctaid.z;", {"h9"}, [](const Bytes &, unsigned) { return bytesOf(1); }},
       {"mov.pred p3, %is_explicit_cluster;",
        {"p3"},
        [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.u32 r5, %envreg0;", {"r5"}, [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.b32 r5, %envreg31;", {"r5"}, [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.u32 r5, %tid.w;", {"r5"}, [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.u32 r5, %clusterid.w;", {"r5"}, [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.u32 r5, %ntid.w;", {"r5"}, [](const Bytes &, unsigned) { return bytesOf(1); }},
       {"mov.u32 r5, %cluster_nctaid.w;",
        {"r5"},
        [](const Bytes &, unsigned) { return bytesOf(1); }},
       {"mov.u32 r5, %pm7;", {"r5"}, [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.u64 d5, %pm0_64;", {"d5"}, [](const Bytes &, unsigned) { return bytesOf(0); }},
       {"mov.u32 r5, %gridid;", {"r5"}, [](const Bytes &, unsigned) { return bytesOf(1); }}});
  for (const char *wrong :
       {"mov.u64 d5, %tid.x;", "mov.u32 r5, %tid;", "mov.u32 r5, %laneid.x;",
        "mov.u32 r5, %clock64;", "mov.u32 r5, %nothing;", "mov.u32 r5, %envreg32;",
        "mov.u64 d5, %envreg1;", "mov.u32 r5, %pm8;", "mov.u32 r5, %pm1_64;", "mov.u32 r5, %tid.q;",
        "mov.u32 r5, %envreg01;"})
    EXPECT_NE(loadError(wrong), "") << wrong;
}

} // namespace mmc::emulator::test
