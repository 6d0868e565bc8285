// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Specialize/Passes.h"

namespace mmc {
#define GEN_PASS_DEF_ASSIGNGROUPSPASS
#include "mmc/Transforms/Specialize/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct AssignGroupsPass : mmc::impl::AssignGroupsPassBase<AssignGroupsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (Attribute group = function->getAttr("mmc.group"))
        function.walk([&](ParamOp param) {
          if (!param->hasAttr("mmc.group"))
            param->setAttr("mmc.group", group);
        });
  }
};
} // namespace
