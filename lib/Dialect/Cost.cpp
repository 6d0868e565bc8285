// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Dialect/Cost.h"

#include "mmc/Dialect/MmcDialect.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mmc;

StringRef mmc::nameOf(CostClass kind) {
  static constexpr StringLiteral kNames[kCostClasses] = {"products, frozen weights",
                                                         "products, trained weights",
                                                         "attention",
                                                         "element-wise, norms, sums",
                                                         "data movement",
                                                         "optimizer"};
  return kNames[static_cast<unsigned>(kind)];
}

static int64_t elements(Value value) { return cast<ShapedType>(value.getType()).getNumElements(); }
static int64_t lastDim(Value value) { return cast<ShapedType>(value.getType()).getShape().back(); }

/// Per query head and query: q·k over the keys it sees, and their weighted sum of values. The
/// softmax in between is about four operations per score.
static int64_t attentionFlops(Value query, Value key, int64_t heads, bool causal,
                              int64_t products) {
  ArrayRef<int64_t> q = cast<ShapedType>(query.getType()).getShape(),
                    k = cast<ShapedType>(key.getType()).getShape();
  int64_t pairs = causal ? q[1] * (q[1] + 1) / 2 : q[1] * k[1];
  return q[0] * pairs * (products * 2 * q[2] + 4 * heads);
}

/// Operations per element of the result. An op that is not listed moves data.
static int64_t perElement(Operation *op) {
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case<AddOp, MulOp, ScaleOp, ScaleByOp, DropoutOp, RouteGradExpertOp>([](auto) { return 1; })
      .Case<RotaryOp>([](auto) { return 3; })
      .Case<SiluOp>([](auto) { return 4; })
      .Case<GeluOp>([](GeluOp gelu) {
        return gelu.getKind() == GeluKind::Tanh ? 8 : gelu.getKind() == GeluKind::Erf ? 5 : 4;
      })
      .Case<SiluGradOp>([](auto) { return 7; })
      .Case<GeluGradOp>([](auto) { return 12; })
      .Case<SoftmaxOp>([](auto) { return 5; })
      .Case<SoftmaxGradOp>([](auto) { return 4; })
      .Case<RmsNormOp>([](auto) { return 4; })
      .Case<LayerNormOp>([](auto) { return 7; })
      .Case<RmsNormGradOp>([](auto) { return 9; })
      .Case<LayerNormGradOp>([](auto) { return 13; })
      .Case<CrossEntropyGradOp>([](auto) { return 5; })
      .Case<RouteOp>(
          [](RouteOp route) { return 2 * static_cast<int64_t>(route.getExperts().size()) - 1; })
      .Default([](Operation *) { return 0; });
}

/// Operations per element of the first operand, for ops that reduce it.
static int64_t perOperandElement(Operation *op) {
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case<SumOp, SumRowsOp, FillSlotsGradOp>([](auto) { return 1; })
      .Case<InnerProductOp>([](auto) { return 2; })
      .Case<RmsNormGradWeightOp>([](auto) { return 5; })
      .Case<LayerNormGradWeightOp>([](auto) { return 7; })
      .Case<CrossEntropyOp>([](auto) { return 4; })
      .Case<RouteGradWeightsOp>([](RouteGradWeightsOp grad) {
        return 2 * static_cast<int64_t>(grad.getExperts().size());
      })
      .Default([](Operation *) { return 0; });
}

Cost mmc::costOf(Operation *op, bool trains) {
  const CostClass product = trains ? CostClass::TrainedProduct : CostClass::FrozenProduct;
  return llvm::TypeSwitch<Operation *, Cost>(op)
      .Case<LinearOp>([&](LinearOp linear) {
        int64_t bias = linear.getBias() ? elements(linear.getResult()) : 0;
        return Cost{product, 2 * elements(linear.getResult()) * lastDim(linear.getWeight()) + bias};
      })
      .Case<LinearGradInputOp>([&](LinearGradInputOp grad) {
        return Cost{product, 2 * elements(grad.getGradient()) * lastDim(grad.getWeight())};
      })
      .Case<LinearGradWeightOp>([&](LinearGradWeightOp grad) {
        return Cost{CostClass::TrainedProduct,
                    2 * elements(grad.getGradient()) * lastDim(grad.getResult())};
      })
      .Case<AttentionOp>([&](AttentionOp attention) {
        return Cost{CostClass::Attention,
                    attentionFlops(attention.getQuery(), attention.getKey(), attention.getHeads(),
                                   attention.getCausal(), 2)};
      })
      .Case<CachedAttentionOp>([&](CachedAttentionOp attention) {
        int64_t heads = attention.getHeads();
        return Cost{CostClass::Attention,
                    attentionFlops(attention.getQuery(), attention.getPastKey(), heads,
                                   /*causal=*/false, 2) +
                        attentionFlops(attention.getQuery(), attention.getKey(), heads,
                                       /*causal=*/false, 2)};
      })
      .Case<AttentionGradOp>([&](AttentionGradOp grad) {
        // The scores again, and the gradients of the four operands of the two products.
        return Cost{CostClass::Attention, attentionFlops(grad.getQuery(), grad.getKey(),
                                                         grad.getHeads(), grad.getCausal(), 5)};
      })
      .Case<EmbeddingGradOp>([&](EmbeddingGradOp grad) {
        return Cost{CostClass::Elementwise, elements(grad.getGradient())};
      })
      .Case<AdamWOp>([&](AdamWOp update) {
        return Cost{CostClass::Update, 14 * elements(update->getResult(0))};
      })
      .Default([&](Operation *other) {
        int64_t flops = 0;
        if (other->getNumResults() > 0)
          flops += perElement(other) * elements(other->getResult(0));
        if (other->getNumOperands() > 0)
          flops += perOperandElement(other) * elements(other->getOperand(0));
        return Cost{flops ? CostClass::Elementwise : CostClass::Movement, flops};
      });
}
