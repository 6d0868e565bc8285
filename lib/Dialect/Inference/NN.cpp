// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Result types, and with them the shape rules, of the layers.

#include "Shapes.h"

using namespace mlir;
using namespace mmc;

using Types = SmallVectorImpl<Type>;
using Where = std::optional<Location>;

LogicalResult EmbeddingOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.embedding", where);
  rules.rank("table", op.getTable().getType(), 2);
  if (!rules.hold())
    return failure();
  Dims shape(shapeOf(op.getIds()));
  shape.push_back(shapeOf(op.getTable())[1]);
  types.push_back(tensorOf(shape, elementOf(op.getTable())));
  return success();
}

LogicalResult LinearOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.linear", where);
  rules.rankAtLeast("input", op.getInput().getType(), 1)
      .rank("weight", op.getWeight().getType(), 2);
  rules.sameElement("weight must have the input's element type", op.getWeight().getType(),
                    op.getInput().getType());
  if (op.getBias())
    rules.rank("bias", op.getBias().getType(), 1)
        .sameElement("bias must have the input's element type", op.getBias().getType(),
                     op.getInput().getType());
  int64_t groups = op.getGroups();
  rules.check(groups >= 1, "groups must be 1 or more, got: " + Twine(groups) + " < 1");
  if (!rules.hold())
    return failure();
  Dims shape(shapeOf(op.getInput()));
  int64_t in = shape.back(), out = shapeOf(op.getWeight())[0], inner = shapeOf(op.getWeight())[1];
  int64_t width = ShapedType::isDynamic(inner) ? inner : inner * groups;
  rules.check(ShapedType::isDynamic(out) || out % groups == 0,
              "weight dim 0 must be a multiple of the groups, got: " + sizeText(out) + " % " +
                  Twine(groups) + " != 0");
  if (!rules.hold()) // a huge number of groups would overflow below
    return failure();
  rules.equal(groups == 1 ? Twine("weight dim 1 must equal the input's last dim")
                          : "weight dim 1 times " + Twine(groups) +
                                " groups must equal the input's last dim",
              width, in);
  if (op.getBias())
    rules.equal("bias dim 0 must equal weight dim 0", shapeOf(op.getBias())[0], out);
  shape.back() = out;
  types.push_back(tensorOf(shape, elementOf(op.getInput())));
  return success(rules.hold());
}

/// Shape of a norm's result; its weights are [D].
static LogicalResult inferNorm(StringRef name, Where where, Value input, ArrayRef<Value> weights,
                               double eps, Types &types) {
  Rules rules(name, where);
  rules.rankAtLeast("input", input.getType(), 1);
  rules.check(eps >= 0, "eps must not be negative, got: " + std::to_string(eps));
  for (Value weight : weights) {
    rules.rank("weight", weight.getType(), 1);
    rules.sameElement("weight must have the input's element type", weight.getType(),
                      input.getType());
    if (rules.hold())
      rules.equal("weight dim 0 must equal the input's last dim", shapeOf(weight)[0],
                  shapeOf(input).back());
  }
  types.push_back(input.getType());
  return success(rules.hold());
}

LogicalResult RmsNormOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  return inferNorm("mmc.rms_norm", where, op.getInput(), {op.getWeight()},
                   op.getEps().convertToDouble(), types);
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  return inferNorm("mmc.layer_norm", where, op.getInput(), {op.getWeight(), op.getBias()},
                   op.getEps().convertToDouble(), types);
}

LogicalResult RotaryTableOp::inferReturnTypes(MLIRContext *context, Where where, Adaptor op,
                                              Types &types) {
  Rules rules("mmc.rotary_table", where);
  int64_t dim = op.getDim();
  rules.check(dim > 0 && dim % 2 == 0, "dim must be even and positive, got: " + Twine(dim));
  Dims shape(shapeOf(op.getPositions()));
  shape.push_back(dim);
  types.push_back(tensorOf(shape, Float32Type::get(context)));
  return success(rules.hold());
}

LogicalResult RotaryOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.rotary", where);
  ArrayRef<int64_t> input = shapeOf(op.getInput()), table = shapeOf(op.getTable());
  rules.rankAtLeast("input", op.getInput().getType(), 2)
      .rank("table", op.getTable().getType(), input.size());
  int64_t heads = op.getHeads();
  rules.check(heads >= 1, "heads must be 1 or more, got: " + Twine(heads));
  if (!rules.hold())
    return failure();
  for (size_t d = 0; d + 1 < input.size(); ++d)
    rules.equal("table dim " + Twine(d) + " must equal input dim " + Twine(d), table[d], input[d]);
  int64_t width = input.back(), dim = table.back();
  rules.check(ShapedType::isDynamic(dim) || dim % 2 == 0,
              "table's last dim must be even, got: " + sizeText(dim) + " % 2 != 0");
  if (!ShapedType::isDynamic(width)) {
    rules.check(width % heads == 0, "input's last dim must be a multiple of heads, got: " +
                                        sizeText(width) + " % " + Twine(heads) + " != 0");
    rules.check(ShapedType::isDynamic(dim) || dim <= width / heads,
                "table's last dim must not exceed a head, got: " + sizeText(dim) + " > " +
                    Twine(width / heads));
  }
  types.push_back(op.getInput().getType());
  return success(rules.hold());
}

LogicalResult SiluOp::inferReturnTypes(MLIRContext *, Where, Adaptor op, Types &types) {
  types.push_back(op.getInput().getType());
  return success();
}

LogicalResult GeluOp::inferReturnTypes(MLIRContext *, Where, Adaptor op, Types &types) {
  types.push_back(op.getInput().getType());
  return success();
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.softmax", where);
  rules.rankAtLeast("input", op.getInput().getType(), 1);
  rules.check(op.getTemperature().convertToDouble() > 0,
              "temperature must be positive, got: " +
                  std::to_string(op.getTemperature().convertToDouble()));
  types.push_back(op.getInput().getType());
  return success(rules.hold());
}

LogicalResult PatchesOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.patches", where);
  rules.rank("pixels", op.getPixels().getType(), 4);
  int64_t patch = op.getPatch();
  rules.check(patch >= 1, "patch must be 1 or more, got: " + Twine(patch));
  rules.floating("result", op.getType());
  if (!rules.hold())
    return failure();
  ArrayRef<int64_t> pixels = shapeOf(op.getPixels());
  bool known = !llvm::any_of(pixels.drop_front(), ShapedType::isDynamic);
  int64_t tokens = known ? (pixels[2] / patch) * (pixels[3] / patch) : ShapedType::kDynamic;
  int64_t width = known ? pixels[1] * patch * patch : ShapedType::kDynamic;
  rules.check(!known || tokens > 0,
              "pictures must hold at least one patch, got: " + sizeText(pixels[2]) + "x" +
                  sizeText(pixels[3]) + " pixels for patches of " + Twine(patch));
  types.push_back(tensorOf({pixels[0], tokens, width}, op.getType()));
  return success(rules.hold());
}

LogicalResult PrependTokenOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op,
                                               Types &types) {
  Rules rules("mmc.prepend_token", where);
  rules.rank("token", op.getToken().getType(), 1).rank("input", op.getInput().getType(), 3);
  rules.sameElement("token must have the input's element type", op.getToken().getType(),
                    op.getInput().getType());
  if (!rules.hold())
    return failure();
  Dims shape(shapeOf(op.getInput()));
  rules.equal("token dim 0 must equal the input's last dim", shapeOf(op.getToken())[0], shape[2]);
  if (!ShapedType::isDynamic(shape[1]))
    shape[1] += 1;
  types.push_back(tensorOf(shape, elementOf(op.getInput())));
  return success(rules.hold());
}

LogicalResult FillSlotsOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op, Types &types) {
  Rules rules("mmc.fill_slots", where);
  rules.rank("input", op.getInput().getType(), 3).rank("features", op.getFeatures().getType(), 2);
  rules.rank("slots", op.getSlots().getType(), 2);
  rules.sameElement("features must have the input's element type", op.getFeatures().getType(),
                    op.getInput().getType());
  if (!rules.hold())
    return failure();
  ArrayRef<int64_t> input = shapeOf(op.getInput());
  rules.equal("features dim 1 must equal the input's last dim", shapeOf(op.getFeatures())[1],
              input[2]);
  rules.equal("slots dim 0 must equal input dim 0", shapeOf(op.getSlots())[0], input[0]);
  rules.equal("slots dim 1 must equal input dim 1", shapeOf(op.getSlots())[1], input[1]);
  types.push_back(op.getInput().getType());
  return success(rules.hold());
}

LogicalResult ReplaceTokenOp::inferReturnTypes(MLIRContext *, Where where, Adaptor op,
                                               Types &types) {
  Rules rules("mmc.replace_token", where);
  rules.rank("input", op.getInput().getType(), 3).rank("token", op.getToken().getType(), 2);
  rules.sameElement("token must have the input's element type", op.getToken().getType(),
                    op.getInput().getType());
  if (!rules.hold())
    return failure();
  ArrayRef<int64_t> input = shapeOf(op.getInput());
  int64_t at = op.getAt();
  rules.equal("token dim 0 must equal input dim 0", shapeOf(op.getToken())[0], input[0]);
  rules.equal("token dim 1 must equal the input's last dim", shapeOf(op.getToken())[1], input[2]);
  rules.check(at >= 0 && (ShapedType::isDynamic(input[1]) || at < input[1]),
              "position must lie in the sequence, got: " + Twine(at) + " of " + sizeText(input[1]));
  types.push_back(op.getInput().getType());
  return success(rules.hold());
}
