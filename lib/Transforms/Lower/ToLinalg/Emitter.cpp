// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace mmc;

Value Emitter::empty(ArrayRef<int64_t> shape, Type element) {
  return tensor::EmptyOp::create(builder, loc, shape, element);
}

Value Emitter::filled(ArrayRef<int64_t> shape, Type element, double value) {
  return linalg::FillOp::create(builder, loc, constant(element, value), empty(shape, element))
      .getResult(0);
}

Value Emitter::constant(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, value));
  return arith::ConstantOp::create(builder, loc,
                                   builder.getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value Emitter::index(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }

Value Emitter::widen(Value scalar) {
  auto type = dyn_cast<FloatType>(scalar.getType());
  if (!type || type == compute(type))
    return scalar;
  return arith::ExtFOp::create(builder, loc, compute(type), scalar);
}

Value Emitter::narrow(Value scalar, Type element) {
  if (scalar.getType() == element || !isa<FloatType>(element))
    return scalar;
  if (scalar.getType().getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth())
    return arith::ExtFOp::create(builder, loc, element, scalar);
  return arith::TruncFOp::create(builder, loc, element, scalar);
}

// Sums may be reassociated: which lane adds what is fixed at compile time, so results stay
// reproducible.
Value Emitter::add(Value a, Value b) {
  return arith::AddFOp::create(builder, loc, a, b, arith::FastMathFlags::contract);
}
Value Emitter::sub(Value a, Value b) {
  return arith::SubFOp::create(builder, loc, a, b, arith::FastMathFlags::contract);
}
Value Emitter::mul(Value a, Value b) {
  return arith::MulFOp::create(builder, loc, a, b, arith::FastMathFlags::contract);
}
Value Emitter::div(Value a, Value b) { return arith::DivFOp::create(builder, loc, a, b); }
Value Emitter::neg(Value a) { return arith::NegFOp::create(builder, loc, a); }
Value Emitter::exp(Value a) { return math::ExpOp::create(builder, loc, a); }
Value Emitter::maximum(Value a, Value b) { return arith::MaximumFOp::create(builder, loc, a, b); }

Value Emitter::sigmoid(Value x) {
  Value one = constant(x.getType(), 1);
  return div(one, add(one, exp(neg(x))));
}

Value Emitter::toIndex(Value integer) {
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(), integer);
}

AffineMap Emitter::select(unsigned rank, ArrayRef<unsigned> dims) {
  return AffineMap::getMultiDimMapWithTargets(rank, dims, builder.getContext());
}

SmallVector<Value> Emitter::generic(ArrayRef<int64_t> domain, ValueRange inputs,
                                    ArrayRef<AffineMap> inputMaps, ValueRange outputs,
                                    ArrayRef<AffineMap> outputMaps, ArrayRef<int> reductions,
                                    Body body) {
  SmallVector<AffineMap> maps(inputMaps);
  maps.append(outputMaps.begin(), outputMaps.end());
  SmallVector<utils::IteratorType> iterators(domain.size(), utils::IteratorType::parallel);
  for (int dim : reductions)
    iterators[dim] = utils::IteratorType::reduction;
  auto op =
      linalg::GenericOp::create(builder, loc, TypeRange(outputs), inputs, outputs, maps, iterators,
                                [&](OpBuilder &inner, Location where, ValueRange arguments) {
                                  Emitter nested(inner, where);
                                  SmallVector<Value> scalars;
                                  unsigned count =
                                      inputs.size() + (reductions.empty() ? 0 : outputs.size());
                                  for (Value argument : arguments.take_front(count))
                                    scalars.push_back(nested.widen(argument));
                                  SmallVector<Value> results = body(nested, scalars);
                                  for (auto [result, output] : llvm::zip(results, outputs))
                                    result = nested.narrow(result, element(output));
                                  linalg::YieldOp::create(inner, where, results);
                                });
  return SmallVector<Value>(op.getResults());
}

/// Where an operand of lower rank lies in a domain of `rank` dimensions.
static AffineMap operandMap(Emitter &e, unsigned rank, unsigned operandRank, bool leading) {
  SmallVector<unsigned> dims;
  for (unsigned d = 0; d < operandRank; ++d)
    dims.push_back(leading ? d : rank - operandRank + d);
  return e.select(rank, dims);
}

Value Emitter::map(RankedTensorType result, ValueRange inputs, Body body,
                   ArrayRef<unsigned> leading) {
  unsigned rank = result.getRank();
  SmallVector<AffineMap> maps;
  for (auto [i, input] : llvm::enumerate(inputs))
    maps.push_back(operandMap(*this, rank, shape(input).size(), llvm::is_contained(leading, i)));
  Value out = empty(result.getShape(), result.getElementType());
  return generic(result.getShape(), inputs, maps, out, identity(rank), {}, body)[0];
}

Value Emitter::reduceLast(ValueRange inputs, double initial, Body body,
                          ArrayRef<unsigned> leading) {
  ArrayRef<int64_t> domain = shape(inputs[0]);
  unsigned rank = domain.size();
  SmallVector<AffineMap> maps;
  for (auto [i, input] : llvm::enumerate(inputs))
    maps.push_back(operandMap(*this, rank, shape(input).size(), llvm::is_contained(leading, i)));
  Type type = compute(element(inputs[0]));
  Value out = filled(domain.drop_back(), type, initial);
  SmallVector<unsigned> rows;
  for (unsigned d = 0; d + 1 < rank; ++d)
    rows.push_back(d);
  return generic(domain, inputs, maps, out, select(rank, rows), {static_cast<int>(rank) - 1},
                 body)[0];
}

Value Emitter::contract(Value lhs, StringRef lhsDims, Value rhs, StringRef rhsDims,
                        Value accumulator, StringRef outDims) {
  // Dimensions in the order: those of the result, then those summed over.
  SmallVector<char> letters(outDims.begin(), outDims.end());
  SmallVector<int> reductions;
  for (char letter : lhsDims)
    if (!llvm::is_contained(letters, letter)) {
      reductions.push_back(letters.size());
      letters.push_back(letter);
    }
  SmallVector<int64_t> domain(letters.size(), 1);
  auto mapOf = [&](StringRef dims, Value value) {
    SmallVector<unsigned> targets;
    for (auto [i, letter] : llvm::enumerate(dims)) {
      unsigned target = llvm::find(letters, letter) - letters.begin();
      targets.push_back(target);
      domain[target] = shape(value)[i];
    }
    return select(letters.size(), targets);
  };
  SmallVector<AffineMap> inputMaps = {mapOf(lhsDims, lhs), mapOf(rhsDims, rhs)};
  AffineMap outMap = mapOf(outDims, accumulator);
  Type sum = element(accumulator);
  return generic(domain, {lhs, rhs}, inputMaps, accumulator, outMap, reductions,
                 [&](Emitter &e, ValueRange in) -> SmallVector<Value> {
                   Value product = arith::MulFOp::create(e.builder, e.loc, e.narrow(in[0], sum),
                                                         e.narrow(in[1], sum));
                   return {arith::AddFOp::create(e.builder, e.loc, in[2], product)};
                 })[0];
}

Value Emitter::cast(Value tensor, Type to) {
  if (element(tensor) == to)
    return tensor;
  auto type = RankedTensorType::get(shape(tensor), to);
  return map(type, tensor, [](Emitter &, ValueRange in) -> SmallVector<Value> { return {in[0]}; });
}

Value Emitter::slice(Value tensor, int64_t axis, int64_t start, int64_t size, bool drop) {
  ArrayRef<int64_t> from = shape(tensor);
  SmallVector<OpFoldResult> offsets(from.size(), builder.getIndexAttr(0)), sizes,
      strides(from.size(), builder.getIndexAttr(1));
  for (int64_t dim : from)
    sizes.push_back(builder.getIndexAttr(dim));
  offsets[axis] = builder.getIndexAttr(start);
  sizes[axis] = builder.getIndexAttr(size);
  SmallVector<int64_t> to(from);
  to[axis] = size;
  if (drop)
    to.erase(to.begin() + axis);
  auto type = RankedTensorType::get(to, element(tensor));
  if (llvm::is_contained(to, 0))
    return empty(to, element(tensor));
  return tensor::ExtractSliceOp::create(builder, loc, type, tensor, offsets, sizes, strides);
}

Value Emitter::insert(Value piece, Value into, int64_t axis, int64_t start) {
  ArrayRef<int64_t> to = shape(into);
  int64_t size = shape(piece).size() == to.size() ? shape(piece)[axis] : 1;
  SmallVector<OpFoldResult> offsets(to.size(), builder.getIndexAttr(0)), sizes,
      strides(to.size(), builder.getIndexAttr(1));
  for (int64_t dim : to)
    sizes.push_back(builder.getIndexAttr(dim));
  offsets[axis] = builder.getIndexAttr(start);
  sizes[axis] = builder.getIndexAttr(size);
  if (isEmpty(piece))
    return into;
  return tensor::InsertSliceOp::create(builder, loc, piece, into, offsets, sizes, strides);
}

Value Emitter::reshape(Value tensor, ArrayRef<int64_t> to) {
  if (shape(tensor) == to)
    return tensor;
  if (isEmpty(tensor))
    return empty(to, element(tensor));
  auto type = RankedTensorType::get(to, element(tensor));
  auto source = llvm::cast<RankedTensorType>(tensor.getType());
  bool collapse = to.size() < shape(tensor).size();
  std::optional<SmallVector<ReassociationIndices>> groups =
      collapse ? getReassociationIndicesForReshape(source, type)
               : getReassociationIndicesForReshape(type, source);
  // Within a kernel a reshape only splits or merges dimensions; one that does neither goes by way
  // of one dimension.
  if (!groups)
    return reshape(reshape(tensor, {type.getNumElements()}), to);
  if (collapse)
    return tensor::CollapseShapeOp::create(builder, loc, type, tensor, *groups);
  return tensor::ExpandShapeOp::create(builder, loc, type, tensor, *groups);
}
