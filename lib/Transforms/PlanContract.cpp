// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What holds after Plan: every value has a place, and those that live together lie apart.

#include "ContractRules.h"

#include "Plan/Lifetimes.h"

#include "mmc/Transforms/Plan/Passes.h"

using namespace mlir;
using namespace mmc;

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

LogicalResult mmc::verifyPlan(ModuleOp module) {
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
