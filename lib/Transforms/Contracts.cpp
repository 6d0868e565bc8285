// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Contracts.h"

#include "Plan/Lifetimes.h"

#include "mmc/Transforms/Autodiff/Passes.h"
#include "mmc/Transforms/Fuse/Passes.h"
#include "mmc/Transforms/Plan/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mmc;

/// An op that breaks a rule, and what should have seen to it.
static LogicalResult broken(Operation *op, Phase phase, const Twine &rule, const Twine &remedy) {
  InFlightDiagnostic error = op->emitOpError() << rule;
  error.attachNote() << "after phase '" << nameOf(phase) << "': " << contractOf(phase) << "; "
                     << remedy;
  return error;
}

/// Checks every function that has a body; kernels or entries only.
static LogicalResult forFunctions(ModuleOp module, bool kernels,
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

/// The offset of one result: in the arena, or naming an output that nothing else writes.
static LogicalResult verifyPlace(LaunchOp launch, OpResult result, int64_t offset, int64_t arena,
                                 MutableArrayRef<bool> written) {
  StringRef remedy = "--mmc-plan-memory places it";
  std::string what = "result " + std::to_string(result.getResultNumber());
  if (offset >= 0) {
    int64_t end = offset + bytesOf(result.getType());
    if (offset % kArenaAlignment != 0)
      return broken(launch, Phase::Plan,
                    what + " must be aligned to " + Twine(kArenaAlignment) +
                        " bytes, got: " + Twine(offset),
                    remedy);
    if (end > arena)
      return broken(launch, Phase::Plan,
                    what + " must lie in the arena, got: " + Twine(end) + " > " + Twine(arena),
                    remedy);
    return success();
  }
  int64_t output = -1 - offset;
  if (output >= static_cast<int64_t>(written.size()))
    return broken(launch, Phase::Plan,
                  what + " must name an output, got: " + Twine(output) + " of " +
                      Twine(written.size()),
                  remedy);
  if (written[output])
    return broken(launch, Phase::Plan,
                  what + " must not write output " + Twine(output) + " a second time", remedy);
  written[output] = true;
  return success();
}

/// Values that live at the same time do not overlap, except a result that takes over its operand's
/// place.
static LogicalResult verifyApart(func::FuncOp function) {
  Lifetimes lifetimes(function);
  SmallVector<const LaunchValue *> placed;
  for (const LaunchValue &value : lifetimes.values)
    if (!value.output)
      placed.push_back(&value);
  auto offsetOf = [](const LaunchValue &value) {
    return LaunchOp(value.launch)->getAttrOfType<DenseI64ArrayAttr>(kOffsetsAttr)[value.result];
  };
  llvm::sort(placed, [&](const LaunchValue *a, const LaunchValue *b) {
    return offsetOf(*a) < offsetOf(*b);
  });
  for (size_t i = 0; i < placed.size(); ++i) {
    const LaunchValue &value = *placed[i];
    for (size_t j = i + 1;
         j < placed.size() && offsetOf(*placed[j]) < offsetOf(value) + value.bytes; ++j) {
      const LaunchValue &other = *placed[j];
      bool together = value.first <= other.last && other.first <= value.last;
      if (!together || takenOver(value) == other.value() || takenOver(other) == value.value())
        continue;
      const LaunchValue &later = value.first < other.first ? other : value;
      return broken(LaunchOp(later.launch), Phase::Plan,
                    "result " + Twine(later.result) +
                        " must not lie where another value lives, got: offsets " +
                        Twine(offsetOf(value)) + " and " + Twine(offsetOf(other)),
                    "--mmc-plan-memory places both");
    }
  }
  return success();
}

/// What takes over an operand's place lies there, and the kernel knows of it: it is compiled once
/// for all launches.
static LogicalResult verifyInPlace(func::FuncOp function) {
  auto module = function->getParentOfType<ModuleOp>();
  for (LaunchOp launch : function.getOps<LaunchOp>()) {
    auto kernel = module.lookupSymbol<func::FuncOp>(launch.getKernel());
    if (kernel && kernel->getAttr(kInPlaceAttr) != launch->getAttr(kInPlaceAttr))
      return broken(launch, Phase::Plan,
                    "must have the 'mmc.in_place' of its kernel '@" + launch.getKernel() + "'",
                    "--mmc-reuse-operands gives it to both");
  }
  Lifetimes lifetimes(function);
  DenseMap<Value, int64_t> places;
  for (const LaunchValue &value : lifetimes.values) {
    LaunchOp launch = value.launch;
    int64_t own = places[value.value()] =
        launch->getAttrOfType<DenseI64ArrayAttr>(kOffsetsAttr)[value.result];
    Value operand = takenOver(value);
    if (!operand)
      continue;
    auto place = places.find(operand);
    if (own < 0 || place == places.end() || place->second != own)
      return broken(launch, Phase::Plan,
                    "result " + Twine(value.result) +
                        " must lie in the arena where the operand lies whose place it takes over",
                    "--mmc-plan-memory places both");
  }
  return success();
}

static LogicalResult verifyPlan(ModuleOp module) {
  return forFunctions(module, /*kernels=*/false, [](func::FuncOp function) -> LogicalResult {
    auto arena = function->getAttrOfType<IntegerAttr>(kArenaAttr);
    if (!arena)
      return broken(function, Phase::Plan, "must have an arena", "--mmc-plan-memory gives it one");
    SmallVector<bool> written(function.getNumResults());
    for (LaunchOp launch : function.getOps<LaunchOp>()) {
      auto offsets = launch->getAttrOfType<DenseI64ArrayAttr>(kOffsetsAttr);
      if (!offsets || offsets.size() != launch.getNumResults())
        return broken(launch, Phase::Plan, "must have an offset for each result",
                      "--mmc-plan-memory gives it one");
      for (auto [result, offset] : llvm::zip(launch->getOpResults(), offsets.asArrayRef()))
        if (failed(verifyPlace(launch, result, offset, arena.getInt(), written)))
          return failure();
    }
    for (auto [output, isWritten] : llvm::enumerate(written))
      if (!isWritten)
        return broken(function, Phase::Plan, "must write output " + Twine(output) + " in a launch",
                      "--mmc-form-kernels gives every output a kernel");
    return failure(failed(verifyInPlace(function)) || failed(verifyApart(function)));
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
