// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mma.sync of every shape and type, ldmatrix, stmatrix and movmatrix against plain matrices. Where
// a thread's elements lie is written down per shape, as the PTX manual's figures have it.

#include "Instruction.h"
#include "Table.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mmc::emulator::test {

namespace {

/// Row and column of a thread's element i; g is lane / 4, t lane % 4.
struct Place {
  unsigned row, column;
};
using Layout = Place (*)(unsigned i, unsigned g, unsigned t);

struct Shape {
  const char *name;
  unsigned m, k, elementBits;
  Layout a, b; ///< of B the row is along k
};

const Shape shapes[] = {
    {"m16n8k8", 16, 8, 16,
     [](unsigned i, unsigned g, unsigned t) { return Place{i < 2 ? g : g + 8, t * 2 + (i & 1)}; },
     [](unsigned i, unsigned g, unsigned t) { return Place{t * 2 + i, g}; }},
    {"m16n8k16", 16, 16, 16,
     [](unsigned i, unsigned g, unsigned t) {
       return Place{i < 2 || (4 <= i && i < 6) ? g : g + 8, t * 2 + (i & 1) + (i >= 4 ? 8 : 0)};
     },
     [](unsigned i, unsigned g, unsigned t) {
       return Place{t * 2 + (i & 1) + (i >= 2 ? 8 : 0), g};
     }},
    {"m16n8k4", 16, 4, 32,
     [](unsigned i, unsigned g, unsigned t) { return Place{i == 0 ? g : g + 8, t}; },
     [](unsigned, unsigned g, unsigned t) { return Place{t, g}; }},
    {"m16n8k8", 16, 8, 32,
     [](unsigned i, unsigned g, unsigned t) {
       return Place{i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4};
     },
     [](unsigned i, unsigned g, unsigned t) { return Place{i == 0 ? t : t + 4, g}; }},
    {"m8n8k16", 8, 16, 8, [](unsigned i, unsigned g, unsigned t) { return Place{g, t * 4 + i}; },
     [](unsigned i, unsigned g, unsigned t) { return Place{t * 4 + i, g}; }},
    {"m16n8k16", 16, 16, 8,
     [](unsigned i, unsigned g, unsigned t) { return Place{i < 4 ? g : g + 8, t * 4 + (i & 3)}; },
     [](unsigned i, unsigned g, unsigned t) { return Place{t * 4 + i, g}; }},
    {"m16n8k32", 16, 32, 8,
     [](unsigned i, unsigned g, unsigned t) {
       return Place{i < 4 || (8 <= i && i < 12) ? g : g + 8, t * 4 + (i & 3) + (i < 8 ? 0 : 16)};
     },
     [](unsigned i, unsigned g, unsigned t) {
       return Place{t * 4 + (i & 3) + (i < 4 ? 0 : 16), g};
     }},
    {"m8n8k4", 8, 4, 64, [](unsigned, unsigned g, unsigned t) { return Place{g, t}; },
     [](unsigned, unsigned g, unsigned t) { return Place{t, g}; }},
    {"m16n8k4", 16, 4, 64,
     [](unsigned i, unsigned g, unsigned t) { return Place{i == 0 ? g : g + 8, t}; },
     [](unsigned, unsigned g, unsigned t) { return Place{t, g}; }},
    {"m16n8k8", 16, 8, 64,
     [](unsigned i, unsigned g, unsigned t) {
       return Place{i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4};
     },
     [](unsigned i, unsigned g, unsigned t) { return Place{i == 0 ? t : t + 4, g}; }},
    {"m16n8k16", 16, 16, 64,
     [](unsigned i, unsigned g, unsigned t) {
       return Place{i % 2 == 0 ? g : g + 8, t + (i < 2 ? 0 : i < 4 ? 4 : i < 6 ? 8 : 12)};
     },
     [](unsigned i, unsigned g, unsigned t) { return Place{i * 4 + t, g}; }}};

/// Of C and D in every shape here.
Place placeC(unsigned i, unsigned g, unsigned t) { return {i < 2 ? g : g + 8, t * 2 + (i & 1)}; }

using Matrix = std::vector<std::vector<uint64_t>>;

/// Runs `statements` on one warp: `inputs` 64-bit words a lane come in as %x0…, `outputs` go out as
/// %y0….
std::vector<uint64_t> runWarp(const std::string &statements, unsigned inputs,
                              const std::vector<uint64_t> &in, unsigned outputs) {
  // What only the newest chip has.
  const std::string chip = statements.find("kind::") == std::string::npos ? "sm_100" : "sm_120a";
  std::string ptx =
      ".version 8.7\n.target " + chip +
      "\n.address_size 64\n.visible .entry k(.param .u64 in, .param "
      ".u64 out) {\n"
      ".reg .b32 lane, s;\n.reg .b64 p, q, w, %x<" +
      std::to_string(inputs) + ">, %y<" + std::to_string(outputs) +
      ">;\n.reg .b32 %a<8>, %b<8>, %c<8>, %d<8>;\n.shared .align 16 .b8 tile[512];\nmov.u32 lane, "
      "%tid.x;\nld.param.u64 p, [in];\nld.param.u64 q, [out];\n"
      "mul.wide.u32 w, lane, " +
      std::to_string(8 * inputs) + ";\nadd.u64 p, p, w;\nmul.wide.u32 w, lane, " +
      std::to_string(8 * outputs) + ";\nadd.u64 q, q, w;\n";
  for (unsigned i = 0; i < inputs; ++i)
    ptx += "ld.global.b64 %x" + std::to_string(i) + ", [p+" + std::to_string(8 * i) + "];\n";
  ptx += statements + "\n";
  for (unsigned i = 0; i < outputs; ++i)
    ptx += "st.global.b64 [q+" + std::to_string(8 * i) + "], %y" + std::to_string(i) + ";\n";
  keepForAssembler(ptx + "ret;\n}\n", chip);
  Device device(**findChip(chip));
  StatusOr<std::shared_ptr<Module>> module = device.load(ptx + "ret;\n}\n", "matrix");
  std::vector<uint64_t> results(32 * outputs);
  if (!module.isOk()) {
    ADD_FAILURE() << module.status().message() << "\n" << statements;
    return results;
  }
  uint64_t from = *device.memory().allocate(8 * in.size(), "in"),
           to = *device.memory().allocate(8 * results.size(), "out");
  EXPECT_TRUE(device.memory().write(from, in.data(), 8 * in.size()).isOk());
  LaunchConfig config;
  config.block.x = 32;
  LaunchOptions options;
  options.threads = 1;
  LaunchResult result = device.launch(*(*module)->kernel("k"), config, {&from, &to}, options);
  EXPECT_TRUE(result.status.isOk()) << result.status.message();
  EXPECT_TRUE(result.report.violations.empty()) << toText(result.report);
  EXPECT_TRUE(device.memory().read(to, results.data(), 8 * results.size()).isOk());
  return results;
}

/// {%a0, %a1, …}
std::string list(const char *name, unsigned count, unsigned first = 0) {
  std::string text = "{";
  for (unsigned i = first; i < first + count; ++i)
    text += std::string(i > first ? ", %" : "%") + name + std::to_string(i);
  return text + "}";
}

/// D's bits of mma `name` on bits of A[m, k], B[k, 8], C[m, 8].
Matrix multiply(const std::string &name, const Shape &shape, unsigned sumBits, const Matrix &a,
                const Matrix &b, const Matrix &c) {
  unsigned registerBits = shape.elementBits == 64 ? 64 : 32, sumRegister = sumBits == 64 ? 64 : 32;
  unsigned counts[] = {shape.m * shape.k / 32, shape.k * 8 / 32, shape.m * 8 / 32};
  unsigned registers[3], total = 0;
  for (unsigned i = 0; i < 3; ++i)
    total += registers[i] =
        counts[i] * (i < 2 ? shape.elementBits : sumBits) / (i < 2 ? registerBits : sumRegister);
  std::vector<uint64_t> in(32 * total);
  for (unsigned lane = 0; lane < 32; ++lane) {
    unsigned g = lane / 4, t = lane % 4, first = lane * total;
    auto put = [&](const Matrix &matrix, Place place, unsigned i, unsigned bits, unsigned perBits) {
      in[first + i * bits / perBits] |= matrix[place.row][place.column] << i * bits % perBits;
    };
    for (unsigned i = 0; i < counts[0]; ++i)
      put(a, shape.a(i, g, t), i, shape.elementBits, registerBits);
    first += registers[0];
    for (unsigned i = 0; i < counts[1]; ++i)
      put(b, shape.b(i, g, t), i, shape.elementBits, registerBits);
    first += registers[1];
    for (unsigned i = 0; i < counts[2]; ++i)
      put(c, placeC(i, g, t), i, sumBits, sumRegister);
  }
  std::string text;
  const char *names[] = {"a", "b", "c"};
  bool isWide = registerBits == 64;
  for (unsigned i = 0, x = 0; i < 3; ++i)
    for (unsigned j = 0; j < registers[i] && !isWide; ++j)
      text += "cvt.u32.u64 %" + std::string(names[i]) + std::to_string(j) + ", %x" +
              std::to_string(x++) + ";\n";
  text += name + (isWide ? " " + list("y", registers[2]) + ", " + list("x", registers[0]) + ", " +
                               list("x", registers[1], registers[0]) + ", " +
                               list("x", registers[2], registers[0] + registers[1]) + ";\n"
                         : " " + list("d", registers[2]) + ", " + list("a", registers[0]) + ", " +
                               list("b", registers[1]) + ", " + list("c", registers[2]) + ";\n");
  for (unsigned j = 0; j < registers[2] && !isWide; ++j)
    text += "cvt.u64.u32 %y" + std::to_string(j) + ", %d" + std::to_string(j) + ";\n";
  std::vector<uint64_t> out = runWarp(text, total, in, registers[2]);
  Matrix d(shape.m, std::vector<uint64_t>(8));
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < counts[2]; ++i) {
      Place place = placeC(i, lane / 4, lane % 4);
      uint64_t word =
          out[lane * registers[2] + i * sumBits / sumRegister] >> i * sumBits % sumRegister;
      d[place.row][place.column] = sumBits == 64 ? word : word & ((uint64_t(1) << sumBits) - 1);
    }
  return d;
}

/// Bits and values of an element type.
struct Kind {
  const char *name;
  std::function<double(uint64_t)> value;
  std::vector<uint64_t> some; ///< small whole numbers and halves: sums of their products are exact
  std::vector<uint64_t>
      edges; ///< zeros, the smallest, the largest, infinities and NaN where there are
};

template <typename F>
Matrix filled(unsigned rows, unsigned columns, F f) {
  Matrix matrix(rows, std::vector<uint64_t>(columns));
  for (auto &row : matrix)
    for (uint64_t &element : row)
      element = f();
  return matrix;
}

const Shape &shapeOf(const std::string &name, unsigned bits) {
  for (const Shape &shape : shapes)
    if (name == shape.name && bits == shape.elementBits)
      return shape;
  ADD_FAILURE() << "no shape " << name;
  return shapes[0];
}

HalfTable f16(false), bf16(true);
double single(uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); }
double wide(uint64_t bits) { return bitsOf<double>(bits); }
double fp8(uint64_t bits, int mantissaBits, int bias) {
  int exponent = static_cast<int>(bits & 0x7f) >> mantissaBits,
      mantissa = static_cast<int>(bits & ((1u << mantissaBits) - 1));
  double fraction = mantissa / std::ldexp(1.0, mantissaBits),
         size =
             exponent ? std::ldexp(1 + fraction, exponent - bias) : std::ldexp(fraction, 1 - bias);
  if (mantissaBits == 3 && (bits & 0x7f) == 0x7f)
    size = NAN;
  if (mantissaBits == 2 && exponent == 31)
    size = mantissa ? NAN : INFINITY;
  return bits & 0x80 ? -size : size;
}

const Kind kindF16 = {"f16",
                      [](uint64_t b) { return f16.value(static_cast<uint16_t>(b)); },
                      {0x3c00, 0xbc00, 0x4000, 0xc200, 0x3800, 0, 0x8000, 0x4700},
                      {0, 0x8000, 1, 0x8001, 0x03ff, 0x0400, 0x7bff, 0xfbff, 0x3c00, 0x3c01, 0xbc00,
                       0x7c00, 0xfc00, 0x7e00}};
const Kind kindBf16 = {"bf16",
                       [](uint64_t b) { return bf16.value(static_cast<uint16_t>(b)); },
                       {0x3f80, 0xbf80, 0x4000, 0xc040, 0x3f00, 0, 0x8000, 0x40e0},
                       {0, 0x8000, 1, 0x8001, 0x007f, 0x0080, 0x7f7f, 0xff7f, 0x3f80, 0x3f81,
                        0xbf80, 0x7f80, 0xff80, 0x7fc0}};
const Kind kindTf32 = {
    "tf32",
    single,
    {0x3f800000, 0xbf800000, 0x40000000, 0xc0400000, 0x3f000000, 0, 0x80000000, 0x3f802000},
    {0, 0x80000000, 0x2000, 0x80002000, 0x00800000, 0x7f7fe000, 0xff7fe000, 0x3f800000, 0x3f802000,
     0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000}};
const Kind kindF64 = {"f64",
                      wide,
                      {0x3ff0000000000000, 0xbff0000000000000, 0x4000000000000000,
                       0xc008000000000000, 0, 0x8000000000000000},
                      {0, 0x8000000000000000, 0x3ff0000000000000, 0x3ff0000000000000,
                       0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
                       0x7ff8000000000000}};
const Kind kindE4m3 = {"e4m3",
                       [](uint64_t b) { return fp8(b, 3, 7); },
                       {0x38, 0xb8, 0x40, 0xc4, 0x30, 0, 0x80, 0x4e},
                       {0, 0x80, 1, 0x81, 7, 8, 0x7e, 0xfe, 0x38, 0x39, 0x7f}};
double fp6(uint64_t bits, int mantissaBits, int bias) {
  int exponent = static_cast<int>(bits & 0x1f) >> mantissaBits,
      mantissa = static_cast<int>(bits & ((1u << mantissaBits) - 1));
  double fraction = std::ldexp(mantissa, -mantissaBits),
         size =
             exponent ? std::ldexp(1 + fraction, exponent - bias) : std::ldexp(fraction, 1 - bias);
  return bits & 0x20 ? -size : size;
}
/// In bytes: the lower six bits, or the four in the middle.
const Kind kindE3m2 = {"e3m2",
                       [](uint64_t b) { return fp6(b, 2, 3); },
                       {0x0c, 0x2c, 0x10, 0x32, 0x08, 0, 0x20, 0x17},
                       {0, 0x20, 1, 0x21, 3, 4, 0x1f, 0x3f, 0x0c}};
const Kind kindE2m3 = {"e2m3",
                       [](uint64_t b) { return fp6(b, 3, 1); },
                       {0x08, 0x28, 0x10, 0x34, 0x04, 0, 0x20, 0x1e},
                       {0, 0x20, 1, 0x21, 7, 8, 0x1f, 0x3f, 0x08}};
const Kind kindE2m1 = {"e2m1",
                       [](uint64_t b) {
                         const double sizes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
                         return (b & 0x20 ? -1 : 1) * sizes[b >> 2 & 7];
                       },
                       {0x08, 0x28, 0x10, 0x34, 0x04, 0, 0x20, 0x1c},
                       {0, 0x20, 0x04, 0x24, 0x0c, 0x1c, 0x3c}};
const Kind kindE5m2 = {"e5m2",
                       [](uint64_t b) { return fp8(b, 2, 15); },
                       {0x3c, 0xbc, 0x40, 0xc2, 0x38, 0, 0x80, 0x47},
                       {0, 0x80, 1, 0x81, 3, 4, 0x7b, 0xfb, 0x3c, 0x3d, 0x7c, 0xfc, 0x7e}};

/// Sums in f16, f32 or f64: exact on small numbers. On edges, one element a row of A is an edge and
/// one a column of B, so that a sum has at most three terms other than zero and needs one rounding.
void floating(const std::string &shapeName, const Kind &a, const Kind &b, unsigned elementBits,
              const std::string &sum, const std::string &kind = "") {
  const Shape &shape = shapeOf(shapeName, elementBits);
  unsigned sumBits = sum == "f16" ? 16 : sum == "f32" ? 32 : 64;
  auto valueC = [&](uint64_t bits) {
    return sumBits == 16   ? f16.value(static_cast<uint16_t>(bits))
           : sumBits == 32 ? single(bits)
                           : wide(bits);
  };
  std::vector<uint64_t> someC = sumBits == 16   ? kindF16.some
                                : sumBits == 32 ? kindTf32.some
                                                : kindF64.some;
  std::vector<uint64_t> edgesC = sumBits == 16   ? kindF16.edges
                                 : sumBits == 32 ? kindTf32.edges
                                                 : kindF64.edges;
  std::string name = "mma.sync.aligned." + shapeName + ".row.col" + kind + "." + sum + "." +
                     a.name + "." + b.name + "." + sum;
  std::mt19937 random(7);
  auto pick = [&](const std::vector<uint64_t> &from) { return from[random() % from.size()]; };
  for (unsigned round = 0; round < 40; ++round) {
    Matrix x, y, z;
    if (round < 4) {
      x = filled(shape.m, shape.k, [&] { return pick(a.some); });
      y = filled(shape.k, 8, [&] { return pick(b.some); });
      z = filled(shape.m, 8, [&] { return pick(someC); });
    } else {
      x = filled(shape.m, shape.k, [] { return 0; });
      y = filled(shape.k, 8, [] { return 0; });
      z = filled(shape.m, 8, [&] { return round % 2 ? 0 : pick(edgesC); });
      unsigned at = random() % shape.k;
      for (auto &row : x)
        row[at] = pick(a.edges);
      for (uint64_t &element : y[at])
        element = pick(b.edges);
    }
    Matrix got = multiply(name, shape, sumBits, x, y, z);
    for (unsigned i = 0; i < shape.m; ++i)
      for (unsigned j = 0; j < 8; ++j) {
        __float128 exact = valueC(z[i][j]);
        for (unsigned l = 0; l < shape.k; ++l)
          exact +=
              static_cast<__float128>(a.value(x[i][l])) * static_cast<__float128>(b.value(y[l][j]));
        double is = valueC(got[i][j]);
        double want = sumBits == 16   ? f16.value(f16.round(exact, "rn"))
                      : sumBits == 32 ? static_cast<double>(static_cast<float>(exact))
                                      : static_cast<double>(exact);
        // PTX leaves the rounding of the sums open: one step of the result.
        double step = sumBits == 64 ? 0 : std::ldexp(1.0, sumBits == 16 ? -10 : -23);
        ASSERT_TRUE(
            is == want || (std::isnan(is) && std::isnan(want)) ||
            (std::isfinite(want) && round >= 4 && std::fabs(is - want) <= step * std::fabs(want)))
            << name << " at " << i << ", " << j << ": got " << is << " != " << want;
      }
  }
}

} // namespace

TEST(MatrixInstruction, Halves) {
  for (const char *shape : {"m16n8k8", "m16n8k16"}) {
    floating(shape, kindF16, kindF16, 16, "f32");
    floating(shape, kindF16, kindF16, 16, "f16");
    floating(shape, kindBf16, kindBf16, 16, "f32");
  }
}
TEST(MatrixInstruction, Tf32) {
  floating("m16n8k4", kindTf32, kindTf32, 32, "f32");
  floating("m16n8k8", kindTf32, kindTf32, 32, "f32");
}
TEST(MatrixInstruction, Fp8) {
  for (const Kind *a : {&kindE4m3, &kindE5m2})
    for (const Kind *b : {&kindE4m3, &kindE5m2})
      for (const char *shape : {"m16n8k16", "m16n8k32"})
        for (const char *sum : {"f16", "f32"})
          floating(shape, *a, *b, 8, sum);
}
TEST(MatrixInstruction, Fp8Fp6Fp4) {
  const Kind *kinds[] = {&kindE4m3, &kindE5m2, &kindE3m2, &kindE2m3, &kindE2m1};
  for (const Kind *a : kinds)
    for (const Kind *b : kinds)
      for (const char *sum : {"f16", "f32"})
        floating("m16n8k32", *a, *b, 8, sum, ".kind::f8f6f4");
}
TEST(MatrixInstruction, Doubles) {
  for (const char *shape : {"m8n8k4", "m16n8k4", "m16n8k8", "m16n8k16"})
    floating(shape, kindF64, kindF64, 64, "f64");
}

/// Of all bytes; sums beyond 32 bits wrap, or stop with .satfinite.
TEST(MatrixInstruction, Bytes) {
  std::mt19937 random(11);
  for (const char *shapeName : {"m8n8k16", "m16n8k16", "m16n8k32"})
    for (bool sa : {false, true})
      for (bool sb : {false, true})
        for (bool saturates : {false, true})
          for (unsigned round = 0; round < 6; ++round) {
            const Shape &shape = shapeOf(shapeName, 8);
            constexpr uint64_t extremes[] = {0,          1,          0x7f,       0x80,      0xff,
                                             0x7fffffff, 0x80000000, 0x7fff0000, 0x8000ffff};
            Matrix a = filled(shape.m, shape.k,
                              [&] { return round < 2 ? random() & 255 : extremes[random() % 5]; });
            Matrix b = filled(shape.k, 8,
                              [&] { return round < 2 ? random() & 255 : extremes[random() % 5]; });
            Matrix c =
                filled(shape.m, 8, [&] { return round % 2 ? random() : extremes[random() % 9]; });
            std::string name = std::string("mma.sync.aligned.") + shapeName + ".row.col" +
                               (saturates ? ".satfinite" : "") + ".s32." + (sa ? "s8" : "u8") +
                               (sb ? ".s8" : ".u8") + ".s32";
            Matrix got = multiply(name, shape, 32, a, b, c);
            for (unsigned i = 0; i < shape.m; ++i)
              for (unsigned j = 0; j < 8; ++j) {
                int64_t sum = static_cast<int32_t>(c[i][j]);
                for (unsigned l = 0; l < shape.k; ++l)
                  sum +=
                      (sa ? int64_t(static_cast<int8_t>(a[i][l])) : static_cast<int64_t>(a[i][l])) *
                      (sb ? int64_t(static_cast<int8_t>(b[l][j])) : static_cast<int64_t>(b[l][j]));
                if (saturates)
                  sum = std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX);
                ASSERT_EQ(got[i][j], static_cast<uint32_t>(sum))
                    << name << " at " << i << ", " << j;
              }
          }
}

/// Tile r is 8 rows of 8 halves; lane 8 r + i names row i of it. Element (i, j) is 64 r + 8 i + j.
TEST(MatrixInstruction, LoadsAndStores) {
  for (unsigned tiles : {1u, 2u, 4u})
    for (unsigned form = 0; form < 6; ++form) {
      bool transposed = form % 2;
      const std::string space[] = {".shared", ".shared::cta", ""}, &own = space[form / 2];
      std::string kind = ".sync.aligned.m8n8.x" + std::to_string(tiles) +
                         (transposed ? ".trans" : "") + own + ".b16 ",
                  address = own.empty() ? "[generic]" : "[s]";
      // Each lane writes 8 halves in order, then names them as a row.
      std::string setup = "mov.u32 s, tile;\nmad.lo.u32 s, lane, 16, s;\n.reg .b64 generic;\n"
                          "cvt.u64.u32 generic, s;\ncvta.shared.u64 generic, generic;\n";
      std::string load = setup +
                         "st.shared.v2.b64 [s], {%x0, %x1};\nbar.warp.sync 0xffffffff;\nldmatrix" +
                         kind + list("a", tiles) + ", " + address + ";\n";
      for (unsigned r = 0; r < 4; ++r)
        load +=
            "mov.b64 %y" + std::to_string(r) + ", 0;\n" +
            (r < tiles ? "cvt.u64.u32 %y" + std::to_string(r) + ", %a" + std::to_string(r) + ";\n"
                       : "");
      std::vector<uint64_t> in(64);
      for (uint64_t i = 0; i < 256; ++i)
        in[i / 4] |= i << 16 * (i % 4);
      std::vector<uint64_t> out = runWarp(load, 2, in, 4);
      auto element = [&](unsigned r, unsigned lane, unsigned half) -> uint64_t {
        unsigned i = lane / 4, j = 2 * (lane % 4) + half;
        return 64 * r + (transposed ? 8 * j + i : 8 * i + j);
      };
      for (unsigned lane = 0; lane < 32; ++lane)
        for (unsigned r = 0; r < 4; ++r)
          ASSERT_EQ(out[4 * lane + r],
                    r < tiles ? element(r, lane, 0) | element(r, lane, 1) << 16 : 0)
              << "ldmatrix" << kind << lane << " " << r;
      // The other way: fragments go in, rows come out.
      std::string store =
          setup + "mov.b64 %y0, 0;\nst.shared.v2.b64 [s], {%y0, %y0};\nbar.warp.sync 0xffffffff;\n";
      std::vector<uint64_t> fragments(128);
      for (unsigned r = 0; r < tiles; ++r) {
        store += "cvt.u32.u64 %a" + std::to_string(r) + ", %x" + std::to_string(r) + ";\n";
        for (unsigned lane = 0; lane < 32; ++lane)
          fragments[4 * lane + r] = element(r, lane, 0) | element(r, lane, 1) << 16;
      }
      store += "stmatrix" + kind + address + ", " + list("a", tiles) +
               ";\nbar.warp.sync 0xffffffff;\nld.shared.v2.b64 {%y0, %y1}, [s];\n";
      std::vector<uint64_t> rows = runWarp(store, 4, fragments, 2);
      for (unsigned i = 0; i < 64; ++i)
        ASSERT_EQ(rows[i], i / 16 < tiles ? in[i] : 0) << "stmatrix" << kind << i;
    }
}

TEST(MatrixInstruction, Moves) {
  std::vector<uint64_t> in(32);
  for (uint64_t lane = 0; lane < 32; ++lane)
    in[lane] = (2 * lane) | (2 * lane + 1) << 16;
  std::vector<uint64_t> out =
      runWarp("cvt.u32.u64 %a0, %x0;\nmovmatrix.sync.aligned.m8n8.trans.b16 %b0, %a0;\ncvt.u64.u32 "
              "%y0, %b0;\n",
              1, in, 1);
  for (unsigned lane = 0; lane < 32; ++lane) {
    uint64_t row = lane / 4, column = 2 * (lane % 4);
    ASSERT_EQ(out[lane], (8 * column + row) | (8 * (column + 1) + row) << 16) << lane;
  }
}

} // namespace mmc::emulator::test
