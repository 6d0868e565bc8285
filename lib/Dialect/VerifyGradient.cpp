// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of the ops that derivatives are written with. Element types may differ: gradients may
// be wider.

#include "Inference/Shapes.h"

using namespace mlir;
using namespace mmc;

namespace {

/// Rules over the shapes of an op's values, in the order in which they are stated.
class ShapeRules : public Rules {
public:
  explicit ShapeRules(Operation *op) : Rules(op->getName().getStringRef(), op->getLoc()) {}

  ShapeRules &same(StringRef what, Value a, StringRef of, Value b) {
    rank(what, a.getType(), shapeOf(b).size());
    for (size_t d = 0; hold() && d < shapeOf(b).size(); ++d)
      dim(what, a, d, of, b, d);
    return *this;
  }

  /// The leading dimensions, `count` of them, of both.
  ShapeRules &rows(StringRef what, Value a, StringRef of, Value b, int64_t count) {
    rankAtLeast(what, a.getType(), count).rankAtLeast(of, b.getType(), count);
    for (int64_t d = 0; hold() && d < count; ++d)
      dim(what, a, d, of, b, d);
    return *this;
  }

  ShapeRules &dim(StringRef what, Value a, size_t d, StringRef of, Value b, size_t e) {
    if (hold())
      equal(what + " dim " + Twine(d) + " must equal " + of + " dim " + Twine(e), shapeOf(a)[d],
            shapeOf(b)[e]);
    return *this;
  }

  ShapeRules &last(StringRef what, Value a, size_t d, StringRef of, Value b) {
    rankAtLeast(of, b.getType(), 1);
    return hold() ? dim(what, a, d, of, b, shapeOf(b).size() - 1) : *this;
  }

  LogicalResult result() { return success(hold()); }
};

} // namespace

static int64_t times(int64_t size, int64_t factor) {
  return ShapedType::isDynamic(size) ? size : size * factor;
}

/// What both gradients of a grouped linear layer share: y [..., out], weight [out, in / groups], x
/// [..., in].
static LogicalResult verifyLinear(ShapeRules rules, Value y, StringRef weightName, Value weight,
                                  StringRef xName, Value x, int64_t groups) {
  rules.check(groups >= 1, "groups must be 1 or more, got: " + Twine(groups) + " < 1");
  rules.rank(weightName, weight.getType(), 2);
  rules.rankAtLeast("gradient", y.getType(), 1).rank(xName, x.getType(), shapeOf(y).size());
  if (!rules.hold())
    return failure();
  rules.rows(xName, x, "gradient", y, shapeOf(y).size() - 1)
      .last(weightName, weight, 0, "gradient", y);
  rules.equal(weightName + " dim 1 times groups must equal the last dim of " + xName,
              times(shapeOf(weight)[1], groups), shapeOf(x).back());
  return rules.result();
}

LogicalResult LinearGradInputOp::verify() {
  return verifyLinear(ShapeRules(*this), getGradient(), "weight", getWeight(), "result",
                      getResult(), getGroups());
}

LogicalResult LinearGradWeightOp::verify() {
  return verifyLinear(ShapeRules(*this), getGradient(), "result", getResult(), "input", getInput(),
                      getGroups());
}

/// [R, D] from rows of the gradient [..., D] that `ids` [...] number.
static LogicalResult verifyScatter(ShapeRules rules, StringRef idsName, Value ids, Value gradient,
                                   Value result) {
  rules.rank("gradient", gradient.getType(), shapeOf(ids).size() + 1)
      .rank("result", result.getType(), 2);
  return rules.rows(idsName, ids, "gradient", gradient, shapeOf(ids).size())
      .last("result", result, 1, "gradient", gradient)
      .result();
}

LogicalResult EmbeddingGradOp::verify() {
  return verifyScatter(ShapeRules(*this), "ids", getIds(), getGradient(), getResult());
}

LogicalResult FillSlotsGradOp::verify() {
  return verifyScatter(ShapeRules(*this), "slots", getSlots(), getGradient(), getResult());
}

LogicalResult MaskSlotsOp::verify() {
  ShapeRules rules(*this);
  rules.rank("gradient", getGradient().getType(), shapeOf(getSlots()).size() + 1);
  return rules.rows("slots", getSlots(), "gradient", getGradient(), shapeOf(getSlots()).size())
      .same("result", getResult(), "gradient", getGradient())
      .result();
}

static LogicalResult verifyNorm(ShapeRules rules, Value input, Value weight, Value gradient,
                                Value result) {
  rules.rank("weight", weight.getType(), 1);
  return rules.same("gradient", gradient, "input", input)
      .same("result", result, "input", input)
      .last("weight", weight, 0, "input", input)
      .result();
}

LogicalResult RmsNormGradOp::verify() {
  return verifyNorm(ShapeRules(*this), getInput(), getWeight(), getGradient(), getResult());
}

LogicalResult LayerNormGradOp::verify() {
  return verifyNorm(ShapeRules(*this), getInput(), getWeight(), getGradient(), getResult());
}

static LogicalResult verifyNormWeight(ShapeRules rules, Value input, Value gradient, Value result) {
  rules.rank("result", result.getType(), 1);
  return rules.same("gradient", gradient, "input", input)
      .last("result", result, 0, "input", input)
      .result();
}

LogicalResult RmsNormGradWeightOp::verify() {
  return verifyNormWeight(ShapeRules(*this), getInput(), getGradient(), getResult());
}

LogicalResult LayerNormGradWeightOp::verify() {
  return verifyNormWeight(ShapeRules(*this), getInput(), getGradient(), getResult());
}

LogicalResult AttentionGradOp::verify() {
  ShapeRules rules(*this);
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  rules.check(heads >= 1 && kvHeads >= 1, "heads and kv_heads must be 1 or more, got: " +
                                              Twine(heads) + " and " + Twine(kvHeads));
  rules.check(kvHeads < 1 || heads % kvHeads == 0,
              "heads must be a multiple of kv_heads, got: " + Twine(heads) + " % " +
                  Twine(kvHeads) + " != 0");
  rules.rank("query", getQuery().getType(), 3)
      .rank("key", getKey().getType(), 3)
      .rank("lse", getLse().getType(), 3);
  rules.same("value", getValue(), "key", getKey()).dim("key", getKey(), 0, "query", getQuery(), 0);
  rules.same("output", getOutput(), "query", getQuery())
      .same("gradient", getGradient(), "query", getQuery());
  rules.same("dq", getDq(), "query", getQuery())
      .same("dk", getDk(), "key", getKey())
      .same("dv", getDv(), "key", getKey());
  rules.rows("lse", getLse(), "query", getQuery(), 2);
  if (rules.hold())
    rules.equal("lse dim 2 must equal heads", shapeOf(getLse())[2], heads);
  if (Value segments = getSegments()) {
    rules.rank("segments", segments.getType(), 2);
    rules.rows("segments", segments, "query", getQuery(), 2);
  }
  return rules.result();
}

static LogicalResult verifyElementwise(ShapeRules rules, StringRef name, Value forward,
                                       Value gradient, Value result) {
  return rules.same("gradient", gradient, name, forward)
      .same("result", result, name, forward)
      .result();
}

LogicalResult SiluGradOp::verify() {
  return verifyElementwise(ShapeRules(*this), "input", getInput(), getGradient(), getResult());
}

LogicalResult GeluGradOp::verify() {
  return verifyElementwise(ShapeRules(*this), "input", getInput(), getGradient(), getResult());
}

LogicalResult SoftmaxGradOp::verify() {
  ShapeRules rules(*this);
  rules.rankAtLeast("output", getOutput().getType(), 1);
  double temperature = getTemperature().convertToDouble();
  rules.check(temperature > 0, "temperature must be positive, got: " + std::to_string(temperature));
  return verifyElementwise(rules, "output", getOutput(), getGradient(), getResult());
}

LogicalResult PatchesGradOp::verify() {
  ShapeRules rules(*this);
  int64_t patch = getPatch();
  rules.check(patch >= 1, "patch must be 1 or more, got: " + Twine(patch));
  rules.rank("gradient", getGradient().getType(), 3).rank("result", getResult().getType(), 4);
  rules.dim("gradient", getGradient(), 0, "result", getResult(), 0);
  ArrayRef<int64_t> pixels = shapeOf(getResult());
  if (!rules.hold() || llvm::any_of(pixels.drop_front(), ShapedType::isDynamic))
    return rules.result();
  rules.equal("gradient dim 1 must equal the patches of the result", shapeOf(getGradient())[1],
              (pixels[2] / patch) * (pixels[3] / patch));
  rules.equal("gradient dim 2 must equal the elements of a patch", shapeOf(getGradient())[2],
              pixels[1] * patch * patch);
  return rules.result();
}

/// The rules that `axis` and the first of the experts (or their gradient) are subject to.
static void checkRoute(ShapeRules &rules, int64_t axis, StringRef name, Value expert) {
  rules.check(axis == 0 || axis == 1,
              "axis must be 0 (samples) or 1 (positions), got: " + Twine(axis));
  rules.rank(name, expert.getType(), 3);
}

LogicalResult RouteGradExpertOp::verify() {
  ShapeRules rules(*this);
  checkRoute(rules, getAxis(), "gradient", getGradient());
  rules.rank("weights", getWeights().getType(), 2);
  rules.dim("weights", getWeights(), 0, "gradient", getGradient(), getAxis());
  int64_t expert = getExpert();
  if (rules.hold()) {
    int64_t count = shapeOf(getWeights())[1];
    rules.check(expert >= 0 && (ShapedType::isDynamic(count) || expert < count),
                "expert must have a weight, got: " + Twine(expert) + " of " + sizeText(count));
  }
  return rules.same("result", getResult(), "gradient", getGradient()).result();
}

LogicalResult RouteGradWeightsOp::verify() {
  ShapeRules rules(*this);
  checkRoute(rules, getAxis(), "gradient", getGradient());
  rules.rank("result", getResult().getType(), 2);
  rules.dim("result", getResult(), 0, "gradient", getGradient(), getAxis());
  if (rules.hold())
    rules.equal("result dim 1 must equal the number of experts", shapeOf(getResult())[1],
                getExperts().size());
  for (Value expert : getExperts())
    rules.same("expert", expert, "gradient", getGradient());
  return rules.result();
}

LogicalResult CrossEntropyGradOp::verify() {
  ShapeRules rules(*this);
  rules.rank("logits", getLogits().getType(), shapeOf(getTargets()).size() + 1);
  return rules.rows("targets", getTargets(), "logits", getLogits(), shapeOf(getTargets()).size())
      .same("gradient", getGradient(), "targets", getTargets())
      .same("result", getResult(), "logits", getLogits())
      .result();
}

LogicalResult ScaleByOp::verify() {
  ShapeRules rules(*this);
  rules.rank("scalar", getScalar().getType(), 0);
  return rules.same("result", getResult(), "input", getInput()).result();
}
