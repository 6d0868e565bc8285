// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mmc {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {
struct ExpandMathPass : mmc::impl::ExpandMathPassBase<ExpandMathPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    // Upstream's approximations are of f32; wider types have no pattern and stay as they are.
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return name == math::ExpOp::getOperationName() || name == math::LogOp::getOperationName() ||
             name == math::TanhOp::getOperationName() || name == math::ErfOp::getOperationName();
    });
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
