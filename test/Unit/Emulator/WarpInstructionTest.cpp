// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Instructions across a warp: each row of operands is a lane, 32 rows are a warp.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <random>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

namespace {

/// Executes on warps of rows and compares with a model of (the warp's rows, a lane).
using Model = std::function<uint64_t(const std::vector<Row> &, unsigned)>;
void compareWarps(const std::string &text, const std::vector<unsigned> &bits,
                  const std::vector<Row> &rows, const Model &model) {
  ASSERT_EQ(rows.size() % 32, 0u);
  std::vector<uint64_t> results = execute(text, bits, rows);
  ASSERT_EQ(results.size(), rows.size());
  for (size_t first = 0; first < rows.size(); first += 32) {
    std::vector<Row> warp(rows.begin() + static_cast<long>(first),
                          rows.begin() + static_cast<long>(first + 32));
    for (unsigned lane = 0; lane < 32; ++lane)
      ASSERT_EQ(results[first + lane], model(warp, lane))
          << text << " in lane " << lane << " of warp " << first / 32;
  }
}

/// `text` in the lanes of `members` only.
std::string among(uint32_t members, const std::string &text) {
  return "mov.u32 t, %laneid; shr.u32 t, " + std::to_string(members) +
         ", t; and.b32 t, t, 1; setp.eq.u32 p, t, 0; @p bra away; " + text + " away:";
}

constexpr uint32_t memberSets[] = {0xffffffff, 0x55555555, 0x80000001, 0x00010000, 0x0000ffff};

/// Warps in which all lanes are alike, one differs (also in the highest bit only), pairs, all
/// differ.
std::vector<Row> patterns(unsigned bits) {
  uint64_t top = uint64_t(1) << (bits - 1),
           ones = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  std::vector<Row> rows;
  for (unsigned pattern = 0; pattern < 8; ++pattern)
    for (uint64_t lane = 0; lane < 32; ++lane) {
      uint64_t values[] = {
          7,    lane == 0 ? 1u : 0u, lane == 31 ? top : 0,        lane / 2,
          lane, ones - lane,         lane == 16 ? top - 1 : ones, lane % 3 ? top : top - 1};
      rows.push_back({values[pattern]});
    }
  return rows;
}

} // namespace

TEST(WarpInstruction, Match) {
  for (unsigned bits : {32u, 64u})
    for (uint32_t members : memberSets) {
      std::string list = " a, " + std::to_string(members) + ";", type = ".b" + std::to_string(bits);
      auto same = [=](const std::vector<Row> &warp, unsigned lane) {
        uint64_t mask = 0;
        for (unsigned i = 0; i < 32; ++i)
          mask |= uint64_t(warp[i][0] == warp[lane][0] && (members >> i & 1)) << i;
        return mask;
      };
      compareWarps(among(members, "match.any.sync" + type + " d," + list), {32, bits},
                   patterns(bits), [&](const std::vector<Row> &warp, unsigned lane) {
                     return members >> lane & 1 ? same(warp, lane) : 0;
                   });
      auto all = [=](const std::vector<Row> &warp, unsigned lane) {
        return members >> lane & 1 && same(warp, lane) == members;
      };
      compareWarps(among(members, "match.all.sync" + type + " d," + list), {32, bits},
                   patterns(bits), [&](const std::vector<Row> &warp, unsigned lane) {
                     return all(warp, lane) ? uint64_t(members) : 0;
                   });
      compareWarps(
          among(members, "match.all.sync" + type + " d|q," + list + " selp.b32 d, 1, 2, q;"),
          {32, bits}, patterns(bits), [&](const std::vector<Row> &warp, unsigned lane) -> uint64_t {
            return members >> lane & 1 ? (all(warp, lane) ? 1 : 2) : 0;
          });
    }
}

TEST(WarpInstruction, Redux) {
  struct Kind {
    const char *name;
    int64_t (*f)(int64_t, int64_t);
    bool isSigned;
  };
  auto add = [](int64_t a, int64_t b) { return a + b; };
  auto smaller = [](int64_t a, int64_t b) { return a < b ? a : b; };
  auto larger = [](int64_t a, int64_t b) { return a < b ? b : a; };
  const Kind kinds[] = {{"add.u32", add, false},
                        {"add.s32", add, true},
                        {"min.u32", smaller, false},
                        {"min.s32", smaller, true},
                        {"max.u32", larger, false},
                        {"max.s32", larger, true},
                        {"and.b32", [](int64_t a, int64_t b) { return a & b; }, false},
                        {"or.b32", [](int64_t a, int64_t b) { return a | b; }, false},
                        {"xor.b32", [](int64_t a, int64_t b) { return a ^ b; }, false}};
  for (const Kind &kind : kinds)
    for (uint32_t members : memberSets)
      compareWarps(among(members, std::string("redux.sync.") + kind.name + " d, a, " +
                                      std::to_string(members) + ";"),
                   {32, 32}, patterns(32),
                   [&](const std::vector<Row> &warp, unsigned lane) -> uint64_t {
                     if (!(members >> lane & 1))
                       return 0;
                     int64_t result = 0;
                     bool isFirst = true;
                     for (unsigned i = 0; i < 32; ++i) {
                       if (!(members >> i & 1))
                         continue;
                       int64_t value = kind.isSigned ? int64_t(static_cast<int32_t>(warp[i][0]))
                                                     : static_cast<int64_t>(warp[i][0]);
                       result = isFirst ? value : kind.f(result, value);
                       isFirst = false;
                     }
                     return static_cast<uint64_t>(result) & 0xffffffff;
                   });
}

TEST(WarpInstruction, Votes) {
  for (uint32_t members : memberSets) {
    auto count = [=](const std::vector<Row> &warp) {
      std::pair<unsigned, unsigned> counts = {0, 0};
      for (unsigned i = 0; i < 32; ++i)
        if (members >> i & 1)
          ++(warp[i][0] ? counts.first : counts.second);
      return counts;
    };
    auto check = [&](const std::string &name, const std::function<bool(unsigned, unsigned)> &f) {
      compareWarps(among(members, "setp.ne.u32 q, a, 0; vote.sync." + name + ".pred q, q, " +
                                      std::to_string(members) + "; selp.b32 d, 1, 2, q;"),
                   {32, 32}, patterns(32),
                   [&](const std::vector<Row> &warp, unsigned lane) -> uint64_t {
                     auto [yes, no] = count(warp);
                     return members >> lane & 1 ? (f(yes, no) ? 1 : 2) : 0;
                   });
    };
    check("all", [](unsigned, unsigned no) { return no == 0; });
    check("any", [](unsigned yes, unsigned) { return yes != 0; });
    check("uni", [](unsigned yes, unsigned no) { return yes == 0 || no == 0; });
    compareWarps(among(members, "setp.ne.u32 q, a, 0; vote.sync.ballot.b32 d, q, " +
                                    std::to_string(members) + ";"),
                 {32, 32}, patterns(32), [&](const std::vector<Row> &warp, unsigned lane) {
                   uint64_t mask = 0;
                   for (unsigned i = 0; i < 32; ++i)
                     mask |= uint64_t(warp[i][0] != 0) << i;
                   return members >> lane & 1 ? mask & members : 0;
                 });
    compareWarps(among(members, "activemask.b32 d;"), {32, 32}, patterns(32),
                 [&](const std::vector<Row> &, unsigned lane) {
                   return members >> lane & 1 ? uint64_t(members) : 0;
                 });
    unsigned leader = 0;
    while (!(members >> leader & 1))
      ++leader;
    compareWarps(
        among(members, "elect.sync d|q, " + std::to_string(members) + "; @q add.u32 d, d, 100;"),
        {32, 32}, patterns(32), [&](const std::vector<Row> &, unsigned lane) {
          return members >> lane & 1 ? uint64_t(leader + (lane == leader ? 100 : 0)) : 0;
        });
  }
}

/// Every mode with every clamp and segment the bits can say; steps vary by lane.
TEST(WarpInstruction, Shuffles) {
  std::mt19937 random(1);
  for (const char *mode : {"up", "down", "bfly", "idx"}) {
    std::vector<Row> rows;
    for (unsigned warp = 0; warp < 200; ++warp) {
      uint32_t segment = warp % 8 < 6 ? 0x1f & ~((1u << warp % 8) - 1) : random() & 31,
               clamp = warp % 3 == 0   ? 31
                       : warp % 3 == 1 ? 0
                                       : random() & 31;
      uint32_t step = random();
      for (unsigned lane = 0; lane < 32; ++lane)
        rows.push_back({1000u + lane, warp % 2 ? step : random(),
                        segment << 8 | clamp | (random() << 13 & 0xffffe000)});
    }
    compareWarps(
        std::string("shfl.sync.") + mode +
            ".b32 d|q, a, b, c, 0xffffffff; @q add.u32 d, d, 100000;",
        {32, 32, 32, 32}, rows, [&](const std::vector<Row> &warp, unsigned lane) -> uint64_t {
          int step = static_cast<int>(warp[lane][1] & 31), self = static_cast<int>(lane);
          int clamp = static_cast<int>(warp[lane][2] & 31),
              segment = static_cast<int>(warp[lane][2] >> 8 & 31);
          int most = (self & segment) | (clamp & ~segment & 31), least = self & segment, from = 0;
          switch (*mode) {
          case 'u':
            from = self - step;
            break;
          case 'd':
            from = self + step;
            break;
          case 'b':
            from = self ^ step;
            break;
          default:
            from = least | (step & ~segment);
          }
          bool is = *mode == 'u' ? from >= most : from <= most;
          return 1000u + static_cast<unsigned>(is ? from : self) + (is ? 100000u : 0u);
        });
  }
}

} // namespace mmc::emulator::test
