// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Cuda/Passes.h"

#include "mmc/Transforms/Lower/Passes.h"
#include "mmc/Transforms/Plan/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

namespace mmc {
#define GEN_PASS_DEF_PLACESCRATCHPASS
#include "mmc/Transforms/Lower/Cuda/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// Enough for any access that a later vectoriser may make.
static constexpr int64_t kSlotAlignment = 64;

/// Of workspaces: blocks do not share cache lines.
static constexpr int64_t kBlockAlignment = 128;

/// The memory space of shared memory in NVPTX.
static constexpr int64_t kSharedSpace = 3;

namespace {

/// A temporary buffer: its size and the operations, by number, between which it lives, both
/// included.
struct Scratch {
  memref::AllocOp alloc;
  int64_t bytes;
  int64_t first, last;
  bool isShared = false;
  int64_t offset = 0;
};

/// Places the temporary buffers of one kernel.
class ScratchPlacer {
public:
  explicit ScratchPlacer(func::FuncOp kernel) : kernel(kernel) {}

  LogicalResult place(int64_t sharedLimit) {
    kernel.walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
    if (failed(collect()))
      return failure();
    if (buffers.empty())
      return success();
    // The largest size of which all buffers still fit together.
    SmallVector<int64_t> sizes = {0};
    for (const Scratch &buffer : buffers)
      sizes.push_back(buffer.bytes);
    llvm::sort(sizes, std::greater<int64_t>());
    for (int64_t threshold : sizes) {
      for (Scratch &buffer : buffers)
        buffer.isShared = buffer.bytes <= threshold;
      shared = pack(/*isShared=*/true);
      if (shared <= sharedLimit)
        break;
    }
    workspace = llvm::alignTo(pack(/*isShared=*/false), kBlockAlignment);
    rewrite();
    return success();
  }

private:
  LogicalResult collect() {
    // Branches that exclude each other are numbered one after the other, so their lifetimes do not
    // meet.
    DenseMap<Operation *, std::pair<int64_t, int64_t>> spans;
    int64_t next = 0;
    number(kernel, next, spans);
    BufferViewFlowAnalysis flow(kernel);
    WalkResult walk = kernel.walk<WalkOrder::PreOrder>([&](memref::AllocOp alloc) {
      if (!alloc.getType().hasStaticShape()) {
        alloc.emitOpError("in a tile must have a static shape, got: ") << alloc.getType();
        return WalkResult::interrupt();
      }
      Scratch buffer = {alloc, bytesOf(alloc.getType()), spans[alloc].first, spans[alloc].second};
      for (Value alias : flow.resolve(alloc.getResult()))
        for (Operation *user : alias.getUsers()) {
          // A use in a loop counts until the loop ends. An alias may outlive the block of the
          // allocation.
          Operation *top = alloc->getBlock()->findAncestorOpInBlock(*user);
          if (!top)
            top = kernel;
          buffer.last = std::max(buffer.last, spans[top].second);
        }
      buffers.push_back(buffer);
      return WalkResult::advance();
    });
    return failure(walk.wasInterrupted());
  }

  static void number(Operation *op, int64_t &next,
                     DenseMap<Operation *, std::pair<int64_t, int64_t>> &spans) {
    int64_t first = next++;
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        number(&inner, next, spans);
    spans[op] = {first, next - 1};
  }

  /// Gives each shared (or each other) buffer the lowest offset where it meets no other, largest
  /// first; the bytes they need together.
  int64_t pack(bool isShared) {
    SmallVector<Scratch *> order, placed;
    for (Scratch &buffer : buffers)
      if (buffer.isShared == isShared)
        order.push_back(&buffer);
    llvm::sort(order, [](const Scratch *a, const Scratch *b) {
      return a->bytes != b->bytes ? a->bytes > b->bytes : a < b;
    });
    int64_t peak = 0;
    for (Scratch *buffer : order) {
      SmallVector<const Scratch *> conflicts;
      for (const Scratch *other : placed)
        if (other->first <= buffer->last && buffer->first <= other->last)
          conflicts.push_back(other);
      llvm::sort(conflicts,
                 [](const Scratch *a, const Scratch *b) { return a->offset < b->offset; });
      int64_t offset = 0;
      for (const Scratch *other : conflicts) {
        if (offset + buffer->bytes <= other->offset)
          break;
        offset =
            std::max<int64_t>(offset, llvm::alignTo(other->offset + other->bytes, kSlotAlignment));
      }
      buffer->offset = offset;
      placed.push_back(buffer);
      peak = std::max(peak, offset + buffer->bytes);
    }
    return peak;
  }

  void rewrite() {
    OpBuilder builder = OpBuilder::atBlockBegin(&kernel.getBody().front());
    Location loc = kernel.getLoc();
    Value sharedBase = shared ? createShared(builder) : Value(), workspaceBase, blockStart;
    if (workspace) {
      int64_t tiles = kernel->getAttrOfType<IntegerAttr>(kTilesAttr).getInt();
      auto type = MemRefType::get({workspace * tiles}, builder.getI8Type());
      (void)kernel.insertArgument(kernel.getNumArguments(), type, {}, loc);
      workspaceBase = kernel.getArguments().back();
      Value block = NVVM::BlockIdXOp::create(builder, loc, builder.getI32Type());
      block = arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), block);
      blockStart = arith::MulIOp::create(builder, loc, block,
                                         arith::ConstantIndexOp::create(builder, loc, workspace));
      kernel->setAttr(kWorkspaceAttr, builder.getI64IntegerAttr(workspace));
    }
    for (Scratch &buffer : buffers) {
      builder.setInsertionPoint(buffer.alloc);
      Value offset = arith::ConstantIndexOp::create(builder, loc, buffer.offset);
      if (!buffer.isShared)
        offset = arith::AddIOp::create(builder, loc, blockStart, offset);
      Value base = buffer.isShared ? sharedBase : workspaceBase;
      Value view =
          memref::ViewOp::create(builder, loc, buffer.alloc.getType(), base, offset, ValueRange());
      buffer.alloc.replaceAllUsesWith(view);
      buffer.alloc.erase();
    }
  }

  /// The kernel's bytes of shared memory, through a generic pointer, of which the backend knows
  /// where it leads.
  Value createShared(OpBuilder &builder) {
    auto space = builder.getI64IntegerAttr(kSharedSpace);
    auto type = MemRefType::get({shared}, builder.getI8Type(), MemRefLayoutAttrInterface(), space);
    std::string name = (kernel.getName() + "_shared").str();
    OpBuilder outside(kernel);
    memref::GlobalOp::create(outside, kernel.getLoc(), name, outside.getStringAttr("private"), type,
                             outside.getUnitAttr(), /*constant=*/false,
                             outside.getI64IntegerAttr(kSlotAlignment));
    Value global = memref::GetGlobalOp::create(builder, kernel.getLoc(), type, name);
    return memref::MemorySpaceCastOp::create(
        builder, kernel.getLoc(), MemRefType::get({shared}, builder.getI8Type()), global);
  }

  func::FuncOp kernel;
  std::vector<Scratch> buffers;
  int64_t shared = 0, workspace = 0;
};

struct PlaceScratchPass : mmc::impl::PlaceScratchPassBase<PlaceScratchPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp kernel : kernels)
      if (!kernel.isExternal() && failed(ScratchPlacer(kernel).place(shared)))
        return signalPassFailure();
  }
};

} // namespace
