// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ld and st with each order, scope, space, hint and type: a value goes through memory as it does by
// the plain forms, which LoadStoreInstructionTest compares with a model.

#include "Instruction.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

const char *const types[] = {"b8",  "b16", "b32", "b64", "u8",  "u16", "u32",
                             "u64", "s8",  "s16", "s32", "s64", "f32", "f64"};

/// Through a cell of each thread's own, with a in it: b of it is stored over it, and what is loaded
/// becomes d.
std::string program(const std::string &load, const std::string &store, const std::string &space,
                    const std::string &type) {
  bool isShared = space.rfind(".shared", 0) == 0;
  std::string cell = isShared ? "sa" : "y", reg = type == "f32" ? "f" : type == "f64" ? "g" : "w2";
  std::string take = type == "f32"   ? "cvt.u32.u64 t, b; mov.b32 f, t;"
                     : type == "f64" ? "mov.b64 g, b;"
                                     : "mov.b64 w2, b;";
  std::string give = type == "f32"   ? "mov.b32 t, f; cvt.u64.u32 d, t;"
                     : type == "f64" ? "mov.b64 d, g;"
                                     : "mov.b64 d, w2;";
  return "{ .reg .b32 sa; .reg .b64 w2, policy; .reg .f32 f; .reg .f64 g; .shared .align 16 .b8 "
         "m[2048];\n"
         "mov.u32 sa, m; mov.u32 t, %tid.x; mad.lo.u32 sa, t, 16, sa; "
         "createpolicy.fractional.L2::evict_last.b64 policy;\n" +
         std::string(isShared ? "st.shared.b64" : "st.global.b64") + " [" + cell + "], a;\n" +
         take + "\nst" + store + space + "." + type + " [" + cell + "], " + reg +
         (store.find("cache_hint") != std::string::npos ? ", policy" : "") + ";\n" +
         "mov.b64 w2, 0; mov.f32 f, 0f00000000; mov.f64 g, 0d0000000000000000;\nld" + load + space +
         "." + type + " " + reg + ", [" + cell + "];\n" + give + " }";
}

/// Loads of what the launch only reads: operand a, or a and b, of a row.
std::string readProgram(const std::string &load, const std::string &type) {
  const std::string ld = "ld" + load + ".";
  if (type == "v2.b32")
    return "{ .reg .b32 l, h; " + ld + "v2.b32 {l, h}, [x]; mov.b64 d, {l, h}; }";
  if (type == "v4.b16")
    return "{ .reg .b16 h<4>; " + ld +
           "v4.b16 {h0, h1, h2, h3}, [x]; mov.b64 d, {h0, h1, h2, h3}; }";
  if (type == "v2.b64")
    return "{ .reg .b64 l, h; " + ld + "v2.b64 {l, h}, [x]; xor.b64 d, l, h; }";
  if (type == "b128")
    return "{ .reg .b64 l, h; .reg .b128 o; " + ld +
           "b128 o, [x]; mov.b128 {l, h}, o; xor.b64 d, l, h; }";
  if (type == "f32")
    return "{ .reg .f32 f; " + ld + "f32 f, [x]; mov.b32 t, f; cvt.u64.u32 d, t; }";
  if (type == "f64")
    return "{ .reg .f64 g; " + ld + "f64 g, [x]; mov.b64 d, g; }";
  return "{ .reg .b64 w2; mov.b64 w2, 0; " + ld + type + " w2, [x]; mov.b64 d, w2; }";
}

} // namespace

TEST(LoadStoreOrders, ReadOnlyLoads) {
  std::vector<uint64_t> edges = integerEdges(64);
  std::vector<std::vector<uint64_t>> rows;
  for (size_t i = 0; i < edges.size(); ++i)
    rows.push_back({edges[i], edges[(5 * i + 1) % edges.size()]});
  const std::vector<unsigned> bits = {64, 64, 64};
  std::vector<std::string> all(std::begin(types), std::end(types));
  all.insert(all.end(), {"v2.b32", "v4.b16", "v2.b64", "b128"});
  for (const std::string &type : all) {
    const std::vector<uint64_t> plain = execute(readProgram(".global", type), bits, rows);
    ASSERT_EQ(plain.size(), rows.size());
    std::vector<std::string> loads = {
        ".global.nc",          ".global.ca.nc",           ".global.cg.nc",
        ".global.cs.nc",       ".global.nc.L2::64B",      ".global.nc.L2::128B",
        ".global.nc.L2::256B", ".relaxed.gpu.global",     ".acquire.sys.global",
        ".volatile.global",    ".mmio.relaxed.sys.global"};
    for (const char *hint :
         {"evict_normal", "evict_unchanged", "evict_first", "evict_last", "no_allocate"}) {
      loads.push_back(std::string(".global.nc.L1::") + hint);
      loads.push_back(std::string(".relaxed.gpu.global.L1::") + hint);
    }
    for (const std::string &load : loads)
      if (type[0] != 'v' || load.find("mmio") == std::string::npos) // mmio takes no vectors
        EXPECT_EQ(execute(readProgram(load, type), bits, rows), plain) << load << "." << type;
    if (type != "b128") {
      std::string text = readProgram(".global", type);
      text.replace(text.find("ld.global"), 9, "ldu.global");
      EXPECT_EQ(execute(text, bits, rows), plain) << text;
    }
  }
}

TEST(LoadStoreOrders, ChangeNoValue) {
  std::vector<uint64_t> edges = integerEdges(64);
  std::vector<std::vector<uint64_t>> rows;
  for (size_t i = 0; i < edges.size(); ++i)
    rows.push_back({edges[i], edges[(5 * i + 1) % edges.size()]});
  const std::vector<unsigned> bits = {64, 64, 64};
  std::vector<std::string> scopes = {".cta", ".cluster", ".gpu", ".sys"};
  for (const char *type : types) {
    const std::vector<uint64_t> plain = execute(program("", "", ".global", type), bits, rows);
    ASSERT_EQ(plain.size(), rows.size());
    auto check = [&](const std::string &load, const std::string &store, const std::string &space) {
      std::string text = program(load, store, space, type);
      EXPECT_EQ(execute(text, bits, rows), plain) << text;
    };
    for (std::string space : {".global", ".shared", ".shared::cta", ".shared::cluster", ""}) {
      check("", "", space);
      check(".volatile", ".volatile", space);
      check(".weak", ".weak", space);
      for (const std::string &scope : scopes) {
        check(".relaxed" + scope, ".relaxed" + scope, space);
        check(".acquire" + scope, ".release" + scope, space);
      }
    }
    for (std::string hint : {".L1::evict_normal", ".L1::evict_unchanged", ".L1::evict_first",
                             ".L1::evict_last", ".L1::no_allocate"}) {
      check(hint, hint, ".global");
      check(".relaxed.gpu" + hint, ".release.gpu" + hint, ".global");
    }
    for (std::string hint :
         {".ca", ".cg", ".cs", ".cv", ".lu", ".L2::64B", ".L2::128B", ".L2::256B"})
      check(hint, "", ".global");
    for (std::string hint : {".L2::64B", ".L2::128B", ".L2::256B"}) {
      check(".volatile" + hint, "", ".global");
      check(".relaxed.gpu" + hint, "", ".global");
    }
    for (std::string hint : {".wb", ".cg", ".cs", ".wt"})
      check("", hint, ".global");
    check(".mmio.relaxed.sys", ".mmio.relaxed.sys", ".global");
    check(".mmio.relaxed.sys", ".mmio.relaxed.sys", "");
  }
}

} // namespace mmc::emulator::test
