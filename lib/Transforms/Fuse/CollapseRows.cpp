// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Fuse/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_COLLAPSEROWSPASS
#include "mmc/Transforms/Fuse/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// The type with its first two dimensions merged.
static RankedTensorType merged(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape = {tensor.getDimSize(0) * tensor.getDimSize(1)};
  llvm::append_range(shape, tensor.getShape().drop_front(2));
  return RankedTensorType::get(shape, tensor.getElementType());
}

/// Whether a tensor's first two dimensions are rows of the op: cut along tile dimensions 0 and 1.
static bool hasRows(const TensorTiling &tiling) {
  return tiling.size() >= 2 && tiling[0].dim == 0 && tiling[1].dim == 1 && tiling[0].unit == 1 &&
         tiling[1].unit == 1;
}

/// The values of a kernel that merge, or nothing when some op does not treat both dimensions alike.
static std::optional<llvm::DenseMap<Value, bool>> valuesToMerge(func::FuncOp kernel) {
  llvm::DenseMap<Value, bool> merges;
  auto mark = [&](Value value, bool merge) {
    auto [found, isNew] = merges.try_emplace(value, merge);
    return isNew || found->second == merge;
  };
  bool anyRows = false;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    auto fusible = dyn_cast<FusibleOpInterface>(op);
    if (!fusible)
      return std::nullopt;
    TileSpace space = fusible.getTileSpace();
    if (!space.collapsible)
      return std::nullopt;
    // Ops that sum over the rows have no tile dimension for them: all their operands are rows.
    bool sums = isa<LinearGradWeightOp, SumRowsOp, EmbeddingGradOp, RmsNormGradWeightOp,
                    LayerNormGradWeightOp>(op);
    for (auto [operand, tiling] : llvm::zip(op.getOperands(), space.operands)) {
      bool merge = sums ? true : hasRows(tiling);
      if (merge) {
        auto type = cast<RankedTensorType>(operand.getType());
        if (type.getRank() < 2)
          return std::nullopt;
        anyRows = true;
      }
      if (!mark(operand, merge))
        return std::nullopt;
    }
    for (auto [result, tiling] : llvm::zip(op.getResults(), space.results))
      if (!mark(result, !sums && hasRows(tiling)))
        return std::nullopt;
  }
  if (!anyRows)
    return std::nullopt;
  return merges;
}

/// True when the rows are the same two dimensions everywhere, and of something that has more than
/// rows.
static bool worthMerging(const llvm::DenseMap<Value, bool> &merges) {
  std::optional<std::pair<int64_t, int64_t>> rows;
  bool any = false;
  for (auto [value, merge] : merges) {
    if (!merge)
      continue;
    auto type = cast<RankedTensorType>(value.getType());
    std::pair<int64_t, int64_t> own = {type.getDimSize(0), type.getDimSize(1)};
    if (rows && *rows != own)
      return false;
    rows = own;
    any |= type.getRank() >= 3;
  }
  return any;
}

namespace {
struct CollapseRowsPass : mmc::impl::CollapseRowsPassBase<CollapseRowsPass> {
  void runOnOperation() override {
    llvm::StringMap<SmallVector<bool>> inputsMerged, outputsMerged;
    for (auto kernel : getOperation().getOps<func::FuncOp>()) {
      if (!kernel->hasAttr(kKernelAttr) || kernel.isDeclaration())
        continue;
      std::optional<llvm::DenseMap<Value, bool>> merges = valuesToMerge(kernel);
      if (!merges || !worthMerging(*merges))
        continue;
      rewrite(kernel, *merges, inputsMerged[kernel.getName()], outputsMerged[kernel.getName()]);
    }
    getOperation().walk([&](LaunchOp launch) {
      auto found = inputsMerged.find(launch.getKernel());
      if (found != inputsMerged.end())
        wrap(launch, found->second, outputsMerged[launch.getKernel()]);
    });
  }

  static void rewrite(func::FuncOp kernel, const llvm::DenseMap<Value, bool> &merges,
                      SmallVector<bool> &inputs, SmallVector<bool> &outputs) {
    Block &body = kernel.getBody().front();
    SmallVector<Type> inputTypes, outputTypes;
    for (Value argument : body.getArguments())
      inputs.push_back(merges.lookup(argument));
    for (Value result : body.getTerminator()->getOperands())
      outputs.push_back(merges.lookup(result));
    for (auto [value, merge] : merges)
      if (merge)
        Value(value).setType(merged(value.getType()));
    for (Value argument : body.getArguments())
      inputTypes.push_back(argument.getType());
    for (Value result : body.getTerminator()->getOperands())
      outputTypes.push_back(result.getType());
    kernel.setFunctionType(FunctionType::get(kernel.getContext(), inputTypes, outputTypes));
  }

  static void wrap(LaunchOp launch, ArrayRef<bool> inputs, ArrayRef<bool> outputs) {
    OpBuilder builder(launch);
    for (auto [operand, merge] : llvm::zip(launch->getOpOperands(), inputs))
      if (merge)
        operand.set(ReshapeOp::create(builder, launch.getLoc(), merged(operand.get().getType()),
                                      operand.get()));
    builder.setInsertionPointAfter(launch);
    for (auto [result, merge] : llvm::zip(launch->getResults(), outputs))
      if (merge) {
        Type old = result.getType();
        result.setType(merged(old));
        auto back = ReshapeOp::create(builder, launch.getLoc(), old, result);
        result.replaceAllUsesExcept(back, back);
      }
  }
};
} // namespace
