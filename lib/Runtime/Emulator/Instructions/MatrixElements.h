// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What mma and wmma share: element types, and where the elements of a thread lie.

#ifndef MMC_EMULATOR_INSTRUCTIONS_MATRIXELEMENTS_H
#define MMC_EMULATOR_INSTRUCTIONS_MATRIXELEMENTS_H

#include "Floating.h"
#include "WarpWide.h"

namespace mmc::emulator {

enum class Element : uint8_t { F16, Bf16, Tf32, F64, E4m3, E5m2, E2m1, E2m3, E3m2, S8, U8 };
Element elementOf(Type type);
unsigned bytesOf(Element type);
double widen(Element type, const uint8_t *bytes);

/// A shape. The layouts of PTX follow one scheme: a register has neighbours along k; registers go
/// through rows first, then along k.
struct MatrixShape {
  const char *name;
  uint8_t m, n, k;
};
/// Row and column of element i of a thread's part; group is lane / 4, member lane % 4. `per`
/// elements of A and B are in a register.
struct Place {
  unsigned row, column;
};
inline Place placeA(const MatrixShape &shape, unsigned per, unsigned i, unsigned group,
                    unsigned member) {
  unsigned reg = i / per, within = i % per;
  unsigned rows = shape.m / 8; // registers that follow one another in rows: 1 or 2
  return {group + 8 * (reg % rows), member * per + within + 4 * per * (reg / rows)};
}
/// Of B, column is n.
inline Place placeB(unsigned per, unsigned i, unsigned group, unsigned member) {
  return {member * per + i % per + 4 * per * (i / per), group};
}
/// Of C and D: pairs of columns, then rows.
inline Place placeC(unsigned i, unsigned group, unsigned member) {
  return {group + 8 * (i / 2), 2 * member + i % 2};
}

/// All lanes of a warp take part; reports it when they do not.
bool checkWhole(Warp &warp, uint32_t lanes);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_MATRIXELEMENTS_H
