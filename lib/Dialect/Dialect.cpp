// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registers the dialect and its ops.

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;

#include "mmc/Dialect/MmcDialect.cpp.inc"
#include "mmc/Dialect/MmcEnums.cpp.inc"
#include "mmc/Dialect/MmcInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "mmc/Dialect/MmcOps.cpp.inc"

namespace mmc {

namespace {
/// Every mmc op may be inlined anywhere: none depends on where it stands.
struct MmcInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Operation *, bool) const final { return true; }
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final { return true; }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final { return true; }
};
} // namespace

void MmcDialect::initialize() {
  addInterfaces<MmcInlinerInterface>();
  addOperations<
#define GET_OP_LIST
#include "mmc/Dialect/MmcOps.cpp.inc"
      >();
}

LogicalResult checkRankedTensors(StringRef name, std::optional<Location> location,
                                 ValueRange operands, bool takesPlace) {
  for (auto [index, operand] : llvm::enumerate(operands)) {
    if (isa<RankedTensorType>(operand.getType()) ||
        (takesPlace && index > 0 && isa<IndexType>(operand.getType())))
      continue;
    if (location)
      emitError(*location) << "'" << name << "' op operand #" << index
                           << " must be a ranked tensor, got: " << operand.getType();
    return failure();
  }
  return success();
}

Operation *cloneWithOperands(OpBuilder &builder, Operation *op, ValueRange operands,
                             TypeRange resultTypes) {
  OperationState state(op->getLoc(), op->getName(), operands, resultTypes, op->getAttrs());
  state.propertiesAttr = op->getPropertiesAsAttribute();
  return builder.create(state);
}

} // namespace mmc
