// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Specialize/Passes.h"

#include "mmc/Dialect/Expression.h"

#include "mlir/IR/IRMapping.h"

namespace mmc {
#define GEN_PASS_DEF_UNROLLREPEATSPASS
#include "mmc/Transforms/Specialize/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// Fills `{…}` of the parameters within `op`; expressions over indices not known yet stay.
static LogicalResult fillNames(Operation *op, const Variables &indices, bool partial) {
  WalkResult result = op->walk([&](ParamOp param) {
    std::string error;
    std::optional<std::string> name = fillPlaceholders(param.getName(), indices, partial, error);
    if (!name) {
      param.emitOpError() << "has a name that cannot be filled in, " << error;
      return WalkResult::interrupt();
    }
    param.setName(*name);
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

static LogicalResult unroll(RepeatOp repeat) {
  OpBuilder builder(repeat);
  unsigned iterated = repeat.getNumIterated();
  SmallVector<Value> carried(repeat.getInits());
  SmallVector<SmallVector<Value>> collected(repeat.getNumResults() - iterated);
  Block &body = repeat.getBody().front();
  for (int64_t index = repeat.getLower(); index < int64_t(repeat.getUpper()); ++index) {
    IRMapping mapping;
    mapping.map(body.getArguments(), carried);
    Variables indices;
    indices[repeat.getIndex()] = index;
    for (Operation &op : body.without_terminator()) {
      Operation *copy = builder.clone(op, mapping);
      if (failed(fillNames(copy, indices, /*partial=*/true)))
        return failure();
    }
    for (auto [position, value] : llvm::enumerate(body.getTerminator()->getOperands())) {
      Value copy = mapping.lookupOrDefault(value);
      if (position < iterated)
        carried[position] = copy;
      else
        collected[position - iterated].push_back(copy);
    }
  }
  for (auto [result, value] : llvm::zip(repeat.getResults(), carried))
    result.replaceAllUsesWith(value);
  for (auto [result, pieces] : llvm::zip(repeat.getResults().drop_front(iterated), collected))
    result.replaceAllUsesWith(
        ConcatOp::create(builder, repeat.getLoc(), pieces, *repeat.getAxis()));
  repeat.erase();
  return success();
}

namespace {
struct UnrollRepeatsPass : mmc::impl::UnrollRepeatsPassBase<UnrollRepeatsPass> {
  void runOnOperation() override {
    // Outer repeats first: their copies carry the inner ones, which a new walk finds.
    while (true) {
      RepeatOp next;
      getOperation().walk<WalkOrder::PreOrder>([&](RepeatOp repeat) {
        next = repeat;
        return WalkResult::interrupt();
      });
      if (!next)
        break;
      if (failed(unroll(next)))
        return signalPassFailure();
    }
    // Whatever is still a placeholder has no repeat to fill it. Definitions keep theirs.
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(fillNames(function, {}, /*partial=*/false)))
        return signalPassFailure();
  }
};
} // namespace
