// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops that derivatives are written with, as linalg. The formulas stand in GradientOps.td.

#include "Emitter.h"
#include "Formulas.h"

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// [..., g·w] as [..., g, w].
static Value splitLast(Emitter &e, Value tensor, int64_t groups) {
  SmallVector<int64_t> shape(e.shape(tensor));
  int64_t width = shape.back() / groups;
  shape.back() = groups;
  shape.push_back(width);
  return e.reshape(tensor, shape);
}

static Values lowerLinearGradInput(LinearGradInputOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  Type element = type.getElementType(), sum = e.compute(element);
  int64_t groups = op.getGroups();
  std::string rows = Emitter::rows(type.getRank());
  if (groups == 1) {
    Value result = e.contract(op.getGradient(), rows + "n", op.getWeight(), "nk",
                              e.filled(type.getShape(), sum, 0), rows + "k");
    return {e.cast(result, element)};
  }
  SmallVector<int64_t> split(type.getShape());
  split.back() = groups;
  split.push_back(type.getShape().back() / groups);
  ArrayRef<int64_t> weight = e.shape(op.getWeight());
  Value w = e.reshape(op.getWeight(), {groups, weight[0] / groups, weight[1]});
  Value result = e.contract(splitLast(e, op.getGradient(), groups), rows + "gn", w, "gnk",
                            e.filled(split, sum, 0), rows + "gk");
  return {e.cast(e.reshape(result, type.getShape()), element)};
}

static Values lowerLinearGradWeight(LinearGradWeightOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  Type element = type.getElementType(), sum = e.compute(element);
  int64_t groups = op.getGroups();
  std::string rows = Emitter::rows(e.shape(op.getInput()).size());
  if (groups == 1) {
    Value result = e.contract(op.getGradient(), rows + "n", op.getInput(), rows + "k",
                              e.filled(type.getShape(), sum, 0), "nk");
    return {e.cast(result, element)};
  }
  SmallVector<int64_t> split = {groups, type.getDimSize(0) / groups, type.getDimSize(1)};
  Value result =
      e.contract(splitLast(e, op.getGradient(), groups), rows + "gn",
                 splitLast(e, op.getInput(), groups), rows + "gk", e.filled(split, sum, 0), "gnk");
  return {e.cast(e.reshape(result, type.getShape()), element)};
}

/// Adds the rows of `gradient` [..., D] to rows `ids[...]` of zeros [R, D], in ascending order of
/// the tokens; ids outside the table add nothing.
static Value scatterRows(Emitter &e, Value ids, Value gradient, RankedTensorType type) {
  Type sum = e.compute(type.getElementType());
  int64_t rows = type.getDimSize(0), width = type.getDimSize(1), tokens = 1;
  for (int64_t dim : e.shape(ids))
    tokens *= dim;
  Value zero = e.filled(type.getShape(), sum, 0);
  if (tokens == 0)
    return e.cast(zero, type.getElementType());
  Value flatIds = e.shape(ids).size() == 1 ? ids : e.reshape(ids, {tokens});
  Value flat = e.shape(gradient).size() == 2 ? gradient : e.reshape(gradient, {tokens, width});
  // One loop of scalars that the code generator vectorises along the row.
  auto loop = scf::ForOp::create(
      e.builder, e.loc, e.index(0), e.index(tokens), e.index(1), zero,
      [&](OpBuilder &inner, Location where, Value token, ValueRange carried) {
        Emitter n(inner, where);
        Value id = tensor::ExtractOp::create(inner, where, flatIds, token);
        Value row = safeRow(n, id, rows);
        Value low = arith::CmpIOp::create(inner, where, arith::CmpIPredicate::sge, id,
                                          n.constant(id.getType(), 0));
        Value high = arith::CmpIOp::create(inner, where, arith::CmpIPredicate::slt, id,
                                           n.constant(id.getType(), rows));
        Value inside = arith::AndIOp::create(inner, where, low, high);
        auto rowType = RankedTensorType::get({width}, sum);
        SmallVector<OpFoldResult> sizes = {inner.getIndexAttr(1), inner.getIndexAttr(width)};
        SmallVector<OpFoldResult> strides(2, inner.getIndexAttr(1));
        SmallVector<OpFoldResult> at = {row, inner.getIndexAttr(0)},
                                  from = {token, inner.getIndexAttr(0)};
        Value old =
            tensor::ExtractSliceOp::create(inner, where, rowType, carried[0], at, sizes, strides);
        Value piece = tensor::ExtractSliceOp::create(
            inner, where, RankedTensorType::get({width}, n.element(flat)), flat, from, sizes,
            strides);
        AffineMap identity = n.identity(1);
        Value updated =
            n.generic({width}, {piece, old}, {identity, identity}, old, identity, {},
                      [&](Emitter &b, ValueRange in) -> Values {
                        Value added = b.add(in[1], in[0]);
                        return {arith::SelectOp::create(b.builder, b.loc, inside, added, in[1])};
                      })[0];
        Value next =
            tensor::InsertSliceOp::create(inner, where, updated, carried[0], at, sizes, strides);
        scf::YieldOp::create(inner, where, next);
      });
  return e.cast(loop.getResult(0), type.getElementType());
}

static Values lowerEmbeddingGrad(EmbeddingGradOp op, Emitter &e) {
  return {scatterRows(e, op.getIds(), op.getGradient(), typeOf(op.getResult()))};
}

static Values lowerFillSlotsGrad(FillSlotsGradOp op, Emitter &e) {
  return {scatterRows(e, op.getSlots(), op.getGradient(), typeOf(op.getResult()))};
}

static Values lowerMaskSlots(MaskSlotsOp op, Emitter &e) {
  return {e.map(typeOf(op.getResult()), {op.getGradient(), op.getSlots()},
                [](Emitter &e, ValueRange in) -> Values {
                  Value isText = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::slt,
                                                       in[1], e.constant(in[1].getType(), 0));
                  return {arith::SelectOp::create(e.builder, e.loc, isText, in[0],
                                                  e.constant(in[0].getType(), 0))};
                },
                /*leading=*/{1})};
}

static Values lowerRmsNormGrad(RmsNormGradOp op, Emitter &e) {
  Value scale = rmsScale(e, op.getInput(), op.getEps().convertToDouble());
  double inverse = 1.0 / e.shape(op.getInput()).back();
  // Σ t·x, with t = γ·dy
  Value dot = e.reduceLast({op.getInput(), op.getGradient(), op.getWeight()}, 0,
                           [](Emitter &e, ValueRange in) -> Values {
                             return {e.add(in[3], e.mul(in[0], e.mul(in[1], in[2])))};
                           });
  return {e.map(typeOf(op.getResult()),
                {op.getInput(), op.getGradient(), op.getWeight(), scale, dot},
                [&](Emitter &e, ValueRange in) -> Values {
                  Value t = e.mul(in[1], in[2]), normal = e.mul(in[0], in[3]);
                  Value mean = e.mul(e.mul(in[4], in[3]), e.constant(in[4].getType(), inverse));
                  return {e.mul(in[3], e.sub(t, e.mul(normal, mean)))};
                },
                /*leading=*/{3, 4})};
}

/// Σ over the rows of what `body` makes of the inputs [..., D] (or per-row `leading` ones).
static Value sumOverRows(Emitter &e, ValueRange inputs, ArrayRef<unsigned> leading, Type element,
                         Emitter::Body body) {
  ArrayRef<int64_t> domain = e.shape(inputs[0]);
  unsigned rank = domain.size();
  SmallVector<AffineMap> maps;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    SmallVector<unsigned> dims;
    unsigned own = e.shape(input).size();
    for (unsigned d = 0; d < own; ++d)
      dims.push_back(llvm::is_contained(leading, i) ? d : rank - own + d);
    maps.push_back(e.select(rank, dims));
  }
  SmallVector<int> reductions;
  for (unsigned d = 0; d + 1 < rank; ++d)
    reductions.push_back(d);
  Value zero = e.filled({domain.back()}, e.compute(element), 0);
  if (reductions.empty())
    return e.cast(e.map(RankedTensorType::get(domain, e.compute(element)), inputs, body), element);
  return e.cast(e.generic(domain, inputs, maps, zero, e.select(rank, {rank - 1}), reductions,
                          [&](Emitter &e, ValueRange in) -> Values {
                            return {e.add(in.back(), body(e, in.drop_back())[0])};
                          })[0],
                element);
}

static Values lowerRmsNormGradWeight(RmsNormGradWeightOp op, Emitter &e) {
  Value scale = rmsScale(e, op.getInput(), op.getEps().convertToDouble());
  return {sumOverRows(
      e, {op.getInput(), op.getGradient(), scale}, {2}, e.element(op.getResult()),
      [](Emitter &e, ValueRange in) -> Values { return {e.mul(in[1], e.mul(in[0], in[2]))}; })};
}

static Values lowerLayerNormGrad(LayerNormGradOp op, Emitter &e) {
  auto [mean, scale] = meanAndScale(e, op.getInput(), op.getEps().convertToDouble());
  double inverse = 1.0 / e.shape(op.getInput()).back();
  Value sum =
      e.reduceLast({op.getGradient(), op.getWeight()}, 0, [](Emitter &e, ValueRange in) -> Values {
        return {e.add(in[2], e.mul(in[0], in[1]))};
      });
  Value dot = e.reduceLast({op.getInput(), op.getGradient(), op.getWeight(), mean, scale}, 0,
                           [](Emitter &e, ValueRange in) -> Values {
                             Value normal = e.mul(e.sub(in[0], in[3]), in[4]);
                             return {e.add(in[5], e.mul(normal, e.mul(in[1], in[2])))};
                           },
                           /*leading=*/{3, 4});
  return {e.map(typeOf(op.getResult()),
                {op.getInput(), op.getGradient(), op.getWeight(), mean, scale, sum, dot},
                [&](Emitter &e, ValueRange in) -> Values {
                  Value t = e.mul(in[1], in[2]), normal = e.mul(e.sub(in[0], in[3]), in[4]);
                  Value n = e.constant(in[5].getType(), inverse);
                  Value centred = e.sub(e.sub(t, e.mul(in[5], n)), e.mul(normal, e.mul(in[6], n)));
                  return {e.mul(in[4], centred)};
                },
                /*leading=*/{3, 4, 5, 6})};
}

static Values lowerLayerNormGradWeight(LayerNormGradWeightOp op, Emitter &e) {
  auto [mean, scale] = meanAndScale(e, op.getInput(), op.getEps().convertToDouble());
  return {sumOverRows(e, {op.getInput(), op.getGradient(), mean, scale}, {2, 3},
                      e.element(op.getResult()), [](Emitter &e, ValueRange in) -> Values {
                        return {e.mul(in[1], e.mul(e.sub(in[0], in[2]), in[3]))};
                      })};
}

static Values lowerSiluGrad(SiluGradOp op, Emitter &e) {
  return {e.map(typeOf(op.getResult()), op.getOperands(), [](Emitter &e, ValueRange in) -> Values {
    Value one = e.constant(in[0].getType(), 1), sigma = e.sigmoid(in[0]);
    Value slope = e.mul(sigma, e.add(one, e.mul(in[0], e.sub(one, sigma))));
    return {e.mul(in[1], slope)};
  })};
}

static Values lowerGeluGrad(GeluGradOp op, Emitter &e) {
  GeluKind kind = op.getKind();
  return {e.map(typeOf(op.getResult()), op.getOperands(), [&](Emitter &e, ValueRange in) -> Values {
    return {e.mul(in[1], geluDerivative(e, kind, in[0]))};
  })};
}

static Values lowerSoftmaxGrad(SoftmaxGradOp op, Emitter &e) {
  double inverse = 1.0 / op.getTemperature().convertToDouble();
  Value dot = e.reduceLast(op.getOperands(), 0, [](Emitter &e, ValueRange in) -> Values {
    return {e.add(in[2], e.mul(in[0], in[1]))};
  });
  return {e.map(typeOf(op.getResult()), {op.getOutput(), op.getGradient(), dot},
                [&](Emitter &e, ValueRange in) -> Values {
                  return {e.mul(e.mul(in[0], e.sub(in[1], in[2])),
                                e.constant(in[0].getType(), inverse))};
                },
                /*leading=*/{2})};
}

static Values lowerPatchesGrad(PatchesGradOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  int64_t p = op.getPatch(), rows = type.getDimSize(2) / p, columns = type.getDimSize(3) / p;
  SmallVector<int64_t> split = {type.getDimSize(0), rows, columns, type.getDimSize(1), p, p};
  Value patches = e.reshape(op.getGradient(), split);
  // Back to [n, c, y, i, x, j], which merges into pictures.
  SmallVector<int64_t> ordered = {split[0], split[3], rows, p, columns, p};
  AffineMap source = e.select(6, {0, 2, 4, 1, 3, 5});
  Value moved =
      e.generic(ordered, patches, source, e.empty(ordered, type.getElementType()), e.identity(6),
                {}, [](Emitter &, ValueRange in) -> Values { return {in[0]}; })[0];
  Value picture = e.reshape(moved, {split[0], split[3], rows * p, columns * p});
  if (rows * p == type.getDimSize(2) && columns * p == type.getDimSize(3))
    return {picture};
  Value wide =
      e.filled({split[0], split[3], rows * p, type.getDimSize(3)}, type.getElementType(), 0);
  wide = e.insert(picture, wide, 3, 0);
  return {e.insert(wide, e.filled(type.getShape(), type.getElementType(), 0), 2, 0)};
}

void mmc::populateGradientLowerings(RewritePatternSet &patterns) {
  addLowering(patterns, lowerLinearGradInput);
  addLowering(patterns, lowerLinearGradWeight);
  addLowering(patterns, lowerEmbeddingGrad);
  addLowering(patterns, lowerFillSlotsGrad);
  addLowering(patterns, lowerMaskSlots);
  addLowering(patterns, lowerRmsNormGrad);
  addLowering(patterns, lowerRmsNormGradWeight);
  addLowering(patterns, lowerLayerNormGrad);
  addLowering(patterns, lowerLayerNormGradWeight);
  addLowering(patterns, lowerSiluGrad);
  addLowering(patterns, lowerGeluGrad);
  addLowering(patterns, lowerSoftmaxGrad);
  addLowering(patterns, lowerPatchesGrad);
}
