// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The layers as linalg.

#include "Emitter.h"
#include "Formulas.h"

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

static Values lowerEmbedding(EmbeddingOp op, Emitter &e) {
  int64_t rows = e.shape(op.getTable())[0];
  Value table = op.getTable();
  return {e.map(typeOf(op.getResult()), op.getIds(),
                [&](Emitter &e, ValueRange in) -> Values {
                  Value last = e.dim(e.shape(op.getResult()).size() - 1);
                  Value row = safeRow(e, in[0], rows);
                  return {e.widen(
                      tensor::ExtractOp::create(e.builder, e.loc, table, ValueRange{row, last}))};
                },
                /*leading=*/{0})};
}

static Values lowerLinear(LinearOp op, Emitter &e) {
  Type element = e.element(op.getResult()), sum = e.compute(element);
  ArrayRef<int64_t> shape = e.shape(op.getResult());
  std::string rows = Emitter::rows(shape.size());
  int64_t groups = op.getGroups();
  Value result;
  // A bias is where the sum starts.
  auto initial = [&](ArrayRef<int64_t> accumulatorShape, Value bias) {
    if (!bias)
      return e.filled(accumulatorShape, sum, 0);
    return e.map(RankedTensorType::get(accumulatorShape, sum), bias,
                 [](Emitter &, ValueRange in) -> Values { return {in[0]}; });
  };
  if (groups == 1) {
    result = e.contract(op.getInput(), rows + "k", op.getWeight(), "nk",
                        initial(shape, op.getBias()), rows + "n");
    return {e.cast(result, element)};
  }
  SmallVector<int64_t> in(e.shape(op.getInput())), out(shape);
  int64_t width = in.back() / groups, outWidth = out.back() / groups;
  in.back() = out.back() = groups;
  in.push_back(width);
  out.push_back(outWidth);
  Value x = e.reshape(op.getInput(), in);
  Value w = e.reshape(op.getWeight(), {groups, outWidth, width});
  Value bias = op.getBias() ? e.reshape(op.getBias(), {groups, outWidth}) : Value();
  result = e.contract(x, rows + "gk", w, "gnk", initial(out, bias), rows + "gn");
  return {e.cast(e.reshape(result, shape), element)};
}

static Values lowerRmsNorm(RmsNormOp op, Emitter &e) {
  Value scale = rmsScale(e, op.getInput(), op.getEps().convertToDouble());
  return {
      e.map(typeOf(op.getResult()), {op.getInput(), scale, op.getWeight()},
            [](Emitter &e, ValueRange in) -> Values { return {e.mul(e.mul(in[0], in[1]), in[2])}; },
            /*leading=*/{1})};
}

static Values lowerLayerNorm(LayerNormOp op, Emitter &e) {
  auto [mean, scale] = meanAndScale(e, op.getInput(), op.getEps().convertToDouble());
  return {e.map(typeOf(op.getResult()), {op.getInput(), mean, scale, op.getWeight(), op.getBias()},
                [](Emitter &e, ValueRange in) -> Values {
                  return {e.add(e.mul(e.mul(e.sub(in[0], in[1]), in[2]), in[3]), in[4])};
                },
                /*leading=*/{1, 2})};
}

// The angle is reduced to a quarter turn in f64; what is left is small enough for f32.
static Values lowerRotaryTable(RotaryTableOp op, Emitter &e) {
  Type f64 = e.builder.getF64Type();
  SmallVector<double> frequencies = op.getInverseFrequencies();
  int64_t half = frequencies.size();
  auto attribute =
      DenseElementsAttr::get(RankedTensorType::get({half}, f64), ArrayRef<double>(frequencies));
  Value table = arith::ConstantOp::create(e.builder, e.loc, attribute);
  SmallVector<int64_t> shape(e.shape(op.getPositions()));
  unsigned rows = shape.size();
  shape.append({2, half});
  Type element = e.element(op.getResult());
  SmallVector<unsigned> leading;
  for (unsigned d = 0; d < rows; ++d)
    leading.push_back(d);
  Value out = e.empty(shape, element);
  Value result = e.generic(shape, {op.getPositions(), table},
                           {e.select(rows + 2, leading), e.select(rows + 2, {rows + 1})}, out,
                           e.identity(rows + 2), {}, [&](Emitter &e, ValueRange in) -> Values {
                             Value position = arith::SIToFPOp::create(e.builder, e.loc, f64, in[0]);
                             Value angle = arith::MulFOp::create(e.builder, e.loc, position, in[1]);
                             Value isSine =
                                 arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::eq,
                                                       e.dim(rows), e.index(1));
                             return {cosineOrSine(e, angle, isSine, e.compute(element))};
                           })[0];
  return {e.reshape(result, typeOf(op.getResult()).getShape())};
}

static Values lowerRotary(RotaryOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  SmallVector<int64_t> shape(type.getShape());
  unsigned rows = shape.size() - 1;
  int64_t heads = op.getHeads(), width = shape.back() / heads, dim = e.shape(op.getTable()).back(),
          half = dim / 2;
  shape.back() = heads;
  shape.push_back(width);
  Value x = e.reshape(op.getInput(), shape);
  Value first = e.slice(x, rows + 1, 0, half), second = e.slice(x, rows + 1, half, half);
  Value cosine = e.slice(op.getTable(), rows, 0, half),
        sine = e.slice(op.getTable(), rows, half, half);
  SmallVector<int64_t> domain(shape);
  domain.back() = half;
  unsigned rank = rows + 2;
  SmallVector<unsigned> tableDims;
  for (unsigned d = 0; d < rows; ++d)
    tableDims.push_back(d);
  tableDims.push_back(rank - 1);
  AffineMap identity = e.identity(rank), tableMap = e.select(rank, tableDims);
  bool inverse = op.getInverse();
  Value result = e.empty(shape, type.getElementType());
  Value firstOut = e.slice(result, rows + 1, 0, half),
        secondOut = e.slice(result, rows + 1, half, half);
  // a' = a·cos − b·sin, b' = b·cos + a·sin; rotating back changes the sign of the sine.
  auto rotated = e.generic(
      domain, {first, second, cosine, sine}, {identity, identity, tableMap, tableMap},
      {firstOut, secondOut}, {identity, identity}, {}, [&](Emitter &e, ValueRange in) -> Values {
        Value c = e.narrow(in[2], in[0].getType()), s = e.narrow(in[3], in[0].getType());
        if (inverse)
          s = e.neg(s);
        return {e.sub(e.mul(in[0], c), e.mul(in[1], s)), e.add(e.mul(in[1], c), e.mul(in[0], s))};
      });
  result = e.insert(rotated[0], result, rows + 1, 0);
  result = e.insert(rotated[1], result, rows + 1, half);
  if (dim < width)
    result = e.insert(e.slice(x, rows + 1, dim, width - dim), result, rows + 1, dim);
  return {e.reshape(result, type.getShape())};
}

static Values lowerSilu(SiluOp op, Emitter &e) {
  return {e.map(typeOf(op.getResult()), op.getInput(), [](Emitter &e, ValueRange in) -> Values {
    return {e.mul(in[0], e.sigmoid(in[0]))};
  })};
}

static Values lowerGelu(GeluOp op, Emitter &e) {
  GeluKind kind = op.getKind();
  return {e.map(typeOf(op.getResult()), op.getInput(),
                [&](Emitter &e, ValueRange in) -> Values { return {gelu(e, kind, in[0])}; })};
}

static Values lowerSoftmax(SoftmaxOp op, Emitter &e) {
  double inverse = 1.0 / op.getTemperature().convertToDouble();
  Value highest = e.reduceLast(op.getInput(), -INFINITY, [](Emitter &e, ValueRange in) -> Values {
    return {e.maximum(in[1], in[0])};
  });
  auto shifted = [&](Emitter &e, Value x, Value m) {
    return e.exp(e.mul(e.sub(x, m), e.constant(x.getType(), inverse)));
  };
  Value total = e.reduceLast(
      {op.getInput(), highest}, 0,
      [&](Emitter &e, ValueRange in) -> Values { return {e.add(in[2], shifted(e, in[0], in[1]))}; },
      /*leading=*/{1});
  return {e.map(
      typeOf(op.getResult()), {op.getInput(), highest, total},
      [&](Emitter &e, ValueRange in) -> Values { return {e.div(shifted(e, in[0], in[1]), in[2])}; },
      /*leading=*/{1, 2})};
}

// out[n, (y, x), (c, i, j)] = pixels[n, c, y·p + i, x·p + j]
static Values lowerPatches(PatchesOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  ArrayRef<int64_t> pixels = e.shape(op.getPixels());
  int64_t p = op.getPatch(), rows = pixels[2] / p, columns = pixels[3] / p;
  SmallVector<int64_t> domain = {pixels[0], rows, columns, pixels[1], p, p};
  AffineExpr n, y, x, c, i, j;
  bindDims(e.builder.getContext(), n, y, x, c, i, j);
  AffineMap source = AffineMap::get(6, 0, {n, c, y * p + i, x * p + j}, e.builder.getContext());
  Value result =
      e.generic(domain, op.getPixels(), source, e.empty(domain, type.getElementType()),
                e.identity(6), {}, [&](Emitter &, ValueRange in) -> Values { return {in[0]}; })[0];
  return {e.reshape(result, type.getShape())};
}

static Values lowerPrependToken(PrependTokenOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  auto first =
      RankedTensorType::get({type.getDimSize(0), 1, type.getDimSize(2)}, type.getElementType());
  Value token =
      e.map(first, op.getToken(), [](Emitter &, ValueRange in) -> Values { return {in[0]}; });
  Value result = e.empty(type.getShape(), type.getElementType());
  result = e.insert(token, result, 1, 0);
  return {e.insert(op.getInput(), result, 1, 1)};
}

static Values lowerFillSlots(FillSlotsOp op, Emitter &e) {
  int64_t rows = e.shape(op.getFeatures())[0];
  Value features = op.getFeatures();
  return {e.map(typeOf(op.getResult()), {op.getInput(), op.getSlots()},
                [&](Emitter &e, ValueRange in) -> Values {
                  Value zero = e.constant(in[1].getType(), 0);
                  Value isText = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::slt,
                                                       in[1], zero);
                  Value isOutside =
                      arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::sge, in[1],
                                            e.constant(in[1].getType(), rows));
                  Value row = safeRow(e, in[1], rows);
                  Value feature = e.widen(tensor::ExtractOp::create(e.builder, e.loc, features,
                                                                    ValueRange{row, e.dim(2)}));
                  feature = arith::SelectOp::create(e.builder, e.loc, isOutside,
                                                    e.constant(feature.getType(), 0), feature);
                  return {arith::SelectOp::create(e.builder, e.loc, isText, in[0], feature)};
                },
                /*leading=*/{1})};
}

static Values lowerReplaceToken(ReplaceTokenOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  Value result =
      e.map(type, op.getInput(), [](Emitter &, ValueRange in) -> Values { return {in[0]}; });
  Value token = e.reshape(op.getToken(), {type.getDimSize(0), 1, type.getDimSize(2)});
  return {e.insert(token, result, 1, op.getAt())};
}

void mmc::populateNNLowerings(RewritePatternSet &patterns) {
  addLowering(patterns, lowerEmbedding);
  addLowering(patterns, lowerLinear);
  addLowering(patterns, lowerRmsNorm);
  addLowering(patterns, lowerLayerNorm);
  addLowering(patterns, lowerRotaryTable);
  addLowering(patterns, lowerRotary);
  addLowering(patterns, lowerSilu);
  addLowering(patterns, lowerGelu);
  addLowering(patterns, lowerSoftmax);
  addLowering(patterns, lowerPatches);
  addLowering(patterns, lowerPrependToken);
  addLowering(patterns, lowerFillSlots);
  addLowering(patterns, lowerReplaceToken);
}
