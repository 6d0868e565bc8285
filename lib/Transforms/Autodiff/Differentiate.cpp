// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

#include "Trainable.h"

namespace mmc {
#define GEN_PASS_DEF_DIFFERENTIATEPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Turns a copy of @loss into @gradients.
class Differentiation {
public:
  explicit Differentiation(func::FuncOp function)
      : function(function), body(function.getBody().front()), terminator(body.getTerminator()),
        builder(terminator) {}

  LogicalResult run() {
    FailureOr<SmallVector<ParamOp>> parameters = trainableParameters(function);
    if (failed(parameters) || failed(checkLoss()) || failed(addRandomNumbers()))
      return failure();
    findActive(*parameters);
    saveResults();
    if (failed(sweep()))
      return failure();
    addResults(*parameters);
    return success();
  }

private:
  LogicalResult checkLoss() {
    if (terminator->getNumOperands() == 0)
      return function.emitError()
             << "'@loss' must return the loss as its first result, got: no results";
    auto type = dyn_cast<RankedTensorType>(terminator->getOperand(0).getType());
    if (!type || type.getRank() != 0 || !isa<FloatType>(type.getElementType()))
      return function.emitError()
             << "first result of '@loss' must be the loss, a floating scalar tensor, got: "
             << terminator->getOperand(0).getType();
    return success();
  }

  /// Every dropout draws its own random numbers: the order of the ops in the function numbers the
  /// streams.
  LogicalResult addRandomNumbers() {
    SmallVector<DropoutOp> dropouts;
    for (auto dropout : body.getOps<DropoutOp>())
      if (!dropout.getRate().isZero())
        dropouts.push_back(dropout);
    if (dropouts.empty())
      return success();
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (function.getArgAttr(i, kNameAttr) == builder.getStringAttr("rng"))
        return function.emitError()
               << "argument " << i
               << " of '@loss' must not be named 'rng': '@gradients' gets an argument of that "
                  "name for its dropout";
    auto type = RankedTensorType::get({2}, builder.getI64Type());
    DictionaryAttr attributes =
        builder.getDictionaryAttr(builder.getNamedAttr(kNameAttr, builder.getStringAttr("rng")));
    if (failed(function.insertArgument(function.getNumArguments(), type, attributes,
                                       function.getLoc())))
      return failure();
    for (auto [stream, dropout] : llvm::enumerate(dropouts)) {
      dropout.getRngMutable().assign(body.getArguments().back());
      dropout.setStream(stream);
    }
    return success();
  }

  /// A value is active when a trainable parameter can change it.
  void findActive(ArrayRef<ParamOp> parameters) {
    for (ParamOp parameter : parameters)
      active.insert(parameter.getResult());
    for (Operation &op : body.without_terminator())
      if (isActive(&op))
        for (Value result : op.getResults())
          if (isa<FloatType>(cast<ShapedType>(result.getType()).getElementType()))
            active.insert(result);
  }

  bool isActive(Operation *op) {
    return llvm::any_of(op->getOperands(), [&](Value operand) { return active.contains(operand); });
  }

  void saveResults() {
    for (Operation &op : llvm::make_early_inc_range(body.without_terminator())) {
      auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
      if (!differentiable || !isActive(&op))
        continue;
      OpBuilder before(&op);
      Operation *saved = differentiable.withSavedResults(before);
      if (saved == &op)
        continue;
      for (auto [old, replacement] : llvm::zip(op.getResults(), saved->getResults())) {
        active.erase(old);
        active.insert(replacement);
        old.replaceAllUsesWith(replacement);
      }
      op.erase();
    }
  }

  /// Adjoints from the loss backwards; only values that are active and that the loss depends on get
  /// one.
  LogicalResult sweep() {
    SmallVector<Operation *> forward;
    for (Operation &op : body.without_terminator())
      forward.push_back(&op);
    Value loss = terminator->getOperand(0);
    if (active.contains(loss))
      gradientOf[loss] =
          FillOp::create(builder, loss.getLoc(), loss.getType(), builder.getF64FloatAttr(1));
    for (Operation *op : llvm::reverse(forward))
      if (isActive(op) && failed(differentiate(op)))
        return failure();
    return success();
  }

  LogicalResult differentiate(Operation *op) {
    SmallVector<Value> resultGradients;
    for (Value result : op->getResults())
      resultGradients.push_back(gradientOf.lookup(result));
    if (llvm::none_of(resultGradients, [](Value gradient) { return gradient; }))
      return success();
    auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
    if (!differentiable)
      return refuse(op);

    SmallVector<bool> wanted;
    for (Value operand : op->getOperands())
      wanted.push_back(active.contains(operand));
    SmallVector<Value> gradients;
    if (failed(differentiable.buildAdjoint(builder, resultGradients, wanted, gradients)))
      return failure();
    for (auto [operand, isWanted, gradient] : llvm::zip(op->getOperands(), wanted, gradients)) {
      if (!isWanted || !gradient)
        continue;
      if (gradient.getType() != operand.getType())
        return op->emitOpError("has a derivative of another type than its operand, got: ")
               << gradient.getType() << " != " << operand.getType();
      Value &sum = gradientOf[operand];
      sum = sum ? AddOp::create(builder, op->getLoc(), sum, gradient).getResult() : gradient;
    }
    return success();
  }

  /// Names the op and a parameter whose gradient would have to pass through it.
  LogicalResult refuse(Operation *op) {
    InFlightDiagnostic error =
        op->emitOpError("has no derivative, but stands between a trainable parameter and the loss");
    Operation *source = op;
    while (!isa<ParamOp>(source)) {
      auto operands = source->getOperands();
      source =
          (*llvm::find_if(operands, [&](Value v) { return active.contains(v); })).getDefiningOp();
    }
    error.attachNote(source->getLoc())
        << "'" << cast<ParamOp>(source).getName() << "' trains: freeze it (--train), or give "
        << op->getName() << " the DifferentiableOpInterface";
    return error;
  }

  void addResults(ArrayRef<ParamOp> parameters) {
    SmallVector<Value> results(terminator->getOperands());
    for (ParamOp parameter : parameters) {
      RankedTensorType type = gradientType(parameter);
      Value gradient = gradientOf.lookup(parameter.getResult());
      if (!gradient)
        gradient = FillOp::create(builder, parameter.getLoc(), type, builder.getF64FloatAttr(0));
      else if (gradient.getType() != type)
        gradient = CastOp::create(builder, parameter.getLoc(), type, gradient);
      unsigned index = results.size();
      results.push_back(gradient);
      DictionaryAttr attributes = builder.getDictionaryAttr(builder.getNamedAttr(
          kNameAttr, builder.getStringAttr(gradientName(parameter.getName()))));
      (void)function.insertResult(index, type, attributes);
    }
    terminator->setOperands(results);
  }

  func::FuncOp function;
  Block &body;
  Operation *terminator;
  OpBuilder builder;
  DenseSet<Value> active;
  DenseMap<Value, Value> gradientOf;
};

struct DifferentiatePass : mmc::impl::DifferentiatePassBase<DifferentiatePass> {
  void runOnOperation() override {
    FailureOr<func::FuncOp> loss = findLoss(getOperation(), "gradients");
    if (failed(loss) || failed(trainableParameters(*loss)) || failed(checkStatic(*loss)))
      return signalPassFailure();
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(*loss);
    auto gradients = cast<func::FuncOp>(builder.clone(**loss));
    gradients.setName("gradients");
    if (failed(Differentiation(gradients).run()))
      signalPassFailure();
  }

  /// The rules read sizes off the types.
  static LogicalResult checkStatic(func::FuncOp loss) {
    for (Operation &op : loss.getBody().front())
      for (Value result : op.getResults()) {
        auto type = dyn_cast<ShapedType>(result.getType());
        if (!type || !type.hasStaticShape())
          return op.emitOpError("must have a static shape before '@loss' is differentiated, got: ")
                 << result.getType() << "; --mmc-specialize-shapes gives it one";
      }
    return success();
  }
};

} // namespace
