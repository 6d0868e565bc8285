// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mmc/Transforms/Fuse/Passes.h"
#include "mmc/Transforms/Plan/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mmc {
#define GEN_PASS_DEF_LOWERHOSTPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// Writes the host program of one entry function.
class HostWriter {
public:
  HostWriter(func::FuncOp entry, ModuleOp module)
      : entry(entry), module(module), builder(entry.getContext()) {}

  LogicalResult write() {
    loc = UnknownLoc::get(builder.getContext());
    pointer = LLVM::LLVMPointerType::get(builder.getContext());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                            {pointer, pointer});
    builder.setInsertionPoint(entry);
    host = LLVM::LLVMFuncOp::create(builder, loc, ("mmc_" + entry.getName()).str(), type);
    builder.setInsertionPointToStart(host.addEntryBlock(builder));
    if (failed(bindTable()))
      return failure();
    for (LaunchOp launch : body().getOps<LaunchOp>())
      if (failed(writeLaunch(launch)))
        return failure();
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    entry.erase();
    return success();
  }

private:
  Block &body() { return entry.getBody().front(); }

  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(),
                                    builder.getI64IntegerAttr(value));
  }

  /// Pointer number `index` of the table of buffers.
  Value load(int64_t index) {
    Value address = LLVM::GEPOp::create(builder, loc, pointer, pointer, host.getArgument(1),
                                        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(builder, loc, pointer, address);
  }

  LogicalResult bindTable() {
    int64_t next = 0;
    arena = load(next++);
    // Loaded where they are used, so that thousands of them do not stay in registers.
    for (ParamOp param : body().getOps<ParamOp>())
      table[param.getResult()] = next++;
    for (BlockArgument argument : body().getArguments())
      table[argument] = next++;
    firstOutput = next;
    size_t widest = 1;
    for (LaunchOp launch : body().getOps<LaunchOp>())
      widest = std::max<size_t>(widest, launch.getNumOperands() + launch.getNumResults());
    auto array = LLVM::LLVMArrayType::get(pointer, widest);
    arguments = LLVM::AllocaOp::create(builder, loc, pointer, array, constant(1));
    return success();
  }

  FailureOr<Value> addressOf(Value value) {
    while (auto view = value.getDefiningOp<ReshapeOp>())
      value = view.getInput();
    if (auto found = table.find(value); found != table.end())
      return load(found->second);
    auto launch = value.getDefiningOp<LaunchOp>();
    auto offsets =
        launch ? launch->getAttrOfType<DenseI64ArrayAttr>(kOffsetsAttr) : DenseI64ArrayAttr();
    if (!offsets)
      return entry.emitOpError("has a value without a place; run the Plan phase first");
    int64_t offset = offsets[cast<OpResult>(value).getResultNumber()];
    if (offset < 0)
      return load(firstOutput - 1 - offset);
    return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), arena,
                               ArrayRef<LLVM::GEPArg>{LLVM::GEPArg(constant(offset))})
        .getResult();
  }

  LogicalResult writeLaunch(LaunchOp launch) {
    auto tile = module.lookupSymbol<func::FuncOp>(launch.getKernel());
    auto tiles = tile ? tile->getAttrOfType<IntegerAttr>(kTilesAttr) : IntegerAttr();
    if (!tiles)
      return launch.emitOpError("names a kernel that is not cut into tiles yet: ")
             << launch.getKernelAttr();
    SmallVector<Value> values(launch.getOperands());
    values.append(launch.getResults().begin(), launch.getResults().end());
    for (auto [i, value] : llvm::enumerate(values)) {
      FailureOr<Value> address = addressOf(value);
      if (failed(address))
        return failure();
      Value slot = LLVM::GEPOp::create(builder, loc, pointer, pointer, arguments,
                                       ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      LLVM::StoreOp::create(builder, loc, *address, slot);
    }
    Value function = LLVM::AddressOfOp::create(builder, loc, pointer, wrapperOf(tile).getName());
    LLVM::CallOp::create(builder, loc, runtime(),
                         {host.getArgument(0), function, constant(tiles.getInt()), arguments});
    return success();
  }

  LLVM::LLVMFuncOp runtime() {
    StringRef name = "mmc_rt_kernel_launch";
    if (auto found = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return found;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                            {pointer, pointer, builder.getI64Type(), pointer});
    return LLVM::LLVMFuncOp::create(builder, loc, name, type);
  }

  /// The declaration of the kernel's function as the runtime calls it.
  LLVM::LLVMFuncOp wrapperOf(func::FuncOp tile) {
    std::string name = (kTilePrefix + tile.getName()).str();
    if (auto found = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return found;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                            {builder.getI64Type(), pointer});
    return LLVM::LLVMFuncOp::create(builder, loc, name, type);
  }

  func::FuncOp entry;
  ModuleOp module;
  OpBuilder builder;
  Location loc = UnknownLoc::get(builder.getContext());
  Type pointer;
  LLVM::LLVMFuncOp host;
  Value arena, arguments;
  DenseMap<Value, int64_t> table;
  int64_t firstOutput = 0;
};

struct LowerHostPass : mmc::impl::LowerHostPassBase<LowerHostPass> {
  void runOnOperation() override {
    for (auto entry : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (!entry->hasAttr(kKernelAttr) && !entry.isExternal() &&
          failed(HostWriter(entry, getOperation()).write()))
        return signalPassFailure();
  }
};

} // namespace
