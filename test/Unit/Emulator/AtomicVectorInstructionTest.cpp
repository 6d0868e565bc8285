// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// atom and red of vectors, each thread on a cell of its own, and all on one.

#include "Instruction.h"
#include "Table.h"

#include "mmc/Runtime/Core/DType.h"
#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mmc::emulator::test {

namespace {

constexpr unsigned threads = 64;

struct VectorForm {
  const char *type;
  unsigned count, bits; ///< elements of a vector, bits of one
};
const VectorForm forms[] = {{"f32", 2, 32},
                            {"f32", 4, 32},
                            {"noftz.v2.f16", 2, 16},
                            {"noftz.v4.f16", 4, 16},
                            {"noftz.v8.f16", 8, 16},
                            {"noftz.v2.bf16", 2, 16},
                            {"noftz.v4.bf16", 4, 16},
                            {"noftz.v8.bf16", 8, 16},
                            {"noftz.v2.f16x2", 2, 32},
                            {"noftz.v4.f16x2", 4, 32},
                            {"noftz.v2.bf16x2", 2, 32},
                            {"noftz.v4.bf16x2", 4, 32}};

std::string opOf(const VectorForm &form, bool hint = false) {
  std::string type = form.type, op = "add.";
  if (type != "f32")
    op += "noftz.", type = type.substr(6);
  else
    type = "v" + std::to_string(form.count) + ".f32";
  return op + (hint ? "L2::cache_hint." : "") + type;
}
bool isBf16(const VectorForm &form) {
  return std::string(form.type).find("bf16") != std::string::npos;
}

/// What the threads leave: the cells (16 bytes each), and what each was told was there before.
struct Result {
  std::vector<uint16_t> cells, before;
};

/// `stride` is between the threads' cells; 0: they share one.
Result run(const VectorForm &form, const std::string &start, bool returns, unsigned stride,
           const std::vector<uint16_t> &cells, const std::vector<uint16_t> &operands,
           bool hint = false) {
  std::string b = ".b" + std::to_string(form.bits), reg = form.bits == 16 ? "h" : "r", d, v, loads,
              stores;
  for (unsigned i = 0; i < form.count; ++i) {
    std::string n = std::to_string(i), at = std::to_string(i * form.bits / 8);
    d += (i ? ", " : "") + reg + "a" + n;
    v += (i ? ", " : "") + reg + "b" + n;
    loads += "ld.global" + b + " " + reg + "b" + n + ", [o+" + at + "];\nmov" + b + " " + reg +
             "a" + n + ", 0;\n";
    stores += "st.global" + b + " [p+" + at + "], " + reg + "a" + n + ";\n";
  }
  std::string ptx = ".version 8.7\n.target sm_90\n.address_size 64\n.visible .entry k(.param .u64 "
                    "c0, .param .u64 o0, .param .u64 p0) {\n"
                    ".reg .b32 i, ra<9>, rb<9>;\n.reg .b16 ha<9>, hb<9>;\n.reg .b64 c, o, p, w, "
                    "policy;\nmov.u32 i, %tid.x;\n"
                    "ld.param.u64 c, [c0];\nld.param.u64 o, [o0];\nld.param.u64 p, "
                    "[p0];\nmul.wide.u32 w, i, 16;\nadd.u64 o, o, w;\n"
                    "add.u64 p, p, w;\nmul.wide.u32 w, i, " +
                    std::to_string(stride) +
                    ";\nadd.u64 c, c, w;\n"
                    "createpolicy.fractional.L2::evict_first.b64 policy;\n" +
                    loads + (returns ? "atom" : "red") + start + "." + opOf(form, hint) +
                    (returns ? " {" + d + "}," : "") + " [c], {" + v + "}" +
                    (hint ? ", policy" : "") + ";\n" + stores + "ret;\n}\n";
  Device device(**findChip("sm_90"));
  StatusOr<std::shared_ptr<Module>> module = device.load(ptx, "k");
  if (!module.isOk()) {
    ADD_FAILURE() << module.status().message();
    return {};
  }
  keepForAssembler(ptx, "sm_90");
  uint64_t c = *device.memory().allocate(16 * threads, "c"),
           o = *device.memory().allocate(16 * threads, "o"),
           p = *device.memory().allocate(16 * threads, "p");
  EXPECT_TRUE(device.memory().write(c, cells.data(), 16 * threads).isOk());
  EXPECT_TRUE(device.memory().write(o, operands.data(), 16 * threads).isOk());
  EXPECT_TRUE(device.memory().fill(p, 0, 4, 4 * threads).isOk());
  LaunchConfig config;
  config.block.x = threads;
  LaunchResult result = device.launch(*(*module)->kernel("k"), config, {&c, &o, &p}, {});
  EXPECT_TRUE(result.status.isOk()) << result.status.message();
  EXPECT_TRUE(result.report.violations.empty()) << ptx << toText(result.report);
  Result got{std::vector<uint16_t>(8 * threads), std::vector<uint16_t>(8 * threads)};
  EXPECT_TRUE(device.memory().read(c, got.cells.data(), 16 * threads).isOk());
  EXPECT_TRUE(device.memory().read(p, got.before.data(), 16 * threads).isOk());
  return got;
}

/// a + b of one element, or of both halves of a pair.
uint32_t sum(const VectorForm &form, uint32_t a, uint32_t b) {
  if (std::string(form.type) == "f32") {
    auto single = [](uint32_t bits) {
      float value = bitsOf<float>(bits);
      return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
    };
    float value = single(a) + single(b);
    return std::isnan(value) ? 0x7fffffff : bitsOf<uint32_t>(single(bitsOf<uint32_t>(value)));
  }
  static const HalfTable tables[] = {HalfTable(false), HalfTable(true)};
  const HalfTable &table = tables[isBf16(form)];
  uint32_t result = 0;
  for (unsigned from = 0; from < form.bits; from += 16)
    result |= uint32_t(table.round(
                  static_cast<__float128>(table.value(static_cast<uint16_t>(a >> from))) +
                      table.value(static_cast<uint16_t>(b >> from)),
                  "rn"))
              << from;
  return result;
}

} // namespace

TEST(AtomicVector, OnCellsOfTheirOwn) {
  for (const VectorForm &form : forms) {
    std::vector<uint64_t> edges =
        form.bits == 32 && std::string(form.type) == "f32" ? singleEdges() : halfEdges();
    std::vector<uint16_t> cells(8 * threads), operands(8 * threads);
    for (unsigned i = 0; i < 8 * threads; ++i) {
      unsigned wide = std::string(form.type) == "f32" ? 16 * (i % 2) : 0;
      cells[i] = static_cast<uint16_t>(edges[i / 2 * 7 % edges.size()] >> wide);
      operands[i] = static_cast<uint16_t>(edges[(i / 2 * 5 + 3) % edges.size()] >> wide);
    }
    for (const std::string start :
         {".global", "", ".relaxed.cta.global", ".relaxed.cluster.global", ".relaxed.gpu.global",
          ".relaxed.sys.global", ".release.gpu.global", ".release.sys.global",
          ".acquire.gpu.global", ".acq_rel.cta.global"})
      for (bool returns : {true, false}) {
        if (!returns && start.rfind(".acq", 0) == 0)
          continue; // red does not acquire
        // Those of no order and those of .sys with a hint as well.
        Result got = run(form, start, returns, 16, cells, operands);
        if (start.find("cta") == std::string::npos && start.find("gpu") == std::string::npos) {
          Result hinted = run(form, start, returns, 16, cells, operands, true);
          ASSERT_EQ(hinted.cells, got.cells) << opOf(form, true) << start;
          ASSERT_EQ(hinted.before, got.before) << opOf(form, true) << start;
        }
        ASSERT_EQ(got.cells.size(), cells.size());
        unsigned halves = form.bits / 16, used = form.count * halves;
        for (unsigned i = 0; i < 8 * threads; i += halves) {
          auto at = [&](const std::vector<uint16_t> &v) {
            return uint32_t(v[i]) | (halves == 2 ? uint32_t(v[i + 1]) << 16 : 0);
          };
          bool isUsed = i % 8 < used;
          ASSERT_EQ(at(got.cells), isUsed ? sum(form, at(cells), at(operands)) : at(cells))
              << opOf(form) << start << " cell " << i;
          ASSERT_EQ(at(got.before), isUsed && returns ? at(cells) : 0)
              << opOf(form) << start << " before " << i;
        }
      }
  }
}

TEST(AtomicVector, OnOneCell) {
  for (const VectorForm &form : forms) {
    bool isSingle = std::string(form.type) == "f32";
    auto bits = [&](float value) -> std::vector<uint16_t> {
      uint32_t single = bitsOf<uint32_t>(value);
      if (isSingle)
        return {static_cast<uint16_t>(single), static_cast<uint16_t>(single >> 16)};
      uint16_t half = isBf16(form) ? bf16FromFloat(value) : f16FromFloat(value);
      return {half, half};
    };
    std::vector<uint16_t> cells(8 * threads, 0), operands;
    for (unsigned i = 0; i < 4 * threads; ++i)
      for (uint16_t part : bits(i / 4 % 2 ? 1.0f : 2.0f))
        operands.push_back(part);
    Result got = run(form, ".global", true, 0, cells, operands);
    // 32 ones and 32 twos.
    std::vector<uint16_t> want = bits(96);
    for (unsigned i = 0; i < form.count * form.bits / 16; ++i)
      ASSERT_EQ(got.cells[i], want[i % 2]) << opOf(form) << " " << i;
  }
}

TEST(AtomicVector, Refused) {
  for (const char *text :
       {"atom.shared.add.v2.f32 {r, r}, [s], {r, r};",
        "red.global.add.v8.f32 [d], {r, r, r, r, r, r, r, r};",
        "red.global.add.v2.f16 [d], {h, h};", "red.global.add.v2.f32 [d], {r, r, r};"}) {
    Device device(**findChip("sm_90"));
    EXPECT_FALSE(device
                     .load(".version 8.7\n.target sm_90\n.address_size 64\n.shared .align 16 .b32 "
                           "s[4];\n.visible .entry k() {\n"
                           ".reg .b32 r;\n.reg .b16 h;\n.reg .b64 d;\n" +
                               std::string(text) + "\nret;\n}\n",
                           "k")
                     .isOk())
        << text;
  }
}

} // namespace mmc::emulator::test
