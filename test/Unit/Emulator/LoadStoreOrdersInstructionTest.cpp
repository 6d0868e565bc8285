// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ld and st of every type and vector with each order, scope, space, cache operator and hint: the
// bytes that each lane moves arrive, and no others.

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

namespace {

struct Shape {
  std::string type;
  unsigned count, bytes; ///< elements, bytes of all of them
};

/// Scalars and vectors of all types of up to 32 bytes, but eight of 16 bits, which are stored only.
std::vector<Shape> shapes() {
  std::vector<Shape> list;
  for (const char *type : {"b8", "u8", "s8", "b16", "u16", "s16", "b32", "u32", "s32", "f32", "b64",
                           "u64", "s64", "f64", "b128"})
    for (unsigned count : {1u, 2u, 4u, 8u}) {
      unsigned bytes = count * static_cast<unsigned>(std::stoul(type + 1)) / 8;
      bool isWide = bytes == 32 && std::string(type) != "b128" && count >= 4;
      if (isWide || (bytes <= 16 && !(count == 8 && bytes == 16)))
        list.push_back({type, count, bytes});
    }
  return list;
}

/// {x1, x2} of the register class that holds the type.
std::string registersOf(const Shape &shape) {
  std::string name = shape.type == "f32"                                ? "f"
                     : shape.type == "f64"                              ? "e"
                     : shape.type.back() == '8' && shape.type != "b128" ? "h"
                     : shape.type.substr(1) == "16"                     ? "h"
                     : shape.type.substr(1) == "32"                     ? "r"
                     : shape.type.substr(1) == "64"                     ? "d"
                                                                        : "o",
              list = name + "1";
  for (unsigned i = 2; i <= shape.count; ++i)
    list += ", " + name + std::to_string(i);
  return shape.count > 1 ? "{" + list + "}" : list;
}

/// The modifiers of a load and of the store that goes with it.
struct Modifiers {
  std::string load, store;
};

const char *const firstLevel[] = {".L1::evict_normal", ".L1::evict_unchanged", ".L1::evict_first",
                                  ".L1::evict_last", ".L1::no_allocate"};
const char *const secondLevel[] = {".L2::evict_normal", ".L2::evict_first", ".L2::evict_last"};
const char *const prefetched[] = {".L2::64B", ".L2::128B", ".L2::256B"};

/// Orders and scopes, which every space that others see has.
std::vector<Modifiers> ordersIn(const std::string &space) {
  std::vector<Modifiers> list = {{space, space},
                                 {".weak" + space, ".weak" + space},
                                 {".volatile" + space, ".volatile" + space}};
  for (std::string scope : {".cta", ".cluster", ".gpu", ".sys"}) {
    list.push_back({".relaxed" + scope + space, ".relaxed" + scope + space});
    list.push_back({".acquire" + scope + space, ".release" + scope + space});
  }
  return list;
}

/// Cache operators and hints of global memory.
std::vector<Modifiers> hintsIn(const std::string &space, const Shape &shape) {
  std::vector<Modifiers> list;
  for (std::string name : {".ca", ".cg", ".cs", ".cv", ".lu"})
    list.push_back({space + name, space});
  for (std::string name : {".wb", ".cg", ".cs", ".wt"})
    list.push_back({space, space + name});
  std::vector<Modifiers> orders = {{space, space},
                                   {".relaxed.gpu" + space, ".relaxed.cta" + space},
                                   {".acquire.sys" + space, ".release.gpu" + space}};
  if (space == ".global")
    for (std::string operation : {"", ".ca", ".cg", ".cs"})
      orders.push_back({space + operation + ".nc", space});
  for (const Modifiers &order : orders) {
    bool hasOperator =
        order.load.find(".c") != std::string::npos && order.load.find(".nc") != std::string::npos;
    auto add = [&](const std::string &load, const std::string &store) {
      list.push_back({order.load + load, order.store + store});
    };
    add("", "");
    add(".L2::cache_hint", ".L2::cache_hint");
    for (const char *size : prefetched)
      add(size, "");
    for (const char *hint : firstLevel) {
      if (hasOperator)
        continue;
      add(hint, hint);
      add(std::string(hint) + ".L2::cache_hint.L2::128B", std::string(hint) + ".L2::cache_hint");
    }
    for (const char *hint : secondLevel)
      if (shape.bytes == 32) {
        add(hint, hint);
        if (!hasOperator)
          add(std::string(".L1::no_allocate") + hint + ".L2::cache_hint.L2::64B",
              std::string(".L1::evict_last") + hint + ".L2::cache_hint");
      }
  }
  for (const char *size : prefetched)
    list.push_back({".volatile" + space + size, ".volatile" + space});
  if (shape.count == 1)
    list.push_back({".mmio.relaxed.sys" + space, ".mmio.relaxed.sys" + space});
  return list;
}

/// Moves a shape from `in` to `out` (32 bytes for each lane and pair of modifiers), through shared
/// memory when they say so, and compares all bytes.
void check(const Shape &shape, const std::vector<Modifiers> &list) {
  KernelSetup setup;
  setup.chip = "sm_100a";
  setup.checkRaces = false; // .nc of what the launch reads only; no two lanes meet
  setup.targetBytes = 1024 * list.size();
  for (unsigned i = 0; i < 1024; ++i)
    setup.source.push_back(static_cast<uint8_t>(i * 93 + i / 32 * 5 + 0x81));
  std::string code = ".shared .align 32 .b8 sv[2048];\nmul.wide.u32 d9, tid, 32;\nadd.u64 d10, in, "
                     "d9;\nadd.u64 d11, out, d9;\nmov.u32 r9, sv;\nmad.lo.u32 r9, tid, 32, r9;\n"
                     "createpolicy.fractional.L2::evict_last.b64 policy;\n"
                     "ld.global.v4.b64 {d12, d13, d14, d15}, [d10];\nst.shared.v2.b64 [r9], {d12, "
                     "d13};\nst.shared.v2.b64 [r9+16], {d14, d15};\n";
  std::string registers = registersOf(shape),
              end = (shape.count > 1 ? ".v" + std::to_string(shape.count) : "") + "." + shape.type;
  for (size_t i = 0; i < list.size(); ++i) {
    bool isShared = list[i].load.find(".shared") != std::string::npos;
    std::string target = "[d11+" + std::to_string(1024 * i) + "]";
    auto policy = [](const std::string &modifiers) {
      return modifiers.find("cache_hint") != std::string::npos ? ", policy" : "";
    };
    code += (isShared ? "ld.global.v4.b64 {d12, d13, d14, d15}, " + target +
                            ";\nst.shared.v2.b64 [r9+1024], {d12, d13};\n"
                      : "") +
            "ld" + list[i].load + end + " " + registers + ", [" + (isShared ? "r9" : "d10") + "]" +
            policy(list[i].load) + ";\nst" + list[i].store + end + " " +
            (isShared ? "[r9+1024]" : target) + ", " + registers + policy(list[i].store) + ";\n" +
            (isShared ? "ld.shared.v2.b64 {d12, d13}, [r9+1024];\nst.global.v2.b64 " + target +
                            ", {d12, d13};\n"
                      : "");
  }
  Outcome outcome = runClean(code, setup);
  ASSERT_EQ(outcome.target.size(), setup.targetBytes);
  for (size_t i = 0; i < list.size(); ++i)
    for (unsigned byte = 0; byte < 1024; ++byte)
      ASSERT_EQ(outcome.target[1024 * i + byte],
                byte % 32 < shape.bytes ? setup.source[byte] : 0xee)
          << "ld" << list[i].load << end << ", st" << list[i].store << end << ", lane " << byte / 32
          << ", byte " << byte % 32;
}

} // namespace

TEST(LoadStoreOrders, Orders) {
  for (const Shape &shape : shapes())
    for (std::string space : {".global", "", ".shared", ".shared::cta", ".shared::cluster"})
      if (shape.bytes <= 16 || space.find("shared") == std::string::npos)
        check(shape, ordersIn(space));
}

TEST(LoadStoreOrders, CacheOperatorsAndHints) {
  for (const Shape &shape : shapes())
    for (std::string space : {".global", ""})
      check(shape, hintsIn(space, shape));
}

TEST(LoadStoreOrders, UniformLoads) {
  for (const Shape &shape : shapes())
    if (shape.bytes <= 16 && shape.count < 8)
      for (std::string space : {".global", ""}) {
        // The only one whose opcode is another.
        KernelSetup setup;
        setup.chip = "sm_100a";
        for (unsigned i = 0; i < 16; ++i)
          setup.source.push_back(static_cast<uint8_t>(i * 93 + 0x81));
        setup.block = {1};
        std::string end =
            (shape.count > 1 ? ".v" + std::to_string(shape.count) : "") + "." + shape.type;
        Outcome outcome =
            runClean("ldu" + space + end + " " + registersOf(shape) + ", [in];\nst.global" + end +
                         " [out], " + registersOf(shape) + ";\n",
                     setup);
        for (unsigned byte = 0; byte < 32; ++byte)
          ASSERT_EQ(outcome.target[byte], byte < shape.bytes ? setup.source[byte] : 0xee)
              << "ldu" << space << end;
      }
}

TEST(LoadStoreOrders, EightOfSixteenBits) {
  KernelSetup setup;
  setup.chip = "sm_100a";
  setup.block = {1};
  for (unsigned i = 0; i < 16; ++i)
    setup.source.push_back(static_cast<uint8_t>(i * 93 + 0x81));
  for (std::string type : {"b16", "u16", "s16"}) {
    Outcome outcome = runClean(
        "ld.global.v4.b16 {h1, h2, h3, h4}, [in];\nld.global.v4.b16 {h5, h6, h7, h8}, [in+8];\n"
        "st.global.v8." +
            type + " [out], {h1, h2, h3, h4, h5, h6, h7, h8};\n",
        setup);
    for (unsigned byte = 0; byte < 32; ++byte)
      ASSERT_EQ(outcome.target[byte], byte < 16 ? setup.source[byte] : 0xee) << type;
    EXPECT_NE(loadError("ld.global.v8." + type + " {h1, h2, h3, h4, h5, h6, h7, h8}, [in];", setup)
                  .find("eight elements of 16 bits are not loaded"),
              std::string::npos);
  }
}

} // namespace mmc::emulator::test
