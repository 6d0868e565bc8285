// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which elements of a matrix of wmma a thread has. The manual leaves that open. Here a fragment is
// made of those of mma, one after the other: tiles of 16 rows along m, of 8 columns along n; m8n32
// is m32n8 transposed. Fragments of A and B in f16 have 16 elements in every shape: the same
// elements again where there are fewer.

#ifndef MMC_EMULATOR_INSTRUCTIONS_WMMAFRAGMENT_H
#define MMC_EMULATOR_INSTRUCTIONS_WMMAFRAGMENT_H

#include "MatrixElements.h"

namespace mmc::emulator {

constexpr MatrixShape wmmaShapes[] = {{"m16n16k16", 16, 16, 16},
                                      {"m8n32k16", 8, 32, 16},
                                      {"m32n8k16", 32, 8, 16},
                                      {"m16n16k8", 16, 16, 8},
                                      {"m8n8k4", 8, 8, 4}};

enum class Part : uint8_t { A, B, C };

/// A thread's part of a matrix.
struct Fragment {
  MatrixShape shape;
  Part part;
  unsigned bytes; ///< of an element

  unsigned rows() const { return part == Part::B ? shape.k : shape.m; }
  unsigned columns() const { return part == Part::A ? shape.k : shape.n; }
  /// Different elements of a thread.
  unsigned elements() const { return rows() * columns() / 32; }
  unsigned registerBytes() const { return bytes == 8 ? 8 : 4; }
  unsigned perRegister() const { return registerBytes() / bytes; }
  /// Elements with repetitions: of f16, as many in all shapes.
  unsigned held(bool isF16) const { return isF16 && part != Part::C ? 16 : elements(); }

  /// Where the thread's element i lies in the matrix.
  Place place(unsigned i, unsigned lane) const {
    i %= elements();
    bool isTransposed = shape.n == 32;
    unsigned group = lane / 4, member = lane % 4, tileRows = shape.m == 8 && !isTransposed ? 8 : 16;
    // C of a tile, the operand with its rows, and the one with its columns.
    if (part == Part::C) {
      unsigned perTile = tileRows * 8 / 32, tile = i / perTile;
      Place at = placeC(i % perTile, group, member);
      bool isTall = isTransposed || shape.m == 32;
      (isTall ? at.row : at.column) += (isTall ? tileRows : 8) * tile;
      return isTransposed ? Place{at.column, at.row} : at;
    }
    if ((part == Part::A) != isTransposed) {
      unsigned perTile = tileRows * shape.k / 32;
      Place at = placeA({"", static_cast<uint8_t>(tileRows), 8, shape.k}, perRegister(),
                        i % perTile, group, member);
      at.row += tileRows * (i / perTile);
      return isTransposed ? Place{at.column, at.row} : at;
    }
    unsigned perTile = 8 * shape.k / 32;
    Place at = placeB(perRegister(), i % perTile, group, member);
    at.column += 8 * (i / perTile);
    return isTransposed ? Place{at.column, at.row} : at;
  }
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_WMMAFRAGMENT_H
