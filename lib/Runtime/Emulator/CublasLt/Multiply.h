// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The product itself, on host memory.

#ifndef MMC_EMULATOR_CUBLASLT_MULTIPLY_H
#define MMC_EMULATOR_CUBLASLT_MULTIPLY_H

#include "Problem.h"

namespace mmc::emulator::cublaslt {

/// Where a problem's data lies. `alpha` is one value or, with alphaVector, one per row.
struct MatmulData {
  const void *a = nullptr, *b = nullptr, *c = nullptr; ///< c: null when beta is 0
  void *d = nullptr;
  const void *alpha = nullptr, *beta = nullptr;
  void *bias = nullptr; ///< read or written, as the problem says
  void *aux = nullptr;  ///< read or written, as the problem says
};

/// Computes D and what the epilogue writes besides. Products are summed in f32 (int8: in int32,
/// modulo 2^32), along k in blocks of 256 one after the other; the result does not depend on
/// `threads`. Everything after that is f32 until it is rounded once, to nearest even (int8: and
/// saturated). GELU is the tanh approximation. A ReLU mask has bit i of column j set where the
/// input of ReLU is > 0; bits of D's rows up to the next multiple of 8 are written. C is not read
/// when beta is 0, and may be D.
void multiply(const MatmulProblem &problem, const MatmulData &data, unsigned threads);

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_MULTIPLY_H
