// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bulk copies and reductions of every form by one thread, against the words that must come out;
// groups; what is refused.

#include "Instruction.h"
#include "Statements.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mmc::emulator::test {

namespace {

const char *const head =
    ".shared .align 16 .b8 tile[256];\n.shared .align 16 .b8 other[256];\n.shared .b64 "
    "object;\n.reg .b32 s, n;\n.reg .b64 g, word, policy;\n"
    ".reg .pred p;\nmov.u32 s, tile;\n";

/// Waits for phase 0 of `object`.
const char *const wait =
    "again:\nmbarrier.try_wait.parity.shared.b64 p, [object], 0;\n@!p bra again;\n";

std::vector<uint64_t> words(size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<uint64_t> list(count);
  for (uint64_t &word : list)
    word = random();
  return list;
}

/// Copies words between places, statement by statement.
std::string move(const std::string &store, const std::string &load, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i)
    text += load + "+" + std::to_string(8 * i) + "];\n" + store + "+" + std::to_string(8 * i) +
            "], word;\n";
  return text;
}

std::string operator""_s(const char *text, size_t size) { return {text, size}; }

} // namespace

TEST(BulkInstruction, CopiesIntoSharedMemory) {
  std::vector<uint64_t> in = words(16, 1);
  for (const char *space : {"shared::cluster", "shared::cta"})
    for (bool hint : {false, true})
      for (bool isRegister : {false, true}) {
        std::string text =
            head +
            "mbarrier.init.shared.b64 [object], 1;\nmov.u32 n, "
            "128;\ncreatepolicy.fractional.L2::evict_first.b64 policy, 0f3F800000;\n"
            "mbarrier.arrive.expect_tx.shared.b64 _, [object], 128;\ncp.async.bulk."_s +
            space + ".global.mbarrier::complete_tx::bytes" + (hint ? ".L2::cache_hint" : "") +
            (isRegister ? " [s]" : " [tile]") + ", [in], " + (isRegister ? "n" : "128") +
            ", [object]" + (hint ? ", policy" : "") + ";\n" + wait +
            move("st.global.b64 [out", "ld.shared.b64 word, [tile", 16);
        EXPECT_EQ(runStatements(text, 16, 1, 90, in), in) << text;
      }
}

/// Two copies and bytes that come before they are expected.
TEST(BulkInstruction, BytesAddUp) {
  std::vector<uint64_t> in = words(16, 2);
  std::string copy = "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes ";
  std::string text = head + "mbarrier.init.shared.b64 [object], 1;\n"_s + copy +
                     "[tile], [in], 48, [object];\n" +
                     "mbarrier.test_wait.parity.shared.b64 p, [object], 0;\nselp.b64 word, 1, 0, "
                     "p;\nst.global.b64 [out+128], word;\n" +
                     copy +
                     "[tile+48], [in+48], 80, [object];\nmbarrier.arrive.expect_tx.shared.b64 _, "
                     "[object], 128;\n" +
                     wait + move("st.global.b64 [out", "ld.shared.b64 word, [tile", 16);
  std::vector<uint64_t> want = in;
  want.push_back(0);
  EXPECT_EQ(runStatements(text, 17, 1, 90, in), want);
}

TEST(BulkInstruction, CopiesWithinSharedMemoryAndOut) {
  std::vector<uint64_t> in = words(16, 3);
  std::string text = head + "mbarrier.init.shared.b64 [object], 1;\n"_s +
                     move("st.shared.b64 [tile", "ld.global.b64 word, [in", 16) +
                     "fence.proxy.async;\nmbarrier.arrive.expect_tx.shared.b64 _, [object], 128;\n"
                     "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes "
                     "[other], [tile], 128, [object];\n" +
                     wait + // what a bulk copy wrote may be read by another without a fence
                     "mov.b64 policy, 0;\ncp.async.bulk.global.shared::cta.bulk_group [out], "
                     "[other], 64;\ncp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint "
                     "[out+64], [other+64], 64, "
                     "policy;\ncp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;\n";
  EXPECT_EQ(runStatements(text, 16, 1, 90, in), in);
}

/// Groups are waited for in order: with one kept, the first has been read, and written without
/// .read.
TEST(BulkInstruction, Groups) {
  std::vector<uint64_t> in = words(4, 4);
  for (bool onlyReads : {false, true}) {
    std::string text = head + move("st.shared.b64 [tile", "ld.global.b64 word, [in", 4) +
                       "fence.proxy.async.shared::cta;\ncp.async.bulk.global.shared::cta.bulk_"
                       "group [out], [tile], 16;\ncp.async.bulk.commit_group;\n"
                       "cp.async.bulk.global.shared::cta.bulk_group [out+16], [tile+16], "
                       "16;\ncp.async.bulk.commit_group;\ncp.async.bulk.wait_group" +
                       (onlyReads ? ".read" : "") +
                       " 1;\nst.shared.b64 [tile], 5;\nst.shared.b64 [tile+8], 6;\n";
    EXPECT_EQ(runStatements(text, 4, 1, 90, in), in) << text;
  }
}

TEST(BulkInstruction, Prefetches) {
  std::string text =
      head +
      "mov.b64 policy, 0;\ncp.async.bulk.prefetch.L2.global [in], 32;\ncp.async.bulk.prefetch.L2.global.L2::cache_hint [in+16], 16, policy;\n"_s;
  EXPECT_EQ(runStatements(text, 1, 1, 90, words(4, 1)), std::vector<uint64_t>{0});
}

namespace {

HalfTable f16(false), bf16(true);
/// What an operation makes of bits a in memory and b that come.
uint64_t reduced(const std::string &name, const std::string &type, uint64_t a, uint64_t b) {
  unsigned bits = type == "f16" || type == "bf16" ? 16 : type.substr(1) == "64" ? 64 : 32;
  uint64_t all = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  if (name == "and")
    return a & b;
  if (name == "or")
    return a | b;
  if (name == "xor")
    return a ^ b;
  if (name == "inc")
    return a >= b ? 0 : a + 1;
  if (name == "dec")
    return a == 0 || a > b ? b : a - 1;
  if (name == "min" || name == "max") {
    bool less = type == "s32"   ? static_cast<int32_t>(a) < static_cast<int32_t>(b)
                : type == "s64" ? static_cast<int64_t>(a) < static_cast<int64_t>(b)
                                : a < b;
    return less == (name == "min") ? a : b;
  }
  if (type == "f32") {
    auto flush = [](float v) {
      return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(0.0f, v) : v;
    };
    float sum = flush(bitsOf<float>(static_cast<uint32_t>(a))) +
                flush(bitsOf<float>(static_cast<uint32_t>(b)));
    return sum != sum ? 0x7fffffff : bitsOf<uint32_t>(flush(sum));
  }
  if (type == "f64")
    return bitsOf<uint64_t>(bitsOf<double>(a) + bitsOf<double>(b));
  if (type == "f16" || type == "bf16") {
    const HalfTable &table = type == "f16" ? f16 : bf16;
    return table.round(static_cast<__float128>(table.value(static_cast<uint16_t>(a))) +
                           table.value(static_cast<uint16_t>(b)),
                       "rn");
  }
  return (a + b) & all;
}

} // namespace

TEST(BulkInstruction, Reductions) {
  struct Form {
    const char *name, *modifier, *type;
    std::vector<uint64_t> edges;
  };
  std::vector<Form> forms;
  for (const char *type : {"u32", "s32", "u64"})
    forms.push_back({"add", "", type, integerEdges(type[1] == '6' ? 64 : 32)});
  forms.push_back({"add", "", "f32", singleEdges()});
  forms.push_back({"add",
                   "",
                   "f64",
                   {0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000,
                    0x3fd5555555555555, 1, 0x7fefffffffffffff, 0x7ff0000000000000}});
  for (const char *type : {"f16", "bf16"})
    forms.push_back({"add", ".noftz", type, halfEdges()});
  for (const char *name : {"min", "max"})
    for (const char *type : {"u32", "s32", "u64", "s64"})
      forms.push_back({name, "", type, integerEdges(type[1] == '6' ? 64 : 32)});
  for (const char *name : {"inc", "dec"})
    forms.push_back({name, "", "u32", integerEdges(32)});
  for (const char *name : {"and", "or", "xor"})
    for (const char *type : {"b32", "b64"})
      forms.push_back({name, "", type, integerEdges(type[1] == '6' ? 64 : 32)});
  for (const Form &form : forms) {
    std::string type = form.type;
    unsigned bytes = type == "f16" || type == "bf16" ? 2
                     : type.substr(1) == "64"        ? 8
                                                     : 4,
             per = 8 / bytes;
    // All pairs of edges: memory, then operands, padded to 16 bytes.
    std::vector<uint64_t> a, b;
    for (uint64_t x : form.edges)
      for (uint64_t y : form.edges)
        a.push_back(x), b.push_back(y);
    while (a.size() * bytes % 16)
      a.push_back(form.edges[0]), b.push_back(form.edges[0]);
    size_t count = a.size() / per;
    std::vector<uint64_t> in(2 * count), want(count);
    for (size_t i = 0; i < a.size(); ++i) {
      in[i / per] |= a[i] << 8 * bytes * (i % per);
      in[count + i / per] |= b[i] << 8 * bytes * (i % per);
      want[i / per] |= reduced(form.name, type, a[i], b[i]) << 8 * bytes * (i % per);
    }
    for (bool hint : {false, true}) {
      std::string
          size = std::to_string(8 * count),
          text =
              ".shared .align 16 .b8 tile[" + size +
              "];\n.shared .b64 object;\n.reg .b64 g, word;\n.reg .b32 i, s;\n.reg .pred p;\n"
              "mbarrier.init.shared.b64 [object], 1;\nmbarrier.arrive.expect_tx.shared.b64 _, "
              "[object], " +
              size + ";\nadd.u64 g, in, " + size +
              ";\n"
              "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [tile], [g], " +
              size + ", [object];\n" + wait +
              // What is in memory at first.
              "mov.u32 i, 0;\nfill:\nmul.wide.u32 word, i, 8;\nadd.u64 g, in, word;\nld.global.b64 "
              "g, [g];\nadd.u64 word, out, word;\nst.global.b64 [word], g;\nadd.u32 i, i, 1;\n"
              "setp.lt.u32 p, i, " +
              std::to_string(count) +
              ";\n@p bra fill;\n"
              "cp.reduce.async.bulk.global.shared::cta.bulk_group" +
              (hint ? ".L2::cache_hint." : ".") + form.name + form.modifier + "." + type +
              " [out], [tile], " + size + (hint ? ", 0" : "") +
              ";\n"
              "cp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;\n";
      std::vector<uint64_t> got = runStatements(text, count, 1, 90, in);
      auto part = [&](const std::vector<uint64_t> &list, size_t i) {
        return list[i / per] >> 8 * bytes * (i % per) &
               (bytes == 8 ? ~uint64_t(0) : (uint64_t(1) << 8 * bytes) - 1);
      };
      for (size_t i = 0; i < a.size(); ++i)
        ASSERT_EQ(part(got, i), part(want, i))
            << form.name << "." << type << std::hex << " of 0x" << a[i] << ", 0x" << b[i];
    }
  }
}

TEST(BulkInstruction, ClusterOfOne) {
  std::string text =
      head +
      "mbarrier.init.shared.b64 [object], 1;\nst.shared::cluster.b64 [tile], "
      "9;\nmapa.shared::cluster.u32 n, s, 0;\nld.shared::cluster.b64 word, [n];\n"
      "st.global.b64 [out], word;\nmapa.shared::cluster.u32 n, tile, 0;\nld.shared.b64 word, "
      "[n];\nst.global.b64 [out+8], word;\n"
      "cvta.shared.u64 g, tile;\nmapa.u64 g, g, 0;\nld.b64 word, [g];\nst.global.b64 [out+16], "
      "word;\n"
      "getctarank.shared::cluster.u32 n, s;\ncvt.u64.u32 word, n;\nadd.u64 word, word, "
      "1;\nst.global.b64 [out+24], word;\ngetctarank.u64 n, g;\ncvt.u64.u32 word, n;\n"
      "add.u64 word, word, 2;\nst.global.b64 [out+48], word;\n"
      "fence.mbarrier_init.release.cluster;\nbarrier.cluster.arrive.relaxed;\nbarrier.cluster.wait;"
      "\nbarrier.cluster.arrive.release.aligned;\n"
      "barrier.cluster.wait.acquire.aligned;\nfence.acquire.cluster;\nfence.release.gpu;\nfence."
      "proxy.async.global;\nfence.proxy.async.shared::cluster;\nfence.proxy.alias;\n"
      "atom.shared::cluster.add.u64 word, [tile], 1;\nst.global.b64 [out+32], word;\nisspacep.shared::cluster p, g;\nselp.b64 word, 1, 0, p;\nst.global.b64 [out+40], word;\n"_s;
  EXPECT_EQ(runStatements(text, 7, 1, 90), (std::vector<uint64_t>{9, 9, 9, 1, 9, 1, 2}));
}

TEST(BulkInstruction, RefusesWhatNeedsMoreThanOneBlockOrATensorMap) {
  auto refused = [&](const std::string &line, unsigned sm, const std::string &why) {
    std::string message = loadError(head + line, sm);
    EXPECT_NE(message.find("statements:17:"), std::string::npos) << message;
    EXPECT_NE(message.find(why), std::string::npos) << line << ": " << message;
  };
  refused("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
          "[tile], [in], 16, [object], 3;",
          90, "got: .multicast::cluster");
  refused("cp.async.bulk.tensor.1d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
          "[tile], [in, {n}], [object];",
          90, "got: .tensor");
  refused("cp.async.bulk.global.shared::cta.bulk_group.cp_mask [out], [tile], 16, 3;", 100,
          "got: .cp_mask");
  refused("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [tile], [in], 16, "
          "[object];",
          80, "needs .target sm_90");
  refused("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [tile], [in], 16, "
          "[object], policy;",
          90, "a policy as last operand needs .L2::cache_hint");
  refused("cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint [out], [tile], 16;", 90,
          ".L2::cache_hint needs a policy as last operand");
  refused("cp.async.bulk.wait_group n;", 90, "expected an integer constant");
  refused("wgmma.fence.sync.aligned;", 90, "is not supported");
  refused("multimem.red.relaxed.gpu.global.add.u32 [out], n;", 90, "is not supported");
}

TEST(BulkInstruction, ClustersHaveOneBlock) {
  auto load = [](const std::string &directives) {
    Device device(**findChip("sm_90"));
    return device
        .load(".version 8.7\n.target sm_90\n.address_size 64\n.visible .entry k()\n" + directives +
                  "\n{\nret;\n}\n",
              "cluster")
        .status();
  };
  EXPECT_TRUE(load(".explicitcluster\n.reqnctapercluster 1, 1, 1").isOk());
  EXPECT_TRUE(load(".reqnctapercluster 1").isOk());
  for (const char *several : {"2", "1, 2", "1, 1, 4"}) {
    Status status = load(std::string(".explicitcluster\n.reqnctapercluster ") + several);
    EXPECT_NE(status.message().find("cluster:6:1: clusters of several blocks"), std::string::npos)
        << status.message();
  }
}

} // namespace mmc::emulator::test
