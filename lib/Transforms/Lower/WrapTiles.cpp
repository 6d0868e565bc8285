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

static bool isPointer(Type type) { return isa<LLVM::LLVMPointerType>(type); }

/// The wrapper is declared as the runtime calls it, the kernel's function as --mmc-tile-kernels
/// leaves it.
static LogicalResult checkSignatures(LLVM::LLVMFuncOp wrapper, LLVM::LLVMFuncOp tile) {
  ArrayRef<Type> own = wrapper.getArgumentTypes(), inner = tile.getArgumentTypes();
  if (own.size() != 2 || !own[0].isInteger(64) || !isPointer(own[1]))
    return wrapper.emitOpError(
               "must take a tile's index and a table of pointers, (i64, !llvm.ptr), got: ")
           << wrapper.getFunctionType();
  if (inner.empty() || !inner[0].isInteger(64) || !llvm::all_of(inner.drop_front(), isPointer))
    return tile.emitOpError(
               "must take a tile's index and a pointer per buffer, (i64, !llvm.ptr, …), got: ")
           << tile.getFunctionType() << "; '" << wrapper.getName() << "' calls it";
  return success();
}

/// mmc.in_place may come from a file. The attribute has a number per result, the last of the tile's
/// pointers.
static LogicalResult checkInPlace(LLVM::LLVMFuncOp tile) {
  Attribute attribute = tile->getAttr(kInPlaceAttr);
  if (!attribute)
    return success();
  auto inPlace = dyn_cast<DenseI64ArrayAttr>(attribute);
  if (!inPlace)
    return tile.emitOpError("'mmc.in_place' must be an array<i64: …>, got: ") << attribute;
  int64_t buffers = tile.getNumArguments() - 1, operands = buffers - inPlace.size();
  if (operands < 0)
    return tile.emitOpError("'mmc.in_place' must have a number per result, got: ")
           << inPlace.size() << " numbers for " << buffers << " buffers";
  for (auto [result, operand] : llvm::enumerate(inPlace.asArrayRef())) {
    if (operand < -1 || operand >= operands)
      return tile.emitOpError("'mmc.in_place' must name operands, or be −1, got: ")
             << operand << " for result " << result << " of a kernel of " << operands
             << " operands";
    if (operand >= 0 && llvm::count(inPlace.asArrayRef(), operand) > 1)
      return tile.emitOpError("'mmc.in_place' must not give operand ")
             << operand << " to two results";
  }
  return success();
}

/// So may mmc.may_alias. Left out it would be a promise that nobody made.
static LogicalResult checkMayAlias(LLVM::LLVMFuncOp tile) {
  Attribute attribute = tile->getAttr(kMayAliasAttr);
  int64_t buffers = tile.getNumArguments() - 1;
  auto shared = dyn_cast_or_null<DenseI64ArrayAttr>(attribute);
  if (attribute && !shared)
    return tile.emitOpError("'mmc.may_alias' must be an array<i64: …>, got: ") << attribute;
  for (int64_t buffer : shared ? shared.asArrayRef() : ArrayRef<int64_t>())
    if (buffer < 0 || buffer >= buffers)
      return tile.emitOpError("'mmc.may_alias' must name buffers, got: ")
             << buffer << " of " << buffers;
  return success();
}

namespace {
struct WrapTilesPass : mmc::impl::WrapTilesPassBase<WrapTilesPass> {
  void runOnOperation() override {
    for (auto wrapper : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      StringRef kernel = wrapper.getName();
      if (!wrapper.isExternal() || !kernel.consume_front(kTilePrefix))
        continue;
      auto tile = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(kernel);
      if (!tile || tile.isExternal()) {
        wrapper.emitOpError("has no kernel '")
            << kernel << "' to call" << (tile ? ", only its declaration" : "");
        return signalPassFailure();
      }
      if (failed(checkSignatures(wrapper, tile)) || failed(checkInPlace(tile)) ||
          failed(checkMayAlias(tile)))
        return signalPassFailure();
      define(wrapper, tile);
    }
  }

  static void define(LLVM::LLVMFuncOp wrapper, LLVM::LLVMFuncOp tile) {
    OpBuilder builder(wrapper.getContext());
    Location loc = wrapper.getLoc();
    builder.setInsertionPointToStart(wrapper.addEntryBlock(builder));
    Type pointer = wrapper.getArgument(1).getType();
    auto mayAlias = tile->getAttrOfType<DenseI64ArrayAttr>(kMayAliasAttr);
    ArrayRef<int64_t> shared = mayAlias ? mayAlias.asArrayRef() : ArrayRef<int64_t>();
    SmallVector<Value> operands = {wrapper.getArgument(0)};
    for (unsigned i = 1; i < tile.getNumArguments(); ++i) {
      Value address = LLVM::GEPOp::create(builder, loc, pointer, pointer, wrapper.getArgument(1),
                                          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i - 1)});
      operands.push_back(LLVM::LoadOp::create(builder, loc, pointer, address));
      // Plan gives values that live at the same time different places. What the caller may share is
      // not Plan's.
      if (!llvm::is_contained(shared, int64_t(i) - 1))
        tile.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
    }
    writeInPlace(tile);
    LLVM::CallOp::create(builder, loc, tile, operands);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    tile.setLinkage(LLVM::Linkage::Internal);
  }

  /// A result in an operand's place is written through the operand's pointer: two pointers to one
  /// place would break the promise that arguments do not alias.
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
