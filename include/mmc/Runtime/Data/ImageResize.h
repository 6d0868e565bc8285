// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PIL's antialiased bicubic resize of 8-bit images, bit for bit.

#ifndef MMC_RUNTIME_DATA_IMAGERESIZE_H
#define MMC_RUNTIME_DATA_IMAGERESIZE_H

#include "mmc/Runtime/Data/Image.h"

namespace mmc {

/// A rectangle of pixels, its left and top inclusive.
struct ImageWindow {
  int64_t left = 0;
  int64_t top = 0;
  int64_t width = 0;
  int64_t height = 0;
};

/// The pixels that `image.resize((width, height), Image.BICUBIC).crop(window)` has in PIL. Only the
/// window is computed, so `width` and `height` may be as large as they like. The window must lie
/// within them, and no extent may be zero.
///
/// PIL's method (Pillow 13, Resample.c): bicubic with a = -0.5, its support widened by the scale
/// when shrinking; weights normalised in double, rounded to 22-bit fixed point; a horizontal and a
/// vertical pass, each rounded and clipped to 8 bits; a pass that keeps its extent is left out. The
/// vertical pass comes first where the height shrinks by more than twice as many pixels as the
/// width.
Image resizeBicubic(const Image &image, int64_t width, int64_t height, const ImageWindow &window);

/// The whole of it.
Image resizeBicubic(const Image &image, int64_t width, int64_t height);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_IMAGERESIZE_H
