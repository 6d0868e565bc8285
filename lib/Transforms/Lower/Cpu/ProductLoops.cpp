// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ProductLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mmc;

/// Elements of k per block: a panel of b then stays in the second-level cache.
static constexpr int64_t kDepth = 512;

ProductLoops::ProductLoops(Contraction product, VectorUnit unit)
    : product(product), builder(product.op), loc(product.op.getLoc()) {
  lanes = unit.bytes * 8 / product.sum.getIntOrFloatBitWidth();
  // A narrow product uses narrower registers.
  lanes =
      std::min<int64_t>(lanes, llvm::PowerOf2Ceil(std::max<int64_t>(product.size(product.n), 4)));
  chooseBlock(unit);
  width = lanes * blockVectors;
  vectorType = VectorType::get({lanes}, product.sum);
}

/// Of 32 registers (16) 24 (12) hold sums, at most 4 (2) of them side by side; the rest hold a row
/// of b and a broadcast element of a. Every edge is a further copy of the loop, so blocks that
/// leave none go before larger ones, but half of the sums are used at least.
void ProductLoops::chooseBlock(VectorUnit unit) {
  int64_t most = unit.registers * 3 / 4;
  int64_t rows = product.size(product.m), needed = llvm::divideCeil(product.size(product.n), lanes);
  int64_t bestEdges = 4, bestSums = 0;
  for (int64_t vectors = std::min(unit.registers / 8, needed); vectors >= 1; --vectors)
    for (int64_t height = std::min(most / vectors, rows); height >= 1; --height) {
      int64_t sums = height * vectors;
      if (blockRows && 2 * sums < most)
        break;
      int64_t edges = (rows % height ? 2 : 1) * (needed % vectors ? 2 : 1);
      if (!blockRows || edges < bestEdges || (edges == bestEdges && sums > bestSums)) {
        blockRows = height;
        blockVectors = vectors;
        bestEdges = edges;
        bestSums = sums;
      }
    }
}

void ProductLoops::write() {
  indices.assign(product.sizes.size(), Value());
  writeOuter(0);
  product.op.erase();
}

Value ProductLoops::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}
Value ProductLoops::zero(Type type) {
  return arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
}
Value ProductLoops::plus(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
Value ProductLoops::plus(Value a, int64_t b) { return b == 0 ? a : plus(a, constant(b)); }

void ProductLoops::overBlocks(int64_t size, int64_t step,
                              llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = size / step * step;
  if (whole == step) {
    body(constant(0), step);
  } else if (whole > 0) {
    auto loop = scf::ForOp::create(builder, loc, constant(0), constant(whole), constant(step));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar(), step);
  }
  if (whole < size)
    body(constant(whole), size - whole);
}

void ProductLoops::overRange(int64_t from, int64_t to, llvm::function_ref<void(Value)> body) {
  if (from >= to)
    return;
  auto loop = scf::ForOp::create(builder, loc, constant(from), constant(to), constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

SmallVector<Value> ProductLoops::at(AffineMap map, Value m, Value n, Value k) {
  SmallVector<Value> result;
  for (AffineExpr expr : map.getResults()) {
    int dim = cast<AffineDimExpr>(expr).getPosition();
    result.push_back(dim == product.m   ? m
                     : dim == product.n ? n
                     : dim == product.k ? k
                                        : indices[dim]);
  }
  return result;
}

Value ProductLoops::panelOf(Value n) {
  return arith::DivUIOp::create(builder, loc, n, constant(width));
}

Value ProductLoops::maskOf(int64_t v, int64_t count) {
  int64_t valid = std::min(lanes, count - v * lanes);
  if (valid == lanes)
    return {};
  return vector::CreateMaskOp::create(builder, loc, VectorType::get({lanes}, builder.getI1Type()),
                                      constant(valid));
}

Value ProductLoops::loadRow(Value buffer, ValueRange where, Value mask) {
  if (!mask)
    return vector::LoadOp::create(builder, loc, vectorType, buffer, where);
  return vector::MaskedLoadOp::create(builder, loc, vectorType, buffer, where, mask,
                                      zero(vectorType));
}

void ProductLoops::transpose(SmallVector<Value> &rows) {
  int64_t size = rows.size();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < size / 2; ++i) {
    low.append({i, size + i});
    high.append({size / 2 + i, size + size / 2 + i});
  }
  for (int64_t round = 1; round < size; round *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < size / 2; ++i) {
      next.push_back(vector::ShuffleOp::create(builder, loc, rows[i], rows[i + size / 2], low));
      next.push_back(vector::ShuffleOp::create(builder, loc, rows[i], rows[i + size / 2], high));
    }
    rows = next;
  }
}

void ProductLoops::writeOuter(size_t depth) {
  if (depth == product.outer.size())
    return writeProduct();
  int dim = product.outer[depth];
  overBlocks(product.size(dim), 1, [&](Value index, int64_t) {
    indices[dim] = index;
    writeOuter(depth + 1);
  });
}

void ProductLoops::writeProduct() {
  int64_t rows = product.size(product.m), columns = product.size(product.n);
  allocate(std::min(product.size(product.k), kDepth));
  overBlocks(product.size(product.k), kDepth, [&](Value k, int64_t depth) {
    packShared(k, depth);
    overBlocks(rows, blockRows, [&](Value m, int64_t rowsHere) {
      packRows(m, rowsHere, k, depth);
      overBlocks(columns, width,
                 [&](Value n, int64_t count) { writeBlock(m, rowsHere, n, count, k, depth); });
    });
  });
}

void ProductLoops::writeBlock(Value m, int64_t rows, Value n, int64_t count, Value k,
                              int64_t depth) {
  int64_t vectors = llvm::divideCeil(count, lanes);
  SmallVector<Value> masks, sums;
  for (int64_t v = 0; v < vectors; ++v)
    masks.push_back(maskOf(v, count));
  auto placeOf = [&](int64_t r, int64_t v) {
    return at(product.cMap, plus(m, r), plus(n, v * lanes), {});
  };
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      sums.push_back(loadRow(product.c, placeOf(r, v), masks[v]));
  sums = sumBlock(m, rows, n, count, k, depth, sums);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v) {
      Value sum = sums[r * vectors + v];
      if (masks[v])
        vector::MaskedStoreOp::create(builder, loc, product.c, placeOf(r, v), masks[v], sum);
      else
        vector::StoreOp::create(builder, loc, sum, product.c, placeOf(r, v));
    }
}
