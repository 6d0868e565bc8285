// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ProductLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mmc;

namespace {

class MultiplyAddWriter : public ProductLoops {
public:
  MultiplyAddWriter(const Contraction &product, VectorUnit unit) : ProductLoops(product, unit) {
    packsB =
        elementOf(product.b) != product.sum || !isContiguous(product.b, product.bMap, product.n);
    packsA = elementOf(product.a) != product.sum;
  }

private:
  Value scratch(ArrayRef<int64_t> shape) {
    return memref::AllocOp::create(builder, loc, MemRefType::get(shape, product.sum));
  }

  void allocate(int64_t depth) override {
    if (packsB)
      packedB = scratch({int64_t(llvm::divideCeil(product.size(product.n), width)), depth, width});
    if (packsA)
      packedA = scratch({blockRows, depth});
  }

  void packShared(Value k, int64_t depth) override {
    if (packsB)
      overBlocks(product.size(product.n), width,
                 [&](Value n, int64_t count) { packPanel(n, count, k, depth); });
  }

  Value widen(Value value) {
    Type target = product.sum;
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      target = vector.clone(product.sum);
    if (value.getType() == target)
      return value;
    return arith::ExtFOp::create(builder, loc, target, value);
  }

  /// b[k …, n …] into its panel, widened; columns beyond `count` are zero.
  void packPanel(Value n, int64_t count, Value k, int64_t depth) {
    Value panel = panelOf(n);
    bool alongK = isContiguous(product.b, product.bMap, product.k);
    int64_t transposed = alongK ? depth / lanes * lanes : 0;
    if (transposed > 0)
      overBlocks(transposed, lanes, [&](Value kk, int64_t) {
        for (int64_t first = 0; first < width; first += lanes)
          transposeInto(panel, n, first, std::min(lanes, std::max<int64_t>(count - first, 0)), k,
                        kk);
      });
    overRange(transposed, depth, [&](Value kk) {
      if (isContiguous(product.b, product.bMap, product.n) && count == width) {
        for (int64_t first = 0; first < width; first += lanes) {
          auto type = VectorType::get({lanes}, elementOf(product.b));
          Value row = vector::LoadOp::create(builder, loc, type, product.b,
                                             at(product.bMap, {}, plus(n, first), plus(k, kk)));
          vector::StoreOp::create(builder, loc, widen(row), packedB,
                                  ValueRange{panel, kk, constant(first)});
        }
        return;
      }
      overBlocks(count, 1, [&](Value column, int64_t) {
        Value element = memref::LoadOp::create(builder, loc, product.b,
                                               at(product.bMap, {}, plus(n, column), plus(k, kk)));
        memref::StoreOp::create(builder, loc, widen(element), packedB,
                                ValueRange{panel, kk, column});
      });
      if (count < width)
        overBlocks(width - count, 1, [&](Value column, int64_t) {
          memref::StoreOp::create(builder, loc, zero(product.sum), packedB,
                                  ValueRange{panel, kk, plus(column, count)});
        });
    });
  }

  /// A square of `lanes` rows of b (contiguous along k) into the panel, transposed in registers.
  void transposeInto(Value panel, Value n, int64_t first, int64_t count, Value k, Value kk) {
    auto type = VectorType::get({lanes}, elementOf(product.b));
    SmallVector<Value> rows;
    for (int64_t i = 0; i < lanes; ++i) {
      if (i >= count) {
        rows.push_back(zero(vectorType));
        continue;
      }
      Value row = vector::LoadOp::create(builder, loc, type, product.b,
                                         at(product.bMap, {}, plus(n, first + i), plus(k, kk)));
      rows.push_back(widen(row));
    }
    transpose(rows);
    for (int64_t i = 0; i < lanes; ++i)
      vector::StoreOp::create(builder, loc, rows[i], packedB,
                              ValueRange{panel, plus(kk, i), constant(first)});
  }

  /// a[m …, k …] widened.
  void packRows(Value m, int64_t rows, Value k, int64_t depth) override {
    if (!packsA)
      return;
    bool alongK = isContiguous(product.a, product.aMap, product.k);
    int64_t whole = alongK ? depth / lanes * lanes : 0;
    overBlocks(rows, 1, [&](Value row, int64_t) {
      if (whole > 0)
        overBlocks(whole, lanes, [&](Value kk, int64_t) {
          auto type = VectorType::get({lanes}, elementOf(product.a));
          Value piece = vector::LoadOp::create(builder, loc, type, product.a,
                                               at(product.aMap, plus(m, row), {}, plus(k, kk)));
          vector::StoreOp::create(builder, loc, widen(piece), packedA, ValueRange{row, kk});
        });
      overRange(whole, depth, [&](Value kk) {
        Value element = memref::LoadOp::create(builder, loc, product.a,
                                               at(product.aMap, plus(m, row), {}, plus(k, kk)));
        memref::StoreOp::create(builder, loc, widen(element), packedA, ValueRange{row, kk});
      });
    });
  }

  SmallVector<Value> sumBlock(Value m, int64_t rows, Value n, int64_t count, Value k, int64_t depth,
                              ArrayRef<Value> sums) override {
    int64_t vectors = llvm::divideCeil(count, lanes);
    SmallVector<Value> masks;
    for (int64_t v = 0; v < vectors; ++v)
      masks.push_back(packsB ? Value() : maskOf(v, count));
    Value panel = packsB ? panelOf(n) : Value();
    auto loop = scf::ForOp::create(builder, loc, constant(0), constant(depth), constant(1), sums);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value kk = loop.getInductionVar(), position = plus(k, kk);
    SmallVector<Value> b, next;
    for (int64_t v = 0; v < vectors; ++v)
      b.push_back(packsB ? loadRow(packedB, {panel, kk, constant(v * lanes)}, {})
                         : loadRow(product.b, at(product.bMap, {}, plus(n, v * lanes), position),
                                   masks[v]));
    for (int64_t r = 0; r < rows; ++r) {
      Value element =
          packsA ? memref::LoadOp::create(builder, loc, packedA, ValueRange{constant(r), kk})
                 : memref::LoadOp::create(builder, loc, product.a,
                                          at(product.aMap, plus(m, r), {}, position));
      Value broadcast = vector::BroadcastOp::create(builder, loc, vectorType, element);
      for (int64_t v = 0; v < vectors; ++v)
        next.push_back(vector::FMAOp::create(builder, loc, broadcast, b[v],
                                             loop.getRegionIterArg(r * vectors + v)));
    }
    scf::YieldOp::create(builder, loc, next);
    return SmallVector<Value>(loop.getResults());
  }

  bool packsA, packsB;
  Value packedA, packedB;
};

} // namespace

void mmc::writeWithMultiplyAdd(const Contraction &product, VectorUnit unit) {
  MultiplyAddWriter(product, unit).write();
}
