// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cp.async: what arrives, when, and what is reported of those who do not wait.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

std::vector<uint8_t> pattern(size_t bytes) {
  std::vector<uint8_t> made;
  for (size_t i = 0; i < bytes; ++i)
    made.push_back(static_cast<uint8_t>(i * 29 + 3));
  return made;
}

/// 32 lanes; lane i copies to sv + 32 i (r8) from in + 32 i (d8), and shows 32 bytes of shared
/// memory at out + 32 i (d7). Shared memory is all 0x99 before.
Outcome run(const std::string &code, const KernelSetup &given = {}) {
  KernelSetup setup = given;
  setup.source = pattern(1024);
  std::string text = ".shared .align 32 .b8 sv[1024];\nmov.u32 r8, sv;\nmad.lo.u32 r8, tid, 32, "
                     "r8;\nmul.wide.u32 d8, tid, 32;\nadd.u64 d7, out, d8;\nadd.u64 d8, in, d8;\n"
                     "mov.b64 d1, 0x9999999999999999;\nst.shared.v2.b64 [r8], {d1, "
                     "d1};\nst.shared.v2.b64 [r8+16], {d1, d1};\n"
                     "and.b32 r1, tid, 1;\nsetp.ne.u32 p1, r1, 0;\n" +
                     code;
  return runKernel(text, setup);
}
const std::string show =
    "ld.shared.v2.b64 {d1, d2}, [r8];\nld.shared.v2.b64 {d3, d4}, [r8+16];\nst.global.v2.b64 [d7], "
    "{d1, d2};\nst.global.v2.b64 [d7+16], {d3, d4};\n";

/// Bytes [to, to + size) of each lane come from the source at `from`, `given` of them; the rest is
/// 0.
void expectBytes(const Outcome &outcome, const std::string &what, unsigned to, unsigned from,
                 unsigned size, const std::function<int(unsigned)> &given) {
  ASSERT_TRUE(outcome.report.violations.empty()) << what << toText(outcome.report);
  std::vector<uint8_t> source = pattern(1024);
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < 32; ++i) {
      unsigned want = 0x99;
      int bytes = given(lane); // -1: this lane does nothing
      if (i >= to && i < to + size && bytes >= 0)
        want = i - to < static_cast<unsigned>(bytes) ? source[32 * lane + from + i - to] : 0;
      ASSERT_EQ(outcome.target[32 * lane + i], want) << what << ", lane " << lane << ", byte " << i;
    }
}

} // namespace

TEST(AsyncCopy, SizesOffsetsAndHints) {
  for (const char *space : {".shared", ".shared::cta"})
    for (unsigned size : {4u, 8u, 16u})
      for (const char *cache : {".ca", ".cg"}) {
        if (size != 16 && cache[2] == 'g')
          continue;
        for (const char *hint : {"", ".L2::64B", ".L2::128B", ".L2::256B", ".L2::cache_hint",
                                 ".L2::cache_hint.L2::128B"})
          for (unsigned to : {0u, 16u}) {
            std::string n = std::to_string(size), at = std::to_string(to);
            std::string text =
                std::string("cp.async") + cache + space + ".global" + hint + " [r8+" + at +
                "], [d8+" + std::to_string(16 - to) + "], " + n +
                (std::string(hint).find("cache_hint") != std::string::npos ? ", policy;\n" : ";\n");
            expectBytes(run("createpolicy.fractional.L2::evict_first.b64 policy;\n" + text +
                            "cp.async.wait_all;\n" + show),
                        text, to, 16 - to, size, [=](unsigned) { return static_cast<int>(size); });
            expectBytes(run("createpolicy.fractional.L2::evict_first.b64 policy;\n@p1 " + text +
                            "cp.async.wait_all;\n" + show),
                        text, to, 16 - to, size,
                        [=](unsigned lane) { return lane % 2 ? static_cast<int>(size) : -1; });
          }
      }
}

// What the source has not is 0, and is not read: 0 bytes may be copied from nowhere.
TEST(AsyncCopy, FewerBytesThanTheCopy) {
  for (unsigned size : {4u, 8u, 16u})
    for (unsigned given = 0; given <= size; ++given) {
      std::string text = "cp.async.ca.shared.global [r8], [d8], " + std::to_string(size) + ", " +
                         std::to_string(given) + ";\n";
      expectBytes(run(text + "cp.async.wait_all;\n" + show), text, 0, 0, size,
                  [=](unsigned) { return static_cast<int>(given); });
    }
  for (const char *cache : {".ca", ".cg"}) {
    std::string text =
        std::string("cp.async") + cache + ".shared.global [r8+16], [d8+16], 16, r1;\n";
    expectBytes(run("rem.u32 r1, tid, 17;\n" + text + "cp.async.wait_all;\n" + show), text, 16, 16,
                16, [](unsigned lane) { return static_cast<int>(lane % 17); });
    expectBytes(run("rem.u32 r1, tid, 17;\n@!p1 " + text + "cp.async.wait_all;\n" + show), text, 16,
                16, 16, [](unsigned lane) { return lane % 2 ? -1 : static_cast<int>(lane % 17); });
  }
  std::string nowhere =
      "mov.u64 d8, 0;\nmov.u32 r1, 0;\ncp.async.cg.shared.global [r8], [d8], 16, r1;\n";
  expectBytes(run(nowhere + "cp.async.wait_all;\n" + show), nowhere, 0, 0, 16,
              [](unsigned) { return 0; });
  // The last bytes of the buffer, and one more.
  std::string last = "add.u64 d8, in, 1008;\ncp.async.cg.shared.global [r8], [d8+16], 16, ";
  EXPECT_EQ(countOf(run(last + "0;\ncp.async.wait_all;\n"), ViolationKind::OutOfBounds), 0u);
  EXPECT_GT(countOf(run(last + "1;\ncp.async.wait_all;\n"), ViolationKind::OutOfBounds), 0u);
  // More than there is to copy.
  EXPECT_EQ(countOf(run("mov.u32 r1, 17;\ncp.async.cg.shared.global [r8], [d8], 16, "
                        "r1;\ncp.async.wait_all;\n"),
                    ViolationKind::InvalidInstruction),
            32u);
}

TEST(AsyncCopy, IgnoredSource) {
  for (bool negated : {false, true})
    for (const std::string hint : {"", ".L2::128B", ".L2::cache_hint"}) {
      std::string text = "cp.async.cg.shared.global" + hint + " [r8], [d8], 16, " +
                         (negated ? "!" : "") + "p1" +
                         (hint == ".L2::cache_hint" ? ", policy" : "") + ";\n";
      expectBytes(run("createpolicy.fractional.L2::evict_first.b64 policy;\n" + text +
                      "cp.async.wait_all;\n" + show),
                  text, 0, 0, 16,
                  [=](unsigned lane) { return (lane % 2 == 1) != negated ? 0 : 16; });
    }
  std::string nowhere =
      "mov.u64 d8, 0;\nsetp.eq.u32 p1, tid, tid;\ncp.async.ca.shared.global [r8], [d8], 8, p1;\n";
  expectBytes(run(nowhere + "cp.async.wait_all;\n" + show), nowhere, 0, 0, 8,
              [](unsigned) { return 0; });
}

// Group after group: wait_group n leaves the newest n on their way, and only what has come may be
// read.
TEST(AsyncCopy, GroupsAndWaits) {
  std::string three;
  for (unsigned group = 0; group < 3; ++group)
    three += "cp.async.ca.shared.global [r8+" + std::to_string(8 * group) + "], [d8+" +
             std::to_string(8 * group) + "], 8;\ncp.async.commit_group;\n";
  std::string open = three + "cp.async.ca.shared.global [r8+24], [d8+24], 8;\n";
  struct Row {
    std::string code;
    unsigned come; ///< how many of the four copies
  };
  const Row rows[] = {
      {three, 0},
      {three + "cp.async.wait_group 3;\n", 0},
      {three + "cp.async.wait_group 2;\n", 1},
      {three + "cp.async.wait_group 1;\n", 2},
      {three + "cp.async.wait_group 0;\n", 3},
      {three + "cp.async.wait_all;\n", 3},
      {three + "cp.async.wait_group 7;\ncp.async.wait_group 2;\ncp.async.wait_group 1;\n", 2},
      {three + "cp.async.commit_group;\ncp.async.wait_group 1;\n", 3}, // an empty group counts
      {three + "cp.async.commit_group;\ncp.async.commit_group;\ncp.async.wait_group 3;\n", 2},
      {open + "cp.async.wait_group 0;\n", 3}, // what is not committed is not waited for
      {open + "cp.async.wait_all;\n", 4},
      {open + "cp.async.commit_group;\ncp.async.wait_group 0;\n", 4},
      {open + "cp.async.commit_group;\ncp.async.wait_group 1;\n", 3},
      {"cp.async.commit_group;\n" + three + "cp.async.wait_group 2;\n", 1},
      {"cp.async.wait_all;\ncp.async.wait_group 0;\n" + three + "cp.async.wait_group 1;\n", 2}};
  std::vector<uint8_t> source = pattern(1024);
  for (const Row &row : rows)
    for (unsigned word = 0; word < 4; ++word) {
      std::string offset = std::to_string(8 * word);
      Outcome outcome =
          run(row.code + "ld.shared.b64 d1, [r8+" + offset + "];\nst.global.b64 [d7], d1;\n");
      bool isCopied = row.code.find("[r8+" + offset + "]") != std::string::npos,
           isEarly = isCopied && word >= row.come;
      EXPECT_EQ(countOf(outcome, ViolationKind::SharedRace), isEarly ? 32u : 0u)
          << row.code << word << toText(outcome.report);
      if (!isEarly)
        for (unsigned i = 0; i < 8; ++i)
          ASSERT_EQ(outcome.target[i], isCopied ? source[8 * word + i] : 0x99) << row.code << word;
    }
}

// Waiting is each thread's own matter; what the others have copied needs a barrier too.
TEST(AsyncCopy, OtherThreads) {
  std::string copy = "cp.async.cg.shared.global [r8], [d8], 16;\n",
              neighbour = "xor.b32 r2, tid, 1;\nmov.u32 r3, sv;\nmad.lo.u32 r3, r2, 32, "
                          "r3;\nld.shared.b64 d1, [r3];\nst.global.b64 [d7], d1;\n";
  Outcome good = run(copy + "cp.async.wait_all;\nbar.sync 0;\n" + neighbour);
  EXPECT_TRUE(good.report.violations.empty()) << toText(good.report);
  std::vector<uint8_t> source = pattern(1024);
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < 8; ++i)
      ASSERT_EQ(good.target[32 * lane + i], source[32 * (lane ^ 1) + i]);
  EXPECT_GT(countOf(run(copy + "cp.async.wait_all;\n" + neighbour), ViolationKind::SharedRace), 0u);
  EXPECT_GT(countOf(run(copy + "bar.sync 0;\n" + neighbour), ViolationKind::SharedRace), 0u);
  // Only odd lanes wait: only those have what they copied.
  EXPECT_EQ(countOf(run(copy + "@p1 cp.async.wait_all;\n@p1 ld.shared.b64 d1, [r8];\n"),
                    ViolationKind::SharedRace),
            0u);
  EXPECT_EQ(countOf(run(copy + "@p1 cp.async.wait_all;\nld.shared.b64 d1, [r8];\n"),
                    ViolationKind::SharedRace),
            16u);
  // Writing what is on its way is as wrong as reading it.
  EXPECT_GT(countOf(run(copy + "st.shared.b64 [r8], d1;\ncp.async.wait_all;\n"),
                    ViolationKind::SharedRace),
            0u);
}

TEST(AsyncCopy, WrongAddresses) {
  EXPECT_EQ(countOf(run("cp.async.cg.shared.global [r8+8], [d8], 16;\ncp.async.wait_all;\n"),
                    ViolationKind::Misaligned),
            32u);
  EXPECT_EQ(countOf(run("cp.async.cg.shared.global [r8], [d8+4], 16;\ncp.async.wait_all;\n"),
                    ViolationKind::Misaligned),
            32u);
  EXPECT_EQ(countOf(run("cp.async.ca.shared.global [sv+1024], [d8], 4;\ncp.async.wait_all;\n"),
                    ViolationKind::OutOfBounds),
            32u);
  EXPECT_EQ(countOf(run("cp.async.ca.shared.global [r8], [in+1024], 4;\ncp.async.wait_all;\n"),
                    ViolationKind::OutOfBounds),
            32u);
  for (const char *wrong :
       {"cp.async.cg.shared.global [r8], [d8], 8;", "cp.async.ca.shared.global [r8], [d8], 32;",
        "cp.async.ca.shared.global [r8], [d8], 2;", "cp.async.ca.shared.global [r8], [d8], r1;",
        "cp.async.ca.shared.global [d8], [r8], 4;", "cp.async.wait_group r1;",
        "cp.async.wait_group -1;"})
    EXPECT_NE(loadError(wrong), "") << wrong;
}

} // namespace mmc::emulator::test
