// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mmc dialect and its ops in C++.

#ifndef MMC_DIALECT_MMCDIALECT_H
#define MMC_DIALECT_MMCDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "mmc/Dialect/TileSpace.h"

#include "mmc/Dialect/MmcInterfaces.h.inc"

namespace mmc {
/// Reports, as an error of op `name`, the first operand that is not a ranked tensor. With
/// `takesPlace`, operands behind the first may be indices too.
llvm::LogicalResult checkRankedTensors(llvm::StringRef name, std::optional<mlir::Location> location,
                                       mlir::ValueRange operands, bool takesPlace);

namespace OpTrait {
/// See Mmc_TakesPlace in MmcBase.td.
template <typename ConcreteOp>
class TakesPlace : public mlir::OpTrait::TraitBase<ConcreteOp, TakesPlace> {};
} // namespace OpTrait
} // namespace mmc

#include "mmc/Dialect/MmcDialect.h.inc"
#include "mmc/Dialect/MmcEnums.h.inc"
#define GET_OP_CLASSES
#include "mmc/Dialect/MmcOps.h.inc"

#endif // MMC_DIALECT_MMCDIALECT_H
