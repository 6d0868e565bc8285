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

/// A place in the arena, and when it is taken: by one value, or by several that take it over from
/// each other.
struct Buffer {
  int64_t bytes;
  int first, last;
  int64_t offset = -1;
};

struct PlanMemoryPass : mmc::impl::PlanMemoryPassBase<PlanMemoryPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kKernelAttr) && !function.isExternal() && failed(plan(function)))
        return signalPassFailure();
  }

private:
  /// Places `buffer` at the lowest offset that no placed buffer with an overlapping lifetime
  /// covers.
  static void place(Buffer &buffer, ArrayRef<Buffer *> placed) {
    SmallVector<const Buffer *> conflicts;
    for (const Buffer *other : placed)
      if (other->first <= buffer.last && buffer.first <= other->last)
        conflicts.push_back(other);
    llvm::sort(conflicts, [](const Buffer *a, const Buffer *b) { return a->offset < b->offset; });
    int64_t offset = 0;
    for (const Buffer *other : conflicts) {
      if (offset + buffer.bytes <= other->offset)
        break;
      offset =
          std::max<int64_t>(offset, llvm::alignTo(other->offset + other->bytes, kArenaAlignment));
    }
    buffer.offset = offset;
  }

  /// mmc.in_place may come from a file: it must name operands that are values of the arena and end
  /// here.
  static LogicalResult check(const LaunchValue &value, const DenseMap<Value, size_t> &bufferOf,
                             ArrayRef<Buffer> buffers) {
    LaunchOp launch = value.launch;
    Attribute attribute = launch->getAttr(kInPlaceAttr);
    if (!attribute)
      return success();
    auto inPlace = dyn_cast<DenseI64ArrayAttr>(attribute);
    if (!inPlace)
      return launch.emitOpError("'mmc.in_place' must be an array<i64: …>, got: ") << attribute;
    if (inPlace.size() != launch.getNumResults())
      return launch.emitOpError("'mmc.in_place' must have a number per result, got: ")
             << inPlace.size() << " != " << launch.getNumResults();
    int64_t operand = inPlace[value.result];
    if (operand < 0)
      return success();
    if (value.output || operand >= launch.getNumOperands() ||
        llvm::count(inPlace.asArrayRef(), operand) > 1)
      return launch.emitOpError("result ")
             << value.result << " cannot take over the place of operand " << operand;
    auto found = bufferOf.find(throughViews(launch.getOperand(operand)));
    if (found == bufferOf.end() || buffers[found->second].last != value.first ||
        buffers[found->second].bytes != value.bytes)
      return launch.emitOpError("result ")
             << value.result << " cannot take over the place of operand " << operand
             << ", which must be a value of the arena that is read here for the last time and has "
                "the same size";
    return success();
  }

  LogicalResult plan(func::FuncOp function) {
    Lifetimes lifetimes(function);
    std::vector<Buffer> buffers;
    DenseMap<Value, size_t> bufferOf;
    for (const LaunchValue &value : lifetimes.values) {
      if (failed(check(value, bufferOf, buffers)))
        return failure();
      if (value.output)
        continue;
      if (Value operand = takenOver(value)) {
        size_t index = bufferOf.lookup(operand);
        bufferOf[value.value()] = index;
        buffers[index].last = value.last;
        continue;
      }
      bufferOf[value.value()] = buffers.size();
      buffers.push_back({value.bytes, value.first, value.last});
    }
    SmallVector<Buffer *> order;
    for (Buffer &buffer : buffers)
      order.push_back(&buffer);
    llvm::sort(order, [](const Buffer *a, const Buffer *b) {
      return a->bytes != b->bytes ? a->bytes > b->bytes : a < b;
    });
    SmallVector<Buffer *> placed;
    int64_t peak = 0;
    for (Buffer *buffer : order) {
      place(*buffer, placed);
      placed.push_back(buffer);
      peak = std::max(peak, buffer->offset + buffer->bytes);
    }

    OpBuilder builder(&getContext());
    DenseMap<Operation *, SmallVector<int64_t>> offsets;
    for (const LaunchValue &value : lifetimes.values)
      offsets[value.launch].push_back(value.output
                                          ? -1 - int64_t(*value.output)
                                          : buffers[bufferOf.lookup(value.value())].offset);
    for (auto &[launch, places] : offsets)
      launch->setAttr(kOffsetsAttr, builder.getDenseI64ArrayAttr(places));
    for (LaunchOp launch : function.getOps<LaunchOp>())
      if (launch.getNumResults() == 0)
        launch->setAttr(kOffsetsAttr, builder.getDenseI64ArrayAttr({}));
    function->setAttr(kArenaAttr, builder.getI64IntegerAttr(llvm::alignTo(peak, kArenaAlignment)));
    return success();
  }
};

} // namespace
