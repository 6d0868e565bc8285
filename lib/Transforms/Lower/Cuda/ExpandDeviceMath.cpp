// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Cuda/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mmc {
#define GEN_PASS_DEF_EXPANDDEVICEMATHPASS
#include "mmc/Transforms/Lower/Cuda/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

// Taylor's coefficients do not reach the last place on [−π/4, π/4]; these minimax ones, of
// FreeBSD's k_sin.c and k_cos.c (Sun Microsystems, 1993), do: sin r = r + r³·S(r²) and cos r = 1 −
// r²/2 + r⁴·C(r²).
static constexpr double kSine[] = {-1.66666666666666324348e-01, 8.33333333332248946124e-03,
                                   -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                                   -2.50507602534068634195e-08, 1.58969099521155010221e-10};
static constexpr double kCosine[] = {4.16666666666666019037e-02, -1.38888888888741095749e-03,
                                     2.48015872894767294178e-05, -2.75573143513906633035e-07,
                                     2.08757232129817482790e-09, -1.13596475577881948265e-11};

// π/2 in two parts.
static constexpr double kHalfPiHigh = 1.57079632679489655800e+00,
                        kHalfPiLow = 6.12323399573676603587e-17;
static constexpr double kTwoOverPi = 6.36619772367581382433e-01;

namespace {

/// Writes sin or cos of one f64 scalar.
class SineWriter {
public:
  SineWriter(Location loc, OpBuilder &builder) : b(loc, builder) {}

  Value write(Value x, bool isCosine) {
    Value turns = math::RoundEvenOp::create(b, arith::MulFOp::create(b, x, number(kTwoOverPi)));
    Value r = fma(turns, number(-kHalfPiHigh), x);
    r = fma(turns, number(-kHalfPiLow), r);
    Value square = arith::MulFOp::create(b, r, r);
    Value sine = fma(arith::MulFOp::create(b, square, r), polynomial(square, kSine), r);
    Value fourth = arith::MulFOp::create(b, square, square);
    Value cosine = fma(fourth, polynomial(square, kCosine), fma(square, number(-0.5), number(1)));
    // Quarter n: sin, cos, −sin, −cos; the cosine is one quarter ahead.
    Value quarter = arith::FPToSIOp::create(b, b.getI64Type(), turns);
    if (isCosine)
      quarter = arith::AddIOp::create(b, quarter, integer(1));
    Value result = arith::SelectOp::create(b, isSet(quarter, 1), cosine, sine);
    return arith::SelectOp::create(b, isSet(quarter, 2), arith::NegFOp::create(b, result), result);
  }

private:
  Value number(double value) { return arith::ConstantOp::create(b, b.getF64FloatAttr(value)); }
  Value integer(int64_t value) { return arith::ConstantOp::create(b, b.getI64IntegerAttr(value)); }
  Value fma(Value x, Value y, Value z) { return math::FmaOp::create(b, x, y, z); }

  Value isSet(Value bits, int64_t bit) {
    Value masked = arith::AndIOp::create(b, bits, integer(bit));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, masked, integer(0));
  }

  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = number(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, number(coefficient));
    return sum;
  }

  ImplicitLocOpBuilder b;
};

struct ExpandDeviceMathPass : mmc::impl::ExpandDeviceMathPassBase<ExpandDeviceMathPass> {
  void runOnOperation() override {
    WalkResult walk = getOperation().walk([](Operation *op) {
      if (!isa_and_present<math::MathDialect>(op->getDialect()))
        return WalkResult::advance();
      if (isa<math::SinOp, math::CosOp>(op) && op->getResult(0).getType().isF64()) {
        OpBuilder builder(op);
        Value result =
            SineWriter(op->getLoc(), builder).write(op->getOperand(0), isa<math::CosOp>(op));
        op->getResult(0).replaceAllUsesWith(result);
        op->erase();
        return WalkResult::advance();
      }
      // The GPU has instructions for these.
      if (isa<math::SqrtOp, math::FmaOp, math::FloorOp, math::CeilOp, math::RoundEvenOp,
              math::TruncOp, math::AbsFOp, math::AbsIOp, math::CopySignOp>(op))
        return WalkResult::advance();
      op->emitOpError("of ")
          << op->getResult(0).getType()
          << " has no expansion for target=cuda; use dtype=f32 or dtype=bf16, or target=cpu";
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
