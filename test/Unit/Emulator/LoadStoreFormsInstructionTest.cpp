// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ld and st with cache operators, hints, orders and scopes, ldu, prefetches and policies;
// parameters of structures; what is wrong with an address.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

/// Row i: an instruction that loads word i of `in`, or stores it at word i of `out`.
void checkWords(const std::vector<std::string> &rows, const std::string &chip = "sm_90",
                const std::string &before = "") {
  KernelSetup setup;
  setup.chip = chip;
  setup.block = {1};
  setup.targetBytes = 16 * rows.size();
  std::string code = before;
  for (size_t i = 0; i < 4 * rows.size(); ++i) {
    uint32_t value = static_cast<uint32_t>(i * 2654435761u + 0x9000001);
    for (unsigned byte = 0; byte < 4; ++byte)
      setup.source.push_back(static_cast<uint8_t>(value >> 8 * byte));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string offset = std::to_string(16 * i), text = rows[i];
    bool isVector = text.find(".v4") != std::string::npos, isStore = text.compare(0, 2, "st") == 0;
    std::string value = isVector ? "{r1, r2, r3, r4}" : "r1", vector = isVector ? ".v4" : "";
    auto own = [&] {
      size_t comma = text.find('|'); // an operand behind
      std::string form = text.substr(0, comma),
                  policy = comma == std::string::npos ? "" : ", " + text.substr(comma + 1);
      return isStore ? form + " [out+" + offset + "], " + value + policy + ";\n"
                     : form + " " + value + ", [in+" + offset + "]" + policy + ";\n";
    };
    if (!isStore)
      code += own() + "st.global" + vector + ".b32 [out+" + offset + "], " + value + ";\n";
    else
      code += "ld.global" + vector + ".b32 " + value + ", [in+" + offset + "];\n" + own();
  }
  Outcome outcome = runClean(code, setup);
  ASSERT_EQ(outcome.target.size(), setup.targetBytes);
  for (size_t i = 0; i < rows.size(); ++i) {
    size_t bytes = rows[i].find(".v4") != std::string::npos ? 16 : 4;
    EXPECT_TRUE(
        std::equal(&setup.source[16 * i], &setup.source[16 * i] + bytes, &outcome.target[16 * i]))
        << rows[i];
  }
}

/// Two warps: the first writes data and then a flag, the second waits for the flag and reads the
/// data.
Outcome passMessage(const std::string &space, const std::string &write, const std::string &read,
                    const std::string &before, const std::string &after) {
  KernelSetup setup;
  setup.block = {64};
  std::string data = space == "shared" ? "[sv]" : "[out]",
              flag = space == "shared" ? "[sv+64]" : "[out+64]";
  return runKernel(".shared .align 4 .b8 sv[128];\nsetp.ne.u32 p1, tid, 0;\n@p1 bra later;\nst." +
                       space + ".u32 " + flag + ", 0;\nlater:\nbar.sync 0;\n" +
                       "setp.eq.u32 p1, tid, 0;\n@!p1 bra other;\nst." + space + ".u32 " + data +
                       ", 41;\n" + before + write + " " + flag + ", 1;\nbra.uni done;\n" +
                       "other:\nsetp.ne.u32 p1, tid, 32;\n@p1 bra done;\nspin:\n" + read + " r1, " +
                       flag + ";\nsetp.eq.u32 p2, r1, 0;\n@p2 bra spin;\n" + after + "ld." + space +
                       ".u32 r2, " + data + ";\nst.global.u32 [out+256], r2;\ndone:",
                   setup);
}

} // namespace

TEST(LoadStoreForms, CacheOperatorsAndHints) {
  std::vector<std::string> rows;
  for (const char *space : {"", ".global"}) {
    std::string s = space;
    for (const char *cache :
         {".ca", ".cg", ".cs", ".lu", ".cv", ".L1::evict_normal", ".L1::evict_unchanged",
          ".L1::evict_first", ".L1::evict_last", ".L1::no_allocate"})
      for (const char *type : {".u32", ".v4.b32"})
        rows.push_back("ld" + s + cache + type);
    for (const char *cache :
         {".wb", ".cg", ".cs", ".wt", ".L1::evict_normal", ".L1::evict_unchanged",
          ".L1::evict_first", ".L1::evict_last", ".L1::no_allocate"})
      for (const char *type : {".u32", ".v4.b32"})
        rows.push_back("st" + s + cache + type);
    for (const char *size : {".L2::64B", ".L2::128B", ".L2::256B"}) {
      rows.push_back("ld" + s + size + ".u32");
      rows.push_back("ld" + s + ".ca" + size + ".v4.b32");
      rows.push_back("ld" + s + ".L1::evict_last" + size + ".u32");
    }
    rows.push_back("ld" + s + ".L2::cache_hint.u32|policy");
    rows.push_back("ld" + s + ".L1::no_allocate.L2::cache_hint.L2::256B.v4.b32|policy");
    rows.push_back("st" + s + ".L2::cache_hint.u32|policy");
    rows.push_back("st" + s + ".L1::no_allocate.L2::cache_hint.v4.b32|policy");
  }
  for (const char *cache : {"", ".ca", ".cg", ".cs"})
    for (const char *size : {"", ".L2::128B"})
      rows.push_back(std::string("ld.global") + cache + ".nc" + size + ".u32");
  rows.push_back("ld.global.nc.L1::no_allocate.L2::256B.v4.b32");
  rows.push_back("ld.global.nc.L1::evict_last.L2::cache_hint.u32|policy");
  rows.push_back("ldu.global.u32");
  rows.push_back("ldu.global.v4.b32");
  rows.push_back("ldu.u32");
  std::string policies;
  for (const char *first : {"evict_last", "evict_normal", "evict_first", "evict_unchanged"})
    policies += std::string("createpolicy.fractional.L2::") + first +
                ".b64 policy;\ncreatepolicy.fractional.L2::" + first + ".b64 policy, 0.25;\n";
  policies +=
      "mov.f32 f1, 0f3f000000;\ncreatepolicy.fractional.L2::evict_last.L2::evict_unchanged.b64 "
      "policy, f1;\n"
      "createpolicy.fractional.L2::evict_last.L2::evict_first.b64 policy, 1.0;\n"
      "createpolicy.cvt.L2.b64 policy, 0x12f0000000000000;\ncreatepolicy.cvt.L2.b64 policy, "
      "in;\nmov.u32 r1, 4096;\ncreatepolicy.range.L2::evict_normal.b64 policy, [in], 128, r1;\n"
      "createpolicy.range.global.L2::evict_last.L2::evict_unchanged.b64 policy, [in+128], r1, "
      "8192;\ncreatepolicy.range.L2::evict_first.b64 policy, [in], 128, r1;\n"
      "createpolicy.range.L2::evict_unchanged.L2::evict_first.b64 policy, [in], 128, r1;\n";
  checkWords(rows, "sm_90", policies);
}

TEST(LoadStoreForms, OrdersAndScopes) {
  std::vector<std::string> rows;
  for (const char *space : {"", ".global"})
    for (const char *type : {".u32", ".v4.b32"}) {
      std::string end = std::string(space) + type;
      for (const char *start : {"ld.weak", "st.weak", "ld.volatile", "st.volatile"})
        rows.push_back(start + end);
      for (const char *scope : {".cta", ".cluster", ".gpu", ".sys"})
        for (const char *start : {"ld.relaxed", "ld.acquire", "st.relaxed", "st.release"})
          rows.push_back(std::string(start) + scope + end);
    }
  for (const char *start : {"ld.mmio.relaxed.sys", "st.mmio.relaxed.sys"})
    for (const char *space : {"", ".global"})
      rows.push_back(std::string(start) + space + ".u32");
  rows.push_back("ld.relaxed.gpu.global.L1::no_allocate.L2::cache_hint.v4.b32|policy");
  rows.push_back("st.release.sys.global.L1::evict_last.u32");
  checkWords(rows, "sm_90", "createpolicy.fractional.L2::evict_last.b64 policy;\n");
}

// What is written before a release is there after the acquire that reads it; after a relaxed or
// volatile access it is so only with fences.
TEST(LoadStoreForms, ReleaseAndAcquireOrder) {
  for (const char *space : {"shared", "global"})
    for (const char *scope : {"cta", "cluster", "gpu", "sys"}) {
      std::string end = std::string(".") + scope + "." + space + ".u32";
      Outcome ordered = passMessage(space, "st.release" + end, "ld.acquire" + end, "", "");
      EXPECT_TRUE(ordered.report.violations.empty()) << toText(ordered.report);
      EXPECT_EQ(ordered.at<uint32_t>(64), 41u);
      Outcome fenced = passMessage(space, "st.relaxed" + end, "ld.relaxed" + end,
                                   std::string("fence.acq_rel.") + scope + ";\n",
                                   std::string("fence.acq_rel.") + scope + ";\n");
      EXPECT_TRUE(fenced.report.violations.empty()) << toText(fenced.report);
      EXPECT_EQ(fenced.at<uint32_t>(64), 41u);
      Outcome relaxed = passMessage(space, "st.relaxed" + end, "ld.relaxed" + end, "", "");
      EXPECT_GT(
          countOf(relaxed, *space == 's' ? ViolationKind::SharedRace : ViolationKind::GlobalRace),
          0u)
          << space << scope;
    }
  for (const char *space : {"shared", "global"})
    for (const char *fence :
         {"membar.cta", "membar.gl", "membar.sys", "fence.sc.cta", "fence.sc.gpu", "fence.sc.sys",
          "fence.acq_rel.sys", "fence.cta", "fence.gpu", "fence.release.gpu", "fence.release.cta",
          "fence.release.cluster", "fence.release.sys"}) {
      std::string end = std::string(".") + space + ".u32", wait = std::string(fence) + ";\n",
                  acquire = wait;
      bool releases = wait.find("release") != std::string::npos;
      if (releases)
        acquire.replace(acquire.find("release"), 7, "acquire");
      Outcome fenced = passMessage(space, "st.volatile" + end, "ld.volatile" + end, wait, acquire);
      EXPECT_TRUE(fenced.report.violations.empty()) << fence << toText(fenced.report);
      // Acquiring publishes nothing.
      Outcome bare = passMessage(space, "st.volatile" + end, "ld.volatile" + end,
                                 releases ? acquire : "", acquire);
      EXPECT_GT(
          countOf(bare, *space == 's' ? ViolationKind::SharedRace : ViolationKind::GlobalRace), 0u)
          << space;
    }
}

// Prefetches do nothing, wherever they point.
TEST(LoadStoreForms, Prefetches) {
  std::string code = ".local .b8 lv[32];\nmov.u64 d1, lv;\nmov.u64 d2, 0;\n";
  for (const char *form : {"prefetch.global.L1", "prefetch.global.L2", "prefetch.L1", "prefetch.L2",
                           "prefetch.global.L2::evict_last", "prefetch.global.L2::evict_normal",
                           "prefetch.L2::evict_last", "prefetch.L2::evict_normal", "prefetchu.L1"})
    code += std::string(form) + " [in];\n" + form + " [in+4096];\n" + form + " [d2];\n";
  for (const char *form :
       {"applypriority.global.L2::evict_normal", "applypriority.L2::evict_normal"})
    code +=
        std::string(form) + " [in], 128;\n" + form + " [in+4096], 128;\n" + form + " [d2], 128;\n";
  code += "prefetch.local.L1 [d1];\nprefetch.local.L2 [d1+16];\n";
  Outcome outcome = runClean(code);
  for (uint8_t byte : outcome.target)
    ASSERT_EQ(byte, 0xee);
}

// Order is a matter of memory that others see; fractions and sizes have bounds.
TEST(LoadStoreForms, Refusals) {
  for (const char *wrong : {"ld.shared.L1::evict_last.u32 r1, [r2];",
                            "ld.local.L2::cache_hint.u32 r1, [r2], policy;",
                            "ld.const.L2::64B.u32 r1, [d1];",
                            "ld.param.L1::no_allocate.u32 r1, [source];",
                            "st.shared.L1::evict_last.u32 [r2], r1;",
                            "ld.ca.L1::evict_last.u32 r1, [in];",
                            "st.wb.L1::evict_last.u32 [out], r1;",
                            "ld.global.L2::evict_last.u32 r1, [in];",
                            "ld.global.L2::evict_last.v4.u32 {r1, r2, r3, r4}, [in];",
                            "st.L2::64B.u32 [out], r1;",
                            "ld.global.L2::cache_hint.u32 r1, [in];",
                            "st.global.u32 [out], r1, policy;",
                            "ldu.v8.u16 {h1, h2, h3, h4, h5, h6, h7, h8}, [in];",
                            "st.param.u64 [source], d1;",
                            "st.param::func.u64 [target], d1;",
                            "ld.volatile.local.u32 r1, [r2];",
                            "ld.volatile.param.u32 r1, [source];",
                            "ld.relaxed.gpu.local.u32 r1, [r2];",
                            "ld.acquire.cta.const.u32 r1, [d1];",
                            "st.volatile.local.u32 [r2], r1;",
                            "st.release.gpu.local.u32 [r2], r1;",
                            "st.acquire.gpu.u32 [out], r1;",
                            "ld.release.gpu.u32 r1, [in];",
                            "ld.relaxed.u32 r1, [in];",
                            "ld.global.u32 r1, [in], policy;",
                            "createpolicy.fractional.L2::evict_last.b64 policy, 1.5;",
                            "createpolicy.fractional.L2::evict_last.b64 policy, 0.0;",
                            "createpolicy.fractional.L2::evict_last.b32 r1;",
                            "applypriority.L2::evict_normal [in], 64;",
                            "prefetch.shared.L1 [r1];",
                            "fence.acquire;",
                            "membar.gpu;"})
    EXPECT_NE(loadError(wrong), "") << wrong;
  KernelSetup old;
  old.chip = "sm_80";
  for (const char *wrong : {"ld.relaxed.cluster.u32 r1, [in];", "st.shared::cluster.u32 [r2], r1;",
                            "fence.acq_rel.cluster;"})
    EXPECT_NE(loadError(wrong, old).find("clusters need .target sm_90"), std::string::npos)
        << wrong;
  KernelSetup newer;
  newer.chip = "sm_100";
  for (const char *wrong :
       {"ldu.v8.u32 {r1, r2, r3, r4, r5, r6, r7, r8}, [in];", "ldu.v4.u64 {d1, d2, d3, d4}, [in];"})
    EXPECT_NE(loadError(wrong, newer), "") << wrong;
}

// A kernel's parameters, structures among them, and those of functions: every type at its place.
TEST(LoadStoreForms, Parameters) {
  KernelSetup setup;
  setup.block = {1};
  setup.declarations = ".func (.param .align 16 .b8 result[16]) swap(.param .align 8 .b8 pair[12], "
                       ".param .u32 byte, .param .f64 number) {\n"
                       ".reg .b32 x, y; .reg .b64 z; .reg .b16 w; .reg .u32 v;\n"
                       "ld.param.u32 x, [pair]; ld.param.b64 z, [number]; ld.param::func.s32 y, "
                       "[pair+8]; ld.param.u8 w, [byte]; cvt.u32.u16 v, w;\n"
                       "st.param.v2.b32 [result], {y, x}; st.param.b64 [result+8], z; st.param.b8 "
                       "[result+12], v; ret; }\n";
  std::string code =
      "ld.param.b64 d1, [source];\nst.global.b64 [out], d1;\nld.param.v2.u32 {r1, r2}, "
      "[target];\nst.global.v2.u32 [out+8], {r1, r2};\n"
      "ld.param.s8 r1, [source+7];\nst.global.u32 [out+16], r1;\nld.param.u16 r1, "
      "[target+6];\nst.global.u32 [out+20], r1;\n"
      "mov.b64 d2, target;\nld.param::entry.u32 r3, [d2+4];\nst.global.u32 [out+24], r3;\n"
      "{ .param .align 8 .b8 a[12]; .param .u32 b; .param .f64 c; .param .align 16 .b8 d[16];\n"
      "mov.b32 r1, 0x11223344; mov.b32 r2, 0xaabbccdd; mov.b64 d2, 0x8877665544332211; mov.b32 r3, "
      "0xf5e;\n"
      "st.param.v2.b32 [a], {r1, r1}; st.param::func.b32 [a+8], r2; st.param.b32 [b], r3; "
      "st.param.b64 "
      "[c], d2;\n"
      "call (d), swap, (a, b, c);\nld.param.v4.b32 {r5, r6, r7, r8}, [d]; }\nst.global.v4.b32 "
      "[out+32], {r5, r6, r7, r8};\n";
  Outcome outcome = runClean(code, setup);
  uint64_t in = outcome.at<uint64_t>(0), out = outcome.at<uint64_t>(1);
  EXPECT_EQ(outcome.at<int32_t>(4), static_cast<int8_t>(in >> 56));
  EXPECT_EQ(outcome.at<uint32_t>(5), out >> 48);
  EXPECT_EQ(outcome.at<uint32_t>(6), out >> 32);
  EXPECT_NE(in, out);
  EXPECT_EQ(outcome.at<uint32_t>(8), 0xaabbccddu);
  EXPECT_EQ(outcome.at<uint32_t>(9), 0x11223344u);
  EXPECT_EQ(outcome.at<uint32_t>(10), 0x44332211u);
  EXPECT_EQ(outcome.at<uint32_t>(11), 0x8877665eu);
}

// Each space knows its bounds, its alignment and what nobody has written; what is wrong is not
// done.
TEST(LoadStoreForms, WrongAddresses) {
  struct Row {
    const char *text;
    ViolationKind kind;
  };
  const Row rows[] = {
      {"ld.global.u32 r1, [in+16];", ViolationKind::OutOfBounds},
      {"ld.global.u32 r1, [in+-4];", ViolationKind::OutOfBounds},
      {"ld.global.v4.u32 {r1, r2, r3, r4}, [in+4];", ViolationKind::Misaligned},
      {"ld.global.u16 r1, [in+1];", ViolationKind::Misaligned},
      {"ld.global.b64 d1, [in+12];", ViolationKind::Misaligned},
      {"st.global.b128 [out+4088], o1;", ViolationKind::Misaligned},
      {"st.global.u32 [out+4096], r1;", ViolationKind::OutOfBounds},
      {"st.u32 [d2], r1;", ViolationKind::OutOfBounds},
      {"ld.shared.u32 r1, [sv+64];", ViolationKind::OutOfBounds},
      {"ld.shared.u32 r1, [sv];", ViolationKind::Uninitialized},
      {"ld.shared.u32 r1, [sv+2];", ViolationKind::Misaligned},
      {"cvta.shared.u64 d1, sv;\nld.u8 r1, [d1+64];", ViolationKind::OutOfBounds},
      {"cvta.shared.u64 d1, sv;\nst.v2.u32 [d1+60], {r1, r1};", ViolationKind::Misaligned},
      {"st.local.u32 [lv+64], r1;", ViolationKind::LocalOutOfBounds},
      {"ld.local.u32 r1, [lv];", ViolationKind::Uninitialized},
      {"cvta.local.u64 d1, lv;\nld.u16 r1, [d1+1];", ViolationKind::Misaligned},
      {"ld.const.u32 r1, [cv+16];", ViolationKind::OutOfBounds},
      {"cvta.const.u64 d1, cv;\nst.u32 [d1], r1;", ViolationKind::OutOfBounds},
      {"cvta.param.u64 d1, target;\nld.u32 r1, [d1+8];", ViolationKind::OutOfBounds},
      {"ld.param.b64 d1, [source+4];", ViolationKind::Misaligned},
      {"ld.global.nc.u32 r1, [in+20];", ViolationKind::OutOfBounds},
      {"ldu.global.u32 r1, [in+18];", ViolationKind::Misaligned},
      {"ld.volatile.global.u32 r1, [in+16];", ViolationKind::OutOfBounds},
      {"ld.acquire.gpu.global.u32 r1, [in+17];", ViolationKind::Misaligned},
      {"st.release.sys.global.u32 [out+4096], r1;", ViolationKind::OutOfBounds},
  };
  for (const Row &row : rows) {
    KernelSetup setup;
    setup.block = {1};
    setup.source.assign(16, 0x55);
    setup.declarations = ".const .align 16 .u32 cv[4] = {1, 2, 3, 4};";
    // A load gives 0; a store leaves what was there.
    Outcome outcome = runKernel(
        std::string(".shared .align 16 .b8 sv[64];\n.local .align 16 .b8 lv[64];\nmov.u32 r1, "
                    "7;\nmov.u64 d1, 7;\nmov.u64 d2, 0;\nmov.b128 o1, {d1, d1};\n") +
            row.text + "\nst.global.u32 [out], r1;\nst.global.u64 [out+8], d1;",
        setup);
    ASSERT_EQ(outcome.report.violations.size(), 1u) << row.text << toText(outcome.report);
    EXPECT_EQ(outcome.report.violations[0].kind, row.kind) << row.text << toText(outcome.report);
    EXPECT_EQ(outcome.report.violations[0].count, 1u);
    std::string text = row.text;
    bool isLoad = text.find("ld.") != std::string::npos || text.find("ldu") != std::string::npos;
    if (isLoad && row.kind != ViolationKind::Uninitialized &&
        text.find("d1, [") == std::string::npos)
      EXPECT_EQ(outcome.at<uint32_t>(0), 0u) << row.text;
    if (text.find("d1, [") != std::string::npos)
      EXPECT_EQ(outcome.at<uint64_t>(1), 0u) << row.text;
    for (size_t i = 16; i < outcome.target.size(); ++i)
      ASSERT_EQ(outcome.target[i], 0xee) << row.text;
  }
}

} // namespace mmc::emulator::test
