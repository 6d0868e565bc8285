// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Trainable.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mmc;

std::string mmc::gradientName(StringRef parameter) { return ("grad:" + parameter).str(); }

RankedTensorType mmc::gradientType(ParamOp parameter) {
  auto type = cast<RankedTensorType>(parameter.getType());
  return type.getElementType().isF64() ? type : type.clone(Float32Type::get(type.getContext()));
}

FailureOr<func::FuncOp> mmc::findLoss(ModuleOp module, StringRef derived) {
  auto loss = module.lookupSymbol<func::FuncOp>("loss");
  if (!loss || loss.isExternal())
    return module.emitError() << "has no function '@loss', which '@" << derived << "' is made of";
  if (Operation *existing = module.lookupSymbol(derived)) {
    InFlightDiagnostic error = module.emitError() << "has a function '@" << derived << "' already";
    error.attachNote(existing->getLoc()) << "it is made of '@loss': remove this one";
    return error;
  }
  if (!loss.getBody().hasOneBlock())
    return loss.emitError() << "'@loss' must be one block without control flow, got: "
                            << loss.getBlocks().size() << " != 1 blocks";
  return loss;
}

FailureOr<SmallVector<ParamOp>> mmc::trainableParameters(func::FuncOp function) {
  SmallVector<ParamOp> parameters;
  llvm::StringMap<ParamOp> byName;
  for (ParamOp parameter : function.getBody().front().getOps<ParamOp>()) {
    if (!parameter.getTrainable())
      continue;
    auto [found, isNew] = byName.try_emplace(parameter.getName(), parameter);
    if (!isNew) {
      InFlightDiagnostic error =
          parameter.emitOpError("must stand in a function once; --mmc-unique-params merges them");
      error.attachNote(found->second.getLoc())
          << "'" << parameter.getName() << "' stands here first";
      return error;
    }
    parameters.push_back(parameter);
  }
  if (parameters.empty())
    return function.emitError()
           << "'@" << function.getName()
           << "' has no trainable parameter; say which parameters train: --train=adapters, "
              "connector, llm, vision, all or patterns of names";
  return parameters;
}
