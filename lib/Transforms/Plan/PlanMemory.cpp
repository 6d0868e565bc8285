// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Plan/Passes.h"

#include "Lifetimes.h"

#include "llvm/Support/MathExtras.h"

namespace mmc {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "mmc/Transforms/Plan/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// A value of the arena and its place.
struct Buffer {
  const LaunchValue *value;
  int64_t offset = -1;
};

struct PlanMemoryPass : mmc::impl::PlanMemoryPassBase<PlanMemoryPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kKernelAttr) && !function.isExternal())
        plan(function);
  }

private:
  /// Places `buffer` at the lowest offset that no placed buffer with an overlapping lifetime covers.
  static void place(Buffer &buffer, ArrayRef<Buffer *> placed) {
    SmallVector<const Buffer *> conflicts;
    for (const Buffer *other : placed)
      if (other->value->first <= buffer.value->last && buffer.value->first <= other->value->last)
        conflicts.push_back(other);
    llvm::sort(conflicts, [](const Buffer *a, const Buffer *b) { return a->offset < b->offset; });
    int64_t offset = 0;
    for (const Buffer *other : conflicts) {
      if (offset + buffer.value->bytes <= other->offset)
        break;
      offset = std::max<int64_t>(offset, llvm::alignTo(other->offset + other->value->bytes, kArenaAlignment));
    }
    buffer.offset = offset;
  }

  void plan(func::FuncOp function) {
    Lifetimes lifetimes(function);
    std::vector<Buffer> buffers;
    for (const LaunchValue &value : lifetimes.values)
      if (!value.output)
        buffers.push_back({&value});
    SmallVector<Buffer *> order;
    for (Buffer &buffer : buffers)
      order.push_back(&buffer);
    llvm::sort(order, [](const Buffer *a, const Buffer *b) {
      return a->value->bytes != b->value->bytes ? a->value->bytes > b->value->bytes : a < b;
    });
    SmallVector<Buffer *> placed;
    int64_t peak = 0;
    for (Buffer *buffer : order) {
      place(*buffer, placed);
      placed.push_back(buffer);
      peak = std::max(peak, buffer->offset + buffer->value->bytes);
    }

    OpBuilder builder(&getContext());
    DenseMap<Operation *, SmallVector<int64_t>> offsets;
    for (const LaunchValue &value : lifetimes.values)
      offsets[value.launch].push_back(value.output ? -1 - int64_t(*value.output) : 0);
    for (const Buffer &buffer : buffers)
      offsets[buffer.value->launch][buffer.value->result] = buffer.offset;
    for (auto &[launch, places] : offsets)
      launch->setAttr(kOffsetsAttr, builder.getDenseI64ArrayAttr(places));
    for (LaunchOp launch : function.getOps<LaunchOp>())
      if (launch.getNumResults() == 0)
        launch->setAttr(kOffsetsAttr, builder.getDenseI64ArrayAttr({}));
    function->setAttr(kArenaAttr, builder.getI64IntegerAttr(llvm::alignTo(peak, kArenaAlignment)));
  }
};

} // namespace
