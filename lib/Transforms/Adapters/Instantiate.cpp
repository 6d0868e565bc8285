// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Instantiate.h"

#include "mmc/Dialect/Refinement.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mmc;

/// The shortest decimal that reads back as `value`; whole numbers without exponent, as names have
/// them.
static std::string shortest(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15)
    return std::to_string(static_cast<int64_t>(value));
  for (int digits = 1; digits <= 17; ++digits) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.*g", digits, value);
    double back;
    if (!StringRef(text).getAsDouble(back) && back == value)
      return text;
  }
  return std::to_string(value);
}

std::optional<std::string> SiteValues::fill(StringRef text, std::string &error) const {
  std::string result;
  while (!text.empty()) {
    auto [before, after] = text.split('{');
    result += before;
    if (before.size() == text.size())
      break;
    auto [expression, tail] = after.split('}');
    if (auto word = words.find(expression.trim()); word != words.end()) {
      result += word->second;
    } else if (std::optional<double> value = evaluate(expression, numbers, error)) {
      result += shortest(*value);
    } else {
      error = "in '{" + expression.str() + "}': " + error;
      return std::nullopt;
    }
    text = tail;
  }
  return result;
}

static bool isReserved(StringRef option) { return option == "sites" || option == "places"; }

/// Sets one option from the definition's default or a setting's text.
static LogicalResult setOption(Operation *op, SiteValues &values, StringRef option,
                               Attribute standard, std::optional<StringRef> text) {
  if (auto word = dyn_cast<StringAttr>(standard)) {
    values.words[option] = text.value_or(word.getValue()).str();
    return success();
  }
  double number;
  if (text) {
    if (text->getAsDouble(number) || !std::isfinite(number))
      return op->emitOpError() << "cannot take an adapter whose option '" << option
                               << "' is not a number, got: '" << *text << "'";
  } else if (auto integer = dyn_cast<IntegerAttr>(standard)) {
    number = integer.getInt();
  } else if (auto floating = dyn_cast<FloatAttr>(standard)) {
    number = floating.getValueAsDouble();
  } else {
    return op->emitOpError() << "cannot take an adapter whose option '" << option
                             << "' has a default that is neither number nor string, got: "
                             << standard;
  }
  values.numbers[option] = number;
  return success();
}

static std::optional<int64_t> firstNumber(StringRef module) {
  for (StringRef part : llvm::split(module, '.')) {
    int64_t number;
    if (!part.getAsInteger(10, number))
      return number;
  }
  return std::nullopt;
}

FailureOr<SiteValues> mmc::valuesAt(Operation *op, StringRef module, AdapterOp definition,
                                    const AdapterClause &clause) {
  SiteValues values;
  DictionaryAttr options = definition.getOptions();
  for (NamedAttribute option : options)
    if (!isReserved(option.getName()) &&
        failed(setOption(op, values, option.getName(), option.getValue(), std::nullopt)))
      return failure();
  // Patterns are more particular than values for all sites, and the first that matches counts, as
  // in PEFT.
  llvm::StringMap<bool> byPattern;
  for (bool wherePass : {false, true})
    for (const AdapterSetting &setting : clause.settings) {
      Attribute standard = options.get(setting.option);
      if (!standard || isReserved(setting.option)) {
        InFlightDiagnostic error = op->emitOpError() << "cannot take adapter '" << clause.definition
                                                     << "': it has no option '" << setting.option
                                                     << "'; options are ";
        llvm::interleaveComma(
            llvm::make_filter_range(options,
                                    [](NamedAttribute o) { return !isReserved(o.getName()); }),
            error, [&](NamedAttribute known) { error << known.getName().getValue(); });
        return failure();
      }
      if (setting.where.has_value() != wherePass ||
          (wherePass && !setting.where->matches(module.str())))
        continue;
      if (wherePass && !byPattern.try_emplace(setting.option, true).second)
        continue;
      if (failed(setOption(op, values, setting.option, standard, StringRef(setting.value))))
        return failure();
    }
  values.words["site"] = module.str();
  values.numbers["in"] = cast<ShapedType>(op->getOperand(0).getType()).getShape().back();
  values.numbers["out"] = cast<ShapedType>(op->getResult(0).getType()).getShape().back();
  if (std::optional<int64_t> layer = firstNumber(module))
    values.numbers["layer"] = *layer;
  std::string error;
  SiteValues plain = values;
  for (auto &word : values.words) {
    std::optional<std::string> filled = plain.fill(word.second, error);
    if (!filled)
      return op->emitOpError() << "cannot take adapter '" << clause.definition << "': option "
                               << word.first() << " = '" << word.second << "': " << error;
    word.second = *filled;
  }
  values.words["name"] = values.words.count("as") ? values.words["as"] : module.str();
  return values;
}

namespace {

class Instance {
public:
  Instance(AdapterOp definition, Operation *site, const SiteValues &values)
      : definition(definition), site(site), values(values), builder(site->getContext()),
        element(cast<ShapedType>(site->getResult(0).getType()).getElementType()) {}

  FailureOr<Value> run() {
    Block &body = definition.getBody().front();
    mapping.map(body.getArgument(0), site->getOperand(0));
    mapping.map(body.getArgument(1), site->getResult(0));
    auto yield = cast<YieldOp>(body.getTerminator());
    Operation *last = yield.getValues()[0].getDefiningOp();
    if (!last || isa<ParamOp>(last))
      return yield.emitOpError("must yield something that the definition computes");
    builder.setInsertionPointAfter(site);
    for (Operation &op : body.without_terminator()) {
      auto param = dyn_cast<ParamOp>(op);
      if (failed(param ? addParam(param) : addOp(&op))) {
        return failure();
      }
    }
    Value old = site->getResult(0), result = mapping.lookup(yield.getValues()[0]);
    if (result.getType() != old.getType())
      return yield.emitOpError("must yield the type of what it replaces at '")
             << values.words.lookup("site") << "', got: " << result.getType()
             << " != " << old.getType();
    old.replaceUsesWithIf(result, [&](OpOperand &use) { return !added.contains(use.getOwner()); });
    return result;
  }

private:
  /// Where the op stands in its definition, and for which site.
  Location at(Operation *op) { return CallSiteLoc::get(op->getLoc(), site->getLoc()); }

  /// In a definition bf16 stands for the type that the model computes in.
  Type convert(Type type) { return type.isBF16() || element.isF64() ? element : type; }

  std::optional<double> number(Operation *op, StringRef text, const Twine &what) {
    std::string error;
    std::optional<double> value = evaluate(text, values.numbers, error);
    if (!value)
      op->emitOpError() << what << " = '" << text << "': " << error;
    return value;
  }

  LogicalResult addParam(ParamOp op) {
    std::string error;
    std::optional<std::string> name = values.fill(op.getName(), error);
    std::optional<std::string> init =
        name ? values.fill(op.getInit().value_or(""), error) : std::nullopt;
    if (!name || !init)
      return op.emitOpError() << error;
    SmallVector<int64_t> shape(cast<ShapedType>(op.getType()).getShape());
    if (std::optional<ArrayAttr> dims = op.getDims())
      for (auto [index, text] : llvm::enumerate(dims->getAsValueRange<StringAttr>())) {
        std::optional<double> size = number(op, text, "dim " + Twine(index));
        if (!size)
          return failure();
        if (*size < 1 || *size != std::floor(*size) || *size > 1e15)
          return op.emitOpError() << "dim " << index << " of '" << *name
                                  << "' must be a positive whole number, got: " << text << " = "
                                  << shortest(*size);
        shape[index] = static_cast<int64_t>(*size);
      }
    auto type =
        RankedTensorType::get(shape, convert(cast<ShapedType>(op.getType()).getElementType()));
    if (!type.hasStaticShape())
      return op.emitOpError() << "needs dims […] to know the shape of '" << *name
                              << "', got: " << type;
    FailureOr<Value> value = findOrCreate(op, *name, *init, type);
    if (failed(value))
      return failure();
    mapping.map(op.getResult(), *value);
    return success();
  }

  FailureOr<Value> findOrCreate(ParamOp op, StringRef name, StringRef init, RankedTensorType type) {
    auto function = site->getParentOfType<func::FuncOp>();
    Operation *last = nullptr;
    for (ParamOp other : function.getBody().front().getOps<ParamOp>()) {
      last = other;
      if (other.getName() != name)
        continue;
      auto group = other->getAttrOfType<StringAttr>("mmc.group");
      if (other.getType() != type || !group || group.getValue() != "adapters")
        return site->emitOpError()
               << "cannot take an adapter whose parameter '" << name
               << "' has the name of another: " << type << ", " << other.getType();
      return other.getResult();
    }
    OpBuilder::InsertionGuard guard(builder);
    if (last)
      builder.setInsertionPointAfter(last);
    else
      builder.setInsertionPointToStart(&function.getBody().front());
    auto param =
        ParamOp::create(builder, at(op), type, name, /*trainable=*/false, /*dims=*/ArrayAttr(),
                        init.empty() ? StringAttr() : builder.getStringAttr(init));
    param->setAttr("mmc.group", builder.getStringAttr("adapters"));
    return param.getResult();
  }

  LogicalResult addOp(Operation *op) {
    Operation *copy = builder.clone(*op, mapping);
    copy->setLoc(at(op));
    added.insert(copy);
    if (isa<CastOp, FillOp>(copy)) {
      auto type = cast<RankedTensorType>(copy->getResult(0).getType());
      copy->getResult(0).setType(type.clone(convert(type.getElementType())));
    }
    // Dropouts of equal inputs are not equal: a stream of its own keeps CSE from merging them.
    if (auto dropout = dyn_cast<DropoutOp>(copy))
      dropout.setStream(values.stream);
    if (Attribute expressions = copy->removeDiscardableAttr("expr")) {
      auto dictionary = dyn_cast<DictionaryAttr>(expressions);
      if (!dictionary)
        return op->emitOpError("expr must be a dictionary {attribute = \"expression\"}, got: ")
               << expressions;
      for (NamedAttribute entry : dictionary)
        if (failed(setAttribute(op, copy, entry)))
          return failure();
    }
    if (failed(refineResultTypes(copy)))
      return failure();
    for (Type type : copy->getResultTypes())
      if (!cast<ShapedType>(type).hasStaticShape())
        return op->emitOpError("has no static shape at '")
               << values.words.lookup("site") << "', got: " << type;
    return success();
  }

  LogicalResult setAttribute(Operation *op, Operation *copy, NamedAttribute entry) {
    auto text = dyn_cast<StringAttr>(entry.getValue());
    Attribute old = copy->getAttr(entry.getName());
    if (!text || !isa_and_nonnull<IntegerAttr, FloatAttr>(old))
      return op->emitOpError() << "expr must give numbers of this op as text, got: "
                               << entry.getName().getValue() << " = " << entry.getValue();
    std::optional<double> value = number(op, text, entry.getName().getValue());
    if (!value)
      return failure();
    if (auto integer = dyn_cast<IntegerAttr>(old)) {
      if (*value != std::floor(*value))
        return op->emitOpError() << entry.getName().getValue()
                                 << " must be a whole number, got: " << text.getValue() << " = "
                                 << shortest(*value);
      copy->setAttr(entry.getName(),
                    IntegerAttr::get(integer.getType(), static_cast<int64_t>(*value)));
    } else {
      copy->setAttr(entry.getName(), FloatAttr::get(cast<FloatAttr>(old).getType(), *value));
    }
    return success();
  }

  AdapterOp definition;
  Operation *site;
  const SiteValues &values;
  OpBuilder builder;
  Type element;
  IRMapping mapping;
  llvm::SmallPtrSet<Operation *, 16> added;
};

} // namespace

FailureOr<Value> mmc::instantiate(AdapterOp definition, Operation *site, const SiteValues &values) {
  return Instance(definition, site, values).run();
}
