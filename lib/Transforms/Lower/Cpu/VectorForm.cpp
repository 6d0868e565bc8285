// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "VectorForm.h"

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mmc;

bool mmc::liesAlongLanes(linalg::LinalgOp op, OpOperand &operand, int last) {
  return isa<ShapedType>(operand.get().getType()) &&
         op.getMatchingIndexingMap(&operand).isFunctionOfDim(last);
}

namespace {

class FormFinder {
public:
  FormFinder(linalg::LinalgOp op, VectorUnit unit) : op(op), unit(unit) {}

  std::optional<VectorForm> find() {
    if (!op.hasPureBufferSemantics() || op.hasDynamicShape() || op.getNumLoops() == 0)
      return std::nullopt;
    form.sizes = op.getStaticLoopRanges();
    if (llvm::is_contained(form.sizes, 0))
      return std::nullopt; // nothing to compute, and no width that fits
    form.last = static_cast<int>(form.sizes.size()) - 1;
    form.isReduction = op.getIteratorTypesArray()[form.last] == utils::IteratorType::reduction;
    if (form.sizes[form.last] == 1 || !operandsFit() || !bodyFits())
      return std::nullopt;
    return std::move(form);
  }

private:
  Block &body() { return op->getRegion(0).front(); }
  AffineMap mapOf(OpOperand &operand) { return op.getMatchingIndexingMap(&operand); }
  bool isOutput(OpOperand &operand) { return op.isDpsInit(&operand); }

  /// Whether lanes lie in memory as a vector of them does. Elements below a byte have a byte each
  /// in a buffer, but are packed in a vector.
  static bool hasVectors(Type element) {
    return element.isIntOrFloat() && element.getIntOrFloatBitWidth() % 8 == 0;
  }

  bool operandsFit() {
    int64_t widest = 0;
    for (OpOperand &operand : op->getOpOperands()) {
      Type element = getElementTypeOrSelf(operand.get().getType());
      if (!hasVectors(element))
        return false;
      widest = std::max<int64_t>(widest, element.getIntOrFloatBitWidth());
      // Masked access to narrower elements is not in every processor that has masks.
      form.mayMask &= element.getIntOrFloatBitWidth() >= 32;
      AffineMap map = mapOf(operand);
      if (liesAlongLanes(op, operand, form.last)) {
        if (!isContiguous(operand.get(), map, form.last))
          return false;
        for (AffineExpr expr : map.getResults().drop_back())
          if (expr.isFunctionOfDim(form.last))
            return false;
      }
      if (isOutput(operand) && liesAlongLanes(op, operand, form.last) == form.isReduction)
        return false;
    }
    form.mayMask &= unit.hasMasks;
    form.lanes = unit.bytes * 8 / std::max<int64_t>(widest, 32);
    form.lanes = std::min<int64_t>(form.lanes,
                                   llvm::bit_floor(static_cast<uint64_t>(form.sizes[form.last])));
    return true;
  }

  /// Every op of the body must work on vectors, or be the same for all lanes; sums must be sums.
  bool bodyFits() {
    for (OpOperand &operand : op->getOpOperands())
      if (liesAlongLanes(op, operand, form.last))
        form.varies.insert(op.getMatchingBlockArgument(&operand));
    if (form.isReduction && !findReductions())
      return false;
    for (Operation &inner : body().without_terminator()) {
      if (form.combines(inner))
        continue;
      if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
        if (static_cast<int>(index.getDim()) == form.last)
          form.varies.insert(index.getResult());
        continue;
      }
      bool any = llvm::any_of(inner.getOperands(),
                              [&](Value operand) { return form.varies.contains(operand); });
      if (!any && inner.getNumRegions() == 0)
        continue;
      if (auto load = dyn_cast<memref::LoadOp>(inner)) {
        if (!readsAlongLanes(load))
          return false;
      } else if (!OpTrait::hasElementwiseMappableTraits(&inner) || isLibraryCall(inner)) {
        return false;
      }
      for (Value result : inner.getResults())
        form.varies.insert(result);
    }
    return true;
  }

  /// Functions of other types than f32 become calls of the mathematical library, one per element in
  /// any case.
  static bool isLibraryCall(Operation &inner) {
    return isa<math::MathDialect>(inner.getDialect()) && !isa<math::SqrtOp>(inner) &&
           !getElementTypeOrSelf(inner.getResult(0).getType()).isF32();
  }

  /// A load whose last index counts the lanes, and whose others are the same for all of them.
  bool readsAlongLanes(memref::LoadOp load) {
    if (load.getIndices().empty())
      return false;
    auto index = load.getIndices().back().getDefiningOp<linalg::IndexOp>();
    SmallVector<int64_t> strides;
    int64_t offset;
    return index && static_cast<int>(index.getDim()) == form.last &&
           hasVectors(load.getMemRefType().getElementType()) &&
           llvm::none_of(load.getIndices().drop_back(),
                         [&](Value other) { return form.varies.contains(other); }) &&
           succeeded(load.getMemRefType().getStridesAndOffset(strides, offset)) &&
           strides.back() == 1 &&
           (load.getMemRefType().getElementTypeBitWidth() >= 32 || !form.mayMask);
  }

  bool findReductions() {
    Operation *yield = body().getTerminator();
    for (auto [i, value] : llvm::enumerate(yield->getOperands())) {
      Operation *combine = value.getDefiningOp();
      Value sum = body().getArgument(op.getNumDpsInputs() + i);
      if (!combine || !isa<arith::AddFOp, arith::AddIOp, arith::MaximumFOp>(combine) ||
          !sum.hasOneUse() || !value.hasOneUse())
        return false;
      Value term = combine->getOperand(0) == sum ? combine->getOperand(1) : combine->getOperand(0);
      if (term == sum || !llvm::is_contained(combine->getOperands(), sum))
        return false;
      auto kind = isa<arith::MaximumFOp>(combine) ? vector::CombiningKind::MAXIMUMF
                                                  : vector::CombiningKind::ADD;
      form.reductions.push_back({combine, term, kind});
    }
    return true;
  }

  linalg::LinalgOp op;
  VectorUnit unit;
  VectorForm form;
};

} // namespace

std::optional<VectorForm> mmc::vectorFormOf(linalg::LinalgOp op, VectorUnit unit) {
  return FormFinder(op, unit).find();
}
