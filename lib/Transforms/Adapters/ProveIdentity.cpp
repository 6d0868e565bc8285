// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Adapters/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mmc {
#define GEN_PASS_DEF_PROVEIDENTITYPASS
#include "mmc/Transforms/Adapters/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// The one value that all elements of a tensor have, where that is known.
static std::optional<double> constantOf(Value value) {
  auto fill = value ? value.getDefiningOp<FillOp>() : FillOp();
  return fill ? std::optional<double>(fill.getValue().convertToDouble()) : std::nullopt;
}

static bool isZero(Value value) { return constantOf(value) == 0.0; }

/// The value that all elements of the op's result have, following from those of its operands. A
/// product with zero counts as zero: weights and activations are finite.
static std::optional<double> constantResult(Operation *op) {
  auto allOf = [](ValueRange values) -> std::optional<double> {
    std::optional<double> first = constantOf(values.front());
    return llvm::all_of(values, [&](Value value) { return constantOf(value) == first; })
               ? first
               : std::nullopt;
  };
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case<CastOp, ReshapeOp, SliceOp, DropoutOp, RepeatRowsOp>(
          [](Operation *same) -> std::optional<double> {
            // Dropout scales what it keeps, so only zero stays the same.
            std::optional<double> value = constantOf(same->getOperand(0));
            return isa<DropoutOp>(same) && value != 0.0 ? std::nullopt : value;
          })
      .Case([](ScaleOp scale) -> std::optional<double> {
        std::optional<double> value = constantOf(scale.getInput());
        if (value)
          return *value * scale.getFactor().convertToDouble();
        return scale.getFactor().isZero() ? std::optional<double>(0.0) : std::nullopt;
      })
      .Case([](MulOp mul) -> std::optional<double> {
        if (isZero(mul.getLhs()) || isZero(mul.getRhs()))
          return 0.0;
        std::optional<double> lhs = constantOf(mul.getLhs()), rhs = constantOf(mul.getRhs());
        return lhs && rhs ? std::optional<double>(*lhs * *rhs) : std::nullopt;
      })
      .Case([](AddOp add) -> std::optional<double> {
        std::optional<double> lhs = constantOf(add.getLhs()), rhs = constantOf(add.getRhs());
        return lhs && rhs ? std::optional<double>(*lhs + *rhs) : std::nullopt;
      })
      .Case([](LinearOp linear) -> std::optional<double> {
        bool noProduct = isZero(linear.getWeight()) || isZero(linear.getInput());
        if (!noProduct)
          return std::nullopt;
        return linear.getBias() ? constantOf(linear.getBias()) : 0.0;
      })
      .Case([&](ConcatOp concat) { return allOf(concat.getInputs()); })
      .Case([](RouteOp route) -> std::optional<double> {
        bool zeroExperts = llvm::all_of(route.getExperts(), isZero);
        return zeroExperts || isZero(route.getWeights()) ? std::optional<double>(0.0)
                                                         : std::nullopt;
      })
      .Case<SumRowsOp, PadOp, SiluOp, GeluOp>([](Operation *keepsZero) -> std::optional<double> {
        return isZero(keepsZero->getOperand(0)) ? std::optional<double>(0.0) : std::nullopt;
      })
      .Default(std::nullopt);
}

namespace {

/// f(constant, …) → constant
struct FoldConstant : RewritePattern {
  FoldConstant(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    std::optional<double> value = constantResult(op);
    if (!value)
      return failure();
    rewriter.replaceOpWithNewOp<FillOp>(op, op->getResult(0).getType(),
                                        rewriter.getF64FloatAttr(*value));
    return success();
  }
};

/// x · 1 → x
struct FoldProductWithOne : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul, PatternRewriter &rewriter) const override {
    if (constantOf(mul.getRhs()) != 1.0 || mul.getLhs().getType() != mul.getType())
      return failure();
    rewriter.replaceOp(mul, mul.getLhs());
    return success();
  }
};

struct ProveIdentityPass : mmc::impl::ProveIdentityPassBase<ProveIdentityPass> {
  using Base::Base;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(prove(function)))
        return signalPassFailure();
  }

private:
  /// A value of the base, what takes its place, and where.
  struct Pair {
    Operation *site;
    Value base, adapted;
  };

  LogicalResult prove(func::FuncOp function) {
    // The clone is ours to take apart; marks and locations lead back to the function.
    OwningOpRef<func::FuncOp> clone = function.clone();
    SmallVector<Operation *> sites = takeMarks(function);
    SmallVector<Pair> pairs = findPairs(*clone, sites);
    if (pairs.empty())
      return success();
    setInitialValues(*clone);

    // As operands of the return, both values of a pair follow all rewriting.
    Operation *terminator = clone->getBody().front().getTerminator();
    unsigned first = terminator->getNumOperands();
    SmallVector<Value> operands(terminator->getOperands());
    for (const Pair &pair : pairs)
      operands.append({pair.base, pair.adapted});
    terminator->setOperands(operands);

    RewritePatternSet patterns(&getContext());
    patterns.add<FoldConstant, FoldProductWithOne>(&getContext());
    if (failed(applyPatternsGreedily(clone->getBody(), std::move(patterns))))
      return function.emitOpError("could not be folded");
    for (auto [index, pair] : llvm::enumerate(pairs)) {
      Value base = terminator->getOperand(first + 2 * index),
            adapted = terminator->getOperand(first + 2 * index + 1);
      if (base != adapted)
        return report(pair.site, base, adapted);
    }
    return success();
  }

  /// Removes the marks of InsertAdapters; returns the marked ops of the base by their number.
  SmallVector<Operation *> takeMarks(func::FuncOp function) {
    SmallVector<Operation *> sites;
    function.walk([&](Operation *op) {
      if (op->removeAttr("mmc.adapted"))
        sites.push_back(op);
      op->removeAttr("mmc.adapts");
    });
    return sites;
  }

  SmallVector<Pair> findPairs(func::FuncOp clone, ArrayRef<Operation *> sites) {
    llvm::DenseMap<int64_t, Pair> byNumber;
    SmallVector<int64_t> order;
    clone.walk([&](Operation *op) {
      if (auto number = op->getAttrOfType<IntegerAttr>("mmc.adapted")) {
        byNumber[number.getInt()].base = op->getResult(0);
        byNumber[number.getInt()].site = sites[order.size()];
        order.push_back(number.getInt());
      }
      if (auto number = op->getAttrOfType<IntegerAttr>("mmc.adapts"))
        byNumber[number.getInt()].adapted = op->getResult(0);
    });
    SmallVector<Pair> pairs;
    for (int64_t number : order)
      if (byNumber[number].adapted)
        pairs.push_back(byNumber[number]);
    return pairs;
  }

  /// Parameters of adapters that start with one value everywhere become that value.
  void setInitialValues(func::FuncOp clone) {
    for (ParamOp param : llvm::make_early_inc_range(clone.getBody().front().getOps<ParamOp>())) {
      auto group = param->getAttrOfType<StringAttr>("mmc.group");
      StringRef init = param.getInit().value_or("");
      double value;
      if (init == "zeros")
        value = 0;
      else if (init == "ones")
        value = 1;
      else if (!init.consume_front("constant(") || !init.consume_back(")") ||
               init.getAsDouble(value))
        continue;
      if (!group || group.getValue() != "adapters")
        continue;
      OpBuilder builder(param);
      param.getResult().replaceAllUsesWith(
          FillOp::create(builder, param.getLoc(), param.getType(), builder.getF64FloatAttr(value))
              .getResult());
      param.erase();
    }
  }

  /// All that `value` is computed from, except what is in `known`.
  static llvm::SetVector<Operation *> sourcesOf(Value value,
                                                const llvm::SetVector<Operation *> &known) {
    llvm::SetVector<Operation *> sources;
    SmallVector<Value> pending{value};
    while (!pending.empty()) {
      Operation *op = pending.pop_back_val().getDefiningOp();
      if (op && !known.contains(op) && sources.insert(op))
        pending.append(op->operand_begin(), op->operand_end());
    }
    return sources;
  }

  LogicalResult report(Operation *site, Value base, Value adapted) {
    llvm::SetVector<Operation *> left = sourcesOf(adapted, sourcesOf(base, {}));
    InFlightDiagnostic error =
        site->emitOpError("must not be changed by an adapter at its initial values, left: ");
    if (left.empty())
      error << "another value of the base in its place";
    llvm::interleaveComma(left, error, [&](Operation *op) {
      error << op->getName().getStringRef();
      if (auto param = dyn_cast<ParamOp>(op))
        error << " '" << param.getName() << "'";
    });
    return failure();
  }
};

} // namespace
