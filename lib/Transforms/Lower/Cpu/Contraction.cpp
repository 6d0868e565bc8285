// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mmc;

/// The block argument that a value is, through widening; −1 for anything else.
static int argumentOf(Value value) {
  if (auto widen = value.getDefiningOp<arith::ExtFOp>())
    value = widen.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  return argument ? static_cast<int>(argument.getArgNumber()) : -1;
}

/// True of a body that yields acc + x·y with x and y the two inputs.
static bool isMultiplyAdd(Block &body) {
  auto add = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add)
    return false;
  for (auto [acc, rest] :
       {std::pair(add.getLhs(), add.getRhs()), std::pair(add.getRhs(), add.getLhs())}) {
    auto product = rest.getDefiningOp<arith::MulFOp>();
    if (acc != body.getArgument(2) || !product)
      continue;
    int x = argumentOf(product.getLhs()), y = argumentOf(product.getRhs());
    if ((x == 0 && y == 1) || (x == 1 && y == 0))
      return true;
  }
  return false;
}

static bool uses(AffineMap map, int dim) { return map.isFunctionOfDim(dim); }

bool mmc::isContiguous(Value buffer, AffineMap map, int dim) {
  auto type = cast<MemRefType>(buffer.getType());
  if (map.getNumResults() == 0 || dim < 0 ||
      map.getResult(map.getNumResults() - 1) != getAffineDimExpr(dim, map.getContext()))
    return false;
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) && strides.back() == 1;
}

std::optional<Contraction> mmc::matchContraction(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || !op.hasPureBufferSemantics() ||
      op.hasDynamicShape() || op.getNumReductionLoops() == 0 ||
      !isMultiplyAdd(op.getRegion().front()))
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (llvm::any_of(maps, [](AffineMap map) { return !map.isProjectedPermutation(); }) ||
      maps[2].getNumResults() == 0)
    return std::nullopt;
  Contraction product;
  product.op = op;
  product.c = op.getDpsInits()[0];
  product.cMap = maps[2];
  product.sizes = op.getStaticLoopRanges();
  if (llvm::is_contained(product.sizes, 0))
    return std::nullopt; // adds nothing: no block of registers is that small
  product.sum = cast<MemRefType>(product.c.getType()).getElementType();
  if (!product.sum.isF32() && !product.sum.isF64())
    return std::nullopt;

  product.n = cast<AffineDimExpr>(maps[2].getResults().back()).getPosition();
  bool inFirst = uses(maps[0], product.n), inSecond = uses(maps[1], product.n);
  if (inFirst == inSecond || !isContiguous(product.c, product.cMap, product.n))
    return std::nullopt;
  int right = inFirst ? 0 : 1;
  product.b = op.getDpsInputs()[right];
  product.bMap = maps[right];
  product.a = op.getDpsInputs()[1 - right];
  product.aMap = maps[1 - right];

  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  for (int dim = 0; dim < static_cast<int>(product.sizes.size()); ++dim) {
    bool isSum = iterators[dim] == utils::IteratorType::reduction;
    // The last of each kind is the product's own.
    if (isSum && uses(product.aMap, dim) && uses(product.bMap, dim))
      product.k = dim;
    else if (!isSum && uses(product.aMap, dim) && !uses(product.bMap, dim))
      product.m = dim;
  }
  if (product.k < 0)
    return std::nullopt;
  for (int dim = 0; dim < static_cast<int>(product.sizes.size()); ++dim)
    if (dim != product.m && dim != product.n && dim != product.k)
      product.outer.push_back(dim);
  return product;
}
