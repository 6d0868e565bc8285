// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Formulas.h"

#include <cmath>

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

Value mmc::safeRow(Emitter &e, Value id, int64_t rows) {
  Value zero = e.constant(id.getType(), 0), count = e.constant(id.getType(), rows);
  Value low = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::sge, id, zero);
  Value high = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::slt, id, count);
  Value inside = arith::AndIOp::create(e.builder, e.loc, low, high);
  return e.toIndex(arith::SelectOp::create(e.builder, e.loc, inside, id, zero));
}

Value mmc::rmsScale(Emitter &e, Value x, double eps) {
  double inverse = 1.0 / e.shape(x).back();
  Value sum = e.reduceLast(x, 0, [](Emitter &e, ValueRange in) -> Values {
    return {e.add(in[1], e.mul(in[0], in[0]))};
  });
  return e.map(
      cast<RankedTensorType>(sum.getType()), sum, [&](Emitter &e, ValueRange in) -> Values {
        Value mean = e.mul(in[0], e.constant(in[0].getType(), inverse));
        Value root =
            math::SqrtOp::create(e.builder, e.loc, e.add(mean, e.constant(in[0].getType(), eps)));
        return {e.div(e.constant(in[0].getType(), 1), root)};
      });
}

std::pair<Value, Value> mmc::meanAndScale(Emitter &e, Value x, double eps) {
  double inverse = 1.0 / e.shape(x).back();
  Value sum =
      e.reduceLast(x, 0, [](Emitter &e, ValueRange in) -> Values { return {e.add(in[1], in[0])}; });
  auto rows = cast<RankedTensorType>(sum.getType());
  Value mean = e.map(rows, sum, [&](Emitter &e, ValueRange in) -> Values {
    return {e.mul(in[0], e.constant(in[0].getType(), inverse))};
  });
  // Two passes: the difference from the mean keeps its digits where the sum of squares would lose
  // them.
  Value squares = e.reduceLast({x, mean}, 0,
                               [](Emitter &e, ValueRange in) -> Values {
                                 Value difference = e.sub(in[0], in[1]);
                                 return {e.add(in[2], e.mul(difference, difference))};
                               },
                               /*leading=*/{1});
  Value scale = e.map(rows, squares, [&](Emitter &e, ValueRange in) -> Values {
    Value variance = e.mul(in[0], e.constant(in[0].getType(), inverse));
    Value root =
        math::SqrtOp::create(e.builder, e.loc, e.add(variance, e.constant(in[0].getType(), eps)));
    return {e.div(e.constant(in[0].getType(), 1), root)};
  });
  return {mean, scale};
}

static const double kQuick = 1.702, kTanhScale = std::sqrt(2 / M_PI), kTanhCubic = 0.044715;

/// tanh(√(2/π)·(x + 0.044715·x³))
static Value tanhOfGelu(Emitter &e, Value x) {
  Type type = x.getType();
  Value cubic = e.mul(e.mul(e.mul(x, x), x), e.constant(type, kTanhCubic));
  return math::TanhOp::create(e.builder, e.loc,
                              e.mul(e.add(x, cubic), e.constant(type, kTanhScale)));
}

/// Φ(x) = (1 + erf(x/√2))/2
static Value normalCdf(Emitter &e, Value x) {
  Type type = x.getType();
  Value erf = math::ErfOp::create(e.builder, e.loc, e.mul(x, e.constant(type, M_SQRT1_2)));
  return e.mul(e.add(e.constant(type, 1), erf), e.constant(type, 0.5));
}

Value mmc::gelu(Emitter &e, GeluKind kind, Value x) {
  Type type = x.getType();
  switch (kind) {
  case GeluKind::Quick:
    return e.mul(x, e.sigmoid(e.mul(x, e.constant(type, kQuick))));
  case GeluKind::Tanh:
    return e.mul(e.mul(x, e.constant(type, 0.5)), e.add(e.constant(type, 1), tanhOfGelu(e, x)));
  case GeluKind::Erf:
    return e.mul(x, normalCdf(e, x));
  }
  return {};
}

Value mmc::geluDerivative(Emitter &e, GeluKind kind, Value x) {
  Type type = x.getType();
  Value one = e.constant(type, 1);
  switch (kind) {
  case GeluKind::Quick: {
    // σ + 1.702·x·σ(1 − σ), σ = sigmoid(1.702·x)
    Value sigma = e.sigmoid(e.mul(x, e.constant(type, kQuick)));
    Value slope = e.mul(e.mul(x, e.constant(type, kQuick)), e.mul(sigma, e.sub(one, sigma)));
    return e.add(sigma, slope);
  }
  case GeluKind::Tanh: {
    // (1 + t)/2 + x/2·(1 − t²)·√(2/π)(1 + 3·0.044715·x²)
    Value t = tanhOfGelu(e, x), half = e.constant(type, 0.5);
    Value inner = e.add(one, e.mul(e.mul(x, x), e.constant(type, 3 * kTanhCubic)));
    Value slope = e.mul(e.sub(one, e.mul(t, t)), e.mul(inner, e.constant(type, kTanhScale)));
    return e.add(e.mul(e.add(one, t), half), e.mul(e.mul(x, half), slope));
  }
  case GeluKind::Erf: {
    // Φ(x) + x·exp(−x²/2)/√(2π)
    Value density = e.mul(e.exp(e.mul(e.mul(x, x), e.constant(type, -0.5))),
                          e.constant(type, 1 / std::sqrt(2 * M_PI)));
    return e.add(normalCdf(e, x), e.mul(x, density));
  }
  }
  return {};
}

Value mmc::cosineOrSine(Emitter &e, Value angle, Value isSine, Type type) {
  Value cosine = math::CosOp::create(e.builder, e.loc, angle),
        sine = math::SinOp::create(e.builder, e.loc, angle);
  return e.narrow(arith::SelectOp::create(e.builder, e.loc, isSine, sine, cosine), type);
}
