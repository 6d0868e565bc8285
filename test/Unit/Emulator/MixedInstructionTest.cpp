// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// f32 arithmetic with operands of f16 and bf16, and modifiers in other orders than the manual's.

#include "Instruction.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <cmath>

namespace mmc::emulator::test {

using Row = std::vector<uint64_t>;

struct Mode {
  const char *name;
  int host;
};
constexpr Mode modes[] = {{"", FE_TONEAREST},
                          {".rn", FE_TONEAREST},
                          {".rz", FE_TOWARDZERO},
                          {".rm", FE_DOWNWARD},
                          {".rp", FE_UPWARD}};

TEST(Mixed, SumsAndFusedProducts) {
  std::vector<uint64_t> halves = halfEdges(), singles = singleEdges();
  for (bool isBf16 : {false, true}) {
    HalfTable table(isBf16);
    auto widened = [&](uint64_t bits) {
      return static_cast<float>(table.value(static_cast<uint16_t>(bits)));
    };
    auto single = [](uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); };
    for (const Mode &mode : modes)
      for (bool sat : {false, true}) {
        std::string form =
            std::string(mode.name) + (sat ? ".sat" : "") + ".f32" + (isBf16 ? ".bf16" : ".f16");
        auto rounded = [&](auto f) -> uint64_t {
          std::fesetround(mode.host);
          volatile float value = f();
          std::fesetround(FE_TONEAREST);
          if (sat)
            value = std::isnan(value) || value <= 0 ? 0.0f : value > 1 ? 1.0f : float(value);
          return std::isnan(value) ? 0x7fffffff : bitsOf<uint32_t>(float(value));
        };
        compare("add" + form + " d, a, b;", {32, 16, 32}, {halves, singles}, [&](const Row &row) {
          return rounded([&] { return widened(row[0]) + single(row[1]); });
        });
        compare("sub" + form + " d, a, b;", {32, 16, 32}, {halves, singles}, [&](const Row &row) {
          return rounded([&] { return widened(row[0]) - single(row[1]); });
        });
        if (*mode.name)
          compare("fma" + form + " d, a, b, c;", {32, 16, 16, 32}, {halves, halves, singles},
                  [&](const Row &row) {
                    return rounded(
                        [&] { return std::fma(widened(row[0]), widened(row[1]), single(row[2])); });
                  });
      }
  }
}

/// As ptxas takes them; compilers write some of these.
TEST(Modifiers, InAnyOrder) {
  auto same = [](const std::string &one, const std::string &other, std::vector<unsigned> bits,
                 const std::vector<uint64_t> &edges) {
    std::vector<Row> rows;
    for (size_t i = 0; i < edges.size(); ++i)
      for (size_t j = 0; j < edges.size(); ++j) {
        rows.push_back({edges[i]});
        if (bits.size() > 2)
          rows.back().push_back(edges[j]);
      }
    std::vector<uint64_t> got = execute(one, bits, rows);
    EXPECT_FALSE(got.empty());
    EXPECT_EQ(got, execute(other, bits, rows)) << one;
  };
  same("add.f32.sat.ftz.rz d, a, b;", "add.rz.ftz.sat.f32 d, a, b;", {32, 32, 32}, singleEdges());
  same("max.abs.xorsign.f32 d, a, b;", "max.xorsign.abs.f32 d, a, b;", {32, 32, 32}, singleEdges());
  same("cvt.sat.rni.s32.f32 d, a;", "cvt.rni.sat.s32.f32 d, a;", {32, 32}, singleEdges());
  same("cvt.f32.rz.s32 d, a;", "cvt.rz.f32.s32 d, a;", {32, 32}, integerEdges(32));
  same("shfl.bfly.sync.b32 d, a, 1, 31, 0xffffffff;", "shfl.sync.bfly.b32 d, a, 1, 31, 0xffffffff;",
       {32, 32}, std::vector<uint64_t>{1, 2, 3, 4, 5, 6, 7, 8});
  same("{ .reg .b64 s; .shared .b32 m[128]; mov.u32 t, %tid.x; mul.wide.u32 s, t, 4; st.shared.u32 "
       "[m], 0; bar.cta.sync 0;"
       "atom.shared.cta.relaxed.max.u32 d, [m], a; bar.sync 0; ld.u32.shared d, [m]; }",
       "{ .reg .b64 s; .shared .b32 m[128]; mov.u32 t, %tid.x; mul.wide.u32 s, t, 4; st.shared.u32 "
       "[m], 0; bar.sync 0;"
       "atom.relaxed.cta.shared.max.u32 d, [m], a; bar.sync 0; ld.shared.u32 d, [m]; }",
       {32, 32}, integerEdges(32));
}

/// From global to shared memory is not from shared to global.
TEST(Modifiers, SpacesKeepTheirOrder) {
  for (std::string spaces : {".shared.global", ".global.shared"}) {
    Device device(**findChip("sm_80"));
    StatusOr<std::shared_ptr<Module>> module =
        device.load(".version 8.0\n.target sm_80\n.address_size 64\n.shared .b32 s[4];\n.global "
                    ".b32 g[4];\n.visible .entry k() {\n"
                    "cp.async" +
                        spaces + ".cg [s], [g], 16;\nret;\n}\n",
                    "k.ptx");
    EXPECT_EQ(module.isOk(), spaces == ".shared.global") << module.status().message();
  }
}

} // namespace mmc::emulator::test
