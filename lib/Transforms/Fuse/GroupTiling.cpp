// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Fuse/GroupTiling.h"

using namespace mlir;
using namespace mmc;

static bool same(const TensorTiling &a, const TensorTiling &b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](TiledDim x, TiledDim y) {
           return x.dim == y.dim && (x.dim < 0 || x.unit == y.unit);
         });
}

namespace {

class Propagation {
public:
  Propagation(ArrayRef<Operation *> group, Operation *root) : group(group), root(root) {}

  FailureOr<GroupTiling> run() {
    auto fusible = dyn_cast<FusibleOpInterface>(root);
    if (!fusible)
      return failure();
    TileSpace space = fusible.getTileSpace();
    tiling.extents.assign(space.extents.begin(), space.extents.end());
    SmallVector<DimInGroup, 4> own;
    for (size_t d = 0; d < space.extents.size(); ++d)
      own.push_back({static_cast<int>(d), 1});
    if (failed(visit(root, space, own)))
      return failure();
    for (Operation *op : llvm::reverse(group))
      if (op != root && failed(follow(op)))
        return failure();
    return std::move(tiling);
  }

private:
  /// Records what `op` does to its operands and results under the given dimensions.
  LogicalResult visit(Operation *op, const TileSpace &space, ArrayRef<DimInGroup> dims) {
    tiling.contraction |= space.contraction;
    tiling.ops[op].assign(dims.begin(), dims.end());
    auto translate = [&](const TensorTiling &own) {
      TensorTiling result(own.size());
      for (auto [d, entry] : llvm::enumerate(own))
        if (entry.dim >= 0 && dims[entry.dim].dim >= 0)
          result[d] = {dims[entry.dim].dim, entry.unit * dims[entry.dim].ratio};
      return result;
    };
    for (auto [operand, own] : llvm::zip(op->getOperands(), space.operands))
      if (failed(record(operand, translate(own))))
        return failure();
    for (auto [result, own] : llvm::zip(op->getResults(), space.results))
      if (failed(record(result, translate(own))))
        return failure();
    return success();
  }

  LogicalResult record(Value value, TensorTiling next) {
    auto [found, isNew] = tiling.values.try_emplace(value, next);
    return success(isNew || same(found->second, next));
  }

  /// Dimensions of a producer, from how its results are cut by those who use them.
  LogicalResult follow(Operation *op) {
    auto fusible = dyn_cast<FusibleOpInterface>(op);
    if (!fusible)
      return failure();
    TileSpace space = fusible.getTileSpace();
    SmallVector<DimInGroup, 4> dims(space.extents.size());
    SmallVector<bool> seen(tiling.extents.size(), false);
    bool used = false;
    for (auto [result, own] : llvm::zip(op->getResults(), space.results)) {
      auto found = tiling.values.find(result);
      if (found == tiling.values.end())
        continue;
      used = true;
      for (auto [want, mine] : llvm::zip(found->second, own)) {
        if (want.dim < 0)
          continue;
        if (mine.dim < 0 || mine.unit == 0 || want.unit % mine.unit != 0)
          return failure();
        DimInGroup next = {want.dim, want.unit / mine.unit};
        DimInGroup &old = dims[mine.dim];
        if (old.dim >= 0 && (old.dim != next.dim || old.ratio != next.ratio))
          return failure();
        old = next;
        seen[want.dim] = true;
      }
    }
    // A tile dimension that the op does not follow would compute it again in every tile.
    for (auto [d, extent] : llvm::enumerate(tiling.extents))
      if (!seen[d] && extent > 1)
        return failure();
    // A contraction must be cut along all its dimensions, or its tiles are the size of the whole.
    if (space.contraction)
      for (auto [d, extent] : llvm::enumerate(space.extents))
        if (dims[d].dim < 0 && extent > 1)
          return failure();
    return used ? visit(op, space, dims) : failure();
  }

  ArrayRef<Operation *> group;
  Operation *root;
  GroupTiling tiling;
};

} // namespace

FailureOr<GroupTiling> mmc::tileGroup(ArrayRef<Operation *> group, Operation *root) {
  return Propagation(group, root).run();
}

SmallVector<SmallVector<Operation *>> mmc::partsOf(Block &body) {
  SmallVector<SmallVector<Operation *>> parts;
  llvm::SmallPtrSet<Operation *, 16> taken;
  for (Operation &op : llvm::reverse(body.without_terminator())) {
    bool isRoot =
        llvm::all_of(op.getUsers(), [&](Operation *user) { return user == body.getTerminator(); });
    if (!isRoot)
      continue;
    llvm::SetVector<Operation *> slice;
    SmallVector<Operation *> pending = {&op};
    while (!pending.empty()) {
      Operation *next = pending.pop_back_val();
      if (taken.contains(next) || !slice.insert(next))
        continue;
      for (Value operand : next->getOperands())
        if (Operation *producer = operand.getDefiningOp())
          pending.push_back(producer);
    }
    taken.insert(slice.begin(), slice.end());
    SmallVector<Operation *> ordered(slice.begin(), slice.end());
    llvm::sort(ordered, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    parts.push_back(std::move(ordered));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}
