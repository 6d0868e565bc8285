// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops of a matrix product around blocks of accumulators in registers.

#ifndef MMC_LIB_TRANSFORMS_LOWER_CPU_PRODUCTLOOPS_H
#define MMC_LIB_TRANSFORMS_LOWER_CPU_PRODUCTLOOPS_H

#include "Contraction.h"
#include "VectorUnit.h"

namespace mmc {

/// Writes the loops; how operands are packed and multiplied is up to what derives from it.
class ProductLoops {
public:
  ProductLoops(Contraction product, VectorUnit unit);
  virtual ~ProductLoops() = default;

  /// Replaces the linalg op.
  void write();

protected:
  /// Scratch for operands that are packed, for `depth` elements of k at most.
  virtual void allocate(int64_t depth) = 0;
  /// Packs what blocks of all rows share.
  virtual void packShared(mlir::Value k, int64_t depth) = 0;
  /// Packs `rows` rows of a.
  virtual void packRows(mlir::Value m, int64_t rows, mlir::Value k, int64_t depth) = 0;
  /// `sums` (row by row) plus the products of `rows` rows and `count` columns along `depth` of k.
  virtual llvm::SmallVector<mlir::Value> sumBlock(mlir::Value m, int64_t rows, mlir::Value n,
                                                  int64_t count, mlir::Value k, int64_t depth,
                                                  llvm::ArrayRef<mlir::Value> sums) = 0;

  static mlir::Type elementOf(mlir::Value buffer) {
    return llvm::cast<mlir::MemRefType>(buffer.getType()).getElementType();
  }
  mlir::Value constant(int64_t value);
  mlir::Value zero(mlir::Type type);
  mlir::Value plus(mlir::Value a, mlir::Value b);
  mlir::Value plus(mlir::Value a, int64_t b);

  /// `body(start, count)` for blocks of `step` up to `size`: a loop over the whole ones, then the
  /// rest.
  void overBlocks(int64_t size, int64_t step, llvm::function_ref<void(mlir::Value, int64_t)> body);
  /// `body(index)` for `from` … `to` − 1.
  void overRange(int64_t from, int64_t to, llvm::function_ref<void(mlir::Value)> body);

  /// Indices of a buffer at the given place of the product.
  llvm::SmallVector<mlir::Value> at(mlir::AffineMap map, mlir::Value m, mlir::Value n,
                                    mlir::Value k);
  mlir::Value panelOf(mlir::Value n);
  /// The mask of the lanes of vector `v` that lie within `count` columns; null when all do.
  mlir::Value maskOf(int64_t v, int64_t count);
  mlir::Value loadRow(mlir::Value buffer, mlir::ValueRange where, mlir::Value mask);
  /// A square of vectors, transposed by log2(size) rounds of perfect shuffles.
  void transpose(llvm::SmallVector<mlir::Value> &rows);

  Contraction product;
  mlir::OpBuilder builder;
  mlir::Location loc;
  /// Accumulators of a block: rows × vectors.
  int64_t blockRows = 0, blockVectors = 0;
  int64_t lanes, width; ///< of a vector and of a panel: the columns of a block
  mlir::VectorType vectorType;

private:
  void chooseBlock(VectorUnit unit);
  void writeOuter(size_t depth);
  void writeProduct();
  void writeBlock(mlir::Value m, int64_t rows, mlir::Value n, int64_t count, mlir::Value k,
                  int64_t depth);

  llvm::SmallVector<mlir::Value> indices;
};

/// Products as multiply-adds of the type that is summed in; narrower operands are widened when they
/// are packed.
void writeWithMultiplyAdd(const Contraction &product, VectorUnit unit);

/// Products of bf16 operands two at a time, with the processor's dot products of pairs.
void writeWithBf16Dot(const Contraction &product, VectorUnit unit);

} // namespace mmc

#endif // MMC_LIB_TRANSFORMS_LOWER_CPU_PRODUCTLOOPS_H
