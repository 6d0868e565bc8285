// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Autodiff/Passes.h"

#include "TokenRows.h"
#include "Trainable.h"

#include "mlir/IR/IRMapping.h"

namespace mmc {
#define GEN_PASS_DEF_BUILDDECODINGPASS
#include "mmc/Transforms/Autodiff/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

static std::string numbered(StringRef prefix, size_t index) {
  return (prefix + ":" + Twine(index)).str();
}

namespace {

/// A function under construction: arguments and results with their names.
struct Interface {
  OpBuilder builder;
  SmallVector<DictionaryAttr> arguments, results;

  explicit Interface(MLIRContext *context) : builder(context) {}
  DictionaryAttr named(StringRef name) {
    return builder.getDictionaryAttr(builder.getNamedAttr(kNameAttr, builder.getStringAttr(name)));
  }
  /// Ends the function with `values`, and gives it the type that follows.
  void close(func::FuncOp function, ValueRange values) {
    Block &body = function.getBody().front();
    builder.setInsertionPointToEnd(&body);
    auto end = func::ReturnOp::create(builder, function.getLoc(), values);
    function.setFunctionType(
        builder.getFunctionType(body.getArgumentTypes(), end.getOperandTypes()));
    function.setAllArgAttrs(arguments);
    function.setAllResultAttrs(results);
  }
};

/// Writes @decode: every op that has a row per token, on one row.
class DecodeWriter {
public:
  DecodeWriter(func::FuncOp logits, const TokenRows &rows)
      : logits(logits), rows(rows), interface(logits.getContext()), builder(interface.builder) {}

  /// Stands behind `before`.
  void write(Operation *before) {
    builder.setInsertionPointAfter(before);
    decode =
        func::FuncOp::create(builder, logits.getLoc(), "decode", builder.getFunctionType({}, {}));
    Block *body = decode.addEntryBlock();
    for (BlockArgument argument : logits.getArguments())
      if (rows.has(argument))
        mapping.map(argument,
                    add(rows.cut(argument), logits.getArgAttrDict(argument.getArgNumber())));
    length = add(RankedTensorType::get({}, builder.getI32Type()), interface.named("past_length"));
    for (auto [i, value] : llvm::enumerate(rows.kept()))
      past[value] = add(value.getType(), interface.named(numbered("past", i)));
    for (auto [i, value] : llvm::enumerate(rows.states()))
      mapping.map(value, add(value.getType(), interface.named(numbered("state", i))));

    builder.setInsertionPointToEnd(body);
    for (ParamOp parameter : logits.getBody().front().getOps<ParamOp>())
      builder.clone(*parameter, mapping);
    for (Operation &op : logits.getBody().front().without_terminator())
      if (op.getNumResults() && rows.has(op.getResult(0)))
        writeOp(&op);
    SmallVector<Value> results;
    auto returned = logits.getBody().front().getTerminator()->getOperand(0);
    results.push_back(mapping.lookup(returned));
    interface.results.push_back(logits.getResultAttrDict(0));
    for (auto [i, value] : llvm::enumerate(rows.kept())) {
      results.push_back(mapping.lookup(value));
      interface.results.push_back(interface.named(numbered("new", i)));
    }
    interface.close(decode, results);
  }

private:
  Value add(Type type, DictionaryAttr attributes) {
    interface.arguments.push_back(attributes);
    return decode.getBody().front().addArgument(type, logits.getLoc());
  }

  /// A value as @decode has it: what depends on parameters only is computed again.
  Value lookup(Value value) {
    if (Value found = mapping.lookupOrNull(value))
      return found;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      lookup(operand);
    builder.clone(*op, mapping);
    return mapping.lookup(value);
  }

  void writeOp(Operation *op) {
    // A generated token is a text token, and not the first one.
    if (auto fill = dyn_cast<FillSlotsOp>(op))
      return mapping.map(fill.getResult(), lookup(fill.getInput()));
    if (auto replace = dyn_cast<ReplaceTokenOp>(op))
      return mapping.map(replace.getResult(), lookup(replace.getInput()));
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      Value segments = attention.getSegments();
      auto cached = CachedAttentionOp::create(
          builder, op->getLoc(), rows.cut(attention.getResult()), lookup(attention.getQuery()),
          lookup(attention.getKey()), lookup(attention.getValue()), past.lookup(attention.getKey()),
          past.lookup(attention.getValue()), length, segments ? lookup(segments) : Value(),
          segments ? past.lookup(segments) : Value(), attention.getHeads(), attention.getKvHeads(),
          APFloat(attention.getScoreScale()));
      return mapping.map(attention.getResult(), cached.getResult());
    }
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(lookup(operand));
    SmallVector<Type> types;
    for (Value result : op->getResults())
      types.push_back(rows.cut(result));
    Operation *copy = cloneWithOperands(builder, op, operands, types);
    mapping.map(op->getResults(), copy->getResults());
  }

  func::FuncOp logits, decode;
  const TokenRows &rows;
  Interface interface;
  OpBuilder &builder;
  IRMapping mapping;
  DenseMap<Value, Value> past;
  Value length;
};

struct BuildDecodingPass : mmc::impl::BuildDecodingPassBase<BuildDecodingPass> {
  using Base::Base;

  void runOnOperation() override {
    FailureOr<func::FuncOp> logits = findLogits();
    if (failed(logits))
      return signalPassFailure();
    FailureOr<TokenRows> rows = TokenRows::of(*logits);
    if (failed(rows))
      return signalPassFailure();
    Operation *last = *logits;
    if (llvm::is_contained(entries, "prefill") && failed(writePrefill(*logits, last)))
      return signalPassFailure();
    if (llvm::is_contained(entries, "decode"))
      DecodeWriter(*logits, *rows).write(last);
  }

private:
  FailureOr<func::FuncOp> findLogits() {
    auto logits = getOperation().lookupSymbol<func::FuncOp>("logits");
    if (!logits || logits.isExternal())
      return getOperation().emitError(
          "has no function '@logits', which '@prefill' and '@decode' are made of");
    for (const std::string &entry : entries) {
      if (entry != "prefill" && entry != "decode")
        return getOperation().emitError()
               << "entries must be prefill or decode, got: '" << entry << "'";
      if (getOperation().lookupSymbol(entry))
        return getOperation().emitError() << "has a function '@" << entry
                                          << "' already, which is made of '@logits': remove it";
    }
    if (!logits.getBody().hasOneBlock() || logits.getNumResults() != 1)
      return logits.emitError() << "'@logits' must be one block with one result, got: "
                                << logits.getBlocks().size() << " blocks, "
                                << logits.getNumResults() << " results";
    return logits;
  }

  /// @prefill is @logits with other results, and its last ops on one row.
  LogicalResult writePrefill(func::FuncOp logits, Operation *&last) {
    OpBuilder builder(logits);
    builder.setInsertionPointAfter(logits);
    auto prefill = cast<func::FuncOp>(builder.clone(*logits));
    last = prefill;
    prefill.setName("prefill");
    FailureOr<TokenRows> rows = TokenRows::of(prefill);
    if (failed(rows))
      return failure();
    Interface interface(&getContext());
    for (unsigned i = 0; i < prefill.getNumArguments(); ++i)
      interface.arguments.push_back(prefill.getArgAttrDict(i));
    Block &body = prefill.getBody().front();
    Type index = RankedTensorType::get({1}, interface.builder.getI32Type());
    Value lastToken = body.addArgument(index, prefill.getLoc());
    interface.arguments.push_back(interface.named("last_token"));

    Operation *end = body.getTerminator();
    interface.builder.setInsertionPoint(end);
    SmallVector<Value> results = {rowOf(interface.builder, end->getOperand(0), lastToken, *rows)};
    interface.results.push_back(prefill.getResultAttrDict(0));
    for (auto [i, value] : llvm::enumerate(rows->kept())) {
      results.push_back(value);
      interface.results.push_back(interface.named(numbered("new", i)));
    }
    for (auto [i, value] : llvm::enumerate(rows->states())) {
      results.push_back(value);
      interface.results.push_back(interface.named(numbered("state", i)));
    }
    end->erase();
    interface.close(prefill, results);
    return success();
  }

  /// Row `last` of `value`, computed from that row of its operand as far back as only one operand
  /// has rows.
  static Value rowOf(OpBuilder &builder, Value value, Value last, const TokenRows &rows) {
    Operation *op = value.getDefiningOp();
    if (op && rows.isRowwise(op) && op->getNumResults() == 1) {
      SmallVector<Value> operands(op->getOperands());
      auto hasRows = [&](Value operand) { return rows.has(operand); };
      auto only = llvm::find_if(operands, hasRows);
      if (llvm::count_if(operands, hasRows) == 1 && rows.isTokenMatrix(*only)) {
        *only = rowOf(builder, *only, last, rows);
        return cloneWithOperands(builder, op, operands, rows.cut(value))->getResult(0);
      }
    }
    auto type = cast<RankedTensorType>(value.getType());
    auto table =
        RankedTensorType::get({type.getDimSize(1), type.getDimSize(2)}, type.getElementType());
    Value matrix = ReshapeOp::create(builder, value.getLoc(), table, value);
    Value row = EmbeddingOp::create(builder, value.getLoc(), last, matrix);
    return ReshapeOp::create(builder, value.getLoc(), rows.cut(value), row);
  }
};

} // namespace
