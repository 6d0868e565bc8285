// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ProductLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mmc;

namespace {

/// The unit of both operands is a pair: elements 2·j and 2·j + 1 of k, as one i32. The pair of an
/// odd depth's last element has zero as its second.
class Bf16DotWriter : public ProductLoops {
public:
  Bf16DotWriter(const Contraction &product, VectorUnit unit) : ProductLoops(product, unit) {
    packsA = !isContiguous(product.a, product.aMap, product.k);
    bf16 = builder.getBF16Type();
    pairType = builder.getI32Type();
  }

private:
  /// A matrix that is packed: panels of [pair, column].
  struct Source {
    Value buffer;
    AffineMap map;
    int dim; ///< the columns' dimension of the product
  };

  Value scratch(ArrayRef<int64_t> shape) {
    return memref::AllocOp::create(builder, loc, MemRefType::get(shape, pairType));
  }

  void allocate(int64_t depth) override {
    int64_t pairs = llvm::divideCeil(depth, 2);
    packedB = scratch({int64_t(llvm::divideCeil(product.size(product.n), width)), pairs, width});
    if (packsA)
      packedA = scratch({1, pairs, product.size(product.m)});
  }

  void packShared(Value k, int64_t depth) override {
    Source b = {product.b, product.bMap, product.n};
    overBlocks(product.size(product.n), width, [&](Value n, int64_t count) {
      pack(b, packedB, panelOf(n), lanes, n, count, width, k, depth);
    });
    int64_t rows = product.size(product.m);
    if (packsA)
      pack({product.a, product.aMap, product.m}, packedA, constant(0),
           std::min<int64_t>(16, llvm::bit_floor(uint64_t(rows))), constant(0), rows, rows, k,
           depth);
  }

  void packRows(Value, int64_t, Value, int64_t) override {}

  SmallVector<Value> placeOf(const Source &source, Value column, Value k) {
    return source.dim == product.n ? at(source.map, {}, column, k) : at(source.map, column, {}, k);
  }

  Value loadVector(const Source &source, int64_t size, Value column, Value k) {
    return vector::LoadOp::create(builder, loc, VectorType::get({size}, bf16), source.buffer,
                                  placeOf(source, column, k));
  }

  Value bitcast(Value vector, Type element, int64_t size) {
    return vector::BitCastOp::create(builder, loc, VectorType::get({size}, element), vector);
  }

  /// `count` columns from `first` into a panel of `width`; those beyond are zero. `size`: columns
  /// per vector.
  void pack(const Source &source, Value to, Value panel, int64_t size, Value first, int64_t count,
            int64_t width, Value k, int64_t depth) {
    int64_t pairs = llvm::divideCeil(depth, 2), done = 0;
    auto position = [&](Value pair) {
      return plus(k, arith::MulIOp::create(builder, loc, pair, constant(2)));
    };
    // Squares of `side` columns and pairs are transposed in registers; smaller ones when k is
    // short.
    int64_t side = std::min<int64_t>(size, llvm::bit_floor(uint64_t(depth / 2)));
    if (side >= 4 && isContiguous(source.buffer, source.map, product.k)) {
      done = depth / (2 * side) * side;
      overBlocks(done, side, [&](Value pair, int64_t) {
        for (int64_t column = 0; column < width; column += side) {
          SmallVector<Value> rows;
          for (int64_t i = column; i < column + side; ++i)
            rows.push_back(
                i < count ? bitcast(loadVector(source, 2 * side, plus(first, i), position(pair)),
                                    pairType, side)
                          : zero(VectorType::get({side}, pairType)));
          transpose(rows);
          for (int64_t i = 0; i < side; ++i)
            vector::StoreOp::create(builder, loc, rows[i], to,
                                    ValueRange{panel, plus(pair, i), constant(column)});
        }
      });
    }
    overRange(done, depth / 2, [&](Value pair) {
      packPair(source, to, panel, size, first, count, width, position(pair), pair, true);
    });
    if (depth % 2)
      packPair(source, to, panel, size, first, count, width, plus(k, depth - 1),
               constant(pairs - 1), false);
  }

  /// The pairs of all columns that begin at `k`; without a second element when it is the last of k.
  void packPair(const Source &source, Value to, Value panel, int64_t size, Value first,
                int64_t count, int64_t width, Value k, Value pair, bool hasSecond) {
    int64_t whole = isContiguous(source.buffer, source.map, source.dim) ? count / size * size : 0;
    auto vectorType = VectorType::get({size}, bf16);
    if (whole > 0)
      overBlocks(whole, size, [&](Value column, int64_t) {
        Value even = loadVector(source, size, plus(first, column), k);
        Value odd = hasSecond ? loadVector(source, size, plus(first, column), plus(k, 1))
                              : zero(vectorType);
        Value both = vector::InterleaveOp::create(builder, loc, even, odd);
        vector::StoreOp::create(builder, loc, bitcast(both, pairType, size), to,
                                ValueRange{panel, pair, column});
      });
    overRange(whole, count, [&](Value column) {
      Value value = pairAt(source, plus(first, column), k, hasSecond);
      memref::StoreOp::create(builder, loc, value, to, ValueRange{panel, pair, column});
    });
    overRange(count, width, [&](Value column) {
      memref::StoreOp::create(builder, loc, zero(pairType), to, ValueRange{panel, pair, column});
    });
  }

  /// One pair, read element by element.
  Value pairAt(const Source &source, Value column, Value k, bool hasSecond) {
    Value even = memref::LoadOp::create(builder, loc, source.buffer, placeOf(source, column, k));
    Value odd = zero(bf16);
    if (hasSecond)
      odd =
          memref::LoadOp::create(builder, loc, source.buffer, placeOf(source, column, plus(k, 1)));
    Value both = vector::FromElementsOp::create(builder, loc, VectorType::get({2}, bf16),
                                                ValueRange{even, odd});
    return vector::ExtractOp::create(builder, loc, bitcast(both, pairType, 1),
                                     ArrayRef<int64_t>{0});
  }

  SmallVector<Value> sumBlock(Value m, int64_t rows, Value n, int64_t count, Value k, int64_t depth,
                              ArrayRef<Value> sums) override {
    SmallVector<Value> result(sums);
    if (depth >= 2) {
      auto loop =
          scf::ForOp::create(builder, loc, constant(0), constant(depth / 2), constant(1), result);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      Value pair = loop.getInductionVar();
      Value position = plus(k, arith::MulIOp::create(builder, loc, pair, constant(2)));
      scf::YieldOp::create(builder, loc,
                           addPair(m, rows, n, count, position, pair, true,
                                   SmallVector<Value>(loop.getRegionIterArgs())));
      result = SmallVector<Value>(loop.getResults());
    }
    if (depth % 2)
      result = addPair(m, rows, n, count, plus(k, depth - 1), constant(depth / 2), false, result);
    return result;
  }

  SmallVector<Value> addPair(Value m, int64_t rows, Value n, int64_t count, Value k, Value pair,
                             bool hasSecond, ArrayRef<Value> sums) {
    int64_t vectors = llvm::divideCeil(count, lanes);
    Value panel = panelOf(n);
    auto pairs = VectorType::get({lanes}, pairType);
    SmallVector<Value> b, next;
    for (int64_t v = 0; v < vectors; ++v)
      b.push_back(bitcast(vector::LoadOp::create(builder, loc, pairs, packedB,
                                                 ValueRange{panel, pair, constant(v * lanes)}),
                          bf16, 2 * lanes));
    for (int64_t r = 0; r < rows; ++r) {
      Value a = bitcast(
          vector::BroadcastOp::create(builder, loc, pairs, rowPair(plus(m, r), k, pair, hasSecond)),
          bf16, 2 * lanes);
      for (int64_t v = 0; v < vectors; ++v)
        next.push_back(dot(sums[r * vectors + v], a, b[v]));
    }
    return next;
  }

  Value rowPair(Value m, Value k, Value pair, bool hasSecond) {
    if (packsA)
      return memref::LoadOp::create(builder, loc, packedA, ValueRange{constant(0), pair, m});
    Source a = {product.a, product.aMap, product.m};
    if (!hasSecond)
      return pairAt(a, m, k, false);
    auto type = VectorType::get({2}, bf16);
    Value both = vector::LoadOp::create(builder, loc, type, product.a, at(product.aMap, m, {}, k));
    return vector::ExtractOp::create(builder, loc, bitcast(both, pairType, 1),
                                     ArrayRef<int64_t>{0});
  }

  /// sum[i] + a[2·i]·b[2·i] + a[2·i + 1]·b[2·i + 1]
  Value dot(Value sum, Value a, Value b) {
    auto name = builder.getStringAttr("llvm.x86.avx512bf16.dpbf16ps." + std::to_string(lanes * 32));
    return LLVM::CallIntrinsicOp::create(builder, loc, vectorType, name, ValueRange{sum, a, b})
        .getResult(0);
  }

  bool packsA;
  Type bf16, pairType;
  Value packedA, packedB;
};

} // namespace

void mmc::writeWithBf16Dot(const Contraction &product, VectorUnit unit) {
  Bf16DotWriter(product, unit).write();
}
