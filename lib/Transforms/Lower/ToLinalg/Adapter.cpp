// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dropout and routed experts as linalg.

#include "Emitter.h"

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// Weights of one expert, [B] or [T].
static Value weightsOf(Emitter &e, Value weights, int64_t expert) {
  return e.slice(weights, 1, expert, 1, /*drop=*/true);
}

static Values lowerRoute(RouteOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  unsigned axis = op.getAxis();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (auto [index, expert] : llvm::enumerate(op.getExperts())) {
    inputs.append({weightsOf(e, op.getWeights(), index), expert});
    maps.append({e.select(3, {axis}), e.identity(3)});
  }
  return e.generic(type.getShape(), inputs, maps, e.empty(type.getShape(), type.getElementType()),
                   e.identity(3), {}, [](Emitter &e, ValueRange in) -> Values {
                     Value sum = e.mul(in[0], in[1]);
                     for (unsigned i = 2; i < in.size(); i += 2)
                       sum = e.add(sum, e.mul(in[i], in[i + 1]));
                     return {sum};
                   });
}

static Values lowerRouteGradExpert(RouteGradExpertOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  unsigned axis = op.getAxis();
  return e.generic(
      type.getShape(), {weightsOf(e, op.getWeights(), op.getExpert()), op.getGradient()},
      {e.select(3, {axis}), e.identity(3)}, e.empty(type.getShape(), type.getElementType()),
      e.identity(3), {}, [](Emitter &e, ValueRange in) -> Values { return {e.mul(in[0], in[1])}; });
}

static Values lowerRouteGradWeights(RouteGradWeightsOp op, Emitter &e) {
  RankedTensorType type = typeOf(op.getResult());
  unsigned axis = op.getAxis();
  Type sum = e.compute(type.getElementType());
  Value result = e.empty(type.getShape(), type.getElementType());
  SmallVector<int> reductions = {axis == 0 ? 1 : 0, 2};
  for (auto [index, expert] : llvm::enumerate(op.getExperts())) {
    Value total = e.generic(
        e.shape(expert), {op.getGradient(), expert}, {e.identity(3), e.identity(3)},
        e.filled({type.getDimSize(0)}, sum, 0), e.select(3, {axis}), reductions,
        [](Emitter &e, ValueRange in) -> Values { return {e.add(in[2], e.mul(in[0], in[1]))}; })[0];
    Value column = e.reshape(e.cast(total, type.getElementType()), {type.getDimSize(0), 1});
    result = e.insert(column, result, 1, index);
  }
  return {result};
}

/// The first word of Philox4x32-10 with counter (c0, c1, c2, c3) and key (k0, k1): Salmon et al.,
/// "Parallel random numbers: as easy as 1, 2, 3" (2011). The runtime's Philox is the same function.
static Value philox(Emitter &e, Values counter, Value k0, Value k1) {
  Type i32 = e.builder.getI32Type(), i64 = e.builder.getI64Type();
  auto constant = [&](uint32_t value) -> Value {
    return arith::ConstantOp::create(e.builder, e.loc,
                                     e.builder.getIntegerAttr(i32, static_cast<int32_t>(value)));
  };
  auto multiply = [&](Value a, uint32_t factor) -> std::pair<Value, Value> {
    Value wide = arith::MulIOp::create(
        e.builder, e.loc, arith::ExtUIOp::create(e.builder, e.loc, i64, a),
        arith::ConstantOp::create(e.builder, e.loc, e.builder.getI64IntegerAttr(factor)));
    Value shift = arith::ConstantOp::create(e.builder, e.loc, e.builder.getI64IntegerAttr(32));
    Value high = arith::ShRUIOp::create(e.builder, e.loc, wide, shift);
    return {arith::TruncIOp::create(e.builder, e.loc, i32, high),
            arith::TruncIOp::create(e.builder, e.loc, i32, wide)};
  };
  auto exclusiveOr = [&](Value a, Value b) -> Value {
    return arith::XOrIOp::create(e.builder, e.loc, a, b);
  };
  for (int round = 0; round < 10; ++round) {
    auto [high0, low0] = multiply(counter[0], 0xD2511F53u);
    auto [high1, low1] = multiply(counter[2], 0xCD9E8D57u);
    counter = {exclusiveOr(exclusiveOr(high1, counter[1]), k0), low1,
               exclusiveOr(exclusiveOr(high0, counter[3]), k1), low0};
    k0 = arith::AddIOp::create(e.builder, e.loc, k0, constant(0x9E3779B9u));
    k1 = arith::AddIOp::create(e.builder, e.loc, k1, constant(0xBB67AE85u));
  }
  return counter[0];
}

// Kept where the random word, as a fraction of 2³², is at least the rate.
static Values lowerDropout(DropoutOp op, Emitter &e) {
  if (!op.getRng())
    return {op.getInput()};
  RankedTensorType type = typeOf(op.getResult());
  double rate = op.getRate().convertToDouble();
  Value seed = tensor::ExtractOp::create(e.builder, e.loc, op.getRng(), e.index(0));
  Value step = tensor::ExtractOp::create(e.builder, e.loc, op.getRng(), e.index(1));
  return {e.map(type, op.getInput(), [&](Emitter &e, ValueRange in) -> Values {
    Type i32 = e.builder.getI32Type(), i64 = e.builder.getI64Type();
    Value element = e.index(0);
    for (auto [d, size] : llvm::enumerate(op.getWhole().value_or(type.getShape()))) {
      Value position = e.dim(d);
      if (!op.getPlace().empty())
        position = arith::AddIOp::create(e.builder, e.loc, position, op.getPlace()[d]);
      element = arith::AddIOp::create(
          e.builder, e.loc, arith::MulIOp::create(e.builder, e.loc, element, e.index(size)),
          position);
    }
    element = arith::IndexCastOp::create(e.builder, e.loc, i64, element);
    auto low = [&](Value wide) -> Value {
      return arith::TruncIOp::create(e.builder, e.loc, i32, wide);
    };
    auto high = [&](Value wide) -> Value {
      Value shift = arith::ConstantOp::create(e.builder, e.loc, e.builder.getI64IntegerAttr(32));
      return low(arith::ShRUIOp::create(e.builder, e.loc, wide, shift));
    };
    Value stream = e.constant(i32, op.getStream());
    Value word = philox(e, {low(element), high(element), low(step), stream}, low(seed), high(seed));
    Value threshold = arith::ConstantOp::create(
        e.builder, e.loc,
        e.builder.getIntegerAttr(i32,
                                 static_cast<int32_t>(static_cast<uint32_t>(rate * 4294967296.0))));
    Value keep =
        arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::uge, word, threshold);
    Value scaled = e.mul(in[0], e.constant(in[0].getType(), 1 / (1 - rate)));
    return {
        arith::SelectOp::create(e.builder, e.loc, keep, scaled, e.constant(in[0].getType(), 0))};
  })};
}

void mmc::populateAdapterLowerings(RewritePatternSet &patterns) {
  addLowering(patterns, lowerRoute);
  addLowering(patterns, lowerRouteGradExpert);
  addLowering(patterns, lowerRouteGradWeights);
  addLowering(patterns, lowerDropout);
}
