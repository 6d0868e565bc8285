// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Cuda/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

namespace mmc {
#define GEN_PASS_DEF_MAPTOTHREADSPASS
#include "mmc/Transforms/Lower/Cuda/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Writes the loops of one linalg op on memrefs.
class ThreadLoops {
public:
  ThreadLoops(linalg::LinalgOp op, Value thread, int64_t threads)
      : op(op), thread(thread), threads(threads), builder(op), loc(op.getLoc()),
        sizes(op.getStaticLoopRanges()), ivs(sizes.size()) {
    for (auto [d, kind] : llvm::enumerate(op.getIteratorTypesArray()))
      (kind == utils::IteratorType::parallel ? parallel : reductions).push_back(d);
  }

  LogicalResult write() {
    if (failed(check()))
      return failure();
    int64_t total = 1;
    for (unsigned d : parallel)
      total *= sizes[d];
    if (total <= threads) {
      if (total == threads) {
        writeElement(thread);
      } else {
        Value inside =
            arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, thread, constant(total));
        auto branch = scf::IfOp::create(builder, loc, inside);
        builder.setInsertionPointToStart(branch.thenBlock());
        writeElement(thread);
        builder.setInsertionPointAfter(branch);
      }
    } else {
      auto loop = scf::ForOp::create(builder, loc, thread, constant(total), constant(threads));
      builder.setInsertionPointToStart(loop.getBody());
      writeElement(loop.getInductionVar());
      builder.setInsertionPointAfter(loop);
    }
    NVVM::Barrier0Op::create(builder, loc);
    op.erase();
    return success();
  }

private:
  /// Every element of a result belongs to exactly one point of the parallel dimensions.
  LogicalResult check() {
    if (llvm::any_of(op->getOperandTypes(), llvm::IsaPred<TensorType>))
      return op.emitOpError("in a tile must work on buffers, not on tensors");
    int64_t total = 1;
    for (int64_t size : sizes) {
      if (ShapedType::isDynamic(size))
        return op.emitOpError("in a tile must have static shapes");
      if (llvm::MulOverflow(total, size, total) ||
          total > std::numeric_limits<int32_t>::max() - threads)
        return op.emitOpError("in a tile must have fewer than 2^31 points");
    }
    for (OpOperand &output : op.getDpsInitsMutable()) {
      AffineMap map = op.getMatchingIndexingMap(&output);
      SmallVector<bool> used(sizes.size());
      bool simple = map.isProjectedPermutation();
      for (unsigned i = 0; simple && i < map.getNumResults(); ++i)
        used[map.getDimPosition(i)] = true;
      for (unsigned d : parallel)
        simple &= used[d] || sizes[d] == 1;
      for (unsigned d : reductions)
        simple &= !used[d];
      if (!simple)
        return op.emitOpError(
            "must write each element of its results from one point of its parallel dimensions");
    }
    return success();
  }

  Value constant(int64_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  }

  Value toIndex(Value value) {
    return arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), value);
  }

  /// The parallel dimensions of element `linear`, the last fastest, so that neighbouring threads
  /// read and write neighbouring elements. In 32 bits: a 64-bit division costs a GPU several times
  /// as much.
  void delinearize(Value linear) {
    SmallVector<unsigned> wide;
    for (unsigned d : parallel)
      if (sizes[d] == 1)
        ivs[d] = arith::ConstantIndexOp::create(builder, loc, 0);
      else
        wide.push_back(d);
    for (unsigned d : llvm::reverse(wide)) {
      if (d == wide.front()) {
        ivs[d] = toIndex(linear);
        break;
      }
      Value size = constant(sizes[d]);
      ivs[d] = toIndex(arith::RemUIOp::create(builder, loc, linear, size));
      linear = arith::DivUIOp::create(builder, loc, linear, size);
    }
  }

  SmallVector<Value> indicesOf(OpOperand &operand) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<OpFoldResult> dims(ivs.begin(), ivs.end());
    SmallVector<Value> indices;
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      OpFoldResult index =
          affine::makeComposedFoldedAffineApply(builder, loc, map.getSubMap({i}), dims);
      indices.push_back(getValueOrCreateConstantIndexOp(builder, loc, index));
    }
    return indices;
  }

  Value load(OpOperand &operand) {
    if (!isa<MemRefType>(operand.get().getType()))
      return operand.get();
    return memref::LoadOp::create(builder, loc, operand.get(), indicesOf(operand));
  }

  /// The op's body at the current point; `outputs` are what its results hold so far.
  SmallVector<Value> inlineBody(ValueRange outputs) {
    IRMapping mapping;
    Block *body = op.getBlock();
    for (OpOperand *input : op.getDpsInputOperands())
      if (BlockArgument argument = op.getMatchingBlockArgument(input); !argument.use_empty())
        mapping.map(argument, load(*input));
    for (auto [argument, value] : llvm::zip(op.getRegionOutputArgs(), outputs))
      mapping.map(argument, value);
    for (Operation &inner : body->without_terminator()) {
      if (auto index = dyn_cast<linalg::IndexOp>(inner))
        mapping.map(index.getResult(), ivs[index.getDim()]);
      else
        builder.clone(inner, mapping);
    }
    SmallVector<Value> results;
    for (Value value : body->getTerminator()->getOperands())
      results.push_back(mapping.lookupOrDefault(value));
    return results;
  }

  /// Loops over the reduction dimensions from number `next` on.
  SmallVector<Value> reduce(unsigned next, ValueRange carried) {
    if (next == reductions.size())
      return inlineBody(carried);
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0),
          one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value size = arith::ConstantIndexOp::create(builder, loc, sizes[reductions[next]]);
    auto loop = scf::ForOp::create(builder, loc, zero, size, one, carried);
    ivs[reductions[next]] = loop.getInductionVar();
    builder.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> results = reduce(next + 1, loop.getRegionIterArgs());
    scf::YieldOp::create(builder, loc, results);
    builder.setInsertionPointAfter(loop);
    return SmallVector<Value>(loop.getResults());
  }

  void writeElement(Value linear) {
    delinearize(linear);
    SmallVector<Value> carried;
    for (OpOperand &output : op.getDpsInitsMutable()) {
      bool read = !reductions.empty() || !op.getMatchingBlockArgument(&output).use_empty();
      carried.push_back(read ? load(output) : Value());
    }
    SmallVector<Value> results = reduce(0, carried);
    for (auto [output, result] : llvm::zip(op.getDpsInitsMutable(), results))
      memref::StoreOp::create(builder, loc, result, output.get(), indicesOf(output));
  }

  linalg::LinalgOp op;
  Value thread;
  int64_t threads;
  OpBuilder builder;
  Location loc;
  SmallVector<int64_t> sizes;
  SmallVector<unsigned> parallel, reductions;
  SmallVector<Value> ivs;
};

struct MapToThreadsPass : mmc::impl::MapToThreadsPassBase<MapToThreadsPass> {
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (kernel.isExternal())
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(&kernel.getBody().front());
    Value thread = NVVM::ThreadIdXOp::create(builder, kernel.getLoc(), builder.getI32Type());
    kernel.walk([](memref::CopyOp copy) {
      OpBuilder builder(copy);
      linalg::makeMemRefCopyOp(builder, copy.getLoc(), copy.getSource(), copy.getTarget());
      copy.erase();
    });
    SmallVector<linalg::LinalgOp> ops;
    WalkResult walk = kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (auto structured = dyn_cast<linalg::LinalgOp>(op)) {
        ops.push_back(structured);
        return WalkResult::skip();
      }
      // What all threads of a block read is read before anything overwrites it.
      if (isa<memref::LoadOp>(op)) {
        builder.setInsertionPointAfter(op);
        NVVM::Barrier0Op::create(builder, op->getLoc());
      }
      if (isa<memref::StoreOp>(op)) {
        op->emitOpError("outside a linalg op cannot be spread over threads");
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    for (linalg::LinalgOp op : ops)
      if (failed(ThreadLoops(op, thread, threads).write()))
        return signalPassFailure();
    kernel->setAttr(kThreadsAttr, builder.getI64IntegerAttr(threads));
  }
};

} // namespace
