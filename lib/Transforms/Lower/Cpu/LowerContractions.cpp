// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "ProductLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mmc {
#define GEN_PASS_DEF_LOWERCONTRACTIONSPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

static bool isBf16(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getElementType().isBF16();
}

namespace {
struct LowerContractionsPass : mmc::impl::LowerContractionsPassBase<LowerContractionsPass> {
  using Base::Base;

  void runOnOperation() override {
    std::optional<VectorUnit> unit = vectorUnitOf(features, getOperation());
    if (!unit)
      return signalPassFailure();
    SmallVector<linalg::GenericOp> candidates;
    getOperation().walk([&](linalg::GenericOp op) { candidates.push_back(op); });
    for (linalg::GenericOp op : candidates) {
      std::optional<Contraction> product = matchContraction(op);
      if (!product)
        continue;
      if (unit->hasBf16Dot && isBf16(product->a) && isBf16(product->b) && product->sum.isF32())
        writeWithBf16Dot(*product, *unit);
      else
        writeWithMultiplyAdd(*product, *unit);
    }
  }
};
} // namespace
