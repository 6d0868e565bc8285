// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the passes of Autodiff share: the loss, what trains, and the names of results.

#ifndef MMC_LIB_TRANSFORMS_AUTODIFF_TRAINABLE_H
#define MMC_LIB_TRANSFORMS_AUTODIFF_TRAINABLE_H

#include "mmc/Dialect/MmcDialect.h"

namespace mmc {

/// Attribute that names arguments and results of entry functions.
inline constexpr llvm::StringLiteral kNameAttr = "mmc.name";

/// The name of the gradient of a parameter: "grad:<parameter>".
std::string gradientName(llvm::StringRef parameter);
/// The parameter's shape in f32, or f64 where the parameter is f64.
mlir::RankedTensorType gradientType(ParamOp parameter);

/// @loss of the module; an error, also where @`derived` exists already.
mlir::FailureOr<mlir::func::FuncOp> findLoss(mlir::ModuleOp module, llvm::StringRef derived);
/// The trainable parameters of a function in order of appearance; an error when there is none, or
/// one twice.
mlir::FailureOr<llvm::SmallVector<ParamOp>> trainableParameters(mlir::func::FuncOp function);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_AUTODIFF_TRAINABLE_H
