// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ld and st: every space, type and vector, into registers that are wider, from constants, with
// offsets.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

const char *const types[] = {"b8",  "u8",  "s8",  "b16", "u16", "s16", "b32", "u32",
                             "s32", "f32", "b64", "u64", "s64", "f64", "b128"};

unsigned bitsOfType(const std::string &type) {
  return static_cast<unsigned>(std::stoul(type.substr(1)));
}

/// The register class that has a type's size; bytes are held in 16 bits.
std::string classOf(const std::string &type) {
  if (type == "f32" || type == "f64")
    return type == "f32" ? "f" : "e";
  unsigned bits = bitsOfType(type);
  return bits == 8 ? "b" : bits == 16 ? "h" : bits == 32 ? "r" : bits == 64 ? "d" : "o";
}

/// {x1, x2, …} or x1.
std::string elements(const std::string &name, unsigned count) {
  std::string text = name + "1";
  for (unsigned i = 2; i <= count; ++i)
    text += ", " + name + std::to_string(i);
  return count > 1 ? "{" + text + "}" : text;
}

std::string vectorOf(unsigned count) { return count > 1 ? ".v" + std::to_string(count) : ""; }

/// 64 bytes, no two neighbours alike, with high bits set and clear.
std::vector<uint8_t> pattern() {
  std::vector<uint8_t> bytes;
  for (unsigned i = 0; i < 64; ++i)
    bytes.push_back(static_cast<uint8_t>(i * 93 + 0x81));
  return bytes;
}

struct SpaceCase {
  std::string name;    ///< as it is written after ld
  std::string address; ///< what is in brackets, 32 bytes of the pattern behind it
};

/// Puts the pattern into a variable of each space, and addresses of them into d4 … d8, r8, r9.
std::string fill() {
  std::string text = ".shared .align 32 .b8 sv[64];\n.local .align 32 .b8 lv[64];\n";
  for (unsigned i = 0; i < 64; i += 8)
    text += "ld.global.b64 d1, [in+" + std::to_string(i) + "];\nst.shared.b64 [sv+" +
            std::to_string(i) + "], d1;\nst.local.b64 [lv+" + std::to_string(i) + "], d1;\n";
  return text + "cvta.shared.u64 d4, sv;\ncvta.local.u64 d5, lv;\ncvta.const.u64 d6, cv;\nmov.u32 "
                "r8, sv;\nmov.u32 r9, lv;\nmov.u64 d7, cv;\nmov.u64 d8, gv;\n";
}

std::string initial() {
  std::string text;
  for (uint8_t byte : pattern())
    text += (text.empty() ? "" : ", ") + std::to_string(byte);
  return "{" + text + "}";
}

KernelSetup setupFor(const std::string &chip = "sm_90") {
  KernelSetup setup;
  setup.chip = chip;
  setup.block = {1};
  setup.source = pattern();
  setup.declarations = ".global .align 32 .b8 gv[64] = " + initial() +
                       ";\n.const .align 32 .b8 cv[64] = " + initial() + ";";
  return setup;
}

const SpaceCase spaces[] = {{".global", "in"}, {".global", "gv"}, {".global", "d8"},
                            {".shared", "sv"}, {".shared", "r8"}, {".shared::cta", "r8"},
                            {".local", "lv"},  {".local", "r9"},  {".const", "cv"},
                            {".const", "d7"},  {"", "in"},        {"", "d4"},
                            {"", "d5"},        {"", "d6"},        {"", "d8"}};

/// Runs `code`, which writes 32 bytes per slot, and compares.
void compareSlots(const std::string &code, const KernelSetup &setup,
                  const std::vector<std::pair<std::string, std::vector<uint8_t>>> &want) {
  KernelSetup sized = setup;
  sized.targetBytes = 32 * want.size() + 32;
  Outcome outcome = runClean(code, sized);
  ASSERT_EQ(outcome.target.size(), sized.targetBytes);
  for (size_t i = 0; i < want.size(); ++i) {
    std::vector<uint8_t> got(&outcome.target[32 * i],
                             &outcome.target[32 * i] + want[i].second.size());
    EXPECT_EQ(got, want[i].second) << want[i].first;
  }
}

std::string slot(size_t i, unsigned offset = 0) {
  return "[out+" + std::to_string(32 * i + offset) + "]";
}

} // namespace

TEST(LoadStoreInstruction, LoadsOfEverySpaceTypeAndVector) {
  std::vector<uint8_t> bytes = pattern();
  std::vector<std::pair<std::string, std::vector<uint8_t>>> want;
  std::string code = fill();
  for (const SpaceCase &space : spaces)
    for (const char *type : types)
      for (unsigned count : {1u, 2u, 4u}) {
        unsigned size = bitsOfType(type) / 8;
        if (size * count > 16)
          continue;
        // At the begin and, with an offset, one vector on.
        for (unsigned offset : {0u, size * count}) {
          std::string reg = classOf(type),
                      instruction = "ld" + space.name + vectorOf(count) + "." + type;
          code += instruction + " " + elements(reg, count) + ", [" + space.address +
                  (offset ? "+" + std::to_string(offset) : "") + "];\n";
          for (unsigned i = 0; i < count; ++i)
            code += "st.global.b" + std::to_string(8 * size) + " " + slot(want.size(), i * size) +
                    ", " + reg + std::to_string(i + 1) + ";\n";
          want.push_back({instruction + " [" + space.address + "+" + std::to_string(offset) + "]",
                          std::vector<uint8_t>(&bytes[offset], &bytes[offset] + size * count)});
        }
      }
  compareSlots(code, setupFor(), want);
}

TEST(LoadStoreInstruction, StoresOfEverySpaceTypeAndVector) {
  std::vector<uint8_t> bytes = pattern();
  std::vector<std::pair<std::string, std::vector<uint8_t>>> want;
  std::string code = fill();
  for (const SpaceCase &space : spaces) {
    if (space.name == ".const" || space.address == "d6" || space.address == "in")
      continue;
    for (const char *type : types)
      for (unsigned count : {1u, 2u, 4u}) {
        unsigned size = bitsOfType(type) / 8, whole = size * count;
        if (whole > 16)
          continue;
        // The neighbours on both sides must stay.
        std::string reg = classOf(type),
                    instruction = "st" + space.name + vectorOf(count) + "." + type;
        code += "mov.u64 d1, 0x7777777777777777;\n";
        for (unsigned i = 0; i < 48; i += 8)
          code +=
              "st" + space.name + ".b64 [" + space.address + "+" + std::to_string(i) + "], d1;\n";
        for (unsigned i = 0; i < count; ++i)
          code += "ld.global.b" + std::to_string(8 * size) + " " + reg + std::to_string(i + 1) +
                  ", [in+" + std::to_string(i * size) + "];\n";
        code += instruction + " [" + space.address + "+16], " + elements(reg, count) + ";\n";
        for (unsigned i = 0; i < 32; i += 8)
          code += "ld" + space.name + ".b64 d1, [" + space.address + "+" + std::to_string(i + 8) +
                  "];\nst.global.b64 " + slot(want.size(), i) + ", d1;\n";
        std::vector<uint8_t> expected(32, 0x77);
        std::copy(&bytes[0], &bytes[0] + whole, &expected[8]);
        want.push_back({instruction + " [" + space.address + "]", expected});
      }
  }
  compareSlots(code, setupFor(), want);
}

TEST(LoadStoreInstruction, ThirtyTwoBytes) {
  std::vector<uint8_t> bytes = pattern();
  std::vector<std::pair<std::string, std::vector<uint8_t>>> want;
  std::string code = fill();
  for (const char *type : {"b32", "u32", "s32", "f32", "b64", "u64", "s64", "f64"}) {
    unsigned size = bitsOfType(type) / 8, count = 32 / size;
    std::string reg = classOf(type);
    for (const char *space : {".global", ""})
      for (unsigned offset : {0u, 32u}) {
        std::string instruction = std::string("ld") + space + vectorOf(count) + "." + type;
        // Not d4 … d8, which hold addresses: the vector is of registers from 9 on.
        std::string list;
        unsigned first = reg == "d" || reg == "r" ? 9 : 1;
        for (unsigned i = 0; i < count; ++i)
          list += (i ? ", " : "") + reg + std::to_string(first + i);
        code += instruction + " {" + list + "}, [in+" + std::to_string(offset) + "];\n" + "st" +
                space + vectorOf(count) + "." + type + " " + slot(want.size()) + ", {" + list +
                "};\n";
        want.push_back({instruction, std::vector<uint8_t>(&bytes[offset], &bytes[offset] + 32)});
      }
  }
  compareSlots(code, setupFor("sm_100"), want);
  std::string eight = "ld.global.v8.b32 {r1, r2, r3, r4, r5, r6, r7, r8}, [in];";
  EXPECT_NE(loadError(eight), "");
  EXPECT_NE(
      loadError("ld.shared.v8.b32 {r1, r2, r3, r4, r5, r6, r7, r8}, [r9];", setupFor("sm_100")),
      "");
  EXPECT_NE(loadError("ld.global.v4.b64 {d1, d2, d3, d4}, [in];"), "");
  for (const char *chip : {"sm_90", "sm_100"})
    EXPECT_NE(loadError("ld.global.v2.b128 {o1, o2}, [in];", setupFor(chip)), "");
}

TEST(LoadStoreInstruction, ExtensionAndTruncation) {
  std::vector<std::pair<std::string, std::vector<uint8_t>>> want;
  std::string code;
  KernelSetup setup = setupFor();
  // One value with the high bit of every byte set, one without, zeros and ones.
  std::vector<uint64_t> values = {0, ~uint64_t(0), 0x8877665544332291, 0x7f0102037ffe7f11,
                                  0x8000000080008080};
  setup.source.clear();
  for (uint64_t value : values)
    for (unsigned i = 0; i < 8; ++i)
      setup.source.push_back(static_cast<uint8_t>(value >> 8 * i));
  for (size_t v = 0; v < values.size(); ++v)
    for (const char *type : {"b8", "u8", "s8", "b16", "u16", "s16", "b32", "u32", "s32"})
      for (unsigned width : {16u, 32u, 64u}) {
        unsigned bits = bitsOfType(type);
        if (width < bits)
          continue;
        std::string reg = (width == 16   ? "h"
                           : width == 32 ? "r"
                                         : "d") +
                          std::string("1"),
                    instruction = std::string("ld.global.") + type + " " + reg;
        code += instruction + ", [in+" + std::to_string(8 * v) + "];\nst.global.b" +
                std::to_string(width) + " " + slot(want.size()) + ", " + reg + ";\n";
        uint64_t value = values[v] & ((uint64_t(1) << bits) - 1);
        if (*type == 's' && value >> (bits - 1))
          value -= uint64_t(1) << bits;
        std::vector<uint8_t> expected;
        for (unsigned i = 0; i < width / 8; ++i)
          expected.push_back(static_cast<uint8_t>(value >> 8 * i));
        want.push_back({instruction, expected});
        // Stored from the wide register, the low bits: the rest of the cell stays.
        code += "ld.global.b" + std::to_string(width) + " " + reg + ", [in+" +
                std::to_string(8 * v) + "];\nst.global." + type + " " + slot(want.size()) + ", " +
                reg + ";\n";
        std::vector<uint8_t> stored(8, 0xee);
        for (unsigned i = 0; i < bits / 8; ++i)
          stored[i] = static_cast<uint8_t>(values[v] >> 8 * i);
        want.push_back({std::string("st.global.") + type + " " + reg, stored});
      }
  // In vectors each element by itself.
  for (const char *reg : {"h", "r", "d"}) {
    unsigned bytes = *reg == 'h' ? 2 : *reg == 'r' ? 4 : 8;
    code += "ld.global.v4.s8 " + elements(reg, 4) + ", [in+16];\n";
    std::vector<uint8_t> expected;
    for (unsigned i = 0; i < 4; ++i) {
      code += "st.global.b" + std::to_string(8 * bytes) + " " + slot(want.size(), i * bytes) +
              ", " + reg + std::to_string(i + 1) + ";\n";
      const uint8_t lowest[] = {0x91, 0x22, 0x33, 0x44};
      expected.push_back(lowest[i]);
      expected.insert(expected.end(), bytes - 1, i ? 0 : 0xff);
    }
    want.push_back({std::string("ld.global.v4.s8 into ") + reg, expected});
    // Stored again the extension is cut off.
    code += "st.global.v4.u8 " + slot(want.size()) + ", " + elements(reg, 4) + ";\n";
    want.push_back({std::string("st.global.v4.u8 from ") + reg, {0x91, 0x22, 0x33, 0x44, 0xee}});
  }
  compareSlots(code, setup, want);
}

TEST(LoadStoreInstruction, ConstantsSinksAndOffsets) {
  std::vector<std::pair<std::string, std::vector<uint8_t>>> want;
  std::string code = fill();
  auto store = [&](const std::string &type, const std::string &value, std::vector<uint8_t> bytes) {
    code += "st.global." + type + " " + slot(want.size()) + ", " + value + ";\n";
    bytes.push_back(0xee);
    want.push_back({"st.global." + type + " " + value, bytes});
  };
  store("u8", "255", {0xff});
  store("s8", "-128", {0x80});
  store("b16", "-2", {0xfe, 0xff});
  store("u32", "4294967295", {0xff, 0xff, 0xff, 0xff});
  store("b32", "0f3f800000", {0, 0, 0x80, 0x3f});
  store("f32", "-2.5", {0, 0, 0x20, 0xc0});
  store("f64", "1.5", {0, 0, 0, 0, 0, 0, 0xf8, 0x3f});
  store("s64", "-2", {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  store("v2.u16", "{1, 0xffff}", {1, 0, 0xff, 0xff});
  store("v4.f32", "{0f3f800000, 0f00000000, -1.0, 0fffffffff}",
        {0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0x80, 0xbf, 0xff, 0xff, 0xff, 0xff});
  auto load = [&](const std::string &text, unsigned offset) {
    code += text + "\nst.global.u32 " + slot(want.size()) + ", r1;\n";
    std::vector<uint8_t> bytes = pattern();
    want.push_back(
        {text, {bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]}});
  };
  load("ld.global.v2.u32 {_, r1}, [in+8];", 12);
  load("ld.global.v4.u32 {_, _, r1, _}, [in+16];", 24);
  // Offsets of either sign, as sums, from every kind of base.
  load("add.u64 d1, in, 32;\nld.global.u32 r1, [d1+-4];", 28);
  load("add.u64 d1, in, 4096;\nld.global.u32 r1, [d1+-4096];", 0);
  load("sub.u64 d1, in, 2147483644;\nld.global.u32 r1, [d1+2147483644];", 0);
  load("add.u64 d1, d4, 40;\nld.u32 r1, [d1+-36];", 4);
  load("add.u64 d1, d5, 40;\nld.u32 r1, [d1+-28];", 12);
  load("add.u32 r2, r8, 48;\nld.shared.u32 r1, [r2+-44];", 4);
  load("sub.u32 r2, r8, 0x2000;\nld.shared.u32 r1, [r2+0x2010];", 16); // the sum wraps in 32 bits
  load("add.u32 r2, r9, 48;\nld.local.u32 r1, [r2+-8];", 40);
  load("ld.shared.u32 r1, [sv+4*8];", 32);
  load("ld.const.u32 r1, [cv+(60-8)];", 52);
  load("ld.global.u32 r1, [gv+0x3c];", 60);
  load("mov.u64 d1, cv;\nadd.u64 d1, d1, 64;\nld.const.u32 r1, [d1+-0x10];", 48);
  // Addresses of lanes are their own, and lanes that are switched off keep what they have.
  compareSlots(code, setupFor(), want);
  checkForms(
      {{"ld.global.u32 r5, [d3+4];",
        {"r5"},
        [](const Bytes &o, unsigned) { return bytesOf(numberAt(o, 4, 4)); }},
       {"ld.global.v2.u16 {h9, h10}, [d3+12];",
        {"h9", "h10"},
        [](const Bytes &o, unsigned) { return bytesOf(numberAt(o, 12, 4)); }},
       {"ld.u8 r5, [d3+15];", {"r5"}, [](const Bytes &o, unsigned) { return bytesOf(o[15]); }},
       {"ld.global.b128 o2, [d3];", {"o2"}, [](const Bytes &o, unsigned) { return o; }}});
  for (const char *wrong : {"st.global.u8 [out], 256;", "st.global.s8 [out], -129;",
                            "ld.global.u32 h1, [in];", "st.global.u32 [out], h1;",
                            "ld.global.v2.u32 {r1, r2, r3}, [in];", "st.const.u32 [cv], r1;",
                            "ld.shared.u32 r1, [lv];", "ld.global.v3.u32 {r1, r2, r3}, [in];"})
    EXPECT_NE(loadError(fill() + wrong, setupFor()), "") << wrong;
}

} // namespace mmc::emulator::test
