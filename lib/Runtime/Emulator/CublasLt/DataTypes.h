// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which data types a matmul may have.

#ifndef MMC_EMULATOR_CUBLASLT_DATATYPES_H
#define MMC_EMULATOR_CUBLASLT_DATATYPES_H

#include "Descriptors.h"

#include <string>

namespace mmc::emulator::cublaslt {

/// The types of a matmul: a cublasComputeType_t, and cudaDataType_t of the scales and of A, B, C,
/// D.
struct MatmulTypes {
  int32_t compute = 0, scale = 0;
  int32_t matrices[4] = {};

  bool operator==(const MatmulTypes &other) const;
};
MatmulTypes typesOf(const MatmulDescriptors &descriptors);

/// Types that go together. C's type is D's.
struct TypeCombination {
  int computeType, scaleType, ab, cd; ///< without pedantic ones
  bool plainEpilogueOnly;
};
/// Null when they do not.
const TypeCombination *combinationOf(const MatmulTypes &types);
/// Whether there is any algorithm for them: NotSupported.
cublasStatus_t checkTypes(const MatmulTypes &types, std::string &reason);

} // namespace mmc::emulator::cublaslt

#endif // MMC_EMULATOR_CUBLASLT_DATATYPES_H
