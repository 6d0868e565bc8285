// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Result types, and with them the shape rules, of loss and optimizer.

#include "Shapes.h"

using namespace mlir;
using namespace mmc;

using Types = SmallVectorImpl<Type>;
using Where = std::optional<Location>;

LogicalResult CrossEntropyOp::inferReturnTypes(MLIRContext *context, Where where, Adaptor op,
                                               Types &types) {
  Rules rules("mmc.cross_entropy", where);
  ArrayRef<int64_t> logits = shapeOf(op.getLogits()), targets = shapeOf(op.getTargets());
  rules.rank("logits", op.getLogits().getType(), targets.size() + 1);
  if (!rules.hold())
    return failure();
  Dims shape;
  for (size_t d = 0; d < targets.size(); ++d) {
    rules.equal("targets dim " + Twine(d) + " must equal logits dim " + Twine(d), targets[d],
                logits[d]);
    shape.push_back(known(targets[d], logits[d]));
  }
  Type element = elementOf(op.getLogits());
  types.push_back(tensorOf(shape, element.isF64() ? element : Float32Type::get(context)));
  return success(rules.hold());
}

LogicalResult ShiftLabelsOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op,
                                              Types &types) {
  Rules rules("mmc.shift_labels", where);
  rules.rank("labels", op.getLabels().getType(), 2);
  types.push_back(op.getLabels().getType());
  return success(rules.hold());
}

LogicalResult CountLabelsOp::inferReturnTypes(MLIRContext *context, Where where, Adaptor op,
                                              Types &types) {
  Rules rules("mmc.count_labels", where);
  rules.rankAtLeast("targets", op.getTargets().getType(), 1);
  types.push_back(tensorOf({}, IntegerType::get(context, 32)));
  return success(rules.hold());
}

LogicalResult AdamWOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.adamw", where);
  rules.rank("settings", op.getSettings().getType(), 1);
  if (!rules.hold())
    return failure();
  for (Value other : {op.getGradient(), op.getFirst(), op.getSecond()})
    rules.sameElement("gradient and moments must have the parameter's element type",
                      other.getType(), op.getParameter().getType());
  for (Value other : {op.getGradient(), op.getFirst(), op.getSecond()}) {
    rules.rank("gradient and moments", other.getType(), shapeOf(op.getParameter()).size());
    for (size_t d = 0; rules.hold() && d < shapeOf(other).size(); ++d)
      rules.equal("gradient and moments must have the parameter's shape", shapeOf(other)[d],
                  shapeOf(op.getParameter())[d]);
  }
  for (const APFloat &beta : {op.getBeta1(), op.getBeta2()})
    rules.check(beta.convertToDouble() >= 0 && beta.convertToDouble() < 1,
                "betas must be at least 0 and below 1, got: " +
                    std::to_string(beta.convertToDouble()));
  rules.check(op.getEps().convertToDouble() >= 0,
              "eps must not be negative, got: " + std::to_string(op.getEps().convertToDouble()));
  rules.equal("settings dim 0 must be 6", shapeOf(op.getSettings())[0], 6);
  types.assign(3, op.getParameter().getType());
  return success(rules.hold());
}
