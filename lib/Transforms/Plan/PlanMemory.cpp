// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Plan/Passes.h"

#include "mmc/Transforms/Fuse/Passes.h"

#include "llvm/Support/MathExtras.h"

namespace mmc {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "mmc/Transforms/Plan/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

int64_t mmc::bytesOf(Type type) {
  auto tensor = cast<ShapedType>(type);
  return tensor.getNumElements() * tensor.getElementType().getIntOrFloatBitWidth() / 8;
}

namespace {

/// A value of the arena: its size and the launches between which it lives, both included.
struct Buffer {
  LaunchOp launch;
  unsigned result;
  int64_t bytes;
  int first, last;
  int64_t offset = -1;
};

struct PlanMemoryPass : mmc::impl::PlanMemoryPassBase<PlanMemoryPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kKernelAttr) && !function.isExternal())
        plan(function);
  }

private:
  static int lastUse(Value value, const DenseMap<Operation *, int> &position, int from) {
    int last = from;
    for (Operation *user : value.getUsers()) {
      if (isa<ReshapeOp>(user))
        last = std::max(last, lastUse(user->getResult(0), position, from));
      else if (auto found = position.find(user); found != position.end())
        last = std::max(last, found->second);
    }
    return last;
  }

  /// Places `buffer` at the lowest offset that no placed buffer with an overlapping lifetime covers.
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
      offset = std::max<int64_t>(offset, llvm::alignTo(other->offset + other->bytes, kArenaAlignment));
    }
    buffer.offset = offset;
  }

  void plan(func::FuncOp function) {
    Block &body = function.getBody().front();
    DenseMap<Operation *, int> position;
    SmallVector<LaunchOp> launches(body.getOps<LaunchOp>());
    for (auto [i, launch] : llvm::enumerate(launches))
      position[launch] = i;
    DenseMap<Value, int64_t> outputs;
    for (OpOperand &operand : body.getTerminator()->getOpOperands()) {
      Value value = operand.get();
      while (auto view = value.getDefiningOp<ReshapeOp>())
        value = view.getInput();
      outputs[value] = operand.getOperandNumber();
    }

    std::vector<Buffer> buffers;
    for (auto [i, launch] : llvm::enumerate(launches))
      for (auto [r, result] : llvm::enumerate(launch.getResults()))
        if (!outputs.contains(result))
          buffers.push_back({launch, unsigned(r), bytesOf(result.getType()), int(i), lastUse(result, position, i)});
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
    for (LaunchOp launch : launches) {
      offsets[launch].resize(launch.getNumResults());
      for (auto [r, result] : llvm::enumerate(launch.getResults()))
        if (auto found = outputs.find(result); found != outputs.end())
          offsets[launch][r] = -1 - found->second;
    }
    for (const Buffer &buffer : buffers)
      offsets[buffer.launch][buffer.result] = buffer.offset;
    for (LaunchOp launch : launches)
      launch->setAttr(kOffsetsAttr, builder.getDenseI64ArrayAttr(offsets[launch]));
    function->setAttr(kArenaAttr, builder.getI64IntegerAttr(llvm::alignTo(peak, kArenaAlignment)));
  }
};

} // namespace
