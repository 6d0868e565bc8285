// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What follows the sums: scaling, bias, activation and gradients, and the one rounding.

#ifndef MMC_EMULATOR_CUBLASLT_EPILOGUE_H
#define MMC_EMULATOR_CUBLASLT_EPILOGUE_H

#include "Multiply.h"

namespace mmc::emulator::cublaslt {

/// A rectangle of one batch's D whose sums are ready: in `floats`, or in `integers` when the
/// problem is.
struct Tile {
  int64_t batch, row, column, rows, columns;
  const float *floats;
  const int32_t *integers;
  int64_t leading; ///< element (i, j) is at [j * leading + i]
};

/// Writes the tile's D and auxiliary elements. `rowSums`, where not null, gets the sum of each row
/// of the result before it is rounded (`rows` numbers). `row` is a multiple of 8, so tiles do not
/// share bytes of a mask.
void finishTile(const MatmulProblem &problem, const MatmulData &data, const Tile &tile,
                float *rowSums);

/// BGRADA and BGRADB: sums of op(A)'s rows or of op(B)'s columns over k, for all batches.
void sumOperand(const MatmulProblem &problem, const MatmulData &data);
/// Writes bias gradients of a batch, rounded once.
void storeBias(const MatmulProblem &problem, const MatmulData &data, int64_t batch,
               const float *sums);

/// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), and its derivative.
float gelu(float x);
float geluDerivative(float x);

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_EPILOGUE_H
