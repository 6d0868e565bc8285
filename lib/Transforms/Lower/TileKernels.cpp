// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "TileCuts.h"

#include "mmc/Transforms/Fuse/Passes.h"
#include "mmc/Transforms/Plan/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mmc {
#define GEN_PASS_DEF_TILEKERNELSPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Writes the tile function of one kernel.
class TileWriter {
public:
  TileWriter(func::FuncOp kernel, TileSizes wanted)
      : kernel(kernel), builder(kernel.getContext()), wanted(wanted) {}

  LogicalResult write() {
    Location loc = kernel.getLoc();
    SmallVector<Type> arguments = {builder.getIndexType()};
    for (Type type : kernel.getArgumentTypes())
      arguments.push_back(memrefOf(type));
    for (Type type : kernel.getResultTypes())
      arguments.push_back(memrefOf(type));
    builder.setInsertionPoint(kernel);
    auto tile = func::FuncOp::create(builder, loc, kernel.getName(),
                                     builder.getFunctionType(arguments, {}));
    tile.setPrivate();
    tile->setAttr(kKernelAttr, builder.getUnitAttr());
    for (StringRef name : {kInPlaceAttr, kMayAliasAttr})
      if (Attribute places = kernel->getAttr(name))
        tile->setAttr(name, places);
    Block *entry = tile.addEntryBlock();
    builder.setInsertionPointToEnd(entry);
    Block &body = kernel.getBody().front();
    for (auto [i, argument] : llvm::enumerate(body.getArguments()))
      buffers[argument] = entry->getArgument(1 + i);
    unsigned firstOutput = 1 + body.getNumArguments();
    for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands()))
      outputs.push_back({value, entry->getArgument(firstOutput + i)});

    SmallVector<SmallVector<Operation *>> parts = partsOf(body);
    int64_t total = 0;
    Value index = entry->getArgument(0);
    for (auto [i, part] : llvm::enumerate(parts)) {
      FailureOr<GroupTiling> tiling = tileGroup(part, part.back());
      if (failed(tiling))
        return kernel.emitError("kernel '") << kernel.getName() << "' cannot be cut into tiles";
      SmallVector<Cut> cuts = chooseCuts(*tiling, part.back(), wanted);
      int64_t count = 1;
      for (const Cut &c : cuts)
        count *= c.count;
      OpBuilder::InsertionGuard guard(builder);
      Value local = index;
      if (parts.size() > 1) {
        // This part's tiles are total … total + count − 1.
        Value start = arith::ConstantIndexOp::create(builder, loc, total);
        local = arith::SubIOp::create(builder, loc, index, start);
        Value width = arith::ConstantIndexOp::create(builder, loc, count);
        Value mine = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, local, width);
        auto branch = scf::IfOp::create(builder, loc, mine);
        builder.setInsertionPointToStart(branch.thenBlock());
      }
      writePart(part, *tiling, cuts, local);
      total += count;
    }
    builder.setInsertionPointToEnd(entry);
    func::ReturnOp::create(builder, loc);
    tile->setAttr(kTilesAttr, builder.getI64IntegerAttr(total));
    kernel.erase();
    return success();
  }

private:
  static Type memrefOf(Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return MemRefType::get(tensor.getShape(), tensor.getElementType());
  }

  /// The code of a part: one copy for whole tiles and one for every combination of smaller last
  /// ones.
  void writePart(ArrayRef<Operation *> part, const GroupTiling &tiling, ArrayRef<Cut> cuts,
                 Value local) {
    Location loc = kernel.getLoc();
    SmallVector<Value> coordinates(cuts.size());
    Value rest = local;
    for (int d = static_cast<int>(cuts.size()) - 1; d >= 0; --d) {
      Value count = arith::ConstantIndexOp::create(builder, loc, cuts[d].count);
      coordinates[d] =
          d == 0 ? rest : arith::RemUIOp::create(builder, loc, rest, count).getResult();
      if (d > 0)
        rest = arith::DivUIOp::create(builder, loc, rest, count);
    }
    SmallVector<int64_t> sizes;
    for (const Cut &c : cuts)
      sizes.push_back(c.size);
    writeVariants(part, tiling, cuts, coordinates, sizes, 0);
  }

  void writeVariants(ArrayRef<Operation *> part, const GroupTiling &tiling, ArrayRef<Cut> cuts,
                     ArrayRef<Value> coordinates, SmallVector<int64_t> sizes, size_t d) {
    Location loc = kernel.getLoc();
    while (d < cuts.size() && (cuts[d].last == cuts[d].size))
      ++d;
    if (d == cuts.size())
      return writeTile(part, tiling, cuts, coordinates, sizes);
    Value end = arith::ConstantIndexOp::create(builder, loc, cuts[d].count - 1);
    Value isLast =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, coordinates[d], end);
    auto branch = scf::IfOp::create(builder, loc, isLast, /*withElseRegion=*/true);
    for (bool edge : {true, false}) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(edge ? branch.thenBlock() : branch.elseBlock());
      sizes[d] = edge ? cuts[d].last : cuts[d].size;
      writeVariants(part, tiling, cuts, coordinates, sizes, d + 1);
    }
  }

  /// The part of a buffer that belongs to the tile.
  Value sliceOf(Value buffer, const TensorTiling &dims, ArrayRef<Cut> cuts,
                ArrayRef<Value> coordinates, ArrayRef<int64_t> sizes) {
    auto type = cast<MemRefType>(buffer.getType());
    SmallVector<OpFoldResult> offsets, extents, strides(type.getRank(), builder.getIndexAttr(1));
    bool whole = true;
    for (auto [d, dim] : llvm::enumerate(dims)) {
      if (dim.dim < 0) {
        offsets.push_back(builder.getIndexAttr(0));
        extents.push_back(builder.getIndexAttr(type.getDimSize(d)));
        continue;
      }
      int64_t size = sizes[dim.dim] * dim.unit;
      whole &= cuts[dim.dim].count == 1;
      extents.push_back(builder.getIndexAttr(size));
      if (cuts[dim.dim].count == 1) {
        offsets.push_back(builder.getIndexAttr(0));
        continue;
      }
      Value step =
          arith::ConstantIndexOp::create(builder, kernel.getLoc(), cuts[dim.dim].size * dim.unit);
      offsets.push_back(
          arith::MulIOp::create(builder, kernel.getLoc(), coordinates[dim.dim], step).getResult());
    }
    if (whole)
      return buffer;
    return memref::SubViewOp::create(builder, kernel.getLoc(), buffer, offsets, extents, strides);
  }

  /// The type of a value's slice in the tile.
  static RankedTensorType tileType(Value value, const TensorTiling &dims, ArrayRef<int64_t> sizes) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    for (auto [d, dim] : llvm::enumerate(dims))
      if (dim.dim >= 0)
        shape[d] = sizes[dim.dim] * dim.unit;
    return RankedTensorType::get(shape, type.getElementType());
  }

  /// The first element of the op's tile along each of its dimensions, for an op that asks for it.
  void tellPlace(Operation *op, Operation *tile, ArrayRef<DimInGroup> dims, ArrayRef<Cut> cuts,
                 ArrayRef<Value> coordinates) {
    Location loc = kernel.getLoc();
    if (llvm::all_of(dims, [&](DimInGroup dim) { return dim.dim < 0 || cuts[dim.dim].count == 1; }))
      return;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(tile);
    SmallVector<Value> place;
    for (DimInGroup dim : dims) {
      if (dim.dim < 0 || cuts[dim.dim].count == 1) {
        place.push_back(arith::ConstantIndexOp::create(builder, loc, 0));
        continue;
      }
      Value step = arith::ConstantIndexOp::create(builder, loc, cuts[dim.dim].size * dim.ratio);
      place.push_back(arith::MulIOp::create(builder, loc, coordinates[dim.dim], step));
    }
    cast<FusibleOpInterface>(op).placeTile(tile, place);
  }

  void writeTile(ArrayRef<Operation *> part, const GroupTiling &tiling, ArrayRef<Cut> cuts,
                 ArrayRef<Value> coordinates, ArrayRef<int64_t> sizes) {
    Location loc = kernel.getLoc();
    IRMapping mapping;
    for (Operation *op : part)
      for (Value operand : op->getOperands()) {
        auto buffer = buffers.find(operand);
        if (buffer == buffers.end() || mapping.contains(operand))
          continue;
        RankedTensorType type = tileType(operand, tiling.values.lookup(operand), sizes);
        if (type.getNumElements() == 0) {
          // Of a buffer of nothing there is no slice, and nothing to read.
          mapping.map(operand, tensor::EmptyOp::create(builder, loc, type.getShape(),
                                                       type.getElementType()));
          continue;
        }
        Value slice =
            sliceOf(buffer->second, tiling.values.lookup(operand), cuts, coordinates, sizes);
        mapping.map(operand, bufferization::ToTensorOp::create(builder, loc, type, slice,
                                                               /*restrict=*/true));
      }
    for (Operation *op : part) {
      SmallVector<Value> operands;
      SmallVector<Type> types;
      for (Value operand : op->getOperands())
        operands.push_back(mapping.lookup(operand));
      for (Value result : op->getResults())
        types.push_back(tileType(result, tiling.values.lookup(result), sizes));
      SmallVector<int64_t> opSizes;
      TileSpace space = cast<FusibleOpInterface>(op).getTileSpace();
      for (auto [extent, dim] : llvm::zip(space.extents, tiling.ops.lookup(op)))
        opSizes.push_back(dim.dim < 0 ? extent : sizes[dim.dim] * dim.ratio);
      Operation *copy = cast<FusibleOpInterface>(op).buildTile(builder, operands, types, opSizes);
      if (space.placed)
        tellPlace(op, copy, tiling.ops.lookup(op), cuts, coordinates);
      mapping.map(op->getResults(), copy->getResults());
    }
    for (auto &[value, buffer] : outputs) {
      if (!mapping.contains(value) || !value.getDefiningOp() ||
          !llvm::is_contained(part, value.getDefiningOp()))
        continue;
      if (tileType(value, tiling.values.lookup(value), sizes).getNumElements() == 0)
        continue; // nothing to write
      Value slice = sliceOf(buffer, tiling.values.lookup(value), cuts, coordinates, sizes);
      bufferization::MaterializeInDestinationOp::create(builder, loc, /*result=*/Type(),
                                                        mapping.lookup(value), slice,
                                                        /*restrict=*/true, /*writable=*/true);
    }
  }

  func::FuncOp kernel;
  OpBuilder builder;
  TileSizes wanted;
  DenseMap<Value, Value> buffers;
  SmallVector<std::pair<Value, Value>> outputs;
};

struct TileKernelsPass : mmc::impl::TileKernelsPassBase<TileKernelsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(kKernelAttr) && !function->hasAttr(kTilesAttr))
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      if (kernel.isDeclaration()) {
        kernel.emitError("kernel '") << kernel.getName() << "' has no body to cut into tiles";
        return signalPassFailure();
      }
      if (failed(TileWriter(kernel, {rows, columns, elements}).write()))
        return signalPassFailure();
    }
  }
};

} // namespace
