// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Specialize/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_KEEPENTRIESPASS
#include "mmc/Transforms/Specialize/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct KeepEntriesPass : mmc::impl::KeepEntriesPassBase<KeepEntriesPass> {
  using Base::Base;

  void runOnOperation() override {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!function.isPublic() || llvm::is_contained(entries, function.getName()))
        continue;
      // What another entry calls stays for the inliner.
      if (SymbolTable::symbolKnownUseEmpty(function, getOperation()))
        function.erase();
      else
        function.setPrivate();
    }
    for (const std::string &entry : entries)
      if (!getOperation().lookupSymbol<func::FuncOp>(entry)) {
        getOperation().emitError("has no function '@") << entry << "'";
        return signalPassFailure();
      }
  }
};
} // namespace
