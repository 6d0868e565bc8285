// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Result types, and with them the shape rules, of the adapter ops.

#include "Shapes.h"

using namespace mlir;
using namespace mmc;

LogicalResult DropoutOp::inferReturnTypes(MLIRContext *, std::optional<Location> where, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  Rules rules("mmc.dropout", where);
  double rate = op.getRate().convertToDouble();
  rules.check(rate >= 0 && rate < 1,
              "rate must be at least 0 and below 1, got: " + std::to_string(rate));
  if (op.getRng()) {
    if (!isa<RankedTensorType>(op.getRng().getType())) {
      rules.check(false, "rng must be a tensor of 2 numbers");
      return failure();
    }
    rules.rank("rng", op.getRng().getType(), 1);
    if (rules.hold())
      rules.equal("rng dim 0 must be 2 (seed, step)", shapeOf(op.getRng())[0], 2);
  }
  types.push_back(op.getInput().getType());
  return success(rules.hold());
}

LogicalResult RouteOp::inferReturnTypes(MLIRContext *, std::optional<Location> where, Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  Rules rules("mmc.route", where);
  int64_t axis = op.getAxis();
  rules.rank("weights", op.getWeights().getType(), 2);
  rules.check(!op.getExperts().empty(), "needs at least one expert, got: 0");
  rules.check(axis == 0 || axis == 1,
              "axis must be 0 (samples) or 1 (positions), got: " + Twine(axis));
  if (!rules.hold())
    return failure();
  Type first = op.getExperts().front().getType();
  rules.rank("expert 0", first, 3);
  if (!rules.hold())
    return failure();
  Dims shape(Rules::shape(first));
  for (auto [index, expert] : llvm::enumerate(op.getExperts())) {
    rules.rank("expert " + std::to_string(index), expert.getType(), 3);
    rules.sameElement("experts and weights must have one element type", expert.getType(),
                      op.getWeights().getType());
    if (!rules.hold())
      return failure();
    for (int d = 0; d < 3; ++d) {
      rules.equal("expert " + Twine(index) + " dim " + Twine(d) + " must equal that of expert 0",
                  shapeOf(expert)[d], shape[d]);
      shape[d] = known(shape[d], shapeOf(expert)[d]);
    }
  }
  rules.equal("weights dim 0 must equal the experts' dim " + Twine(axis),
              shapeOf(op.getWeights())[0], shape[axis]);
  rules.equal("weights dim 1 must equal the number of experts", shapeOf(op.getWeights())[1],
              op.getExperts().size());
  types.push_back(tensorOf(shape, cast<ShapedType>(first).getElementType()));
  return success(rules.hold());
}
