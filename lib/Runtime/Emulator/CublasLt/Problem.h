// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A checked matmul: D = epilogue(alpha · op(A) · op(B) + beta · C), for each matrix of a batch.

#ifndef MMC_EMULATOR_CUBLASLT_PROBLEM_H
#define MMC_EMULATOR_CUBLASLT_PROBLEM_H

#include "Descriptors.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mmc::emulator::cublaslt {

enum class Element : uint8_t { F32, F16, BF16, I8, I32 };
size_t bytesOf(Element element);

/// What f32 inputs are rounded to before they are multiplied (CUBLAS_COMPUTE_32F_FAST_…).
enum class InputRounding : uint8_t { None, F16, BF16, Tf32 };

/// A matrix as the product sees it: op() is in the strides. All numbers are in elements.
struct MatrixView {
  Element type = Element::F32;
  int64_t rows = 0, columns = 0;
  int64_t rowStride = 0, columnStride = 0, batchStride = 0;

  /// Elements between two vectors that lie next to each other in memory, and their length and
  /// number.
  int64_t leading() const { return rowStride == 1 ? columnStride : rowStride; }
  int64_t contiguous() const { return rowStride == 1 ? rows : columns; }
  int64_t vectors() const { return rowStride == 1 ? columns : rows; }
};

enum class Activation : uint8_t { None, Relu, Gelu, ReluGradient, GeluGradient };
enum class BiasUse : uint8_t {
  None,
  Add,      ///< read: bias[row] is added
  OfResult, ///< written: sums of D's rows (DRELU_BGRAD, DGELU_BGRAD)
  OfA,      ///< written: sums of op(A)'s rows
  OfB,      ///< written: sums of op(B)'s columns
};

/// All that a product is but its addresses.
struct MatmulProblem {
  int64_t m = 0, n = 0, k = 0, batches = 1;
  MatrixView a, b, c, d;     ///< m × k, k × n, m × n, m × n
  bool integer = false;      ///< accumulated in int32, else in f32
  bool integerScale = false; ///< alpha and beta are int32, else f32
  InputRounding rounding = InputRounding::None;
  bool scalesOnDevice = false; ///< both alpha and beta
  bool alphaVector = false;    ///< alpha: one per row, on the device; beta: one on the host
  int64_t alphaBatchStride = 0;
  Activation activation = Activation::None;
  bool auxOutput = false; ///< the activation's input (GELU) or its signs (ReLU) are written
  BiasUse bias = BiasUse::None;
  int64_t biasBatchStride = 0;
  int64_t auxLd = 0, auxBatchStride = 0; ///< elements; for ReLU bits

  bool auxInput() const {
    return activation == Activation::ReluGradient || activation == Activation::GeluGradient;
  }
  bool auxIsMask() const {
    return activation == Activation::Relu || activation == Activation::ReluGradient;
  }
  /// Number of elements of one batch's bias or bias gradient.
  int64_t biasLength() const { return bias == BiasUse::OfB ? n : m; }
  size_t scaleBytes() const { return 4; }
};

/// Fills `problem` from descriptors, or says why not: InvalidValue what can never be right,
/// NotSupported what this implementation or the library lacks.
cublasStatus_t describeProblem(const MatmulDescriptors &descriptors, MatmulProblem &problem,
                               std::string &reason);

/// Byte ranges [begin, end) relative to a matrix's address that its elements lie in: exact up to
/// `limit` ranges, beyond that one range around all.
struct ByteRange {
  uint64_t begin, end;
};
std::vector<ByteRange> rangesOf(const MatrixView &view, int64_t batches, size_t limit = 32768);

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_PROBLEM_H
