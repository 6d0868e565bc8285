// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loss and optimizer as linalg.

#include "Emitter.h"
#include "Formulas.h"

#include <cmath>

using namespace mlir;
using namespace mmc;

using Values = SmallVector<Value>;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

static Values lowerShiftLabels(ShiftLabelsOp op, Emitter &e) {
  int64_t last = e.shape(op.getLabels())[1] - 1;
  Value labels = op.getLabels();
  return e.generic(e.shape(labels), {}, {}, e.empty(e.shape(labels), e.element(labels)),
                   e.identity(2), {}, [&](Emitter &e, ValueRange) -> Values {
                     Value position = e.dim(1);
                     Value isLast = arith::CmpIOp::create(
                         e.builder, e.loc, arith::CmpIPredicate::eq, position, e.index(last));
                     Value next = arith::AddIOp::create(e.builder, e.loc, position, e.index(1));
                     next = arith::SelectOp::create(e.builder, e.loc, isLast, position, next);
                     Value label = tensor::ExtractOp::create(e.builder, e.loc, labels,
                                                             ValueRange{e.dim(0), next});
                     return {arith::SelectOp::create(e.builder, e.loc, isLast,
                                                     e.constant(label.getType(), -100), label)};
                   });
}

static Values lowerCountLabels(CountLabelsOp op, Emitter &e) {
  ArrayRef<int64_t> domain = e.shape(op.getTargets());
  SmallVector<int> reductions;
  for (unsigned d = 0; d < domain.size(); ++d)
    reductions.push_back(d);
  Type i32 = e.builder.getI32Type();
  return e.generic(domain, op.getTargets(), e.identity(domain.size()), e.filled({}, i32, 0),
                   e.select(domain.size(), {}), reductions,
                   [&](Emitter &e, ValueRange in) -> Values {
                     Value counts = arith::CmpIOp::create(
                         e.builder, e.loc, arith::CmpIPredicate::sge, in[0], e.constant(i32, 0));
                     Value one = arith::ExtUIOp::create(e.builder, e.loc, i32, counts);
                     return {arith::AddIOp::create(e.builder, e.loc, in[1], one)};
                   });
}

/// Row maximum and Σ exp(z − max), per row.
static std::pair<Value, Value> softmaxStatistics(Emitter &e, Value logits) {
  Value highest = e.reduceLast(logits, -INFINITY, [](Emitter &e, ValueRange in) -> Values {
    return {e.maximum(in[1], in[0])};
  });
  Value total = e.reduceLast({logits, highest}, 0,
                             [](Emitter &e, ValueRange in) -> Values {
                               return {e.add(in[2], e.exp(e.sub(in[0], in[1])))};
                             },
                             /*leading=*/{1});
  return {highest, total};
}

/// True of a target that counts.
static Value counts(Emitter &e, Value target, int64_t vocabulary) {
  Value low = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::sge, target,
                                    e.constant(target.getType(), 0));
  Value high = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::slt, target,
                                     e.constant(target.getType(), vocabulary));
  return arith::AndIOp::create(e.builder, e.loc, low, high);
}

static Values lowerCrossEntropy(CrossEntropyOp op, Emitter &e) {
  auto [highest, total] = softmaxStatistics(e, op.getLogits());
  Value logits = op.getLogits();
  int64_t vocabulary = e.shape(logits).back();
  unsigned rows = e.shape(op.getTargets()).size();
  return {e.map(typeOf(op.getResult()), {op.getTargets(), highest, total},
                [&](Emitter &e, ValueRange in) -> Values {
                  SmallVector<Value> at;
                  for (unsigned d = 0; d < rows; ++d)
                    at.push_back(e.dim(d));
                  at.push_back(safeRow(e, in[0], vocabulary));
                  Value picked = e.widen(tensor::ExtractOp::create(e.builder, e.loc, logits, at));
                  // The difference first: the logarithm would be lost beside a large maximum.
                  Value loss =
                      e.add(e.sub(in[1], picked), math::LogOp::create(e.builder, e.loc, in[2]));
                  return {arith::SelectOp::create(e.builder, e.loc, counts(e, in[0], vocabulary),
                                                  loss, e.constant(loss.getType(), 0))};
                })};
}

static Values lowerCrossEntropyGrad(CrossEntropyGradOp op, Emitter &e) {
  auto [highest, total] = softmaxStatistics(e, op.getLogits());
  int64_t vocabulary = e.shape(op.getLogits()).back();
  unsigned last = e.shape(op.getLogits()).size() - 1;
  return {e.map(
      typeOf(op.getResult()), {op.getLogits(), op.getTargets(), op.getGradient(), highest, total},
      [&](Emitter &e, ValueRange in) -> Values {
        Type type = in[0].getType();
        Value zero = e.constant(type, 0);
        Value probability = e.div(e.exp(e.sub(in[0], in[3])), in[4]);
        Value column = arith::IndexCastOp::create(e.builder, e.loc, in[1].getType(), e.dim(last));
        Value hit =
            arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::eq, column, in[1]);
        Value oneHot = arith::SelectOp::create(e.builder, e.loc, hit, e.constant(type, 1), zero);
        Value gradient = e.mul(e.sub(probability, oneHot), in[2]);
        return {arith::SelectOp::create(e.builder, e.loc, counts(e, in[1], vocabulary), gradient,
                                        zero)};
      },
      /*leading=*/{1, 2, 3, 4})};
}

static Values lowerAdamW(AdamWOp op, Emitter &e) {
  ArrayRef<int64_t> shape = e.shape(op.getParameter());
  Type element = e.element(op.getParameter());
  double beta1 = op.getBeta1().convertToDouble(), beta2 = op.getBeta2().convertToDouble();
  double eps = op.getEps().convertToDouble(), decay = op.getWeightDecay().convertToDouble();
  double lrScale = op.getLrScale().convertToDouble();
  auto setting = [&](int64_t i) -> Value {
    return e.narrow(tensor::ExtractOp::create(e.builder, e.loc, op.getSettings(), e.index(i)),
                    e.compute(element));
  };
  Value lr = e.mul(setting(0), e.constant(e.compute(element), lrScale));
  Value correction1 = setting(1), correction2 = setting(2), scale = setting(3);
  Value keep = e.sub(e.constant(lr.getType(), 1), e.mul(lr, e.constant(lr.getType(), decay)));
  Value stepSize = e.div(lr, correction1);
  Value root2 = math::SqrtOp::create(e.builder, e.loc, correction2);
  SmallVector<AffineMap> maps(4, e.identity(shape.size()));
  Values outputs = {e.empty(shape, element), e.empty(shape, element), e.empty(shape, element)};
  return e.generic(shape, {op.getParameter(), op.getGradient(), op.getFirst(), op.getSecond()},
                   maps, outputs, {maps[0], maps[0], maps[0]}, {},
                   [&](Emitter &e, ValueRange in) -> Values {
                     Type type = in[0].getType();
                     Value g = e.mul(in[1], scale);
                     Value m = e.add(e.mul(in[2], e.constant(type, beta1)),
                                     e.mul(g, e.constant(type, 1 - beta1)));
                     Value v = e.add(e.mul(in[3], e.constant(type, beta2)),
                                     e.mul(e.mul(g, g), e.constant(type, 1 - beta2)));
                     Value root = math::SqrtOp::create(e.builder, e.loc, v);
                     Value denominator = e.add(e.div(root, root2), e.constant(type, eps));
                     Value p = e.sub(e.mul(in[0], keep), e.mul(stepSize, e.div(m, denominator)));
                     return {p, m, v};
                   });
}

void mmc::populateTrainLowerings(RewritePatternSet &patterns) {
  addLowering(patterns, lowerShiftLabels);
  addLowering(patterns, lowerCountLabels);
  addLowering(patterns, lowerCrossEntropy);
  addLowering(patterns, lowerCrossEntropyGrad);
  addLowering(patterns, lowerAdamW);
}
