// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "InputLimits.h"

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <algorithm>

using namespace mmc;

/// Rows of what `ids` indexes; 0 when it indexes nothing.
static int64_t limitOf(mlir::Value ids) {
  int64_t limit = 0;
  auto add = [&](int64_t rows) { limit = limit == 0 ? rows : std::min(limit, rows); };
  auto dimension = [](mlir::Value tensor, bool last) {
    llvm::ArrayRef<int64_t> shape = llvm::cast<mlir::RankedTensorType>(tensor.getType()).getShape();
    return last ? shape.back() : shape.front();
  };
  for (mlir::OpOperand &use : ids.getUses()) {
    mlir::Operation *user = use.getOwner();
    if (auto embedding = llvm::dyn_cast<EmbeddingOp>(user))
      add(dimension(embedding.getTable(), /*last=*/false));
    else if (auto loss = llvm::dyn_cast<CrossEntropyOp>(user))
      add(dimension(loss.getLogits(), /*last=*/true));
    else if (auto fill = llvm::dyn_cast<FillSlotsOp>(user))
      add(dimension(fill.getFeatures(), /*last=*/false));
    else if (auto shift = llvm::dyn_cast<ShiftLabelsOp>(user))
      if (int64_t rows = limitOf(shift.getResult()))
        add(rows);
  }
  return limit;
}

std::map<std::string, int64_t> mmc::inputLimits(mlir::ModuleOp module) {
  std::map<std::string, int64_t> limits;
  for (auto function : module.getOps<mlir::func::FuncOp>())
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      auto name = function.getArgAttrOfType<mlir::StringAttr>(i, "mmc.name");
      int64_t limit = name ? limitOf(function.getArgument(i)) : 0;
      if (limit == 0)
        continue;
      auto [entry, isNew] = limits.try_emplace(name.str(), limit);
      if (!isNew)
        entry->second = std::min(entry->second, limit);
    }
  return limits;
}
