// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

#include "Trainable.h"

#include "llvm/Support/GlobPattern.h"

#include <cmath>

namespace mmc {
#define GEN_PASS_DEF_BUILDUPDATEPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// One entry of lr-scales.
struct LrScale {
  StringRef text;
  llvm::GlobPattern pattern;
  double factor;
  bool used = false;
};

struct BuildUpdatePass : mmc::impl::BuildUpdatePassBase<BuildUpdatePass> {
  using Base::Base;

  void runOnOperation() override {
    FailureOr<func::FuncOp> loss = findLoss(getOperation(), "update");
    if (failed(loss) || failed(checkSettings()) || failed(parseScales()))
      return signalPassFailure();
    FailureOr<SmallVector<ParamOp>> parameters = trainableParameters(*loss);
    if (failed(parameters) || failed(checkTypes(*parameters)) || failed(build(*loss, *parameters)))
      return signalPassFailure();
  }

private:
  LogicalResult checkSettings() {
    for (auto [name, beta] : {std::pair("beta1", double(beta1)), std::pair("beta2", double(beta2))})
      if (!(beta >= 0 && beta < 1))
        return getOperation().emitError()
               << name << " must be at least 0 and below 1, got: " << beta;
    for (auto [name, value] :
         {std::pair("eps", double(eps)), std::pair("weight-decay", double(weightDecay))})
      if (!(value >= 0) || std::isinf(value))
        return getOperation().emitError()
               << name << " must be finite and not negative, got: " << value;
    return success();
  }

  LogicalResult parseScales() {
    for (const std::string &text : lrScales) {
      auto [pattern, number] = StringRef(text).rsplit(':');
      double factor;
      if (pattern.empty() || number.getAsDouble(factor) || !(factor >= 0) || std::isinf(factor))
        return getOperation().emitError()
               << "lr-scales must be PATTERN:X with a number X of 0 or more, got: '" << text << "'";
      llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
      if (!glob)
        return getOperation().emitError() << "pattern of lr-scales '" << text
                                          << "' is malformed: " << llvm::toString(glob.takeError());
      scales.push_back({text, std::move(*glob), factor});
    }
    return success();
  }

  /// The optimizer keeps parameters in full precision.
  static LogicalResult checkTypes(ArrayRef<ParamOp> parameters) {
    for (ParamOp parameter : parameters)
      if (parameter.getType() != gradientType(parameter))
        return parameter.emitOpError("must be f32 or f64 to train, got: ")
               << parameter.getType()
               << "; --mmc-select-trainable makes it so, with a cast to the compute type";
    return success();
  }

  double scaleOf(StringRef parameter) {
    double factor = 1;
    for (LrScale &scale : scales)
      if (scale.pattern.match(parameter)) {
        factor = scale.factor;
        scale.used = true;
      }
    return factor;
  }

  LogicalResult build(func::FuncOp loss, ArrayRef<ParamOp> parameters) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(loss);
    auto named = [&](StringRef prefix, ParamOp parameter) {
      Attribute name = builder.getStringAttr(prefix + parameter.getName());
      return builder.getDictionaryAttr(builder.getNamedAttr(kNameAttr, name));
    };
    SmallVector<Type> inputs = {RankedTensorType::get({6}, builder.getF32Type())}, results;
    SmallVector<DictionaryAttr> inputAttrs = {builder.getDictionaryAttr(
        builder.getNamedAttr(kNameAttr, builder.getStringAttr("settings")))};
    SmallVector<DictionaryAttr> resultAttrs;
    for (ParamOp parameter : parameters) {
      inputs.append(3, parameter.getType());
      inputAttrs.append(
          {named("grad:", parameter), named("first:", parameter), named("second:", parameter)});
      results.append(3, parameter.getType());
      resultAttrs.append(
          {named("", parameter), named("first:", parameter), named("second:", parameter)});
    }
    auto update = func::FuncOp::create(builder, loss.getLoc(), "update",
                                       builder.getFunctionType(inputs, results));
    update.setAllArgAttrs(inputAttrs);
    update.setAllResultAttrs(resultAttrs);

    Block *body = update.addEntryBlock();
    builder.setInsertionPointToStart(body);
    SmallVector<Value> values, updated;
    for (ParamOp parameter : parameters)
      values.push_back(builder.clone(*parameter)->getResult(0));
    for (size_t i = 0; i < parameters.size(); ++i) {
      ParamOp parameter = parameters[i];
      ValueRange state = body->getArguments().slice(1 + 3 * i, 3);
      double decay =
          cast<RankedTensorType>(parameter.getType()).getRank() >= 2 ? double(weightDecay) : 0;
      auto step = AdamWOp::create(builder, parameter.getLoc(), values[i], state[0], state[1],
                                  state[2], body->getArgument(0), APFloat(double(beta1)),
                                  APFloat(double(beta2)), APFloat(double(eps)), APFloat(decay),
                                  APFloat(scaleOf(parameter.getName())));
      updated.append(step.result_begin(), step.result_end());
    }
    func::ReturnOp::create(builder, loss.getLoc(), updated);
    for (const LrScale &scale : scales)
      if (!scale.used)
        return getOperation().emitError()
               << "lr-scales '" << scale.text << "' matches no trainable parameter";
    return success();
  }

  SmallVector<LrScale, 0> scales;
};

} // namespace
