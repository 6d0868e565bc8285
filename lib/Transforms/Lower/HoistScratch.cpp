// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mmc {
#define GEN_PASS_DEF_HOISTSCRATCHPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

/// True when the two stand in different branches of one scf.if.
static bool exclude(Operation *a, Operation *b) {
  for (Region *region = a->getParentRegion(); region; region = region->getParentRegion()) {
    auto branch = dyn_cast_or_null<scf::IfOp>(region->getParentOp());
    if (!branch)
      continue;
    for (Region &other : branch->getRegions())
      if (&other != region && other.isAncestor(b->getParentRegion()))
        return true;
  }
  return false;
}

namespace {
struct HoistScratchPass : mmc::impl::HoistScratchPassBase<HoistScratchPass> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    struct Slot {
      memref::AllocaOp alloca;
      SmallVector<Operation *> tenants;
    };
    std::vector<Slot> slots;
    SmallVector<memref::AllocOp> allocs;
    getOperation().walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
    getOperation().walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
    OpBuilder builder(&getOperation().getBody().front().front());
    for (memref::AllocOp alloc : allocs) {
      if (!alloc.getType().hasStaticShape()) {
        alloc.emitOpError("in a tile must have a static shape, got: ") << alloc.getType();
        return signalPassFailure();
      }
      auto slot = llvm::find_if(slots, [&](Slot &candidate) {
        return candidate.alloca.getType() == alloc.getType() &&
               llvm::all_of(candidate.tenants,
                            [&](Operation *tenant) { return exclude(tenant, alloc); });
      });
      if (slot == slots.end()) {
        auto alloca = memref::AllocaOp::create(builder, alloc.getLoc(), alloc.getType(),
                                               builder.getI64IntegerAttr(64));
        slots.push_back({alloca, {}});
        slot = std::prev(slots.end());
      }
      slot->tenants.push_back(alloc);
    }
    for (Slot &slot : slots)
      for (Operation *tenant : slot.tenants) {
        tenant->getResult(0).replaceAllUsesWith(slot.alloca);
        tenant->erase();
      }
  }
};
} // namespace
