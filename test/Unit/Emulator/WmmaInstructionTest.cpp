// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// wmma of every shape, type, layout and space against plain matrices; no thread's part is looked
// at, the manual does not say which elements it has.

#include "Instruction.h"
#include "Statements.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace mmc::emulator::test {

namespace {

struct Shape {
  const char *name;
  unsigned m, n, k;
};
const Shape halfShapes[] = {
    {"m16n16k16", 16, 16, 16}, {"m32n8k16", 32, 8, 16}, {"m8n32k16", 8, 32, 16}};
const Shape tf32Shape = {"m16n16k8", 16, 16, 8}, doubleShape = {"m8n8k4", 8, 8, 4};

/// How elements of a type are kept, and how many registers a thread has for `elements` of them.
struct Kind {
  const char *name;
  unsigned bytes;
  double (*value)(uint64_t);
  uint64_t (*bits)(double); ///< of a value that the type has
};

HalfTable f16(false), bf16(true);
double single(uint64_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits)); }
uint64_t singleBits(double value) { return bitsOf<uint32_t>(static_cast<float>(value)); }
const Kind kinds[] = {
    {"f16", 2, [](uint64_t b) { return f16.value(static_cast<uint16_t>(b)); },
     [](double v) -> uint64_t { return f16.round(v, "rn"); }},
    {"bf16", 2, [](uint64_t b) { return bf16.value(static_cast<uint16_t>(b)); },
     [](double v) -> uint64_t { return bf16.round(v, "rn"); }},
    {"tf32", 4, single, [](double v) { return singleBits(v) & 0xffffe000; }},
    {"s8", 1, [](uint64_t b) { return static_cast<double>(static_cast<int8_t>(b)); },
     [](double v) -> uint64_t { return static_cast<uint8_t>(static_cast<int>(v)); }},
    {"u8", 1, [](uint64_t b) { return static_cast<double>(b); },
     [](double v) -> uint64_t { return static_cast<uint8_t>(v); }},
    {"f64", 8, [](uint64_t b) { return bitsOf<double>(b); },
     [](double v) { return bitsOf<uint64_t>(v); }},
    {"f32", 4, single, singleBits},
    {"s32", 4, [](uint64_t b) { return static_cast<double>(static_cast<int32_t>(b)); },
     [](double v) -> uint64_t { return static_cast<uint32_t>(static_cast<int64_t>(v)); }}};
const Kind &kind(const std::string &name) {
  for (const Kind &one : kinds)
    if (name == one.name)
      return one;
  ADD_FAILURE() << "no type " << name;
  return kinds[0];
}

/// A matrix in memory, packed into words, rows or columns apart by `leading` elements.
struct Matrix {
  const Kind &type;
  unsigned rows, columns;
  bool isColumn;
  unsigned leading;
  std::vector<uint8_t> bytes;

  Matrix(const Kind &type, unsigned rows, unsigned columns, bool isColumn, unsigned leading)
      : type(type), rows(rows), columns(columns), isColumn(isColumn), leading(leading),
        bytes((leading * (isColumn ? columns : rows) * type.bytes + 63) / 64 * 64) {}
  size_t at(unsigned row, unsigned column) const {
    return (isColumn ? column * leading + row : row * leading + column) * type.bytes;
  }
  void set(unsigned row, unsigned column, double value) {
    uint64_t bits = type.bits(value);
    std::memcpy(&bytes[at(row, column)], &bits, type.bytes);
  }
  double get(unsigned row, unsigned column) const {
    uint64_t bits = 0;
    std::memcpy(&bits, &bytes[at(row, column)], type.bytes);
    return type.value(bits);
  }
  void appendTo(std::vector<uint64_t> &words) const {
    size_t first = words.size();
    words.resize(first + bytes.size() / 8);
    std::memcpy(&words[first], bytes.data(), bytes.size());
  }
};

std::string list(const std::string &name, unsigned count) {
  std::string text = "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", " : "") + name + std::to_string(i);
  return text + "}";
}

struct Case {
  Shape shape;
  std::string element, sumIn, sumOut;
  bool columns[4];   ///< of A, B, C, D
  std::string space; ///< where the matrices are
  bool hasStride;
  bool saturates = false;
};

/// Registers of a part: PTX fixes how many.
unsigned registersOf(const Case &c, char part) {
  unsigned elements = (part == 'a'   ? c.shape.m * c.shape.k
                       : part == 'b' ? c.shape.k * c.shape.n
                                     : c.shape.m * c.shape.n) /
                      32;
  std::string type = part == 'c' ? c.sumIn : part == 'd' ? c.sumOut : c.element;
  if (type == "f16" && part < 'c')
    return 8;
  return std::max(1u, elements * kind(type).bytes / std::max(4u, kind(type).bytes));
}

using Fill = std::function<double(char part)>;

void check(const Case &c, const Fill &fill, double tolerance) {
  const Kind &element = kind(c.element), &in = kind(c.sumIn), &out = kind(c.sumOut);
  auto leading = [&](unsigned fast, unsigned bytes) {
    return c.hasStride ? fast + 32 / bytes : fast;
  };
  auto make = [&](const Kind &type, unsigned rows, unsigned columns, bool isColumn) {
    return Matrix(type, rows, columns, isColumn, leading(isColumn ? rows : columns, type.bytes));
  };
  Matrix a = make(element, c.shape.m, c.shape.k, c.columns[0]),
         b = make(element, c.shape.k, c.shape.n, c.columns[1]),
         sum = make(in, c.shape.m, c.shape.n, c.columns[2]),
         result = make(out, c.shape.m, c.shape.n, c.columns[3]);
  auto fillWith = [&](Matrix &matrix, char part) {
    for (unsigned i = 0; i < matrix.rows; ++i)
      for (unsigned j = 0; j < matrix.columns; ++j)
        matrix.set(i, j, fill(part));
  };
  fillWith(a, 'a'), fillWith(b, 'b'), fillWith(sum, 'c');
  std::vector<uint64_t> words;
  size_t offsets[3];
  const Matrix *inputs[] = {&a, &b, &sum};
  for (unsigned i = 0; i < 3; ++i)
    offsets[i] = 8 * words.size(), inputs[i]->appendTo(words);
  bool isShared = c.space != ".global", isGeneric = c.space.empty();
  std::string registers, text;
  for (char part : {'a', 'b', 'c', 'd'}) {
    std::string type = part == 'c' ? c.sumIn : part == 'd' ? c.sumOut : c.element;
    std::string held = type == "f64" || (part >= 'c' && type != "f16") ? "." + type : ".b32";
    registers += ".reg " + held + " " + part + "<" + std::to_string(registersOf(c, part)) + ">;\n";
  }
  // In shared memory: copied there by one thread, and back.
  text = registers + ".reg .b64 at, word;\n.reg .b32 i, s, t;\n.reg .pred p;\n";
  if (isShared)
    text += ".shared .align 64 .b8 tile[" + std::to_string(8 * words.size() + result.bytes.size()) +
            "];\nmov.u32 t, tile;\nmov.u32 i, lane;\n" +
            "copy_in:\nmul.wide.u32 at, i, 8;\nadd.u64 at, at, in;\nld.global.b64 word, "
            "[at];\nmad.lo.u32 s, i, 8, 0;\nadd.u32 s, s, t;\nst.shared.b64 [s], word;\n"
            "add.u32 i, i, 32;\nsetp.lt.u32 p, i, " +
            std::to_string(words.size()) + ";\n@p bra copy_in;\nbar.warp.sync 0xffffffff;\n" +
            (isGeneric ? "cvta.shared.u64 in, tile;\n" : "");
  std::string base = isShared && !isGeneric ? "tile" : "in";
  auto target = [&](size_t offset) {
    return (isShared ? base : "out") + "+" +
           std::to_string(offset + (isShared ? 8 * words.size() : 0));
  };
  auto layout = [&](unsigned i) { return c.columns[i] ? ".col." : ".row."; };
  auto stride = [&](const Matrix &matrix) {
    return c.hasStride ? ", " + std::to_string(matrix.leading) : std::string();
  };
  const char parts[] = {'a', 'b', 'c'};
  for (unsigned i = 0; i < 3; ++i)
    text += std::string("wmma.load.") + parts[i] + ".sync.aligned" + layout(i) + c.shape.name +
            c.space + "." + (i < 2 ? c.element : c.sumIn) + " " +
            list(std::string(1, parts[i]), registersOf(c, parts[i])) + ", [" + base + "+" +
            std::to_string(offsets[i]) + "]" + stride(*inputs[i]) + ";\n";
  bool isF16 = c.element == "f16";
  text += std::string("wmma.mma.sync.aligned") + layout(0) + (c.columns[1] ? "col." : "row.") +
          c.shape.name + "." + c.sumOut + (isF16 ? "." : "." + c.element + "." + c.element + ".") +
          c.sumIn + (c.saturates ? ".satfinite " : " ") + list("d", registersOf(c, 'd')) + ", " +
          list("a", registersOf(c, 'a')) + ", " + list("b", registersOf(c, 'b')) + ", " +
          list("c", registersOf(c, 'c')) + ";\n";
  text += std::string("wmma.store.d.sync.aligned") + layout(3) + c.shape.name + c.space + "." +
          c.sumOut + " [" + target(0) + "], " + list("d", registersOf(c, 'd')) + stride(result) +
          ";\n";
  if (isShared) // of each row or column, what is there
    for (unsigned major = 0; major < (result.isColumn ? result.columns : result.rows); ++major) {
      unsigned begin = major * result.leading * out.bytes,
               count = (result.isColumn ? result.rows : result.columns) * out.bytes / 8;
      text += std::string(
          major ? "" : "bar.warp.sync 0xffffffff;\nsetp.eq.u32 p, lane, 0;\n@!p bra over;\n");
      for (unsigned i = 0; i < count; ++i) {
        text += "ld" + std::string(isGeneric ? "" : ".shared") + ".b64 word, [" +
                target(begin + 8 * i) + "];\nst.global.b64 [out+" + std::to_string(begin + 8 * i) +
                "], word;\n";
      }
    }
  text += isShared ? "over:\n" : "";
  std::vector<uint64_t> got = runStatements(text, result.bytes.size() / 8, 32, 80, words);
  std::memcpy(result.bytes.data(), got.data(), result.bytes.size());
  for (unsigned i = 0; i < c.shape.m; ++i)
    for (unsigned j = 0; j < c.shape.n; ++j) {
      __float128 exact = sum.get(i, j);
      for (unsigned k = 0; k < c.shape.k; ++k)
        exact += static_cast<__float128>(a.get(i, k)) * static_cast<__float128>(b.get(k, j));
      double want = static_cast<double>(exact);
      if (c.sumOut == "s32")
        want = c.saturates ? std::fmin(std::fmax(want, -2147483648.0), 2147483647.0)
                           : static_cast<double>(static_cast<int32_t>(static_cast<int64_t>(want)));
      else
        want = out.value(out.bits(want));
      double is = result.get(i, j);
      ASSERT_TRUE(is == want || (std::isnan(is) && std::isnan(want)) ||
                  std::fabs(is - want) <= tolerance * std::fabs(want))
          << text << "at " << i << ", " << j << ": got " << is << " != " << want;
    }
}

/// Every combination of layouts, in each space, with and without a stride; small whole numbers,
/// then others.
void forms(const Shape &shape, const std::string &element, const std::string &in,
           const std::string &out, double step) {
  std::mt19937 random(3);
  unsigned number = 0;
  for (unsigned layouts = 0; layouts < 16; ++layouts) {
    const char *spaces[] = {".global", ".shared", "", ".shared::cta"};
    Case c{shape,
           element,
           in,
           out,
           {bool(layouts & 1), bool(layouts & 2), bool(layouts & 4), bool(layouts & 8)},
           spaces[(layouts + layouts / 4) % 4],
           ++number % 4 != 0};
    bool isUnsigned = element == "u8";
    check(
        c,
        [&](char) {
          return static_cast<double>(static_cast<int>(random() % 9) - (isUnsigned ? 0 : 4));
        },
        0);
    if (step)
      check(c, [&](char) { return random() / 2147483648.0 - 1; }, step);
    else if (element != "f64")
      check(
          c,
          [&](char part) {
            return part == 'c' ? static_cast<double>(static_cast<int32_t>(random()))
                               : static_cast<double>(static_cast<int>(random() % 256) -
                                                     (isUnsigned ? 0 : 128));
          },
          0);
  }
}

} // namespace

TEST(WmmaInstruction, F16) {
  for (const Shape &shape : halfShapes)
    for (const char *in : {"f16", "f32"})
      for (const char *out : {"f16", "f32"})
        forms(shape, "f16", in, out,
              std::string(out) == "f16" ? std::ldexp(1, -10) : std::ldexp(1, -23));
}
TEST(WmmaInstruction, Bf16) {
  for (const Shape &shape : halfShapes)
    forms(shape, "bf16", "f32", "f32", std::ldexp(1, -23));
}
TEST(WmmaInstruction, Tf32) { forms(tf32Shape, "tf32", "f32", "f32", std::ldexp(1, -23)); }
TEST(WmmaInstruction, F64) { forms(doubleShape, "f64", "f64", "f64", 0); }
TEST(WmmaInstruction, Bytes) {
  for (const Shape &shape : halfShapes)
    for (const char *element : {"s8", "u8"})
      forms(shape, element, "s32", "s32", 0);
}
TEST(WmmaInstruction, Saturates) {
  std::mt19937 random(5);
  for (bool saturates : {false, true}) {
    Case c{halfShapes[1], "s8", "s32",    "s32", {false, true, false, false},
           ".global",     true, saturates};
    check(
        c,
        [&](char part) {
          return part == 'c' ? (random() % 2 ? 2147483647.0 : -2147483648.0)
                             : static_cast<double>(static_cast<int>(random() % 256) - 128);
        },
        0);
  }
}

/// What a thread does to its elements is done to the matrix, whichever they are: D = 3 A, through
/// every register.
TEST(WmmaInstruction, ElementsCanBeChanged) {
  std::vector<uint64_t> words(128);
  for (unsigned i = 0; i < 256; ++i) {
    uint32_t bits = static_cast<uint32_t>(singleBits(i));
    words[i / 2] |= uint64_t(bits) << 32 * (i % 2);
  }
  std::string text = ".reg .f32 c<8>;\nwmma.load.c.sync.aligned.row.m16n16k16.global.f32 " +
                     list("c", 8) + ", [in];\n";
  for (unsigned i = 0; i < 8; ++i)
    text += "mul.f32 c" + std::to_string(i) + ", c" + std::to_string(i) + ", 0f40400000;\n";
  text += "wmma.store.d.sync.aligned.col.m16n16k16.global.f32 [out], " + list("c", 8) + ";\n";
  std::vector<uint64_t> got = runStatements(text, 128, 32, 80, words);
  for (unsigned i = 0; i < 256; ++i)
    ASSERT_EQ(single(got[i / 2] >> 32 * (i % 2)), 3.0 * (i % 16 * 16 + i / 16)) << i;
}

TEST(WmmaInstruction, RefusesOthers) {
  const char *head = ".reg .b32 r<8>;\n";
  for (const char *line : {"wmma.load.a.sync.aligned.row.m8n8k32.global.s4 {r0}, [in];",
                           "wmma.load.a.sync.aligned.row.m8n8k128.global.b1 {r0}, [in];"}) {
    std::string message = loadError(std::string(head) + line, 80);
    EXPECT_NE(message.find("statements:11:"), std::string::npos) << message;
    EXPECT_NE(message.find("is not supported"), std::string::npos) << message;
  }
  EXPECT_NE(loadError(std::string(head) +
                          "wmma.load.a.sync.aligned.row.m16n16k16.global.f16 {r0, r1}, [in];",
                      80)
                .find("8"),
            std::string::npos);
}

} // namespace mmc::emulator::test
