// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention, forward and backward, as loops over blocks of queries: the scores of a block are all
// that is ever in memory. Both are written for the samples and heads of one tile.

#include "Emitter.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

/// Most queries in a block: enough rows for the register blocks of the contractions, and scores
/// that stay in the second-level cache.
static constexpr int64_t kQueryBlock = 96;

/// Queries per block: equal blocks if some size within half of the most allows it, for a smaller
/// last one is a second copy of the code.
static int64_t queriesPerBlock(int64_t total) {
  if (total <= kQueryBlock)
    return total;
  for (int64_t size = kQueryBlock; size >= kQueryBlock / 2; --size)
    if (total % size == 0)
      return size;
  return llvm::divideCeil(total, llvm::divideCeil(total, kQueryBlock));
}

namespace {

/// One head of one sample: matrices [T, d] and [S, d], and what masks them.
struct Head {
  Value query, key, value;
  Value segments; ///< [T] or null
  bool causal;
  double scale;
};

} // namespace

/// tensor[sample, :, first : first + width] as a matrix.
static Value matrixOf(Emitter &e, Value tensor, int64_t sample, int64_t first, int64_t width) {
  ArrayRef<int64_t> shape = e.shape(tensor);
  SmallVector<OpFoldResult> offsets = {e.builder.getIndexAttr(sample), e.builder.getIndexAttr(0),
                                       e.builder.getIndexAttr(first)};
  SmallVector<OpFoldResult> sizes = {e.builder.getIndexAttr(1), e.builder.getIndexAttr(shape[1]),
                                     e.builder.getIndexAttr(width)};
  SmallVector<OpFoldResult> strides(3, e.builder.getIndexAttr(1));
  auto type = RankedTensorType::get({shape[1], width}, e.element(tensor));
  if (isEmpty(tensor))
    return e.empty(type.getShape(), type.getElementType());
  return tensor::ExtractSliceOp::create(e.builder, e.loc, type, tensor, offsets, sizes, strides);
}

static Value insertMatrix(Emitter &e, Value matrix, Value into, int64_t sample, int64_t first) {
  ArrayRef<int64_t> shape = e.shape(matrix);
  SmallVector<OpFoldResult> offsets = {e.builder.getIndexAttr(sample), e.builder.getIndexAttr(0),
                                       e.builder.getIndexAttr(first)};
  SmallVector<OpFoldResult> sizes = {e.builder.getIndexAttr(1), e.builder.getIndexAttr(shape[0]),
                                     e.builder.getIndexAttr(shape[1])};
  SmallVector<OpFoldResult> strides(3, e.builder.getIndexAttr(1));
  if (isEmpty(matrix))
    return into;
  return tensor::InsertSliceOp::create(e.builder, e.loc, matrix, into, offsets, sizes, strides);
}

/// Rows `start` … of a matrix or vector; `start` is an index value.
static Value rows(Emitter &e, Value tensor, Value start, int64_t count) {
  ArrayRef<int64_t> shape = e.shape(tensor);
  SmallVector<int64_t> to(shape);
  to[0] = count;
  SmallVector<OpFoldResult> offsets(shape.size(), e.builder.getIndexAttr(0)), sizes,
      strides(shape.size(), e.builder.getIndexAttr(1));
  offsets[0] = start;
  for (int64_t dim : to)
    sizes.push_back(e.builder.getIndexAttr(dim));
  auto type = RankedTensorType::get(to, e.element(tensor));
  if (isEmpty(tensor))
    return e.empty(to, type.getElementType());
  return tensor::ExtractSliceOp::create(e.builder, e.loc, type, tensor, offsets, sizes, strides);
}

static Value insertRows(Emitter &e, Value piece, Value into, Value start) {
  ArrayRef<int64_t> shape = e.shape(piece);
  SmallVector<OpFoldResult> offsets(shape.size(), e.builder.getIndexAttr(0)), sizes,
      strides(shape.size(), e.builder.getIndexAttr(1));
  offsets[0] = start;
  for (int64_t dim : shape)
    sizes.push_back(e.builder.getIndexAttr(dim));
  if (isEmpty(piece))
    return into;
  return tensor::InsertSliceOp::create(e.builder, e.loc, piece, into, offsets, sizes, strides);
}

/// Runs `block(start, count, values)` over blocks of `total` rows, handing `values` on; the last,
/// shorter block has its own copy of the code because shapes are static.
static Values overBlocks(Emitter &e, int64_t total, Values values,
                         llvm::function_ref<Values(Emitter &, Value, int64_t, Values)> block) {
  if (total == 0)
    return values;
  int64_t size = queriesPerBlock(total), whole = total / size, rest = total % size;
  if (whole == 1) {
    values = block(e, e.index(0), size, values);
  } else if (whole > 1) {
    auto loop = scf::ForOp::create(
        e.builder, e.loc, e.index(0), e.index(whole * size), e.index(size), values,
        [&](OpBuilder &inner, Location where, Value start, ValueRange carried) {
          Emitter nested(inner, where);
          scf::YieldOp::create(inner, where, block(nested, start, size, Values(carried)));
        });
    values = Values(loop.getResults());
  }
  if (rest)
    values = block(e, e.index(whole * size), rest, values);
  return values;
}

/// scale·q·kᵀ for a block of queries, −∞ where a key may not be seen.
static Value maskedScores(Emitter &e, const Head &head, Value start, int64_t count, Type sum) {
  int64_t keys = e.shape(head.key)[0];
  Value block = rows(e, head.query, start, count);
  Value scores = e.contract(block, "md", head.key, "nd", e.filled({count, keys}, sum, 0), "mn");
  SmallVector<Value> inputs = {scores};
  SmallVector<AffineMap> maps = {e.identity(2)};
  if (head.segments) {
    inputs.append({rows(e, head.segments, start, count), head.segments});
    maps.append({e.select(2, {0}), e.select(2, {1})});
  }
  auto type = RankedTensorType::get({count, keys}, sum);
  return e.generic(type.getShape(), inputs, maps, e.empty(type.getShape(), sum), e.identity(2), {},
                   [&](Emitter &e, ValueRange in) -> Values {
                     Value score = e.mul(in[0], e.constant(sum, head.scale));
                     Value low = e.constant(sum, -INFINITY);
                     if (head.causal) {
                       Value position = arith::AddIOp::create(e.builder, e.loc, e.dim(0), start);
                       Value behind = arith::CmpIOp::create(
                           e.builder, e.loc, arith::CmpIPredicate::sle, e.dim(1), position);
                       score = arith::SelectOp::create(e.builder, e.loc, behind, score, low);
                     }
                     if (head.segments) {
                       Value same = arith::CmpIOp::create(e.builder, e.loc,
                                                          arith::CmpIPredicate::eq, in[1], in[2]);
                       score = arith::SelectOp::create(e.builder, e.loc, same, score, low);
                     }
                     return {score};
                   })[0];
}

/// o [T, d] and lse [T] of one head.
static std::pair<Value, Value> attend(Emitter &e, const Head &head) {
  int64_t queries = e.shape(head.query)[0], keys = e.shape(head.key)[0],
          width = e.shape(head.query)[1];
  Type element = e.element(head.query), sum = e.compute(element);
  Values results = overBlocks(
      e, queries, {e.empty({queries, width}, element), e.empty({queries}, sum)},
      [&](Emitter &e, Value start, int64_t count, Values carried) -> Values {
        Value scores = maskedScores(e, head, start, count, sum);
        // A row that sees nothing has maximum −∞; 0 in its place keeps exp(−∞ − 0) = 0 instead of
        // NaN.
        Value highest = e.reduceLast(scores, -INFINITY, [](Emitter &e, ValueRange in) -> Values {
          return {e.maximum(in[1], in[0])};
        });
        auto perRow = RankedTensorType::get({count}, sum);
        highest = e.map(perRow, highest, [&](Emitter &e, ValueRange in) -> Values {
          Value low = e.constant(sum, -INFINITY), zero = e.constant(sum, 0);
          Value nothing =
              arith::CmpFOp::create(e.builder, e.loc, arith::CmpFPredicate::OEQ, in[0], low);
          return {arith::SelectOp::create(e.builder, e.loc, nothing, zero, in[0])};
        });
        auto square = RankedTensorType::get({count, keys}, sum);
        Value weights =
            e.map(square, {scores, highest},
                  [](Emitter &e, ValueRange in) -> Values { return {e.exp(e.sub(in[0], in[1]))}; },
                  /*leading=*/{1});
        Value total = e.reduceLast(
            weights, 0, [](Emitter &e, ValueRange in) -> Values { return {e.add(in[1], in[0])}; });
        Value mixed = e.contract(e.cast(weights, element), "mn", head.value, "nd",
                                 e.filled({count, width}, sum, 0), "md");
        Value out = e.map(RankedTensorType::get({count, width}, element), {mixed, total},
                          [&](Emitter &e, ValueRange in) -> Values {
                            Value zero = e.constant(sum, 0);
                            Value nothing = arith::CmpFOp::create(
                                e.builder, e.loc, arith::CmpFPredicate::OEQ, in[1], zero);
                            return {arith::SelectOp::create(e.builder, e.loc, nothing, zero,
                                                            e.div(in[0], in[1]))};
                          },
                          /*leading=*/{1});
        Value lse = e.map(perRow, {highest, total}, [&](Emitter &e, ValueRange in) -> Values {
          return {e.add(in[0], math::LogOp::create(e.builder, e.loc, in[1]))};
        });
        return {insertRows(e, out, carried[0], start), insertRows(e, lse, carried[1], start)};
      });
  return {results[0], results[1]};
}

/// The head's segment ids [T], or null.
static Value segmentsOf(Emitter &e, Value segments, int64_t sample) {
  return segments ? e.slice(segments, 0, sample, 1, /*drop=*/true) : Value();
}

static Values lowerAttention(AttentionOp op, Emitter &e) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  int64_t heads = op.getHeads(), group = heads / op.getKvHeads(),
          width = type.getDimSize(2) / heads;
  Value out = e.empty(type.getShape(), type.getElementType());
  Type sum = e.compute(type.getElementType());
  Value lse = e.empty({type.getDimSize(0), type.getDimSize(1), heads}, sum);
  for (int64_t sample = 0; sample < type.getDimSize(0); ++sample)
    for (int64_t h = 0; h < heads; ++h) {
      Head head = {matrixOf(e, op.getQuery(), sample, h * width, width),
                   matrixOf(e, op.getKey(), sample, h / group * width, width),
                   matrixOf(e, op.getValue(), sample, h / group * width, width),
                   segmentsOf(e, op.getSegments(), sample),
                   op.getCausal(),
                   op.getScoreScale()};
      auto [result, statistic] = attend(e, head);
      out = insertMatrix(e, result, out, sample, h * width);
      if (op.getLse())
        lse = insertMatrix(e, e.reshape(statistic, {type.getDimSize(1), 1}), lse, sample, h);
    }
  Values results = {out};
  if (op.getLse())
    results.push_back(lse);
  return results;
}

/// dq of one head, and dk and dv added to.
static Values attendGrad(Emitter &e, const Head &head, Value output, Value lse, Value gradient,
                         Value dk, Value dv) {
  int64_t queries = e.shape(head.query)[0], keys = e.shape(head.key)[0],
          width = e.shape(head.query)[1];
  Type element = e.element(head.query), sum = e.compute(element);
  return overBlocks(
      e, queries, {e.empty({queries, width}, element), dk, dv},
      [&](Emitter &e, Value start, int64_t count, Values carried) -> Values {
        auto square = RankedTensorType::get({count, keys}, sum);
        Value scores = maskedScores(e, head, start, count, sum);
        // A row that sees nothing has lse −∞ and scores −∞: its weights are zero, not NaN.
        Value weights =
            e.map(square, {scores, rows(e, lse, start, count)},
                  [&](Emitter &e, ValueRange in) -> Values {
                    Value low = e.constant(sum, -INFINITY);
                    Value unseen = arith::CmpFOp::create(e.builder, e.loc,
                                                         arith::CmpFPredicate::OEQ, in[0], low);
                    return {arith::SelectOp::create(e.builder, e.loc, unseen, e.constant(sum, 0),
                                                    e.exp(e.sub(in[0], in[1])))};
                  },
                  /*leading=*/{1});
        Value dout = rows(e, gradient, start, count);
        Value newDv = e.contract(e.cast(weights, element), "mn", dout, "md", carried[2], "nd");
        Value dweights =
            e.contract(dout, "md", head.value, "nd", e.filled({count, keys}, sum, 0), "mn");
        Value delta = e.reduceLast({dout, rows(e, output, start, count)}, 0,
                                   [](Emitter &e, ValueRange in) -> Values {
                                     return {e.add(in[2], e.mul(in[0], in[1]))};
                                   });
        Value dscores =
            e.map(RankedTensorType::get({count, keys}, element), {weights, dweights, delta},
                  [&](Emitter &e, ValueRange in) -> Values {
                    return {e.mul(e.mul(in[0], e.sub(in[1], in[2])), e.constant(sum, head.scale))};
                  },
                  /*leading=*/{2});
        Value dq =
            e.contract(dscores, "mn", head.key, "nd", e.filled({count, width}, sum, 0), "md");
        Value newDk =
            e.contract(dscores, "mn", rows(e, head.query, start, count), "md", carried[1], "nd");
        return {insertRows(e, e.cast(dq, element), carried[0], start), newDk, newDv};
      });
}

static Values lowerAttentionGrad(AttentionGradOp op, Emitter &e) {
  auto type = cast<RankedTensorType>(op.getQuery().getType());
  auto keyType = cast<RankedTensorType>(op.getKey().getType());
  int64_t heads = op.getHeads(), group = heads / op.getKvHeads(),
          width = type.getDimSize(2) / heads;
  Type element = type.getElementType(), sum = e.compute(element);
  Value dq = e.empty(type.getShape(), element);
  Value dk = e.empty(keyType.getShape(), element), dv = e.empty(keyType.getShape(), element);
  for (int64_t sample = 0; sample < type.getDimSize(0); ++sample)
    for (int64_t kv = 0; kv < int64_t(op.getKvHeads()); ++kv) {
      // The heads of a group share keys and values: their gradients add up.
      Value dkHead = e.filled({keyType.getDimSize(1), width}, sum, 0);
      Value dvHead = e.filled({keyType.getDimSize(1), width}, sum, 0);
      for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
        Head head = {matrixOf(e, op.getQuery(), sample, h * width, width),
                     matrixOf(e, op.getKey(), sample, kv * width, width),
                     matrixOf(e, op.getValue(), sample, kv * width, width),
                     segmentsOf(e, op.getSegments(), sample),
                     op.getCausal(),
                     op.getScale().convertToDouble()};
        Value lse = e.reshape(matrixOf(e, op.getLse(), sample, h, 1), {type.getDimSize(1)});
        Values grads =
            attendGrad(e, head, matrixOf(e, op.getOutput(), sample, h * width, width), lse,
                       matrixOf(e, op.getGradient(), sample, h * width, width), dkHead, dvHead);
        dq = insertMatrix(e, grads[0], dq, sample, h * width);
        dkHead = grads[1];
        dvHead = grads[2];
      }
      dk = insertMatrix(e, e.cast(dkHead, element), dk, sample, kv * width);
      dv = insertMatrix(e, e.cast(dvHead, element), dv, sample, kv * width);
    }
  return {dq, dk, dv};
}

void mmc::populateAttentionLowerings(RewritePatternSet &patterns) {
  addLowering(patterns, lowerAttention);
  addLowering(patterns, lowerAttentionGrad);
}
