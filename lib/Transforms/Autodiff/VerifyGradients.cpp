// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

#include "Trainable.h"

namespace mmc {
#define GEN_PASS_DEF_VERIFYGRADIENTSPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// The ops that only the gradient of a weight needs.
static bool isWeightGradient(Operation *op) {
  return isa<LinearGradWeightOp, EmbeddingGradOp, RmsNormGradWeightOp, LayerNormGradWeightOp>(op);
}

static StringRef resultName(func::FuncOp function, unsigned result) {
  auto name = function.getResultAttrOfType<StringAttr>(result, kNameAttr);
  return name ? name.getValue() : StringRef();
}

/// The last results of the function are the gradients of its trainable parameters, in order.
static LogicalResult verifyResults(func::FuncOp function, unsigned &first) {
  unsigned count = function.getNumResults();
  for (first = 0; first < count && !resultName(function, first).starts_with("grad:");)
    ++first;
  SmallVector<ParamOp> trainable;
  for (ParamOp parameter : function.getBody().front().getOps<ParamOp>())
    if (parameter.getTrainable())
      trainable.push_back(parameter);
  // A parameter that the loss does not depend on may have been removed, but then its gradient is a
  // constant.
  Operation *terminator = function.getBody().front().getTerminator();
  unsigned next = 0;
  for (unsigned result = first; result < count; ++result) {
    StringRef name = resultName(function, result);
    if (next < trainable.size() && name == gradientName(trainable[next].getName())) {
      RankedTensorType wanted = gradientType(trainable[next++]);
      if (terminator->getOperand(result).getType() != wanted)
        return function.emitError()
               << "result '" << name << "' must have its parameter's shape, got: "
               << terminator->getOperand(result).getType() << " != " << wanted;
      continue;
    }
    auto constant = terminator->getOperand(result).getDefiningOp<FillOp>();
    if (!name.starts_with("grad:") || !constant || !constant.getValue().isZero())
      return function.emitError() << "result '" << name << "' of '@" << function.getName()
                                  << "' must be the gradient of a trainable parameter of it";
  }
  if (next != trainable.size())
    return trainable[next].emitOpError("trains, so '@")
           << function.getName() << "' must return '" << gradientName(trainable[next].getName())
           << "'";
  return success();
}

/// Every way from a weight's gradient must end in a result that is a gradient.
static LogicalResult verifyWeightGradient(Operation *source, unsigned firstGradient) {
  SmallVector<Operation *> pending = {source};
  DenseSet<Operation *> seen;
  bool returned = false;
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val();
    if (!seen.insert(op).second)
      continue;
    for (OpOperand &use : op->getUses()) {
      if (!isa<func::ReturnOp>(use.getOwner())) {
        pending.push_back(use.getOwner());
        continue;
      }
      if (use.getOperandNumber() < firstGradient)
        return source->emitOpError("is the gradient of a weight, but result ")
               << use.getOperandNumber() << ", which is no gradient, depends on it";
      returned = true;
    }
  }
  if (returned)
    return success();
  InFlightDiagnostic error = source->emitOpError("is the gradient of a weight that does not train");
  error.attachNote()
      << "no 'grad:' result depends on it: --mmc-differentiate builds wanted gradients only, "
         "--canonicalize removes what nobody reads";
  return error;
}

LogicalResult mmc::verifyGradients(func::FuncOp gradients) {
  unsigned firstGradient = 0;
  if (failed(verifyResults(gradients, firstGradient)))
    return failure();
  for (Operation &op : gradients.getBody().front())
    if (isWeightGradient(&op) && failed(verifyWeightGradient(&op, firstGradient)))
      return failure();
  return success();
}

namespace {
struct VerifyGradientsPass : mmc::impl::VerifyGradientsPassBase<VerifyGradientsPass> {
  void runOnOperation() override {
    auto gradients = getOperation().lookupSymbol<func::FuncOp>("gradients");
    if (gradients && failed(verifyGradients(gradients)))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
