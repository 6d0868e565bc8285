// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "Contraction.h"
#include "VectorUnit.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

namespace mmc {
#define GEN_PASS_DEF_VECTORIZELOOPSPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// out = kind(out, term), for one output of an op that sums along its last dimension.
struct Reduction {
  Operation *combine;
  Value term;
  vector::CombiningKind kind;
};

/// Writes one linalg op on buffers as loops, the last of them over vectors.
class LoopWriter {
public:
  LoopWriter(linalg::LinalgOp op, VectorUnit unit) : op(op), builder(op), loc(op.getLoc()), unit(unit) {}

  /// False, and nothing changed, when the op has no form in vectors.
  bool write() {
    if (!op.hasPureBufferSemantics() || op.hasDynamicShape() || op.getNumLoops() == 0)
      return false;
    sizes = op.getStaticLoopRanges();
    if (llvm::is_contained(sizes, 0))
      return false; // nothing to compute, and no width that fits
    last = static_cast<int>(sizes.size()) - 1;
    isReduction = op.getIteratorTypesArray()[last] == utils::IteratorType::reduction;
    if (sizes[last] == 1 || !operandsFit() || !bodyFits())
      return false;
    indices.assign(sizes.size(), Value());
    writeLoops(0);
    op->erase();
    return true;
  }

private:
  Block &body() { return op->getRegion(0).front(); }
  AffineMap mapOf(OpOperand &operand) { return op.getMatchingIndexingMap(&operand); }
  bool isOutput(OpOperand &operand) { return op.isDpsInit(&operand); }

  /// Whether lane i + 1 of the operand lies behind lane i. Others are one element for all lanes.
  bool alongLanes(OpOperand &operand) {
    return isa<ShapedType>(operand.get().getType()) && mapOf(operand).isFunctionOfDim(last);
  }

  /// Whether lanes lie in memory as a vector of them does. Elements below a byte have a byte each in a buffer, but
  /// are packed in a vector.
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
      mayMask &= element.getIntOrFloatBitWidth() >= 32;
      AffineMap map = mapOf(operand);
      if (alongLanes(operand)) {
        if (!isContiguous(operand.get(), map, last))
          return false;
        for (AffineExpr expr : map.getResults().drop_back())
          if (expr.isFunctionOfDim(last))
            return false;
      }
      if (isOutput(operand) && alongLanes(operand) == isReduction)
        return false;
    }
    mayMask &= unit.hasMasks;
    lanes = unit.bytes * 8 / std::max<int64_t>(widest, 32);
    lanes = std::min<int64_t>(lanes, llvm::bit_floor(static_cast<uint64_t>(sizes[last])));
    return true;
  }

  /// Every op of the body must work on vectors, or be the same for all lanes; sums must be sums.
  bool bodyFits() {
    for (OpOperand &operand : op->getOpOperands())
      if (alongLanes(operand))
        varies.insert(op.getMatchingBlockArgument(&operand));
    if (isReduction && !findReductions())
      return false;
    for (Operation &inner : body().without_terminator()) {
      if (llvm::any_of(reductions, [&](Reduction &r) { return r.combine == &inner; }))
        continue;
      if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
        if (static_cast<int>(index.getDim()) == last)
          varies.insert(index.getResult());
        continue;
      }
      bool any = llvm::any_of(inner.getOperands(), [&](Value operand) { return varies.contains(operand); });
      if (!any && inner.getNumRegions() == 0)
        continue;
      if (auto load = dyn_cast<memref::LoadOp>(inner)) {
        if (!readsAlongLanes(load))
          return false;
      } else if (!OpTrait::hasElementwiseMappableTraits(&inner) || isLibraryCall(inner)) {
        return false;
      }
      for (Value result : inner.getResults())
        varies.insert(result);
    }
    return true;
  }

  /// Functions of other types than f32 become calls of the mathematical library, one per element in any case.
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
    return index && static_cast<int>(index.getDim()) == last && hasVectors(load.getMemRefType().getElementType()) &&
           llvm::none_of(load.getIndices().drop_back(), [&](Value other) { return varies.contains(other); }) &&
           succeeded(load.getMemRefType().getStridesAndOffset(strides, offset)) && strides.back() == 1 &&
           (load.getMemRefType().getElementTypeBitWidth() >= 32 || !mayMask);
  }

  bool findReductions() {
    Operation *yield = body().getTerminator();
    for (auto [i, value] : llvm::enumerate(yield->getOperands())) {
      Operation *combine = value.getDefiningOp();
      Value sum = body().getArgument(op.getNumDpsInputs() + i);
      if (!combine || !isa<arith::AddFOp, arith::AddIOp, arith::MaximumFOp>(combine) || !sum.hasOneUse() ||
          !value.hasOneUse())
        return false;
      Value term = combine->getOperand(0) == sum ? combine->getOperand(1) : combine->getOperand(0);
      if (term == sum || !llvm::is_contained(combine->getOperands(), sum))
        return false;
      auto kind = isa<arith::MaximumFOp>(combine) ? vector::CombiningKind::MAXIMUMF : vector::CombiningKind::ADD;
      reductions.push_back({combine, term, kind});
    }
    return true;
  }

  Value constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }

  /// `inner(index)` for 0, step, … below `size`, which `step` divides.
  void over(int64_t size, int64_t step, llvm::function_ref<void(Value)> inner) {
    if (size == step)
      return inner(constant(0));
    auto loop = scf::ForOp::create(builder, loc, constant(0), constant(size), constant(step));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    inner(loop.getInductionVar());
  }

  void writeLoops(int dim) {
    if (dim == last)
      return isReduction ? writeReduction() : writeMap();
    over(sizes[dim], 1, [&](Value index) {
      indices[dim] = index;
      writeLoops(dim + 1);
    });
  }

  /// The vectors behind the whole ones: one with a mask, or ever shorter ones. `inner(start, width, valid)`.
  void overRest(llvm::function_ref<void(Value, int64_t, int64_t)> inner) {
    int64_t start = sizes[last] / lanes * lanes, rest = sizes[last] - start;
    while (rest > 0) {
      int64_t width = llvm::bit_floor(static_cast<uint64_t>(rest));
      if (mayMask && width != rest)
        width = llvm::bit_ceil(static_cast<uint64_t>(rest));
      int64_t valid = std::min(width, rest);
      inner(constant(start), width, valid);
      start += valid;
      rest -= valid;
    }
  }

  void writeMap() {
    auto piece = [&](Value start, int64_t width, int64_t valid) {
      SmallVector<Value> results = evaluate(start, width, valid);
      for (auto [result, output] : llvm::zip(results, op.getDpsInitsMutable())) {
        SmallVector<Value> where = place(output);
        Value vector = spread(result, width);
        if (valid < width)
          vector::MaskedStoreOp::create(builder, loc, output.get(), where, mask, vector);
        else
          vector::StoreOp::create(builder, loc, vector, output.get(), where);
      }
    };
    if (int64_t whole = sizes[last] / lanes * lanes)
      over(whole, lanes, [&](Value start) { piece(start, lanes, lanes); });
    overRest(piece);
  }

  /// Lanes are summed apart, and together at the end: in an order that only the shapes decide.
  void writeReduction() {
    SmallVector<Value> sums;
    indices[last] = constant(0);
    for (OpOperand &output : op.getDpsInitsMutable())
      sums.push_back(memref::LoadOp::create(builder, loc, output.get(), place(output)));
    auto addTo = [&](ValueRange vectors) {
      for (auto [sum, vector, reduction] : llvm::zip(sums, vectors, reductions))
        sum = vector::ReductionOp::create(builder, loc, reduction.kind, vector, sum, arith::FastMathFlags::reassoc);
    };
    if (int64_t whole = sizes[last] / lanes * lanes) {
      SmallVector<Value> initial;
      for (const Reduction &reduction : reductions)
        initial.push_back(neutral(reduction, lanes));
      auto loop = scf::ForOp::create(builder, loc, constant(0), constant(whole), constant(lanes), initial);
      {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToStart(loop.getBody());
        SmallVector<Value> next;
        for (auto [term, old, reduction] :
             llvm::zip(evaluate(loop.getInductionVar(), lanes, lanes), loop.getRegionIterArgs(), reductions))
          next.push_back(vector::makeArithReduction(builder, loc, reduction.kind, spread(term, lanes), old));
        scf::YieldOp::create(builder, loc, next);
      }
      addTo(loop.getResults());
    }
    overRest([&](Value start, int64_t width, int64_t valid) {
      SmallVector<Value> terms = evaluate(start, width, valid);
      for (auto [term, reduction] : llvm::zip(terms, reductions)) {
        term = spread(term, width);
        if (valid < width)
          term = arith::SelectOp::create(builder, loc, mask, term, neutral(reduction, width));
      }
      addTo(terms);
    });
    indices[last] = constant(0);
    for (auto [sum, output] : llvm::zip(sums, op.getDpsInitsMutable()))
      memref::StoreOp::create(builder, loc, sum, output.get(), place(output));
  }

  /// What changes no sum (or maximum).
  Value neutral(const Reduction &reduction, int64_t width) {
    auto type = VectorType::get({width}, reduction.term.getType());
    TypedAttr zero = builder.getZeroAttr(type);
    if (reduction.kind == vector::CombiningKind::MAXIMUMF)
      zero = DenseElementsAttr::get(type, builder.getFloatAttr(reduction.term.getType(), -INFINITY));
    return arith::ConstantOp::create(builder, loc, zero);
  }

  /// Indices of an operand at the current place.
  SmallVector<Value> place(OpOperand &operand) {
    SmallVector<Value> result;
    AffineMap map = mapOf(operand);
    for (AffineExpr expr : map.getResults()) {
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        result.push_back(indices[dim.getPosition()]);
      else
        result.push_back(affine::AffineApplyOp::create(builder, loc, AffineMap::get(map.getNumDims(), 0, expr), indices));
    }
    return result;
  }

  /// One value in all lanes.
  Value spread(Value value, int64_t width) {
    if (isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(builder, loc, VectorType::get({width}, value.getType()), value);
  }

  Value loadLanes(Value buffer, ValueRange where, int64_t width, int64_t valid) {
    auto type = VectorType::get({width}, cast<MemRefType>(buffer.getType()).getElementType());
    if (valid == width)
      return vector::LoadOp::create(builder, loc, type, buffer, where);
    Value zeros = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    return vector::MaskedLoadOp::create(builder, loc, type, buffer, where, mask, zeros);
  }

  /// The body for `valid` of `width` lanes from `start`: what it yields, or what it would add to its sums. Values
  /// that are the same in all lanes stay scalars.
  SmallVector<Value> evaluate(Value start, int64_t width, int64_t valid) {
    indices[last] = start;
    if (valid < width)
      mask = vector::CreateMaskOp::create(builder, loc, VectorType::get({width}, builder.getI1Type()), constant(valid));
    IRMapping values;
    for (OpOperand &operand : op->getOpOperands()) {
      BlockArgument argument = op.getMatchingBlockArgument(&operand);
      if (argument.use_empty() || (isReduction && isOutput(operand)))
        continue;
      if (!isa<ShapedType>(operand.get().getType()))
        values.map(argument, operand.get());
      else if (alongLanes(operand))
        values.map(argument, loadLanes(operand.get(), place(operand), width, valid));
      else
        values.map(argument, memref::LoadOp::create(builder, loc, operand.get(), place(operand)).getResult());
    }
    for (Operation &inner : body().without_terminator())
      if (llvm::none_of(reductions, [&](Reduction &r) { return r.combine == &inner; }))
        copy(inner, values, width, valid);
    SmallVector<Value> results;
    if (isReduction)
      for (const Reduction &reduction : reductions)
        results.push_back(values.lookupOrDefault(reduction.term));
    else
      for (Value value : body().getTerminator()->getOperands())
        results.push_back(values.lookupOrDefault(value));
    return results;
  }

  void copy(Operation &inner, IRMapping &values, int64_t width, int64_t valid) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      Value value = indices[index.getDim()];
      if (static_cast<int>(index.getDim()) == last) {
        Value step = vector::StepOp::create(builder, loc, VectorType::get({width}, builder.getIndexType()));
        value = arith::AddIOp::create(builder, loc, spread(value, width), step);
      }
      return values.map(index.getResult(), value);
    }
    bool isVector = llvm::any_of(inner.getOperands(), [&](Value operand) { return varies.contains(operand); });
    if (!isVector) {
      builder.clone(inner, values);
      return;
    }
    if (auto load = dyn_cast<memref::LoadOp>(inner)) {
      SmallVector<Value> where;
      for (Value index : load.getIndices().drop_back())
        where.push_back(values.lookupOrDefault(index));
      where.push_back(indices[last]);
      return values.map(load.getResult(), loadLanes(load.getMemRef(), where, width, valid));
    }
    SmallVector<Value> operands;
    SmallVector<Type> types;
    for (Value operand : inner.getOperands())
      operands.push_back(spread(values.lookupOrDefault(operand), width));
    for (Type type : inner.getResultTypes())
      types.push_back(VectorType::get({width}, type));
    Operation *vector = builder.create(loc, inner.getName().getIdentifier(), operands, types, inner.getAttrs());
    values.map(inner.getResults(), vector->getResults());
  }

  linalg::LinalgOp op;
  OpBuilder builder;
  Location loc;
  VectorUnit unit;
  SmallVector<int64_t> sizes;
  int last = 0;
  bool isReduction = false, mayMask = true;
  int64_t lanes = 1;
  llvm::SmallPtrSet<Value, 16> varies; ///< values of the body that differ from lane to lane
  SmallVector<Reduction> reductions;
  SmallVector<Value> indices;
  Value mask;
};

struct VectorizeLoopsPass : mmc::impl::VectorizeLoopsPassBase<VectorizeLoopsPass> {
  using Base::Base;

  void runOnOperation() override {
    std::optional<VectorUnit> unit = vectorUnitOf(features, getOperation());
    if (!unit)
      return signalPassFailure();
    SmallVector<linalg::LinalgOp> candidates;
    getOperation().walk([&](linalg::LinalgOp op) { candidates.push_back(op); });
    for (linalg::LinalgOp op : candidates)
      LoopWriter(op, *unit).write();
  }
};

} // namespace
