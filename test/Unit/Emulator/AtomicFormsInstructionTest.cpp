// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// atom and red with orders, scopes, spaces and hints, on 128 bits, many lanes on one cell.

#include "Table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace mmc::emulator::test {

namespace {

/// Lane i has a cell of 16 bytes in a space (d7 or r7, filled with laneOperands()[i]), operands r1,
/// d1, o1 (laneOperands()[31 - i]), and shows what the instruction gave and then the cell at out +
/// 32 i.
struct Cell {
  const char *space, *address;
};
const Cell cells[] = {{".global", "d7"},          {".shared", "r7"}, {".shared::cta", "r7"},
                      {".shared::cluster", "r7"}, {"", "d7"},        {"", "d6"}};

std::vector<uint8_t> operandBytes() {
  std::vector<uint8_t> bytes;
  for (const Bytes &operand : laneOperands())
    bytes.insert(bytes.end(), operand.begin(), operand.end());
  return bytes;
}

const std::string start =
    ".shared .align 16 .b8 sv[512];\nmul.wide.u32 d8, tid, 16;\nadd.u64 d5, in, d8;\nmul.wide.u32 "
    "d7, tid, 32;\nadd.u64 d7, out, d7;\nadd.u64 d7, d7, 16;\nmov.u32 r7, sv;\nmad.lo.u32 r7, tid, "
    "16, r7;\n"
    "cvt.u64.u32 d6, r7;\ncvta.shared.u64 d6, d6;\nld.global.v2.b64 {d1, d2}, "
    "[d5];\nst.global.v2.b64 [d7], {d1, d2};\nst.shared.v2.b64 [r7], {d1, d2};\n"
    "sub.u64 d5, in, d8;\nadd.u64 d5, d5, 496;\nld.global.b128 o1, [d5];\nld.global.b64 d1, "
    "[d5];\nld.global.b32 r1, [d5];\ncreatepolicy.fractional.L2::evict_last.b64 policy;\n"
    "and.b32 r2, tid, 1;\nsetp.eq.u32 p1, r2, 1;\n";

/// Runs `text`, which leaves what was there in o2, d3 or r3, and compares both with the models.
void expectCells(const std::string &text, const std::string &result, unsigned bytes,
                 const std::string &space, const std::function<Bytes(Bytes, const Bytes &)> &after,
                 bool isGuarded = false) {
  KernelSetup setup;
  setup.source = operandBytes();
  std::string show = space.empty() || space == ".global"
                         ? ""
                         : "ld.shared.b128 o3, [r7];\nst.global.b128 [d7], o3;\n";
  if (space.empty() && text.find("[d6") != std::string::npos)
    show = "ld.shared.b128 o3, [r7];\nst.global.b128 [d7], o3;\n";
  std::string store =
      result.empty() ? ""
                     : "st.global.b" + std::to_string(8 * bytes) + " [d7+-16], " + result + ";\n";
  Outcome outcome = runClean(start + "mov.b64 d3, 0;\nmov.b32 r3, 0;\nmov.b128 o2, {d3, d3};\n" +
                                 (isGuarded ? "@p1 " : "") + text + "\n" + show + store,
                             setup);
  ASSERT_FALSE(outcome.target.empty());
  for (unsigned lane = 0; lane < 32; ++lane) {
    Bytes before = laneOperands()[lane], operand = laneOperands()[31 - lane], gives = before;
    bool isOn = !isGuarded || lane % 2;
    if (!isOn)
      gives.fill(0);
    Bytes want = isOn ? after(before, operand) : before;
    for (unsigned i = 0; i < 16; ++i)
      ASSERT_EQ(outcome.target[32 * lane + 16 + i], want[i])
          << text << ", the cell of lane " << lane << ", byte " << i;
    for (unsigned i = 0; i < bytes && !result.empty(); ++i)
      ASSERT_EQ(outcome.target[32 * lane + i], gives[i])
          << text << ", what lane " << lane << " got, byte " << i;
  }
}

Bytes exchange(Bytes cell, const Bytes &operand, unsigned bytes) {
  std::copy_n(operand.begin(), bytes, cell.begin());
  return cell;
}

} // namespace

TEST(AtomicForms, OrdersScopesSpacesAndHints) {
  auto add = [](Bytes cell, const Bytes &operand) {
    Bytes sum = bytesOf(numberAt(cell, 0, 4) + numberAt(operand, 0, 4));
    return exchange(cell, sum, 4);
  };
  for (const Cell &cell : cells)
    for (const char *order : {"", ".relaxed", ".acquire", ".release", ".acq_rel"})
      for (const char *scope : {"", ".cta", ".cluster", ".gpu", ".sys"}) {
        std::string form = std::string(order) + scope + cell.space,
                    where = std::string("[") + cell.address + "]";
        expectCells("atom" + form + ".add.u32 r3, " + where + ", r1;", "r3", 4, cell.space, add);
        std::string o = order;
        if (o != ".acquire" && o != ".acq_rel") // red gives nothing that could acquire
          expectCells("red" + form + ".add.u32 " + where + ", r1;", "", 4, cell.space, add);
      }
  for (bool isGuarded : {false, true}) {
    expectCells("atom.global.add.L2::cache_hint.u32 r3, [d7], r1, policy;", "r3", 4, ".global", add,
                isGuarded);
    expectCells("red.relaxed.gpu.global.add.L2::cache_hint.u32 [d7], r1, policy;", "", 4, ".global",
                add, isGuarded);
    expectCells("atom.add.u32 _, [d7], r1;", "", 4, ".global", add, isGuarded);
    expectCells("atom.shared.add.u32 _, [r7], r1;", "", 4, ".shared", add, isGuarded);
  }
}

TEST(AtomicForms, OneHundredTwentyEightBits) {
  for (const Cell &cell : cells)
    for (bool isGuarded : {false, true}) {
      std::string where = std::string(" o2, [") + cell.address + "], ", form = cell.space;
      auto swap = [](Bytes, const Bytes &operand) { return operand; };
      expectCells("atom" + form + ".exch.b128" + where + "o1;", "o2", 16, cell.space, swap,
                  isGuarded);
      expectCells("atom.acq_rel.gpu" + form + ".exch.b128" + where + "o1;", "o2", 16, cell.space,
                  swap, isGuarded);
      // Lane i compares with what lane 31 - i has in its cell: all but palindromes differ.
      expectCells(
          "atom" + form + ".cas.b128" + where + "o1, o1;", "o2", 16, cell.space,
          [](Bytes c, const Bytes &) { return c; }, isGuarded);
    }
  for (const Cell &cell : cells)
    for (const char *order : {"", ".relaxed", ".acquire", ".release", ".acq_rel"})
      for (const char *scope : {"", ".cta", ".cluster", ".gpu", ".sys"}) {
        std::string start = std::string("atom") + order + scope + cell.space,
                    where = std::string(" o2, [") + cell.address + "], ";
        auto swap = [](Bytes, const Bytes &operand) { return operand; };
        expectCells(start + ".exch.b128" + where + "o1;", "o2", 16, cell.space, swap);
        // With what is there: it is exchanged.
        std::string space = *cell.address == 'r' ? "ld.shared" : "ld";
        expectCells(space + ".b128 o4, [" + cell.address + "];\n" + start + ".cas.b128" + where +
                        "o4, o1;",
                    "o2", 16, cell.space, swap);
      }
  // Equal in all bits, in all but the highest, in all but the lowest of the upper half.
  for (unsigned flipped : {128u, 127u, 64u, 0u})
    for (const char *space : {".global", ".shared"}) {
      std::string address = *(space + 1) == 'g' ? "d7" : "r7";
      std::string compare = "ld" + std::string(space) + ".v2.b64 {d9, d10}, [" + address + "];\n";
      if (flipped < 128)
        compare += std::string("xor.b64 ") + (flipped < 64 ? "d9, d9, " : "d10, d10, ") +
                   std::to_string(static_cast<int64_t>(uint64_t(1) << flipped % 64)) + ";\n";
      expectCells(compare + "mov.b128 o4, {d9, d10};\natom" + space + ".cas.b128 o2, [" + address +
                      "], o4, o1;",
                  "o2", 16, space,
                  [=](Bytes c, const Bytes &operand) { return flipped == 128 ? operand : c; });
    }
  for (const char *space : {".shared", ".shared::cta", ".shared::cluster"})
    EXPECT_NE(loadError(std::string(".shared .b32 s;\natom") + space +
                        ".add.L2::cache_hint.u32 r1, [s], r2, policy;")
                  .find("is for global memory and generic addresses, got: " + std::string(space)),
              std::string::npos);
  EXPECT_NE(loadError("red.global.add.L2::cache_hint.u32 [out], r2;"), "");
  EXPECT_NE(loadError("red.global.add.u32 [out], r2, policy;"), "");
  KernelSetup old;
  old.chip = "sm_80";
  EXPECT_NE(loadError("atom.cluster.global.add.u32 r1, [out], r2;", old), "");
  EXPECT_NE(loadError("atom.global.exch.b128 o1, [out], o2;", old), "");
  KernelSetup one;
  one.block = {1};
  EXPECT_EQ(
      countOf(runKernel(
                  "mov.b64 d1, 0;\nmov.b128 o1, {d1, d1};\natom.global.exch.b128 o2, [out+8], o1;",
                  one),
              ViolationKind::Misaligned),
      1u);
}

// All lanes of several warps and blocks at one cell: every value is seen once.
TEST(AtomicForms, ManyThreadsOneCell) {
  KernelSetup setup;
  setup.grid = {4};
  setup.block = {64};
  setup.targetBytes = 8192;
  std::string init = "mov.u32 r9, %ctaid.x;\nmad.lo.u32 r9, r9, 64, tid;\nmul.wide.u32 d7, r9, "
                     "4;\nadd.u64 d7, out, d7;\n";
  for (uint64_t seed = 0; seed < 4; ++seed) {
    if (seed)
      setup.schedule = seed;
    Outcome outcome = runClean(
        init +
            "atom.global.add.u32 r1, [out+4096], 1;\nst.global.u32 [d7], r1;\natom.global.inc.u32 "
            "r1, [out+4100], 99;\natom.global.max.u32 r2, [out+4104], r9;\n"
            "red.global.xor.b32 [out+4108], r9;\natom.global.min.s32 r2, [out+4112], r9;\n",
        setup);
    std::vector<uint32_t> seen;
    for (unsigned i = 0; i < 256; ++i)
      seen.push_back(outcome.at<uint32_t>(i) - 0xeeeeeeee);
    std::sort(seen.begin(), seen.end());
    uint32_t parity = 0xeeeeeeee;
    for (uint32_t i = 0; i < 256; ++i) {
      ASSERT_EQ(seen[i], i);
      parity ^= i;
    }
    EXPECT_EQ(outcome.at<uint32_t>(1024), 0xeeeeeeee + 256);
    EXPECT_EQ(outcome.at<uint32_t>(1025), 55u); // to 0 at once, then around
    EXPECT_EQ(outcome.at<uint32_t>(1026), 0xeeeeeeeeu);
    EXPECT_EQ(outcome.at<uint32_t>(1027), parity);
    EXPECT_EQ(outcome.at<int32_t>(1028), static_cast<int32_t>(0xeeeeeeee));
  }
}

// A lock of cas and exch with an order, and a plain access within.
TEST(AtomicForms, Locks) {
  for (const char *space : {"global", "shared"})
    for (bool isOrdered : {true, false}) {
      std::string lock = *space == 'g' ? "[out+64]" : "[sv+64]",
                  data = *space == 'g' ? "[out]" : "[sv]", s = space;
      std::string acquire = isOrdered ? "atom.acquire.cta." : "atom.relaxed.cta.",
                  release = isOrdered ? "atom.release.cta." : "atom.relaxed.cta.";
      KernelSetup setup;
      setup.block = {96};
      Outcome outcome =
          runKernel(".shared .align 4 .b8 sv[128];\nsetp.ne.u32 p1, tid, 0;\n@p1 bra later;\nst." +
                        s + ".u32 " + lock + ", 0;\nst." + s + ".u32 " + data +
                        ", 0;\nlater:\nbar.sync 0;\n"
                        "and.b32 r1, tid, 31;\nsetp.ne.u32 p1, r1, 0;\n@p1 bra done;\nspin:\n" +
                        acquire + s + ".cas.b32 r2, " + lock +
                        ", 0, 1;\nsetp.ne.u32 p2, r2, 0;\n@p2 bra spin;\n"
                        "ld." +
                        s + ".u32 r3, " + data + ";\nadd.u32 r3, r3, 1;\nst." + s + ".u32 " + data +
                        ", r3;\n" + release + s + ".exch.b32 r2, " + lock +
                        ", 0;\ndone:\nbar.sync 0;\n"
                        "ld." +
                        s + ".u32 r3, " + data + ";\n@!p1 st.global.u32 [out+128], r3;\n",
                    setup);
      EXPECT_EQ(countOf(outcome,
                        *space == 'g' ? ViolationKind::GlobalRace : ViolationKind::SharedRace) > 0,
                !isOrdered)
          << toText(outcome.report);
      EXPECT_EQ(outcome.at<uint32_t>(32), 3u);
    }
}

} // namespace mmc::emulator::test
