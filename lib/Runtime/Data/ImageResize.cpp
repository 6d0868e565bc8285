// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PIL's two-pass bicubic resize in 22-bit fixed point.

#include "mmc/Runtime/Data/ImageResize.h"

#include <algorithm>
#include <cmath>

// PIL's weights are doubles rounded after each operation; a fused multiply-add would round
// differently.
#pragma STDC FP_CONTRACT OFF

namespace mmc {

namespace {

// 8 bits of result and 2 of headroom (bicubic overshoots) leave 22 of 32 for the fraction.
constexpr int precisionBits = 32 - 8 - 2;

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

/// How one output position depends on the input along one axis.
struct Taps {
  int64_t first = 0;
  std::vector<double> exact;
  std::vector<int32_t> weights; ///< of first, first + 1, …, in units of 2^-precisionBits

  /// Taps of output position `at`, of `outExtent` made from `inExtent`.
  void compute(int64_t inExtent, int64_t outExtent, int64_t at) {
    double scale = double(inExtent) / outExtent;
    double filterScale = std::max(scale, 1.0);
    double support = 2.0 * filterScale;
    double centre = (at + 0.5) * scale;
    double inverse = 1.0 / filterScale;
    first = std::max<int64_t>(int64_t(centre - support + 0.5), 0);
    int64_t end = std::min(int64_t(centre + support + 0.5), inExtent);
    exact.resize(end - first);
    double sum = 0.0;
    for (int64_t i = 0; i < end - first; ++i) {
      exact[i] = bicubic((i + first - centre + 0.5) * inverse);
      sum += exact[i];
    }
    weights.resize(exact.size());
    for (size_t i = 0; i < exact.size(); ++i) {
      double weight = sum != 0.0 ? exact[i] / sum : exact[i];
      weights[i] = int32_t((weight < 0 ? -0.5 : 0.5) + weight * (1 << precisionBits));
    }
  }
};

/// Sums run modulo 2^32, as PIL's do when an extreme scale overflows them.
uint8_t roundAndClip(uint32_t sum) {
  int32_t value = int32_t(sum) >> precisionBits;
  return uint8_t(std::clamp(value, 0, 255));
}

constexpr uint32_t half = 1u << (precisionBits - 1);

struct Span {
  int64_t first;
  int64_t count;
};

/// One axis of a resize: `from` input positions become `to`, of which the wanted ones are made.
struct Axis {
  int64_t from;
  int64_t to;
  Span wanted;

  /// PIL leaves a pass out that would keep its extent.
  bool isKept() const { return from == to; }

  /// The input positions that the wanted ones depend on.
  Span needed() const {
    if (isKept())
      return wanted;
    Taps taps;
    taps.compute(from, to, wanted.first);
    int64_t first = taps.first;
    taps.compute(from, to, wanted.first + wanted.count - 1);
    return {first, taps.first + int64_t(taps.weights.size()) - first};
  }
};

Image crop(const Image &image, Span columns, Span rows) {
  Image out{columns.count, rows.count, {}};
  out.pixels.reserve(columns.count * rows.count * 3);
  for (int64_t y = rows.first; y < rows.first + rows.count; ++y) {
    auto row = image.pixels.begin() + (y * image.width + columns.first) * 3;
    out.pixels.insert(out.pixels.end(), row, row + columns.count * 3);
  }
  return out;
}

/// The horizontal pass on some rows. Column 0 of `image` is column `origin` of the axis.
Image resizeColumns(const Image &image, const Axis &axis, int64_t origin, Span rows) {
  Span columns = axis.wanted;
  if (axis.isKept())
    return crop(image, {columns.first - origin, columns.count}, rows);
  Image out{columns.count, rows.count, std::vector<uint8_t>(columns.count * rows.count * 3)};
  Taps taps;
  for (int64_t x = 0; x < columns.count; ++x) {
    taps.compute(axis.from, axis.to, columns.first + x);
    for (int64_t y = 0; y < rows.count; ++y) {
      const uint8_t *in = &image.pixels[((rows.first + y) * image.width + taps.first - origin) * 3];
      uint32_t red = half, green = half, blue = half;
      for (int32_t weight : taps.weights) {
        red += uint32_t(weight) * in[0];
        green += uint32_t(weight) * in[1];
        blue += uint32_t(weight) * in[2];
        in += 3;
      }
      uint8_t *pixel = &out.pixels[(y * columns.count + x) * 3];
      pixel[0] = roundAndClip(red);
      pixel[1] = roundAndClip(green);
      pixel[2] = roundAndClip(blue);
    }
  }
  return out;
}

/// The vertical pass on some columns. Row 0 of `image` is row `origin` of the axis.
Image resizeRows(const Image &image, const Axis &axis, int64_t origin, Span columns) {
  Span rows = axis.wanted;
  if (axis.isKept())
    return crop(image, columns, {rows.first - origin, rows.count});
  int64_t rowBytes = columns.count * 3;
  Image out{columns.count, rows.count, std::vector<uint8_t>(rowBytes * rows.count)};
  std::vector<uint32_t> sums(rowBytes);
  Taps taps;
  for (int64_t y = 0; y < rows.count; ++y) {
    taps.compute(axis.from, axis.to, rows.first + y);
    std::fill(sums.begin(), sums.end(), half);
    for (size_t i = 0; i < taps.weights.size(); ++i) {
      const uint8_t *row =
          &image.pixels[((taps.first - origin + int64_t(i)) * image.width + columns.first) * 3];
      uint32_t weight = uint32_t(taps.weights[i]);
      for (int64_t x = 0; x < rowBytes; ++x)
        sums[x] += weight * row[x];
    }
    uint8_t *to = &out.pixels[y * rowBytes];
    for (int64_t x = 0; x < rowBytes; ++x)
      to[x] = roundAndClip(sums[x]);
  }
  return out;
}

/// The order of the passes changes roundings, so it is part of the result. Since 13.0 (pull request
/// 9549) Pillow starts with the vertical pass where the height shrinks by more than twice what the
/// width does; before, it always started with the horizontal one.
bool startsVertically(const Axis &x, const Axis &y) {
  return y.to < y.from && y.from - y.to > 2 * (x.from - x.to);
}

} // namespace

Image resizeBicubic(const Image &image, int64_t width, int64_t height, const ImageWindow &window) {
  Axis x{image.width, width, {window.left, window.width}};
  Axis y{image.height, height, {window.top, window.height}};
  // The first pass makes what the second reads, no more.
  if (startsVertically(x, y)) {
    Span needed = x.needed();
    return resizeColumns(resizeRows(image, y, 0, needed), x, needed.first, {0, window.height});
  }
  Span needed = y.needed();
  return resizeRows(resizeColumns(image, x, 0, needed), y, needed.first, {0, window.width});
}

Image resizeBicubic(const Image &image, int64_t width, int64_t height) {
  return resizeBicubic(image, width, height, {0, 0, width, height});
}

} // namespace mmc
