// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the lowerings to linalg are written with: element-wise maps, reductions and contractions
// over tensors, computing in f32 (f64 for f64) whatever the element type.

#ifndef MMC_LIB_TRANSFORMS_LOWER_TOLINALG_EMITTER_H
#define MMC_LIB_TRANSFORMS_LOWER_TOLINALG_EMITTER_H

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

namespace mmc {

class Emitter {
public:
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(Emitter &, mlir::ValueRange)>;

  Emitter(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;

  static llvm::ArrayRef<int64_t> shape(mlir::Value value) {
    return llvm::cast<mlir::ShapedType>(value.getType()).getShape();
  }
  static mlir::Type element(mlir::Value value) {
    return llvm::cast<mlir::ShapedType>(value.getType()).getElementType();
  }
  /// f64 for f64, else f32.
  static mlir::Type compute(mlir::Type element) {
    return element.isF64() ? element : mlir::Float32Type::get(element.getContext());
  }

  /// Uninitialised and constant tensors.
  mlir::Value empty(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  mlir::Value filled(llvm::ArrayRef<int64_t> shape, mlir::Type element, double value);

  /// linalg.generic. Inputs of floating type reach the body in the compute type; what the body
  /// returns is rounded to the outputs' element types. `reductions` are the reduction dimensions;
  /// then the body's last arguments are the accumulators.
  llvm::SmallVector<mlir::Value> generic(llvm::ArrayRef<int64_t> domain, mlir::ValueRange inputs,
                                         llvm::ArrayRef<mlir::AffineMap> inputMaps,
                                         mlir::ValueRange outputs,
                                         llvm::ArrayRef<mlir::AffineMap> outputMaps,
                                         llvm::ArrayRef<int> reductions, Body body);

  /// Element-wise over the result's shape. An input of lower rank lies along the last dimensions (a
  /// suffix), or, listed in `leading`, along the first ones.
  mlir::Value map(mlir::RankedTensorType result, mlir::ValueRange inputs, Body body,
                  llvm::ArrayRef<unsigned> leading = {});

  /// Reduces the last dimension of `inputs` (equal shapes; lower ranks are suffixes or `leading`)
  /// with `body`, starting from `initial`.
  mlir::Value reduceLast(mlir::ValueRange inputs, double initial, Body body,
                         llvm::ArrayRef<unsigned> leading = {});

  /// result[out] += Σ lhs[l]·rhs[r] for dimension letters such as "mk", "nk" and "mn"; sums in the
  /// type of `accumulator`, which is what is added to.
  mlir::Value contract(mlir::Value lhs, llvm::StringRef lhsDims, mlir::Value rhs,
                       llvm::StringRef rhsDims, mlir::Value accumulator, llvm::StringRef outDims);

  /// Letters for all dimensions but the last of a tensor of rank 1 to 9: "bm" for rank 3; never g,
  /// k or n.
  static std::string rows(size_t rank) {
    return llvm::StringRef("opqrstbm").take_back(rank - 1).str();
  }

  /// Rounds a tensor to another floating element type; itself when it has it.
  mlir::Value cast(mlir::Value tensor, mlir::Type element);

  /// tensor[..., start : start+size, ...] along `axis`; with `drop` the dimension disappears.
  mlir::Value slice(mlir::Value tensor, int64_t axis, int64_t start, int64_t size,
                    bool drop = false);
  mlir::Value insert(mlir::Value piece, mlir::Value into, int64_t axis, int64_t start);
  /// The same elements with dimensions split or merged.
  mlir::Value reshape(mlir::Value tensor, llvm::ArrayRef<int64_t> shape);

  // Scalars, within bodies.
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value neg(mlir::Value a);
  mlir::Value exp(mlir::Value a);
  mlir::Value maximum(mlir::Value a, mlir::Value b);
  /// 1 / (1 + exp(−x))
  mlir::Value sigmoid(mlir::Value x);
  mlir::Value dim(int64_t dimension) {
    return mlir::linalg::IndexOp::create(builder, loc, dimension);
  }
  mlir::Value toIndex(mlir::Value integer);
  mlir::Value widen(mlir::Value scalar);
  mlir::Value narrow(mlir::Value scalar, mlir::Type element);

  mlir::AffineMap identity(unsigned rank) { return builder.getMultiDimIdentityMap(rank); }
  /// (d0 … d_rank-1) -> (the given dimensions)
  mlir::AffineMap select(unsigned rank, llvm::ArrayRef<unsigned> dims);
};

/// A tensor without elements. Slices of it have no place to begin at, which MLIR refuses.
inline bool isEmpty(mlir::Value tensor) {
  return llvm::is_contained(mlir::cast<mlir::RankedTensorType>(tensor.getType()).getShape(), 0);
}

/// The lowering of one op: values that replace its results.
template <typename Op>
using LowerFunction = llvm::SmallVector<mlir::Value> (*)(Op, Emitter &);

template <typename Op>
struct LowerPattern : mlir::OpRewritePattern<Op> {
  LowerPattern(mlir::MLIRContext *context, LowerFunction<Op> lower)
      : mlir::OpRewritePattern<Op>(context), lower(lower) {}
  llvm::LogicalResult matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    Emitter emitter(rewriter, op.getLoc());
    // Results without elements are made of nothing; the ops' own loops and slices need not think of
    // them.
    if (op->getNumResults() > 0 && llvm::all_of(op->getResults(), isEmpty)) {
      llvm::SmallVector<mlir::Value> results;
      for (mlir::Value result : op->getResults())
        results.push_back(emitter.empty(emitter.shape(result), emitter.element(result)));
      rewriter.replaceOp(op, results);
      return llvm::success();
    }
    rewriter.replaceOp(op, lower(op, emitter));
    return llvm::success();
  }
  LowerFunction<Op> lower;
};

template <typename Op>
void addLowering(mlir::RewritePatternSet &patterns, LowerFunction<Op> lower) {
  patterns.add<LowerPattern<Op>>(patterns.getContext(), lower);
}

void populateTensorLowerings(mlir::RewritePatternSet &patterns);
void populateNNLowerings(mlir::RewritePatternSet &patterns);
void populateAttentionLowerings(mlir::RewritePatternSet &patterns);
void populateCachedAttentionLowerings(mlir::RewritePatternSet &patterns);
void populateAdapterLowerings(mlir::RewritePatternSet &patterns);
void populateGradientLowerings(mlir::RewritePatternSet &patterns);
void populateTrainLowerings(mlir::RewritePatternSet &patterns);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_LOWER_TOLINALG_EMITTER_H
