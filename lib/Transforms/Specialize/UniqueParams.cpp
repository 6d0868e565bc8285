// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Specialize/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_UNIQUEPARAMSPASS
#include "mmc/Transforms/Specialize/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct UniqueParamsPass : mmc::impl::UniqueParamsPassBase<UniqueParamsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(unique(function)))
        return signalPassFailure();
  }

  LogicalResult unique(func::FuncOp function) {
    llvm::StringMap<ParamOp> first;
    Block &body = function.getBody().front();
    Operation *last = nullptr;
    for (ParamOp param : llvm::make_early_inc_range(body.getOps<ParamOp>())) {
      auto [found, isNew] = first.try_emplace(param.getName(), param);
      ParamOp other = found->second;
      if (!isNew) {
        if (other.getType() != param.getType()) {
          InFlightDiagnostic error =
              param.emitOpError("must have one type wherever it is used, got: ");
          error << param.getType() << " != " << other.getType();
          error.attachNote(other.getLoc()) << "'" << param.getName() << "' used here first";
          return failure();
        }
        param.getResult().replaceAllUsesWith(other.getResult());
        param.erase();
        continue;
      }
      if (last)
        param->moveAfter(last);
      else
        param->moveBefore(&body, body.begin());
      last = param;
    }
    return success();
  }
};
} // namespace
