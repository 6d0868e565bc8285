// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Result types, and with them the shape rules, of the element-wise and shape-changing ops.

#include "Shapes.h"

using namespace mlir;
using namespace mmc;

using Types = SmallVectorImpl<Type>;
using Where = std::optional<Location>;

/// Both operands' shape, where the right one may be a suffix of the left one.
static LogicalResult inferBinary(StringRef op, Where where, Value lhs, Value rhs, Types &types) {
  Rules rules(op, where);
  ArrayRef<int64_t> l = shapeOf(lhs), r = shapeOf(rhs);
  rules.sameElement("operands must have one element type", lhs.getType(), rhs.getType());
  rules.check(r.size() <= l.size(), "rhs must have at most the rank of lhs, got: " +
                                        Twine(r.size()) + " > " + Twine(l.size()));
  if (!rules.hold())
    return failure();
  Dims shape(l);
  for (size_t i = 0; i < r.size(); ++i) {
    size_t at = l.size() - r.size() + i;
    rules.equal("lhs dim " + Twine(at) + " must equal rhs dim " + Twine(i), l[at], r[i]);
    shape[at] = known(l[at], r[i]);
  }
  types.push_back(tensorOf(shape, elementOf(lhs)));
  return success(rules.hold());
}

LogicalResult AddOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  return inferBinary("mmc.add", where, op.getLhs(), op.getRhs(), types);
}

LogicalResult MulOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  return inferBinary("mmc.mul", where, op.getLhs(), op.getRhs(), types);
}

LogicalResult ScaleOp::inferReturnTypes(MLIRContext *, Where, Adaptor op, Types &types) {
  types.push_back(op.getInput().getType());
  return success();
}

LogicalResult CopyOp::inferReturnTypes(MLIRContext *, Where, Adaptor op, Types &types) {
  types.push_back(op.getInput().getType());
  return success();
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.slice", where);
  Dims shape(shapeOf(op.getInput()));
  int64_t axis = op.getAxis(), rank = shape.size(), start = op.getStart(), size = op.getSize();
  rules.check(axis >= 0 && axis < rank, "axis must be a dimension of the operand, got: " +
                                            Twine(axis) + " of " + Twine(rank));
  if (!rules.hold())
    return failure();
  rules.check(start >= 0 && size > 0,
              "slice must start at 0 or later and have a size of 1 or more, got: at " +
                  Twine(start) + " size " + Twine(size));
  rules.check(ShapedType::isDynamic(shape[axis]) ||
                  (start <= shape[axis] && size <= shape[axis] - start),
              "slice must end within dim " + Twine(axis) + ", got: " + Twine(start) + " + " +
                  Twine(size) + " > " + sizeText(shape[axis]));
  rules.check(!op.getDrop() || size == 1,
              "a dropped dimension must have size 1, got: " + Twine(size) + " != 1");
  shape[axis] = size;
  if (op.getDrop())
    shape.erase(shape.begin() + axis);
  types.push_back(tensorOf(shape, elementOf(op.getInput())));
  return success(rules.hold());
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.pad", where);
  Dims shape(shapeOf(op.getInput()));
  int64_t axis = op.getAxis(), rank = shape.size(), start = op.getStart(), size = op.getSize();
  rules.check(axis >= 0 && axis < rank, "axis must be a dimension of the operand, got: " +
                                            Twine(axis) + " of " + Twine(rank));
  if (!rules.hold())
    return failure();
  rules.check(start >= 0, "operand must start at 0 or later, got: " + Twine(start) + " < 0");
  rules.check(start <= size && (ShapedType::isDynamic(shape[axis]) || shape[axis] <= size - start),
              "operand must fit into dim " + Twine(axis) + ", got: " + Twine(start) + " + " +
                  sizeText(shape[axis]) + " > " + Twine(size));
  shape[axis] = size;
  types.push_back(tensorOf(shape, elementOf(op.getInput())));
  return success(rules.hold());
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.concat", where);
  rules.check(!op.getInputs().empty(), "needs at least one operand, got: 0");
  if (!rules.hold())
    return failure();
  Dims shape(shapeOf(op.getInputs().front()));
  int64_t axis = op.getAxis(), rank = shape.size();
  rules.check(axis >= 0 && axis < rank, "axis must be a dimension of the operands, got: " +
                                            Twine(axis) + " of " + Twine(rank));
  for (auto [index, input] : llvm::enumerate(op.getInputs().drop_front())) {
    rules.rank("operand " + std::to_string(index + 1), input.getType(), rank);
    rules.sameElement("operands must have one element type", op.getInputs().front().getType(),
                      input.getType());
    if (!rules.hold())
      return failure();
    for (int64_t d = 0; d < rank; ++d) {
      int64_t size = shapeOf(input)[d];
      if (d == axis) {
        bool dynamic = ShapedType::isDynamic(shape[d]) || ShapedType::isDynamic(size);
        shape[d] = dynamic ? ShapedType::kDynamic : shape[d] + size;
        continue;
      }
      rules.equal("operand " + Twine(index + 1) + " dim " + Twine(d) +
                      " must equal that of operand 0",
                  size, shape[d]);
      shape[d] = known(shape[d], size);
    }
  }
  types.push_back(tensorOf(shape, elementOf(op.getInputs().front())));
  return success(rules.hold());
}

/// f64 for f64, else f32: what reductions are computed in.
static Type accumulatorOf(Type element) {
  return element.isF64() ? element : Float32Type::get(element.getContext());
}

LogicalResult InnerProductOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op,
                                               Types &types) {
  Rules rules("mmc.inner_product", where);
  ArrayRef<int64_t> l = shapeOf(op.getLhs()), r = shapeOf(op.getRhs());
  rules.rank("rhs", op.getRhs().getType(), l.size());
  rules.sameElement("operands must have one element type", op.getLhs().getType(),
                    op.getRhs().getType());
  if (!rules.hold())
    return failure();
  for (size_t d = 0; d < l.size(); ++d)
    rules.equal("dim " + Twine(d) + " of both operands must be equal", l[d], r[d]);
  types.push_back(tensorOf({}, accumulatorOf(elementOf(op.getLhs()))));
  return success(rules.hold());
}

LogicalResult SumOp::inferReturnTypes(MLIRContext *, Where, Adaptor op, Types &types) {
  types.push_back(tensorOf({}, accumulatorOf(elementOf(op.getInput()))));
  return success();
}

LogicalResult DimSizeOp::inferReturnTypes(MLIRContext *context, Where where, Adaptor op,
                                          Types &types) {
  int64_t rank = shapeOf(op.getInput()).size(), axis = op.getAxis();
  Rules rules("mmc.dim_size", where);
  rules.check(axis >= 0 && axis < rank, "axis must be a dimension of the operand, got: " +
                                            Twine(axis) + " of " + Twine(rank));
  types.push_back(tensorOf({}, IntegerType::get(context, 32)));
  return success(rules.hold());
}
