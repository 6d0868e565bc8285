// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Cuda/Passes.h"

#include "mmc/Transforms/Fuse/Passes.h"
#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace mmc {
#define GEN_PASS_DEF_OUTLINEDEVICEPASS
#include "mmc/Transforms/Lower/Cuda/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// The index of the block takes the place of the first argument, the index of the tile.
static void takeTileFromBlock(func::FuncOp kernel) {
  OpBuilder builder = OpBuilder::atBlockBegin(&kernel.getBody().front());
  Value block = NVVM::BlockIdXOp::create(builder, kernel.getLoc(), builder.getI32Type());
  Value tile =
      arith::IndexCastUIOp::create(builder, kernel.getLoc(), builder.getIndexType(), block);
  kernel.getArgument(0).replaceAllUsesWith(tile);
  (void)kernel.eraseArgument(0);
}

namespace {
struct OutlineDevicePass : mmc::impl::OutlineDevicePassBase<OutlineDevicePass> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> tiles;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(kTilesAttr) && !function.isExternal())
        tiles.push_back(function);
    if (Operation *other = getOperation().lookupSymbol(kDeviceModule); other && !tiles.empty()) {
      other->emitOpError("has the name of the device's module, '")
          << kDeviceModule << "'; rename it";
      return signalPassFailure();
    }
    OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
    auto device = ModuleOp::create(builder, getOperation().getLoc(), kDeviceModule);
    for (func::FuncOp tile : tiles) {
      if (tile->getAttrOfType<IntegerAttr>(kTilesAttr).getInt() < 1) {
        tile.emitOpError("must have at least one tile; a kernel that computes nothing leaves its "
                         "results unwritten");
        return signalPassFailure();
      }
      if (tile.getNumArguments() == 0 || !tile.getArgument(0).getType().isIndex()) {
        tile.emitOpError("has mmc.tiles: its first argument must be the index of the tile");
        return signalPassFailure();
      }
      builder.setInsertionPoint(tile);
      builder.insert(tile.cloneWithoutRegions());
      tile->moveBefore(device.getBody(), device.getBody()->end());
      tile.setPublic();
      takeTileFromBlock(tile);
    }
  }
};
} // namespace
