// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// atom and red with each order, scope, space and hint: what they leave in memory is what the plain
// form leaves, which AtomicInstructionTest compares with a model.

#include "Instruction.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

using Row = std::vector<uint64_t>;

struct Operation {
  const char *words, *type; ///< "add.noftz", "f16"
  unsigned bits;
  bool takesTwo; ///< cas
};
const Operation operations[] = {
    {"and", "b32", 32, false},         {"and", "b64", 64, false},
    {"or", "b32", 32, false},          {"or", "b64", 64, false},
    {"xor", "b32", 32, false},         {"xor", "b64", 64, false},
    {"exch", "b32", 32, false},        {"exch", "b64", 64, false},
    {"cas", "b16", 16, true},          {"cas", "b32", 32, true},
    {"cas", "b64", 64, true},          {"add", "u32", 32, false},
    {"add", "s32", 32, false},         {"add", "u64", 64, false},
    {"add", "f32", 32, false},         {"add", "f64", 64, false},
    {"add.noftz", "f16", 16, false},   {"add.noftz", "bf16", 16, false},
    {"add.noftz", "f16x2", 32, false}, {"add.noftz", "bf16x2", 32, false},
    {"inc", "u32", 32, false},         {"dec", "u32", 32, false},
    {"min", "u32", 32, false},         {"min", "s32", 32, false},
    {"min", "u64", 64, false},         {"min", "s64", 64, false},
    {"max", "u32", 32, false},         {"max", "s32", 32, false},
    {"max", "u64", 64, false},         {"max", "s64", 64, false}};

/// A cell of its own for each thread, with a in it; d becomes what the instruction leaves there.
std::string program(const Operation &op, const std::string &opcode, const std::string &order,
                    const std::string &space, bool hint) {
  std::string bits = ".b" + std::to_string(op.bits);
  bool isShared = space.rfind(".shared", 0) == 0;
  std::string cell = isShared ? "sa" : "y";
  std::string text = "{ .reg .b32 sa; .reg" + bits +
                     " before; .reg .b64 policy; .shared .align 16 .b8 m[2048];\n"
                     "mov.u32 sa, m; mov.u32 t, %tid.x; mad.lo.u32 sa, t, 16, sa;\n"
                     "createpolicy.fractional.L2::evict_last.b64 policy;\n" +
                     (isShared ? "st.shared" : "st.global") + bits + " [" + cell + "], a;\n" +
                     opcode + order + space + "." + op.words + (hint ? ".L2::cache_hint" : "") +
                     "." + op.type + (opcode == "atom" ? " before," : "") + " [" + cell + "], b" +
                     (op.takesTwo ? ", c" : "") + (hint ? ", policy" : "") + ";\n" +
                     (isShared ? "ld.shared" : "ld.global") + bits + " d, [" + cell + "]; }";
  return text;
}

} // namespace

TEST(AtomicModifiers, ChangeNoValue) {
  for (const Operation &op : operations) {
    std::vector<uint64_t> edges = op.bits == 16 ? halfEdges() : integerEdges(op.bits);
    std::vector<Row> rows;
    for (size_t i = 0; i < edges.size(); ++i)
      for (size_t j : {i, (i + 1) % edges.size(), (3 * i + 2) % edges.size()})
        rows.push_back({edges[i], edges[j], edges[(i + j) % edges.size()]});
    std::vector<unsigned> bits(4, op.bits);
    // What the plain form leaves in global memory, where f32 flushes, and in shared memory, where
    // it does not.
    std::vector<uint64_t> global = execute(program(op, "atom", "", ".global", false), bits, rows),
                          shared = execute(program(op, "atom", "", ".shared", false), bits, rows),
                          generic = execute(program(op, "atom", "", "", false), bits, rows);
    ASSERT_EQ(global.size(), rows.size());
    for (std::string opcode : {"atom", "red"}) {
      if (opcode == "red" && (op.takesTwo || std::string(op.words) == "exch"))
        continue;
      std::vector<std::string> orders = {"",
                                         ".relaxed.cta",
                                         ".relaxed.cluster",
                                         ".relaxed.gpu",
                                         ".relaxed.sys",
                                         ".release.gpu",
                                         ".release.sys",
                                         ".cta",
                                         ".sys"};
      if (opcode == "atom")
        orders.insert(orders.end(), {".acquire.gpu", ".acquire.cluster", ".acq_rel.gpu",
                                     ".acq_rel.cta", ".acq_rel.sys"});
      auto check = [&](const std::string &order, const std::string &space, bool hint) {
        std::string text = program(op, opcode, order, space, hint);
        EXPECT_EQ(execute(text, bits, rows), space.empty()        ? generic
                                             : space == ".global" ? global
                                                                  : shared)
            << text;
      };
      for (const std::string &order : orders)
        check(order, ".global", false);
      for (std::string space : {".shared", ".shared::cta", ".shared::cluster", ""}) {
        check("", space, false);
        check(opcode == "atom" ? ".acq_rel.gpu" : ".release.gpu", space, false);
      }
      if (op.takesTwo)
        continue; // no hints
      check("", ".global", true);
      check(".relaxed.gpu", "", true);
    }
  }
}

} // namespace mmc::emulator::test
