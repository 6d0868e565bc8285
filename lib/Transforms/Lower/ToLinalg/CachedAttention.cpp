// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention of one token over kept keys and values: two rows of scores, of the earlier tokens and
// of itself, under one softmax.

#include "Emitter.h"

#include <cmath>

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

/// tensor[sample, :, head · width : (head + 1) · width] as a matrix.
static Value headOf(Emitter &e, Value tensor, int64_t sample, int64_t head, int64_t width) {
  return e.slice(e.slice(tensor, 0, sample, 1, /*drop=*/true), 1, head * width, width);
}

/// Scores [1, S] of the earlier tokens, −∞ where a row holds none or one of another segment.
static Value pastScores(CachedAttentionOp op, Emitter &e, Value query, Value keys, int64_t sample,
                        Type sum) {
  int64_t count = e.shape(keys)[0];
  Value scores = e.contract(query, "md", keys, "nd", e.filled({1, count}, sum, 0), "mn");
  Values inputs = {scores, op.getLength()};
  SmallVector<AffineMap> maps = {e.identity(2), e.select(2, {})};
  if (op.getSegments()) {
    inputs.append({e.slice(op.getSegments(), 0, sample, 1, /*drop=*/true),
                   e.slice(op.getPastSegments(), 0, sample, 1, /*drop=*/true)});
    maps.append({e.select(2, {0}), e.select(2, {1})});
  }
  double scale = op.getScale().convertToDouble();
  return e.generic({1, count}, inputs, maps, e.empty({1, count}, sum), e.identity(2), {},
                   [&](Emitter &e, ValueRange in) -> Values {
                     Value score = e.mul(in[0], e.constant(sum, scale));
                     Value low = e.constant(sum, -INFINITY);
                     Value seen = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::slt,
                                                        e.dim(1), e.toIndex(in[1]));
                     score = arith::SelectOp::create(e.builder, e.loc, seen, score, low);
                     if (op.getSegments()) {
                       Value same = arith::CmpIOp::create(e.builder, e.loc,
                                                          arith::CmpIPredicate::eq, in[2], in[3]);
                       score = arith::SelectOp::create(e.builder, e.loc, same, score, low);
                     }
                     return {score};
                   })[0];
}

/// The result [1, d] of one head of one sample.
static Value attend(CachedAttentionOp op, Emitter &e, int64_t sample, int64_t head) {
  int64_t width = e.shape(op.getQuery())[2] / op.getHeads(),
          shared = head / (op.getHeads() / op.getKvHeads());
  Type element = e.element(op.getQuery()), sum = e.compute(element);
  double scale = op.getScale().convertToDouble();
  Value query = headOf(e, op.getQuery(), sample, head, width);
  Value past =
      pastScores(op, e, query, headOf(e, op.getPastKey(), sample, shared, width), sample, sum);
  Value own = e.contract(query, "md", headOf(e, op.getKey(), sample, shared, width), "nd",
                         e.filled({1, 1}, sum, 0), "mn");
  auto row = RankedTensorType::get({1}, sum);
  own = e.map(row, e.reshape(own, {1}), [&](Emitter &e, ValueRange in) -> Values {
    return {e.mul(in[0], e.constant(sum, scale))};
  });
  // The token sees itself: the maximum is finite.
  Value highest = e.reduceLast(past, -INFINITY, [](Emitter &e, ValueRange in) -> Values {
    return {e.maximum(in[1], in[0])};
  });
  highest = e.map(row, {highest, own},
                  [](Emitter &e, ValueRange in) -> Values { return {e.maximum(in[0], in[1])}; });
  auto toWeight = [](Emitter &e, ValueRange in) -> Values { return {e.exp(e.sub(in[0], in[1]))}; };
  Value weights =
      e.map(cast<RankedTensorType>(past.getType()), {past, highest}, toWeight, /*leading=*/{1});
  Value ownWeight = e.map(row, {own, highest}, toWeight);
  Value total = e.reduceLast(
      weights, 0, [](Emitter &e, ValueRange in) -> Values { return {e.add(in[1], in[0])}; });
  total = e.map(row, {total, ownWeight},
                [](Emitter &e, ValueRange in) -> Values { return {e.add(in[0], in[1])}; });
  Value mixed = e.map(RankedTensorType::get({1, width}, sum),
                      {headOf(e, op.getValue(), sample, shared, width), e.cast(ownWeight, element)},
                      [](Emitter &e, ValueRange in) -> Values { return {e.mul(in[0], in[1])}; },
                      /*leading=*/{1});
  mixed = e.contract(e.cast(weights, element), "mn",
                     headOf(e, op.getPastValue(), sample, shared, width), "nd", mixed, "md");
  return e.map(RankedTensorType::get({1, width}, element), {mixed, total},
               [](Emitter &e, ValueRange in) -> Values { return {e.div(in[0], in[1])}; },
               /*leading=*/{1});
}

static Values lowerCachedAttention(CachedAttentionOp op, Emitter &e) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  int64_t width = type.getDimSize(2) / op.getHeads();
  Value out = e.empty(type.getShape(), type.getElementType());
  for (int64_t sample = 0; sample < type.getDimSize(0); ++sample) {
    Value rows = e.empty({1, type.getDimSize(2)}, type.getElementType());
    for (int64_t head = 0; head < static_cast<int64_t>(op.getHeads()); ++head)
      rows = e.insert(attend(op, e, sample, head), rows, 1, head * width);
    out = e.insert(e.reshape(rows, {1, 1, type.getDimSize(2)}), out, 0, sample);
  }
  return {out};
}

void mmc::populateCachedAttentionLowerings(RewritePatternSet &patterns) {
  addLowering(patterns, lowerCachedAttention);
}
