// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rules of the ops whose result type is written down rather than inferred.

#include "Inference/Shapes.h"

#include <cmath>

using namespace mlir;
using namespace mmc;

LogicalResult ParamOp::verify() {
  if (getName().empty())
    return emitOpError("must have a name");
  if (std::optional<ArrayAttr> dims = getDims())
    if (dims->size() != shapeOf(getResult()).size())
      return emitOpError("dims must name every dimension, got: ")
             << dims->size() << " != " << shapeOf(getResult()).size();
  return success();
}

LogicalResult FillOp::verify() {
  if (!cast<ShapedType>(getType()).hasStaticShape())
    return emitOpError("must have a static shape, got: ") << getType();
  double value = getValue().convertToDouble();
  if (isa<IntegerType>(elementOf(getResult())) && value != std::trunc(value))
    return emitOpError("of integers must have a whole value, got: ") << value;
  return success();
}

/// Elements of a shape, or nothing while a dimension is `?`.
static std::optional<int64_t> count(ArrayRef<int64_t> shape) {
  if (llvm::any_of(shape, ShapedType::isDynamic))
    return std::nullopt;
  int64_t product = 1;
  for (int64_t dim : shape)
    product *= dim;
  return product;
}

static LogicalResult verifySameElement(Operation *op) {
  Type from = elementOf(op->getOperand(0)), to = elementOf(op->getResult(0));
  if (from != to)
    return op->emitOpError("must keep the element type, got: ") << from << " != " << to;
  return success();
}

LogicalResult ReshapeOp::verify() {
  if (failed(verifySameElement(*this)))
    return failure();
  std::optional<int64_t> from = count(shapeOf(getInput())), to = count(shapeOf(getResult()));
  if (from && to && *from != *to)
    return emitOpError("must keep the number of elements, got: ") << *from << " != " << *to;
  return success();
}

/// `part` must be a suffix of `whole`.
static LogicalResult verifySuffix(Operation *op, StringRef rule, ArrayRef<int64_t> part,
                                  ArrayRef<int64_t> whole) {
  if (part.size() > whole.size())
    return op->emitOpError() << rule << ", got: rank " << part.size() << " > " << whole.size();
  for (size_t i = 0; i < part.size(); ++i) {
    int64_t a = part[part.size() - 1 - i], b = whole[whole.size() - 1 - i];
    if (!agree(a, b))
      return op->emitOpError() << rule << ", got: " << sizeText(a) << " != " << sizeText(b);
  }
  return success();
}

// The sum of a narrow type is in f32, and may be left in that.
LogicalResult SumRowsOp::verify() {
  Type from = elementOf(getInput()), to = elementOf(getResult());
  bool isSum = to.isF32() && from.getIntOrFloatBitWidth() < 32;
  if (from != to && !isSum)
    return emitOpError("must keep the element type or widen it to f32, got: ")
           << from << " != " << to;
  return verifySuffix(*this, "result's shape must be a suffix of the operand's",
                      shapeOf(getResult()), shapeOf(getInput()));
}

LogicalResult RepeatRowsOp::verify() {
  if (failed(verifySameElement(*this)))
    return failure();
  return verifySuffix(*this, "operand's shape must be a suffix of the result's",
                      shapeOf(getInput()), shapeOf(getResult()));
}

static double numberIn(DictionaryAttr dictionary, StringRef key) {
  Attribute value = dictionary.get(key);
  if (auto number = dyn_cast_or_null<FloatAttr>(value))
    return number.getValueAsDouble();
  if (auto number = dyn_cast_or_null<IntegerAttr>(value))
    return number.getInt();
  return std::nan("");
}

/// An entry as text for a message.
static std::string textIn(DictionaryAttr dictionary, StringRef key) {
  std::string text = "nothing";
  if (Attribute value = dictionary.get(key))
    llvm::raw_string_ostream(text = "") << value;
  return text;
}

LogicalResult RotaryTableOp::verify() {
  if (!(getTheta().convertToDouble() > 0))
    return emitOpError("theta must be positive, got: ") << getTheta().convertToDouble();
  std::optional<DictionaryAttr> scaling = getScaling();
  if (!scaling)
    return success();
  auto kind = scaling->getAs<StringAttr>("rope_type");
  if (!kind || (kind != "linear" && kind != "llama3"))
    return emitOpError("rope_type must be \"linear\" or \"llama3\", got: ")
           << textIn(*scaling, "rope_type");
  SmallVector<StringRef> needed = {"factor"};
  if (kind == "llama3")
    needed.append({"low_freq_factor", "high_freq_factor", "original_max_position_embeddings"});
  for (StringRef key : needed)
    if (!(numberIn(*scaling, key) > 0))
      return emitOpError("scaling needs a positive number '")
             << key << "', got: " << textIn(*scaling, key);
  if (kind == "llama3" &&
      !(numberIn(*scaling, "high_freq_factor") > numberIn(*scaling, "low_freq_factor")))
    return emitOpError("high_freq_factor must exceed low_freq_factor, got: ")
           << numberIn(*scaling, "high_freq_factor")
           << " <= " << numberIn(*scaling, "low_freq_factor");
  return success();
}

// theta^(−2k/dim); "llama3" divides low frequencies by `factor`, keeps high ones and blends
// between, by wavelength relative to the original context length (Hugging Face's
// modeling_rope_utils).
SmallVector<double> RotaryTableOp::getInverseFrequencies() {
  SmallVector<double> frequencies;
  int64_t dim = getDim();
  double theta = getTheta().convertToDouble();
  DictionaryAttr scaling = getScaling().value_or(nullptr);
  for (int64_t k = 0; k < dim / 2; ++k) {
    double frequency = std::pow(theta, -2.0 * k / dim);
    if (scaling) {
      double factor = numberIn(scaling, "factor");
      if (scaling.getAs<StringAttr>("rope_type") == "linear") {
        frequency /= factor;
      } else {
        double low = numberIn(scaling, "low_freq_factor"),
               high = numberIn(scaling, "high_freq_factor");
        double context = numberIn(scaling, "original_max_position_embeddings");
        double wavelength = 2 * M_PI / frequency;
        if (wavelength > context / low) {
          frequency /= factor;
        } else if (wavelength >= context / high) {
          double smooth = (context / wavelength - low) / (high - low);
          frequency = (1 - smooth) * frequency / factor + smooth * frequency;
        }
      }
    }
    frequencies.push_back(frequency);
  }
  return frequencies;
}

double AttentionOp::getScoreScale() {
  if (std::optional<APFloat> scale = getScale())
    return scale->convertToDouble();
  return 1.0 / std::sqrt(static_cast<double>(shapeOf(getQuery()).back() / getHeads()));
}

LogicalResult AttentionOp::verify() {
  Rules rules("mmc.attention", getLoc());
  ArrayRef<int64_t> q = shapeOf(getQuery()), k = shapeOf(getKey()), v = shapeOf(getValue());
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  rules.rank("query", getQuery().getType(), 3)
      .rank("key", getKey().getType(), 3)
      .rank("value", getValue().getType(), 3);
  rules.check(heads >= 1, "heads must be 1 or more, got: " + Twine(heads) + " < 1");
  rules.check(kvHeads >= 1, "kv_heads must be 1 or more, got: " + Twine(kvHeads) + " < 1");
  rules.check(kvHeads < 1 || heads % kvHeads == 0,
              "heads must be a multiple of kv_heads, got: " + Twine(heads) + " % " +
                  Twine(kvHeads) + " != 0");
  if (!rules.hold())
    return failure();
  rules.check(ShapedType::isDynamic(q[2]) || q[2] % heads == 0,
              "query's last dim must be a multiple of heads, got: " + sizeText(q[2]) + " % " +
                  Twine(heads) + " != 0");
  rules.check(ShapedType::isDynamic(k[2]) || k[2] % kvHeads == 0,
              "key's last dim must be a multiple of kv_heads, got: " + sizeText(k[2]) + " % " +
                  Twine(kvHeads) + " != 0");
  if (!ShapedType::isDynamic(q[2]) && !ShapedType::isDynamic(k[2]))
    rules.equal("a key head must be as wide as a query head", k[2] / kvHeads, q[2] / heads);
  for (int d = 0; d < 3; ++d)
    rules.equal("value dim " + Twine(d) + " must equal key dim " + Twine(d), v[d], k[d]);
  rules.equal("key dim 0 must equal query dim 0", k[0], q[0]);
  rules.sameElement("key must have the query's element type", getKey().getType(),
                    getQuery().getType());
  rules.sameElement("value must have the query's element type", getValue().getType(),
                    getQuery().getType());
  if (getSegments()) {
    rules.rank("segments", getSegments().getType(), 2);
    if (rules.hold())
      rules.equal("segments dim 0 must equal query dim 0", shapeOf(getSegments())[0], q[0])
          .equal("segments dim 1 must equal query dim 1", shapeOf(getSegments())[1], q[1])
          .equal("with segments key dim 1 must equal query dim 1", k[1], q[1]);
  }
  if (rules.hold() && getResult().getType() != getQuery().getType())
    return emitOpError("result must have the query's type, got: ")
           << getResult().getType() << " != " << getQuery().getType();
  if (getLse() && rules.hold()) {
    rules.rank("lse", getLse().getType(), 3);
    if (rules.hold())
      rules.equal("lse dim 0 must equal query dim 0", shapeOf(getLse())[0], q[0])
          .equal("lse dim 1 must equal query dim 1", shapeOf(getLse())[1], q[1])
          .equal("lse dim 2 must equal heads", shapeOf(getLse())[2], heads);
  }
  return success(rules.hold());
}

LogicalResult CachedAttentionOp::verify() {
  Rules rules("mmc.cached_attention", getLoc());
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  std::pair<StringRef, Value> tensors[] = {{"query", getQuery()},
                                           {"key", getKey()},
                                           {"value", getValue()},
                                           {"past key", getPastKey()},
                                           {"past value", getPastValue()}};
  for (auto [name, tensor] : tensors)
    rules.rank(name, tensor.getType(), 3)
        .sameElement((name + " must have the query's element type").str(), tensor.getType(),
                     getQuery().getType());
  rules.rank("length", getLength().getType(), 0);
  rules.check(heads >= 1, "heads must be 1 or more, got: " + Twine(heads) + " < 1");
  rules.check(kvHeads >= 1, "kv_heads must be 1 or more, got: " + Twine(kvHeads) + " < 1");
  rules.check(kvHeads < 1 || heads % kvHeads == 0,
              "heads must be a multiple of kv_heads, got: " + Twine(heads) + " % " +
                  Twine(kvHeads) + " != 0");
  if (!rules.hold())
    return failure();
  ArrayRef<int64_t> q = shapeOf(getQuery()), k = shapeOf(getKey()), past = shapeOf(getPastKey());
  rules.equal("query dim 1 must be one token", q[1], 1)
      .equal("key dim 1 must be one token", k[1], 1);
  rules.check(ShapedType::isDynamic(q[2]) || q[2] % heads == 0,
              "query's last dim must be a multiple of heads, got: " + sizeText(q[2]) + " % " +
                  Twine(heads) + " != 0");
  rules.check(ShapedType::isDynamic(k[2]) || k[2] % kvHeads == 0,
              "key's last dim must be a multiple of kv_heads, got: " + sizeText(k[2]) + " % " +
                  Twine(kvHeads) + " != 0");
  if (rules.hold() && !ShapedType::isDynamic(q[2]) && !ShapedType::isDynamic(k[2]))
    rules.equal("a key head must be as wide as a query head", k[2] / kvHeads, q[2] / heads);
  rules.equal("key dim 0 must equal query dim 0", k[0], q[0]);
  rules.equal("past key dim 0 must equal query dim 0", past[0], q[0]);
  rules.equal("past key dim 2 must equal key dim 2", past[2], k[2]);
  for (int d = 0; d < 3; ++d)
    rules
        .equal("value dim " + Twine(d) + " must equal key dim " + Twine(d), shapeOf(getValue())[d],
               k[d])
        .equal("past value dim " + Twine(d) + " must equal past key dim " + Twine(d),
               shapeOf(getPastValue())[d], past[d]);
  if (!getSegments() != !getPastSegments())
    return emitOpError("must have segments and past segments, or neither");
  if (getSegments()) {
    rules.rank("segments", getSegments().getType(), 2)
        .rank("past segments", getPastSegments().getType(), 2);
    if (rules.hold())
      for (int d = 0; d < 2; ++d)
        rules
            .equal("segments dim " + Twine(d) + " must equal query dim " + Twine(d),
                   shapeOf(getSegments())[d], q[d])
            .equal("past segments dim " + Twine(d) + " must equal past key dim " + Twine(d),
                   shapeOf(getPastSegments())[d], past[d]);
  }
  if (rules.hold() && getResult().getType() != getQuery().getType())
    return emitOpError("result must have the query's type, got: ")
           << getResult().getType() << " != " << getQuery().getType();
  return success(rules.hold());
}

LogicalResult DropoutOp::verify() {
  size_t rank = cast<ShapedType>(getInput().getType()).getRank(),
         known = getWhole() ? getWhole()->size() : 0;
  if (getPlace().size() != known || (known != 0 && known != rank))
    return emitOpError("must have a place and the whole's size for each dimension, or none, got: ")
           << getPlace().size() << " and " << known << " for " << rank;
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("must name a function of the module, got: ") << getKernelAttr();
  FunctionType type = kernel.getFunctionType();
  // A kernel that Lower has cut into tiles takes a tile's index, then a buffer per operand and
  // result.
  if (kernel->hasAttr("mmc.tiles")) {
    if (type.getNumInputs() != 1 + getNumOperands() + getNumResults())
      return emitOpError("must have a value per buffer of the kernel, got: ")
             << getNumOperands() + getNumResults() << " != " << type.getNumInputs() - 1;
    return success();
  }
  if (TypeRange(type.getInputs()) != TypeRange(getOperandTypes()) ||
      TypeRange(type.getResults()) != TypeRange(getResultTypes()))
    return emitOpError("must have the kernel's types, got: ")
           << FunctionType::get(getContext(), getOperandTypes(), getResultTypes())
           << " != " << type;
  return success();
}
