// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What lies in cuBLASLt's opaque descriptors. Users may allocate and copy them, so they hold no
// pointers of ours; `magic` tells an initialised one.

#ifndef MMC_EMULATOR_CUBLASLT_DESCRIPTORS_H
#define MMC_EMULATOR_CUBLASLT_DESCRIPTORS_H

#include "mmc/Runtime/Emulator/CublasLt/CublasLt.h"

namespace mmc::emulator::cublaslt {

struct MatrixLayout {
  static constexpr uint32_t expectedMagic = 0x4c6d6d63;
  uint32_t magic = expectedMagic;
  int32_t type = 0;
  int32_t order = CUBLASLT_ORDER_COL;
  int32_t batchCount = 1;
  uint64_t rows = 0, cols = 0;
  int64_t ld = 0, batchStride = 0, planeOffset = 0;
  uint32_t batchMode = 0;
};
static_assert(sizeof(MatrixLayout) <= 8 * sizeof(uint64_t), "cuBLAS 12 has 8 words");

struct MatmulDesc {
  static constexpr uint32_t expectedMagic = 0x446d6d63;
  uint32_t magic = expectedMagic;
  int32_t computeType = 0, scaleType = 0;
  int32_t pointerMode = CUBLASLT_POINTER_MODE_HOST;
  int32_t transA = CUBLAS_OP_N, transB = CUBLAS_OP_N, transC = CUBLAS_OP_N;
  int32_t fillMode = CUBLAS_FILL_MODE_FULL;
  uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  int32_t smCountTarget = 0;
  int32_t auxType = -1, biasType = -1;
  uint64_t bias = 0, aux = 0; ///< device addresses
  int64_t biasBatchStride = 0, auxLd = 0, auxBatchStride = 0, alphaBatchStride = 0;
  /// Addresses of scales and maxima, which only fp8 has.
  uint64_t aScale = 0, bScale = 0, cScale = 0, dScale = 0, amaxD = 0, auxScale = 0, auxAmax = 0;
  int8_t fastAccumulation = 0;
};
static_assert(sizeof(MatmulDesc) <= sizeof(cublasLtMatmulDescOpaque_t));

struct MatmulPreference {
  static constexpr uint32_t expectedMagic = 0x506d6d63;
  uint32_t magic = expectedMagic;
  uint32_t searchMode = CUBLASLT_SEARCH_BEST_FIT;
  uint64_t maxWorkspaceBytes = 0;
  uint32_t reductionSchemeMask = CUBLASLT_REDUCTION_SCHEME_MASK;
  uint32_t minAlignment[4] = {256, 256, 256, 256}; ///< of A, B, C, D
  float maxWavesCount = 0;
  uint64_t implMask = ~uint64_t(0);
};
static_assert(sizeof(MatmulPreference) <= 8 * sizeof(uint64_t), "cuBLAS 12 has 8 words");

/// The descriptor behind a handle; null when it is none.
template <typename T, typename Handle>
const T *descriptorOf(Handle handle) {
  const T *descriptor = reinterpret_cast<const T *>(handle);
  return descriptor && descriptor->magic == T::expectedMagic ? descriptor : nullptr;
}

/// The descriptors of a product, or of a query for one.
struct MatmulDescriptors {
  const MatmulDesc *operation;
  const MatrixLayout *layouts[4]; ///< of A, B, C, D

  MatmulDescriptors(cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a,
                    cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d)
      : operation(descriptorOf<MatmulDesc>(operation)),
        layouts{descriptorOf<MatrixLayout>(a), descriptorOf<MatrixLayout>(b),
                descriptorOf<MatrixLayout>(c), descriptorOf<MatrixLayout>(d)} {}
  /// Whether each is one. What takes descriptors takes complete ones.
  bool areComplete() const {
    return operation && layouts[0] && layouts[1] && layouts[2] && layouts[3];
  }
};

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_DESCRIPTORS_H
