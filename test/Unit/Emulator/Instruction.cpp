// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs one instruction on many operands.

#include "Instruction.h"
#include "Table.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mmc::emulator::test {

std::vector<uint64_t> execute(const std::string &text, const std::vector<unsigned> &bits,
                              const std::vector<std::vector<uint64_t>> &rows) {
  size_t operands = bits.size() - 1;
  std::string ptx = ".version 8.8\n.target sm_100a\n.address_size 64\n.visible .entry k(.param "
                    ".u64 in, .param .u64 out, .param .u32 n) {\n"
                    ".reg .pred inside, p, q;\n.reg .b32 i, t, n1;\n.reg .b64 x, y, w;\n.reg .b" +
                    std::to_string(bits[0]) + " d;\n";
  const char *names[] = {"a", "b", "c"};
  for (size_t i = 0; i < operands; ++i)
    ptx += ".reg .b" + std::to_string(bits[i + 1]) + " " + names[i] + ";\n";
  ptx += "mov.u32 i, %ctaid.x;\nmov.u32 t, %ntid.x;\nmul.lo.u32 i, i, t;\nmov.u32 t, "
         "%tid.x;\nadd.u32 i, i, t;\n"
         "ld.param.u32 n1, [n];\nsetp.ge.u32 inside, i, n1;\n@inside exit;\nld.param.u64 x, "
         "[in];\nld.param.u64 y, [out];\n"
         "mul.wide.u32 w, i, " +
         std::to_string(8 * operands) +
         ";\nadd.u64 x, x, w;\nmul.wide.u32 w, i, 8;\nadd.u64 y, y, w;\n";
  for (size_t i = 0; i < operands; ++i)
    ptx += "ld.global.b" + std::to_string(bits[i + 1]) + " " + names[i] + ", [x+" +
           std::to_string(8 * i) + "];\n";
  ptx += "mov.b" + std::to_string(bits[0]) + " d, 0;\n" + text + "\nst.global.b" +
         std::to_string(bits[0]) + " [y], d;\nret;\n}\n";
  keepForAssembler(ptx, "sm_100a");
  Device device(**findChip("sm_100a"));
  StatusOr<std::shared_ptr<Module>> module = device.load(ptx, text);
  if (!module.isOk()) {
    ADD_FAILURE() << module.status().message();
    return {};
  }
  std::vector<uint64_t> flat, results(rows.size());
  for (const std::vector<uint64_t> &row : rows)
    flat.insert(flat.end(), row.begin(), row.end());
  uint64_t in = *device.memory().allocate(8 * flat.size(), "in"),
           out = *device.memory().allocate(8 * rows.size(), "out");
  EXPECT_TRUE(device.memory().write(in, flat.data(), 8 * flat.size()).isOk());
  EXPECT_TRUE(device.memory().fill(out, 0, 4, 2 * rows.size()).isOk());
  uint32_t n = static_cast<uint32_t>(rows.size());
  LaunchConfig config;
  config.grid.x = (n + 127) / 128;
  config.block.x = 128;
  LaunchOptions options;
  options.threads = 1;
  options.checkRaces = false;
  LaunchResult result = device.launch(*(*module)->kernel("k"), config, {&in, &out, &n}, options);
  EXPECT_TRUE(result.status.isOk()) << result.status.message();
  EXPECT_TRUE(result.report.violations.empty()) << toText(result.report);
  EXPECT_TRUE(device.memory().read(out, results.data(), 8 * rows.size()).isOk());
  return results;
}

void compare(const std::string &text, const std::vector<unsigned> &bits,
             const std::vector<std::vector<uint64_t>> &values,
             const std::function<uint64_t(const std::vector<uint64_t> &)> &model) {
  std::vector<std::vector<uint64_t>> rows = {{}};
  for (const std::vector<uint64_t> &choices : values) {
    std::vector<std::vector<uint64_t>> longer;
    for (const std::vector<uint64_t> &row : rows)
      for (uint64_t choice : choices) {
        longer.push_back(row);
        longer.back().push_back(choice);
      }
    rows = std::move(longer);
  }
  std::vector<uint64_t> results = execute(text, bits, rows);
  if (results.size() != rows.size())
    return;
  unsigned shown = 0;
  for (size_t i = 0; i < rows.size() && shown < 5; ++i) {
    uint64_t want = model(rows[i]);
    if (results[i] == want)
      continue;
    ++shown;
    std::string operands;
    char number[32];
    for (uint64_t value : rows[i]) {
      std::snprintf(number, sizeof number, " 0x%llx", static_cast<unsigned long long>(value));
      operands += number;
    }
    ADD_FAILURE() << text << " of" << operands << std::hex << ": got 0x" << results[i] << " != 0x"
                  << want;
  }
}

std::vector<uint64_t> singleEdges() {
  std::vector<uint64_t> list;
  for (uint32_t size :
       {0u,          1u,          0x7fffffu,   0x800000u,   0x800001u,   0x3f800000u,
        0x3f800001u, 0x3f7fffffu, 0x40490fdbu, 0x3eaaaaabu, 0x4b7fffffu, 0x4b800000u,
        0x34000000u, 0x33800001u, 0x7f7fffffu, 0x7f000000u, 0x7e800001u, 0x7f800000u,
        0x7fc00000u, 0x00400000u, 0x5f000000u, 0x40200000u})
    for (uint32_t sign : {0u, 0x80000000u})
      list.push_back(size | sign);
  return list;
}

std::vector<uint64_t> doubleEdges() {
  std::vector<uint64_t> list;
  for (uint64_t size :
       {0x0ull, 0x1ull, 0xfffffffffffffull, 0x10000000000000ull, 0x3ff0000000000000ull,
        0x3ff0000000000001ull, 0x3fefffffffffffffull, 0x400921fb54442d18ull, 0x3fd5555555555555ull,
        0x4340000000000001ull, 0x7fefffffffffffffull, 0x7ff0000000000000ull, 0x3ca0000000000000ull})
    for (uint64_t sign : {0x0ull, 0x8000000000000000ull})
      list.push_back(size | sign);
  return list;
}

std::vector<uint64_t> halfEdges() {
  std::vector<uint64_t> list;
  for (uint16_t size :
       {0x0,    0x1,    0x2,    0x3ff,  0x400,  0x401,  0x3c00, 0x3c01, 0x3bff, 0x3555,
        0x4248, 0x6400, 0x67ff, 0x7bff, 0x7800, 0x7c00, 0x7e00, 0x0200, 0x1000, 0x5640})
    for (uint16_t sign : {0x0, 0x8000})
      list.push_back(size | sign);
  return list;
}

std::vector<uint64_t> integerEdges(unsigned bits) {
  uint64_t all = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1, top = uint64_t(1)
                                                                              << (bits - 1);
  std::vector<uint64_t> list = {0,       1,       2,           3,          7,
                                10,      all,     all - 1,     top,        top - 1,
                                top + 1, all / 3, all / 5 * 2, 0x5a & all, (top >> 1) + 5};
  return list;
}

std::vector<uint64_t> singlesAround(const std::vector<float> &numbers, float beyond) {
  std::vector<uint64_t> list = singleEdges();
  for (size_t i = 0; i < numbers.size(); ++i) {
    float low = numbers[i], middle = (low + (i + 1 < numbers.size() ? numbers[i + 1] : beyond)) / 2;
    for (float v : {low, middle, std::nextafter(low, 0.0f), std::nextafter(low, INFINITY),
                    std::nextafter(middle, 0.0f), std::nextafter(middle, INFINITY)})
      for (float sign : {1.0f, -1.0f})
        list.push_back(bitsOf<uint32_t>(sign * v));
  }
  return list;
}

HalfTable::HalfTable(bool isBf16) : values(65536), infinity(isBf16 ? 0x7f80 : 0x7c00) {
  unsigned mantissaBits = isBf16 ? 7 : 10;
  int bias = isBf16 ? 127 : 15;
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    int exponent = static_cast<int>((bits & 0x7fff) >> mantissaBits);
    double mantissa = bits & ((1u << mantissaBits) - 1), one = 1u << mantissaBits;
    double size = exponent ? (one + mantissa) / one * std::pow(2.0, exponent - bias)
                           : mantissa / one * std::pow(2.0, 1 - bias);
    if ((bits & 0x7fff) >= infinity)
      size = (bits & 0x7fff) == infinity ? std::numeric_limits<double>::infinity()
                                         : std::numeric_limits<double>::quiet_NaN();
    values[bits] = bits & 0x8000 ? -size : size;
  }
}

uint16_t HalfTable::round(__float128 exact, const char *mode) const {
  if (exact != exact)
    return 0x7fff;
  bool negative = exact < 0 || (exact == 0 && std::signbit(static_cast<double>(exact)));
  __float128 size = negative ? -exact : exact;
  uint16_t sign = negative ? 0x8000 : 0;
  if (size > std::numeric_limits<double>::max())
    return sign | infinity;
  // The largest finite number that is not above.
  uint16_t low = 0, high = infinity;
  while (high - low > 1) {
    uint16_t middle = static_cast<uint16_t>((low + high) / 2);
    (values[middle] <= size ? low : high) = middle;
  }
  if (values[low] == size)
    return sign | low;
  std::string how = mode;
  if (how == "rz" || (how == "rm" && !negative) || (how == "rp" && negative))
    return sign | low;
  if (how != "rn")
    return sign | high;
  // What would come behind the largest number, were there no infinity.
  __float128 next = high == infinity ? 2 * static_cast<__float128>(values[low]) - values[low - 1]
                                     : static_cast<__float128>(values[high]);
  __float128 below = size - values[low], above = next - size;
  if (below != above)
    return sign | (below < above ? low : high);
  return sign | (low & 1 ? high : low);
}

} // namespace mmc::emulator::test
