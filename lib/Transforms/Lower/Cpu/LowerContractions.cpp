// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Lower/Passes.h"

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

namespace mmc {
#define GEN_PASS_DEF_LOWERCONTRACTIONSPASS
#include "mmc/Transforms/Lower/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

/// What an instruction set has room for: `sums` vectors of `bytes` that are added to, `vectors` of them side by
/// side at most.
struct Registers {
  int64_t sums, vectors, bytes;
};

/// 24 of 32 registers (12 of 16) hold sums; the rest hold a row of b and a broadcast element of a. Nothing for a
/// name that is no instruction set's.
std::optional<Registers> registersOf(StringRef features) {
  if (features == "avx2")
    return Registers{12, 2, 32};
  if (features == "avx512" || features == "avx512-bf16" || features == "amx")
    return Registers{24, 4, 64};
  return std::nullopt;
}

/// The accumulators of a block: `rows` × `vectors`.
struct RegisterBlock {
  int64_t rows, vectors;
};

/// The block for a product of `rows` rows and `needed` vectors of columns. Every edge is a further copy of the
/// loop, so blocks that leave none go before larger ones, but half of the registers are used at least.
RegisterBlock chooseBlock(Registers registers, int64_t rows, int64_t needed) {
  RegisterBlock best = {0, 0};
  int64_t bestEdges = 4, bestSums = 0;
  for (int64_t vectors = std::min(registers.vectors, needed); vectors >= 1; --vectors)
    for (int64_t height = std::min(registers.sums / vectors, rows); height >= 1; --height) {
      int64_t sums = height * vectors;
      if (best.rows && 2 * sums < registers.sums)
        break;
      int64_t edges = (rows % height ? 2 : 1) * (needed % vectors ? 2 : 1);
      if (!best.rows || edges < bestEdges || (edges == bestEdges && sums > bestSums)) {
        best = {height, vectors};
        bestEdges = edges;
        bestSums = sums;
      }
    }
  return best;
}

/// Elements of k per block: a panel of b then stays in the second-level cache.
constexpr int64_t kDepth = 512;

/// Writes the loops of one product.
class ProductWriter {
public:
  ProductWriter(Contraction product, Registers registers)
      : product(product), builder(product.op), loc(product.op.getLoc()) {
    lanes = registers.bytes * 8 / product.sum.getIntOrFloatBitWidth();
    // A narrow product uses narrower registers.
    lanes = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(std::max<int64_t>(product.size(product.n), 4)));
    int64_t needed = llvm::divideCeil(product.size(product.n), lanes);
    block = chooseBlock(registers, product.size(product.m), needed);
    width = lanes * block.vectors;
    vectorType = VectorType::get({lanes}, product.sum);
    packsB = elementOf(product.b) != product.sum || !isContiguous(product.b, product.bMap, product.n);
    packsA = elementOf(product.a) != product.sum;
  }

  void write() {
    indices.assign(product.sizes.size(), Value());
    writeOuter(0);
    product.op.erase();
  }

private:
  static Type elementOf(Value buffer) { return cast<MemRefType>(buffer.getType()).getElementType(); }
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value zero() { return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(product.sum, 0)); }
  Value plus(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
  Value plus(Value a, int64_t b) { return b == 0 ? a : plus(a, constant(b)); }

  /// `body(start, count)` for blocks of `step` up to `size`: a loop over the whole ones, then the rest.
  void overBlocks(int64_t size, int64_t step, llvm::function_ref<void(Value, int64_t)> body) {
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

  void writeOuter(size_t depth) {
    if (depth == product.outer.size())
      return writeProduct();
    int dim = product.outer[depth];
    overBlocks(product.size(dim), 1, [&](Value index, int64_t) {
      indices[dim] = index;
      writeOuter(depth + 1);
    });
  }

  /// Indices of a buffer at the given place of the product.
  SmallVector<Value> at(AffineMap map, Value m, Value n, Value k) {
    SmallVector<Value> result;
    for (AffineExpr expr : map.getResults()) {
      int dim = cast<AffineDimExpr>(expr).getPosition();
      result.push_back(dim == product.m ? m : dim == product.n ? n : dim == product.k ? k : indices[dim]);
    }
    return result;
  }

  Value scratch(ArrayRef<int64_t> shape) {
    return memref::AllocOp::create(builder, loc, MemRefType::get(shape, product.sum));
  }

  void writeProduct() {
    int64_t rows = product.size(product.m), columns = product.size(product.n);
    int64_t panels = llvm::divideCeil(columns, width);
    int64_t depth = std::min(product.size(product.k), kDepth);
    if (packsB)
      packedB = scratch({panels, depth, width});
    if (packsA)
      packedA = scratch({std::min(rows, block.rows), depth});
    overBlocks(product.size(product.k), kDepth, [&](Value k, int64_t depthHere) {
      if (packsB)
        overBlocks(columns, width, [&](Value n, int64_t count) { packPanel(n, count, k, depthHere); });
      overBlocks(rows, block.rows, [&](Value m, int64_t rowsHere) {
        if (packsA)
          packRows(m, rowsHere, k, depthHere);
        overBlocks(columns, width, [&](Value n, int64_t count) { writeBlock(m, rowsHere, n, count, k, depthHere); });
      });
    });
  }

  Value panelOf(Value n) { return arith::DivUIOp::create(builder, loc, n, constant(width)); }

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
          transposeInto(panel, n, first, std::min(lanes, std::max<int64_t>(count - first, 0)), k, kk);
      });
    if (transposed == depth)
      return;
    Value start = constant(transposed);
    auto loop = scf::ForOp::create(builder, loc, start, constant(depth), constant(1));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value kk = loop.getInductionVar();
    if (isContiguous(product.b, product.bMap, product.n) && count == width) {
      for (int64_t first = 0; first < width; first += lanes) {
        auto type = VectorType::get({lanes}, elementOf(product.b));
        Value row = vector::LoadOp::create(builder, loc, type, product.b, at(product.bMap, {}, plus(n, first), plus(k, kk)));
        vector::StoreOp::create(builder, loc, widen(row), packedB, ValueRange{panel, kk, constant(first)});
      }
      return;
    }
    overBlocks(count, 1, [&](Value column, int64_t) {
      Value element = memref::LoadOp::create(builder, loc, product.b, at(product.bMap, {}, plus(n, column), plus(k, kk)));
      memref::StoreOp::create(builder, loc, widen(element), packedB, ValueRange{panel, kk, column});
    });
    if (count < width)
      overBlocks(width - count, 1, [&](Value column, int64_t) {
        memref::StoreOp::create(builder, loc, zero(), packedB, ValueRange{panel, kk, plus(column, count)});
      });
  }

  /// A square of `lanes` rows of b (contiguous along k) into the panel, transposed in registers.
  void transposeInto(Value panel, Value n, int64_t first, int64_t count, Value k, Value kk) {
    auto type = VectorType::get({lanes}, elementOf(product.b));
    SmallVector<Value> rows;
    for (int64_t i = 0; i < lanes; ++i) {
      if (i >= count) {
        rows.push_back(arith::ConstantOp::create(builder, loc, builder.getZeroAttr(vectorType)));
        continue;
      }
      Value row = vector::LoadOp::create(builder, loc, type, product.b, at(product.bMap, {}, plus(n, first + i), plus(k, kk)));
      rows.push_back(widen(row));
    }
    // log2(lanes) perfect shuffles of the rows transpose the square.
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < lanes / 2; ++i) {
      low.append({i, lanes + i});
      high.append({lanes / 2 + i, lanes + lanes / 2 + i});
    }
    for (int64_t round = 1; round < lanes; round *= 2) {
      SmallVector<Value> next;
      for (int64_t i = 0; i < lanes / 2; ++i) {
        next.push_back(vector::ShuffleOp::create(builder, loc, rows[i], rows[i + lanes / 2], low));
        next.push_back(vector::ShuffleOp::create(builder, loc, rows[i], rows[i + lanes / 2], high));
      }
      rows = next;
    }
    for (int64_t i = 0; i < lanes; ++i)
      vector::StoreOp::create(builder, loc, rows[i], packedB, ValueRange{panel, plus(kk, i), constant(first)});
  }

  /// a[m …, k …] widened.
  void packRows(Value m, int64_t rows, Value k, int64_t depth) {
    bool alongK = isContiguous(product.a, product.aMap, product.k);
    int64_t whole = alongK ? depth / lanes * lanes : 0;
    overBlocks(rows, 1, [&](Value row, int64_t) {
      if (whole > 0)
        overBlocks(whole, lanes, [&](Value kk, int64_t) {
          auto type = VectorType::get({lanes}, elementOf(product.a));
          Value piece = vector::LoadOp::create(builder, loc, type, product.a, at(product.aMap, plus(m, row), {}, plus(k, kk)));
          vector::StoreOp::create(builder, loc, widen(piece), packedA, ValueRange{row, kk});
        });
      if (whole == depth)
        return;
      auto loop = scf::ForOp::create(builder, loc, constant(whole), constant(depth), constant(1));
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      Value kk = loop.getInductionVar();
      Value element = memref::LoadOp::create(builder, loc, product.a, at(product.aMap, plus(m, row), {}, plus(k, kk)));
      memref::StoreOp::create(builder, loc, widen(element), packedA, ValueRange{row, kk});
    });
  }

  /// The mask of the lanes of vector `v` that lie within `count` columns; null when all do.
  Value maskOf(int64_t v, int64_t count) {
    int64_t valid = std::min(lanes, count - v * lanes);
    if (valid == lanes)
      return {};
    return vector::CreateMaskOp::create(builder, loc, VectorType::get({lanes}, builder.getI1Type()), constant(valid));
  }

  Value loadRow(Value buffer, ValueRange where, Value mask) {
    if (!mask)
      return vector::LoadOp::create(builder, loc, vectorType, buffer, where);
    Value zeros = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(vectorType));
    return vector::MaskedLoadOp::create(builder, loc, vectorType, buffer, where, mask, zeros);
  }

  /// The sums of one register block over `depth` of k.
  void writeBlock(Value m, int64_t rows, Value n, int64_t count, Value k, int64_t depth) {
    int64_t vectors = llvm::divideCeil(count, lanes);
    SmallVector<Value> masks, sums;
    for (int64_t v = 0; v < vectors; ++v)
      masks.push_back(maskOf(v, count));
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        sums.push_back(loadRow(product.c, at(product.cMap, plus(m, r), plus(n, v * lanes), {}), masks[v]));
    Value panel = packsB ? panelOf(n) : Value();
    auto loop = scf::ForOp::create(builder, loc, constant(0), constant(depth), constant(1), sums);
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      Value kk = loop.getInductionVar(), position = plus(k, kk);
      SmallVector<Value> b, next;
      for (int64_t v = 0; v < vectors; ++v)
        b.push_back(packsB ? loadRow(packedB, {panel, kk, constant(v * lanes)}, {})
                           : loadRow(product.b, at(product.bMap, {}, plus(n, v * lanes), position), masks[v]));
      for (int64_t r = 0; r < rows; ++r) {
        Value element = packsA ? memref::LoadOp::create(builder, loc, packedA, ValueRange{constant(r), kk})
                               : memref::LoadOp::create(builder, loc, product.a, at(product.aMap, plus(m, r), {}, position));
        Value broadcast = vector::BroadcastOp::create(builder, loc, vectorType, element);
        for (int64_t v = 0; v < vectors; ++v)
          next.push_back(vector::FMAOp::create(builder, loc, broadcast, b[v], loop.getRegionIterArg(r * vectors + v)));
      }
      scf::YieldOp::create(builder, loc, next);
    }
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v) {
        SmallVector<Value> where = at(product.cMap, plus(m, r), plus(n, v * lanes), {});
        Value sum = loop.getResult(r * vectors + v);
        if (masks[v])
          vector::MaskedStoreOp::create(builder, loc, product.c, where, masks[v], sum);
        else
          vector::StoreOp::create(builder, loc, sum, product.c, where);
      }
  }

  Contraction product;
  OpBuilder builder;
  Location loc;
  RegisterBlock block;
  int64_t lanes, width;
  VectorType vectorType;
  bool packsA, packsB;
  Value packedA, packedB;
  SmallVector<Value> indices;
};

struct LowerContractionsPass : mmc::impl::LowerContractionsPassBase<LowerContractionsPass> {
  using Base::Base;

  void runOnOperation() override {
    std::optional<Registers> registers = registersOf(features);
    if (!registers) {
      getOperation().emitError("features must be avx2, avx512, avx512-bf16 or amx, got: '") << features << "'";
      return signalPassFailure();
    }
    SmallVector<linalg::GenericOp> candidates;
    getOperation().walk([&](linalg::GenericOp op) { candidates.push_back(op); });
    for (linalg::GenericOp op : candidates)
      if (std::optional<Contraction> product = matchContraction(op))
        ProductWriter(*product, *registers).write();
  }
};

} // namespace
