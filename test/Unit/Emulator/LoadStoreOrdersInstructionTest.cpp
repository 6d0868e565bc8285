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

} // namespace

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
