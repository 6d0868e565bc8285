// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mmc/Transforms/Plan/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mmc {
#define GEN_PASS_DEF_WRAPTILESPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct WrapTilesPass : mmc::impl::WrapTilesPassBase<WrapTilesPass> {
  void runOnOperation() override {
    for (auto wrapper : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      StringRef kernel = wrapper.getName();
      if (!wrapper.isExternal() || !kernel.consume_front(kTilePrefix))
        continue;
      auto tile = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(kernel);
      if (!tile) {
        wrapper.emitOpError("has no kernel '") << kernel << "' to call";
        return signalPassFailure();
      }
      define(wrapper, tile);
    }
  }

  static void define(LLVM::LLVMFuncOp wrapper, LLVM::LLVMFuncOp tile) {
    OpBuilder builder(wrapper.getContext());
    Location loc = wrapper.getLoc();
    builder.setInsertionPointToStart(wrapper.addEntryBlock(builder));
    Type pointer = wrapper.getArgument(1).getType();
    SmallVector<Value> operands = {wrapper.getArgument(0)};
    for (unsigned i = 1; i < tile.getNumArguments(); ++i) {
      Value address = LLVM::GEPOp::create(builder, loc, pointer, pointer, wrapper.getArgument(1),
                                          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i - 1)});
      operands.push_back(LLVM::LoadOp::create(builder, loc, pointer, address));
      // Plan gives values that live at the same time different places.
      tile.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
    }
    writeInPlace(tile);
    LLVM::CallOp::create(builder, loc, tile, operands);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    tile.setLinkage(LLVM::Linkage::Internal);
  }

  /// A result in an operand's place is written through the operand's pointer: two pointers to one place would
  /// break the promise that arguments do not alias.
  static void writeInPlace(LLVM::LLVMFuncOp tile) {
    auto inPlace = tile->getAttrOfType<DenseI64ArrayAttr>(kInPlaceAttr);
    if (!inPlace)
      return;
    unsigned firstResult = tile.getNumArguments() - inPlace.size();
    for (auto [result, operand] : llvm::enumerate(inPlace.asArrayRef()))
      if (operand >= 0)
        tile.getArgument(firstResult + result).replaceAllUsesWith(tile.getArgument(1 + operand));
  }
};
} // namespace
