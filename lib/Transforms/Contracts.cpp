// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Contracts.h"

#include "ContractRules.h"

#include "mmc/Transforms/Autodiff/Passes.h"
#include "mmc/Transforms/Fuse/Passes.h"
#include "mmc/Transforms/Plan/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mmc;

LogicalResult mmc::broken(Operation *op, Phase phase, const Twine &rule, const Twine &remedy) {
  InFlightDiagnostic error = op->emitOpError() << rule;
  error.attachNote() << "after phase '" << nameOf(phase) << "': " << contractOf(phase) << "; "
                     << remedy;
  return error;
}

LogicalResult mmc::forFunctions(ModuleOp module, bool kernels,
                                function_ref<LogicalResult(func::FuncOp)> check) {
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && function->hasAttr(kKernelAttr) == kernels &&
        failed(check(function)))
      return failure();
  return success();
}

/// Walks all ops of a function until a check fails.
static LogicalResult forOps(func::FuncOp function, function_ref<LogicalResult(Operation *)> check) {
  WalkResult walk = function.walk([&](Operation *op) { return WalkResult(check(op)); });
  return failure(walk.wasInterrupted());
}

static LogicalResult verifyInput(ModuleOp module) {
  WalkResult walk = module.walk([](Operation *op) -> WalkResult {
    StringRef dialect = op->getName().getDialectNamespace();
    if (dialect == "mmc" || dialect == "func" || dialect == "builtin")
      return success();
    return broken(
        op, Phase::Input, "must not stand in a model file",
        "write the model with ops of mmc, or lower it to other dialects by mmc's own phases");
  });
  return failure(walk.wasInterrupted());
}

static LogicalResult verifyStatic(Operation *op, TypeRange types) {
  for (Type type : types)
    if (auto shaped = dyn_cast<ShapedType>(type); shaped && !shaped.hasStaticShape()) {
      std::string text;
      llvm::raw_string_ostream(text) << type;
      return broken(
          op, Phase::Specialize, "must have static shapes, got: " + Twine(text),
          "--mmc-specialize-shapes makes shapes static: give batch, seq-len, images or shapes");
    }
  return success();
}

static LogicalResult verifySpecialize(ModuleOp module) {
  return forFunctions(module, /*kernels=*/false, [](func::FuncOp function) -> LogicalResult {
    if (failed(verifyStatic(function, function.getArgumentTypes())))
      return failure();
    llvm::StringMap<Operation *> parameters;
    return forOps(function, [&](Operation *op) -> LogicalResult {
      if (isa<RepeatOp>(op))
        return broken(op, Phase::Specialize, "must be unrolled", "--mmc-unroll-repeats unrolls it");
      if (isa<func::CallOp>(op))
        return broken(op, Phase::Specialize, "must be inlined",
                      "--inline inlines private functions that do not call themselves");
      if (auto parameter = dyn_cast<ParamOp>(op)) {
        if (parameter.getName().contains('{'))
          return broken(op, Phase::Specialize,
                        "must have a name without placeholders, got: '" + parameter.getName() + "'",
                        "--mmc-unroll-repeats fills indices in");
        if (!parameters.try_emplace(parameter.getName(), op).second)
          return broken(op, Phase::Specialize,
                        "must stand in a function once: '" + parameter.getName() + "'",
                        "--mmc-unique-params merges them");
      }
      return verifyStatic(op, op->getResultTypes());
    });
  });
}

static LogicalResult verifyAdapters(ModuleOp module) {
  llvm::StringMap<ParamOp> first;
  return forFunctions(module, /*kernels=*/false, [&](func::FuncOp function) {
    return forOps(function, [&](Operation *op) -> LogicalResult {
      auto parameter = dyn_cast<ParamOp>(op);
      if (!parameter)
        return success();
      if (parameter.getDims())
        return broken(op, Phase::Adapters, "must not have the dims of a definition",
                      "--mmc-insert-adapters resolves them");
      Type element = cast<ShapedType>(parameter.getType()).getElementType();
      if (parameter.getTrainable() && !element.isF32() && !element.isF64())
        return broken(op, Phase::Adapters, "must be f32 or f64 to train",
                      "--mmc-select-trainable makes it so");
      auto [other, isNew] = first.try_emplace(parameter.getName(), parameter);
      if (!isNew && other->second.getTrainable() != parameter.getTrainable())
        return broken(op, Phase::Adapters,
                      "must train in all functions or in none: '" + parameter.getName() + "'",
                      "--mmc-select-trainable marks it in all");
      return success();
    });
  });
}

static LogicalResult verifyAutodiff(ModuleOp module) {
  return forFunctions(module, /*kernels=*/false, [](func::FuncOp function) -> LogicalResult {
    if (function.getName() == "gradients" && failed(verifyGradients(function)))
      return failure();
    return forOps(function, [](Operation *op) -> LogicalResult {
      auto dropout = dyn_cast<DropoutOp>(op);
      if (!dropout || dropout.getRng())
        return success();
      return broken(op, Phase::Autodiff,
                    "must have random numbers, or be gone where nothing trains",
                    "--mmc-differentiate gives it numbers, --mmc-remove-dropout removes it");
    });
  });
}

static LogicalResult verifyFuse(ModuleOp module) {
  if (failed(forFunctions(module, /*kernels=*/false, [](func::FuncOp function) {
        return forOps(function, [](Operation *op) -> LogicalResult {
          if (isa<func::FuncOp, func::ReturnOp, ParamOp, ReshapeOp, LaunchOp>(op))
            return success();
          return broken(op, Phase::Fuse, "must stand in a kernel",
                        "--mmc-form-kernels puts it into one");
        });
      })))
    return failure();
  return forFunctions(module, /*kernels=*/true, [](func::FuncOp function) -> LogicalResult {
    return forOps(function, [](Operation *op) -> LogicalResult {
      if (isa<func::ReturnOp>(op) && llvm::any_of(op->getOperands(), llvm::IsaPred<BlockArgument>))
        return broken(op, Phase::Fuse,
                      "must not return what the kernel was given: nothing would write the result",
                      "--mmc-form-kernels copies it by mmc.copy");
      if (!isa<ParamOp, LaunchOp>(op))
        return success();
      return broken(op, Phase::Fuse, "must not stand in a kernel",
                    "--mmc-form-kernels passes parameters as operands");
    });
  });
}

/// On a GPU the kernels are a binary, and the entries still launch them.
static LogicalResult verifyLower(ModuleOp module) {
  auto isBinary = [](Operation &op) { return op.getName().getStringRef() == "gpu.binary"; };
  bool onGpu = llvm::any_of(*module.getBody(), isBinary);
  WalkResult walk = module.walk([&](Operation *op) -> WalkResult {
    if (op->getName().getDialectNamespace() == "llvm" || isa<ModuleOp>(op))
      return success();
    if (onGpu &&
        (isBinary(*op) || isa<func::FuncOp, func::ReturnOp, ParamOp, ReshapeOp, LaunchOp>(op)))
      return success();
    return broken(op, Phase::Lower, "must be lowered to the llvm dialect",
                  "the passes of phase 'lower' have no pattern for it");
  });
  return failure(walk.wasInterrupted());
}

LogicalResult mmc::verifyContract(ModuleOp module, Phase phase) {
  switch (phase) {
  case Phase::Input:
    return verifyInput(module);
  case Phase::Specialize:
    return failure(failed(verifyInput(module)) || failed(verifySpecialize(module)));
  case Phase::Adapters:
    return failure(failed(verifyContract(module, Phase::Specialize)) ||
                   failed(verifyAdapters(module)));
  case Phase::Autodiff:
    return failure(failed(verifyContract(module, Phase::Adapters)) ||
                   failed(verifyAutodiff(module)));
  case Phase::Fuse:
    return verifyFuse(module);
  case Phase::Plan:
    return failure(failed(verifyFuse(module)) || failed(verifyPlan(module)));
  case Phase::Lower:
    return verifyLower(module);
  }
  return success();
}

namespace {
struct VerifyContractPass : PassWrapper<VerifyContractPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(VerifyContractPass)
  VerifyContractPass() = default;
  VerifyContractPass(const VerifyContractPass &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "mmc-verify-contract"; }
  StringRef getDescription() const override { return "Checks what must hold after a phase"; }

  LogicalResult initialize(MLIRContext *context) override {
    if (parsePhase(phase))
      return success();
    return emitError(UnknownLoc::get(context))
           << "no phase is named '" << phase << "'; "
           << "phases are input, specialize, adapters, autodiff, fuse, plan, lower";
  }

  void runOnOperation() override {
    if (failed(verifyContract(getOperation(), *parsePhase(phase))))
      signalPassFailure();
    markAllAnalysesPreserved();
  }

  Option<std::string> phase{
      *this, "phase", llvm::cl::desc("input, specialize, adapters, autodiff, fuse, plan or lower")};
};
} // namespace

std::unique_ptr<Pass> mmc::createVerifyContractPass(Phase phase) {
  auto pass = std::make_unique<VerifyContractPass>();
  pass->phase = nameOf(phase).str();
  return pass;
}

void mmc::registerVerifyContractPass() { PassRegistration<VerifyContractPass>(); }
