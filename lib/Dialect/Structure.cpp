// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Assembly and structural rules of the ops with regions: repeat and adapter.

#include "mmc/Dialect/MmcDialect.h"

#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace mmc;

// mmc.repeat i = 0 to 32 iter(%x = %h0) collect axis(1) -> (tensor<…>, tensor<…>) { … }
ParseResult RepeatOp::parse(OpAsmParser &parser, OperationState &state) {
  Builder &builder = parser.getBuilder();
  std::string index;
  int64_t lower, upper;
  if (parser.parseKeywordOrString(&index) || parser.parseEqual() || parser.parseInteger(lower) ||
      parser.parseKeyword("to") || parser.parseInteger(upper) || parser.parseKeyword("iter"))
    return failure();
  state.addAttribute("index", builder.getStringAttr(index));
  state.addAttribute("lower", builder.getI64IntegerAttr(lower));
  state.addAttribute("upper", builder.getI64IntegerAttr(upper));

  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inits;
  SMLoc initsLocation = parser.getCurrentLocation();
  auto parseInit = [&]() -> ParseResult {
    if (parser.parseArgument(arguments.emplace_back()) || parser.parseEqual())
      return failure();
    return parser.parseOperand(inits.emplace_back());
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseInit))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("collect"))) {
    int64_t axis;
    if (parser.parseKeyword("axis") || parser.parseLParen() || parser.parseInteger(axis) ||
        parser.parseRParen())
      return failure();
    state.addAttribute("axis", builder.getI64IntegerAttr(axis));
  }
  SMLoc typesLocation = parser.getCurrentLocation();
  if (parser.parseArrowTypeList(state.types))
    return failure();
  if (state.types.size() < inits.size())
    return parser.emitError(typesLocation)
           << "expected a type for each iteration value, got: " << state.types.size() << " < "
           << inits.size();
  ArrayRef<Type> types = ArrayRef<Type>(state.types).take_front(inits.size());
  if (parser.resolveOperands(inits, types, initsLocation, state.operands))
    return failure();
  for (auto [argument, type] : llvm::zip(arguments, types))
    argument.type = type;
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, arguments) || parser.parseOptionalAttrDict(state.attributes))
    return failure();
  RepeatOp::ensureTerminator(*body, builder, state.location);
  return success();
}

void RepeatOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printKeywordOrString(getIndex());
  printer << " = " << getLower() << " to " << getUpper() << " iter(";
  llvm::interleaveComma(llvm::zip(getBody().getArguments(), getInits()), printer, [&](auto pair) {
    printer << std::get<0>(pair) << " = " << std::get<1>(pair);
  });
  printer << ')';
  if (std::optional<int64_t> axis = getAxis())
    printer << " collect axis(" << *axis << ')';
  printer.printArrowTypeList(getResultTypes());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDict((*this)->getAttrs(), {"index", "lower", "upper", "axis"});
}

LogicalResult RepeatOp::verify() {
  if (getNumResults() < getNumIterated())
    return emitOpError("must have a result per iteration value, got: ")
           << getNumResults() << " < " << getNumIterated();
  if (getLower() > getUpper())
    return emitOpError("must not end before it starts, got: ") << getLower() << " > " << getUpper();
  if (getNumResults() > getNumIterated() && !getAxis())
    return emitOpError("collects values, so it needs 'collect axis(…)'");
  if (getNumResults() > getNumIterated() && getLower() == getUpper())
    return emitOpError("collects values, so it needs at least one iteration");
  for (auto [init, result] : llvm::zip(getInits(), getResults()))
    if (init.getType() != result.getType())
      return emitOpError("iteration value must keep its type, got: ")
             << init.getType() << " != " << result.getType();
  return success();
}

/// A collected result is the pieces of all iterations, one after the other along the axis.
static LogicalResult verifyCollected(RepeatOp repeat, Type piece, Type result) {
  auto from = cast<RankedTensorType>(piece), to = cast<RankedTensorType>(result);
  int64_t axis = *repeat.getAxis(), count = repeat.getUpper() - repeat.getLower();
  if (axis < 0 || axis >= from.getRank())
    return repeat.emitOpError("axis must be a dimension of what is collected, got: ")
           << axis << " of " << from.getRank();
  SmallVector<int64_t> shape(from.getShape());
  if (!ShapedType::isDynamic(shape[axis]))
    shape[axis] *= count;
  auto expected = RankedTensorType::get(shape, from.getElementType());
  if (to != expected)
    return repeat.emitOpError("must have the type of all collected pieces as a result, got: ")
           << to << " != " << expected;
  return success();
}

LogicalResult RepeatOp::verifyRegions() {
  if (TypeRange(getBody().getArgumentTypes()) != TypeRange(getInits().getTypes()))
    return emitOpError("must have one body argument of its type per iteration value, got: ")
           << getBody().getNumArguments() << " arguments != " << getNumIterated()
           << " values, or other types";
  for (auto outer = (*this)->getParentOfType<RepeatOp>(); outer;
       outer = outer->getParentOfType<RepeatOp>())
    if (outer.getIndex() == getIndex())
      return emitOpError("must not use the index of an enclosing repeat, got: '")
             << getIndex() << "'";
  auto yield = cast<YieldOp>(getBody().front().getTerminator());
  if (yield.getNumOperands() != getNumResults())
    return yield.emitOpError("must yield one value per result of the repeat, got: ")
           << yield.getNumOperands() << " != " << getNumResults();
  for (auto [value, result] :
       llvm::zip(yield.getValues().take_front(getNumIterated()), getResults()))
    if (value.getType() != result.getType())
      return yield.emitOpError("must yield the type of the iteration value, got: ")
             << value.getType() << " != " << result.getType();
  for (auto [value, result] : llvm::zip(yield.getValues().drop_front(getNumIterated()),
                                        getResults().drop_front(getNumIterated())))
    if (failed(verifyCollected(*this, value.getType(), result.getType())))
      return failure();
  return success();
}

// mmc.adapter @lora(%x: tensor<…>, %y: tensor<…>) options {rank = 8} { … }
ParseResult AdapterOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseSymbolName(name, SymbolTable::getSymbolAttrName(), state.attributes) ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true))
    return failure();
  DictionaryAttr options = parser.getBuilder().getDictionaryAttr({});
  if (succeeded(parser.parseOptionalKeyword("options")) && parser.parseAttribute(options))
    return failure();
  state.addAttribute("options", options);
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  AdapterOp::ensureTerminator(*body, parser.getBuilder(), state.location);
  return success();
}

void AdapterOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(getBody().getArguments(), printer,
                        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ") options " << getOptions() << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult AdapterOp::verifyRegions() {
  if (getBody().getNumArguments() != 2)
    return emitOpError("must have two arguments, the site's input and its output, got: ")
           << getBody().getNumArguments() << " != 2";
  for (Value argument : getBody().getArguments())
    if (!isa<RankedTensorType>(argument.getType()))
      return emitOpError("must have tensors as arguments, got: ") << argument.getType();
  auto yield = cast<YieldOp>(getBody().front().getTerminator());
  if (yield.getNumOperands() != 1)
    return yield.emitOpError(
               "must yield one value, what takes the place of the site's output, got: ")
           << yield.getNumOperands() << " != 1";
  return success();
}
