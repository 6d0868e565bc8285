// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mmc dialect: all its op families in one place for tablegen.

#ifndef MMC_DIALECT_MMC
#define MMC_DIALECT_MMC

include "mmc/Dialect/StructureOps.td"
include "mmc/Dialect/TensorOps.td"
include "mmc/Dialect/NNOps.td"
include "mmc/Dialect/AdapterOps.td"
include "mmc/Dialect/TrainOps.td"
include "mmc/Dialect/GradientOps.td"
include "mmc/Dialect/KernelOps.td"

#endif // MMC_DIALECT_MMC
