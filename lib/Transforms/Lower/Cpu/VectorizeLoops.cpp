// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "VectorForm.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

namespace mmc {
#define GEN_PASS_DEF_VECTORIZELOOPSPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Writes one linalg op on buffers as loops, the last of them over vectors.
class LoopWriter {
public:
  LoopWriter(linalg::LinalgOp op, VectorForm form)
      : op(op), form(std::move(form)), builder(op), loc(op.getLoc()),
        indices(this->form.sizes.size()) {}

  void write() {
    writeLoops(0);
    op->erase();
  }

private:
  Block &body() { return op->getRegion(0).front(); }
  AffineMap mapOf(OpOperand &operand) { return op.getMatchingIndexingMap(&operand); }
  bool isOutput(OpOperand &operand) { return op.isDpsInit(&operand); }

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
    if (dim == form.last)
      return form.isReduction ? writeReduction() : writeMap();
    over(form.sizes[dim], 1, [&](Value index) {
      indices[dim] = index;
      writeLoops(dim + 1);
    });
  }

  /// The vectors behind the whole ones: one with a mask, or ever shorter ones. `inner(start, width,
  /// valid)`.
  void overRest(llvm::function_ref<void(Value, int64_t, int64_t)> inner) {
    int64_t start = form.sizes[form.last] / form.lanes * form.lanes,
            rest = form.sizes[form.last] - start;
    while (rest > 0) {
      int64_t width = llvm::bit_floor(static_cast<uint64_t>(rest));
      if (form.mayMask && width != rest)
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
    if (int64_t whole = form.sizes[form.last] / form.lanes * form.lanes)
      over(whole, form.lanes, [&](Value start) { piece(start, form.lanes, form.lanes); });
    overRest(piece);
  }

  /// Lanes are summed apart, and together at the end: in an order that only the shapes decide.
  void writeReduction() {
    SmallVector<Value> sums;
    indices[form.last] = constant(0);
    for (OpOperand &output : op.getDpsInitsMutable())
      sums.push_back(memref::LoadOp::create(builder, loc, output.get(), place(output)));
    auto addTo = [&](ValueRange vectors) {
      for (auto [sum, vector, reduction] : llvm::zip(sums, vectors, form.reductions))
        sum = vector::ReductionOp::create(builder, loc, reduction.kind, vector, sum,
                                          arith::FastMathFlags::reassoc);
    };
    if (int64_t whole = form.sizes[form.last] / form.lanes * form.lanes) {
      SmallVector<Value> initial;
      for (const Reduction &reduction : form.reductions)
        initial.push_back(neutral(reduction, form.lanes));
      auto loop = scf::ForOp::create(builder, loc, constant(0), constant(whole),
                                     constant(form.lanes), initial);
      {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToStart(loop.getBody());
        SmallVector<Value> next;
        for (auto [term, old, reduction] :
             llvm::zip(evaluate(loop.getInductionVar(), form.lanes, form.lanes),
                       loop.getRegionIterArgs(), form.reductions))
          next.push_back(vector::makeArithReduction(builder, loc, reduction.kind,
                                                    spread(term, form.lanes), old));
        scf::YieldOp::create(builder, loc, next);
      }
      addTo(loop.getResults());
    }
    overRest([&](Value start, int64_t width, int64_t valid) {
      SmallVector<Value> terms = evaluate(start, width, valid);
      for (auto [term, reduction] : llvm::zip(terms, form.reductions)) {
        term = spread(term, width);
        if (valid < width)
          term = arith::SelectOp::create(builder, loc, mask, term, neutral(reduction, width));
      }
      addTo(terms);
    });
    indices[form.last] = constant(0);
    for (auto [sum, output] : llvm::zip(sums, op.getDpsInitsMutable()))
      memref::StoreOp::create(builder, loc, sum, output.get(), place(output));
  }

  /// What changes no sum (or maximum).
  Value neutral(const Reduction &reduction, int64_t width) {
    auto type = VectorType::get({width}, reduction.term.getType());
    TypedAttr zero = builder.getZeroAttr(type);
    if (reduction.kind == vector::CombiningKind::MAXIMUMF)
      zero =
          DenseElementsAttr::get(type, builder.getFloatAttr(reduction.term.getType(), -INFINITY));
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
        result.push_back(affine::AffineApplyOp::create(
            builder, loc, AffineMap::get(map.getNumDims(), 0, expr), indices));
    }
    return result;
  }

  /// One value in all lanes.
  Value spread(Value value, int64_t width) {
    if (isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(builder, loc, VectorType::get({width}, value.getType()),
                                       value);
  }

  Value loadLanes(Value buffer, ValueRange where, int64_t width, int64_t valid) {
    auto type = VectorType::get({width}, cast<MemRefType>(buffer.getType()).getElementType());
    if (valid == width)
      return vector::LoadOp::create(builder, loc, type, buffer, where);
    Value zeros = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    return vector::MaskedLoadOp::create(builder, loc, type, buffer, where, mask, zeros);
  }

  /// The body for `valid` of `width` lanes from `start`: what it yields, or what it would add to
  /// its sums. Values that are the same in all lanes stay scalars.
  SmallVector<Value> evaluate(Value start, int64_t width, int64_t valid) {
    indices[form.last] = start;
    if (valid < width)
      mask = vector::CreateMaskOp::create(
          builder, loc, VectorType::get({width}, builder.getI1Type()), constant(valid));
    IRMapping values;
    for (OpOperand &operand : op->getOpOperands()) {
      BlockArgument argument = op.getMatchingBlockArgument(&operand);
      if (argument.use_empty() || (form.isReduction && isOutput(operand)))
        continue;
      if (!isa<ShapedType>(operand.get().getType()))
        values.map(argument, operand.get());
      else if (liesAlongLanes(op, operand, form.last))
        values.map(argument, loadLanes(operand.get(), place(operand), width, valid));
      else
        values.map(argument,
                   memref::LoadOp::create(builder, loc, operand.get(), place(operand)).getResult());
    }
    for (Operation &inner : body().without_terminator())
      if (!form.combines(inner))
        copy(inner, values, width, valid);
    SmallVector<Value> results;
    if (form.isReduction)
      for (const Reduction &reduction : form.reductions)
        results.push_back(values.lookupOrDefault(reduction.term));
    else
      for (Value value : body().getTerminator()->getOperands())
        results.push_back(values.lookupOrDefault(value));
    return results;
  }

  void copy(Operation &inner, IRMapping &values, int64_t width, int64_t valid) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      Value value = indices[index.getDim()];
      if (static_cast<int>(index.getDim()) == form.last) {
        Value step =
            vector::StepOp::create(builder, loc, VectorType::get({width}, builder.getIndexType()));
        value = arith::AddIOp::create(builder, loc, spread(value, width), step);
      }
      return values.map(index.getResult(), value);
    }
    bool isVector = llvm::any_of(inner.getOperands(),
                                 [&](Value operand) { return form.varies.contains(operand); });
    if (!isVector) {
      builder.clone(inner, values);
      return;
    }
    if (auto load = dyn_cast<memref::LoadOp>(inner)) {
      SmallVector<Value> where;
      for (Value index : load.getIndices().drop_back())
        where.push_back(values.lookupOrDefault(index));
      where.push_back(indices[form.last]);
      return values.map(load.getResult(), loadLanes(load.getMemRef(), where, width, valid));
    }
    SmallVector<Value> operands;
    SmallVector<Type> types;
    for (Value operand : inner.getOperands())
      operands.push_back(spread(values.lookupOrDefault(operand), width));
    for (Type type : inner.getResultTypes())
      types.push_back(VectorType::get({width}, type));
    Operation *vector =
        builder.create(loc, inner.getName().getIdentifier(), operands, types, inner.getAttrs());
    values.map(inner.getResults(), vector->getResults());
  }

  linalg::LinalgOp op;
  VectorForm form;
  OpBuilder builder;
  Location loc;
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
      if (std::optional<VectorForm> form = vectorFormOf(op, *unit))
        LoopWriter(op, std::move(*form)).write();
  }
};

} // namespace
