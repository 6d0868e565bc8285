// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// atom and red on edges: what was in the cell, and what is in it then. Each thread has its own
// cell.

#include "Instruction.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

namespace {

/// Row: the cell before, b and, of cas, c.
void atomics(const std::string &operation, const std::string &type, unsigned bits,
             bool hasReduction, const std::vector<std::vector<uint64_t>> &values,
             const std::function<uint64_t(const Row &)> &after,
             const std::vector<std::string> &spaces = {".shared", ".global"}) {
  std::string width = ".b" + std::to_string(bits), third = values.size() > 2 ? ", c;" : ";";
  std::vector<unsigned> widths(values.size() + 1, bits);
  for (const std::string &space : spaces) {
    bool isShared = space[1] == 's';
    // In global memory the result's own place is the cell.
    std::string start = isShared ? "{ .shared .align 8 .b64 cells[128]; mov.u32 t, %tid.x; mov.u32 "
                                   "i, cells; mad.lo.u32 i, t, 8, i; st.shared" +
                                       width + " [i], a; "
                                 : "{ st.global" + width + " [y], a; ";
    std::string cell = isShared ? "[i]" : "[y]",
                load = std::string(" ld") + space + width + " d, " + cell + "; }";
    compare(start + "atom" + space + "." + operation + "." + type + " d, " + cell + ", b" + third +
                " }",
            widths, values, [](const Row &row) { return row[0]; });
    compare(start + "atom" + space + "." + operation + "." + type + " d, " + cell + ", b" + third +
                load,
            widths, values, after);
    if (hasReduction)
      compare(start + "red" + space + "." + operation + "." + type + " " + cell + ", b;" + load,
              widths, values, after);
  }
}

} // namespace

TEST(AtomicInstruction, Integers) {
  for (unsigned bits : {32u, 64u}) {
    std::string n = std::to_string(bits);
    uint64_t mask = bits == 64 ? ~uint64_t(0) : 0xffffffff, top = uint64_t(1) << (bits - 1);
    std::vector<std::vector<uint64_t>> two = {integerEdges(bits), integerEdges(bits)},
                                       three = {
                                           integerEdges(bits), integerEdges(bits), {0, 5, mask}};
    atomics("and", "b" + n, bits, true, two, [](const Row &r) { return r[0] & r[1]; });
    atomics("or", "b" + n, bits, true, two, [](const Row &r) { return r[0] | r[1]; });
    atomics("xor", "b" + n, bits, true, two, [](const Row &r) { return r[0] ^ r[1]; });
    atomics("exch", "b" + n, bits, false, two, [](const Row &r) { return r[1]; });
    atomics("cas", "b" + n, bits, false, three,
            [](const Row &r) { return r[0] == r[1] ? r[2] : r[0]; });
    atomics("add", "u" + n, bits, true, two, [=](const Row &r) { return (r[0] + r[1]) & mask; });
    atomics("min", "u" + n, bits, true, two,
            [](const Row &r) { return r[0] < r[1] ? r[0] : r[1]; });
    atomics("max", "u" + n, bits, true, two,
            [](const Row &r) { return r[0] < r[1] ? r[1] : r[0]; });
    // With the highest bit turned, signed numbers have the order of unsigned ones.
    atomics("min", "s" + n, bits, true, two,
            [=](const Row &r) { return (r[0] ^ top) < (r[1] ^ top) ? r[0] : r[1]; });
    atomics("max", "s" + n, bits, true, two,
            [=](const Row &r) { return (r[0] ^ top) < (r[1] ^ top) ? r[1] : r[0]; });
  }
  std::vector<std::vector<uint64_t>> two = {integerEdges(32), integerEdges(32)};
  atomics("add", "s32", 32, true, two, [](const Row &r) { return (r[0] + r[1]) & 0xffffffff; });
  atomics("inc", "u32", 32, true, two, [](const Row &r) { return r[0] >= r[1] ? 0 : r[0] + 1; });
  atomics("dec", "u32", 32, true, two,
          [](const Row &r) { return r[0] == 0 || r[0] > r[1] ? r[1] : r[0] - 1; });
  atomics("cas", "b16", 16, false, {integerEdges(16), integerEdges(16), {0, 5, 0xffff}},
          [](const Row &r) { return r[0] == r[1] ? r[2] : r[0]; });
}

TEST(AtomicInstruction, Floats) {
  HalfTable f16(false), bf16(true);
  std::vector<uint64_t> doubles = doubleEdges(), singles = singleEdges();
  // In global memory subnormals, of what goes in and comes out, become zeros; in shared memory they
  // stay.
  for (bool flushes : {false, true})
    atomics("add", "f32", 32, true, {singles, singles},
            [=](const Row &r) -> uint64_t {
              auto flushed = [=](float v) {
                return flushes && std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(0.0f, v) : v;
              };
              volatile float a = flushed(bitsOf<float>(static_cast<uint32_t>(r[0]))),
                             b = flushed(bitsOf<float>(static_cast<uint32_t>(r[1])));
              float sum = flushed(a + b);
              return std::isnan(sum) ? 0x7fffffff : bitsOf<uint32_t>(sum);
            },
            {flushes ? ".global" : ".shared"});
  std::vector<uint64_t> finite;
  for (uint64_t bits : doubles)
    if (std::isfinite(bitsOf<double>(bits)))
      finite.push_back(bits);
  atomics("add", "f64", 64, true, {finite, finite}, [](const Row &r) {
    volatile double a = bitsOf<double>(r[0]), b = bitsOf<double>(r[1]);
    return bitsOf<uint64_t>(a + b);
  });
  for (const HalfTable *table : {&f16, &bf16}) {
    std::string name = table == &f16 ? "f16" : "bf16";
    auto half = [=](uint64_t a, uint64_t b) -> uint64_t {
      return table->round(static_cast<__float128>(table->value(static_cast<uint16_t>(a))) +
                              static_cast<__float128>(table->value(static_cast<uint16_t>(b))),
                          "rn");
    };
    std::vector<uint64_t> edges, pairs;
    for (uint64_t bits : halfEdges())
      if (table == &f16 || (bits & 0x7f80) >= 0x1000 ||
          (bits & 0x7fff) == 0) // of bf16: what 113 bits can add
        edges.push_back(bits);
    for (size_t i = 0; i < edges.size(); ++i)
      pairs.push_back(edges[i] | edges[(5 * i + 2) % edges.size()] << 16);
    atomics("add.noftz", name, 16, true, {edges, edges},
            [=](const Row &r) { return half(r[0], r[1]); });
    atomics("add.noftz", name + "x2", 32, true, {pairs, pairs}, [=](const Row &r) {
      return half(r[0] & 0xffff, r[1] & 0xffff) | half(r[0] >> 16, r[1] >> 16) << 16;
    });
  }
}

} // namespace mmc::emulator::test
