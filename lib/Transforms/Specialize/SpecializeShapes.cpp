// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Transforms/Specialize/Passes.h"

#include "mmc/Dialect/Expression.h"
#include "mmc/Dialect/Refinement.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

namespace mmc {
#define GEN_PASS_DEF_SPECIALIZESHAPESPASS
#include "mmc/Transforms/Specialize/Passes.h.inc"
} // namespace mmc

using namespace mlir;
using namespace mmc;

namespace {

struct SpecializeShapesPass : mmc::impl::SpecializeShapesPassBase<SpecializeShapesPass> {
  using Base::Base;

  void runOnOperation() override {
    if (failed(parseShapes()) || failed(parseSizes()) || failed(checkOptions()))
      return signalPassFailure();
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      // Inlining has copied private functions to where they are called.
      if (function.isPrivate())
        function.erase();
      else if (failed(specialize(function)))
        return signalPassFailure();
    }
    for (const auto &entry : given)
      if (!used.contains(entry.first())) {
        getOperation().emitError() << "shapes names '" << entry.first()
                                   << "', but no function has an argument of that mmc.name";
        return signalPassFailure();
      }
  }

private:
  LogicalResult parseShapes() {
    for (StringRef text : shapes) {
      auto [name, sizes] = text.rsplit(':'); // a name may hold a colon itself
      SmallVector<int64_t> shape;
      SmallVector<StringRef> parts;
      if (!sizes.empty()) // a scalar has none
        sizes.split(parts, 'x');
      for (StringRef part : parts)
        if (part.getAsInteger(10, shape.emplace_back()) || shape.back() < 1)
          return getOperation().emitError()
                 << "shapes must be name:AxBxC with positive sizes, got: '" << text << "'";
      given[name] = shape;
    }
    return success();
  }

  /// The module's sizes, with those of the option in place of their defaults.
  LogicalResult parseSizes() {
    auto defaults = getOperation()->getAttrOfType<DictionaryAttr>("mmc.sizes");
    for (NamedAttribute entry : defaults ? defaults.getValue() : ArrayRef<NamedAttribute>()) {
      auto size = dyn_cast<IntegerAttr>(entry.getValue());
      if (!size || size.getInt() < 1)
        return getOperation().emitError() << "mmc.sizes must give positive sizes, got: '"
                                          << entry.getName().strref() << "' = " << entry.getValue();
      sizeOf[entry.getName()] = size.getInt();
    }
    for (StringRef text : sizes) {
      auto [name, number] = text.split(':');
      int64_t size;
      if (number.getAsInteger(10, size) || size < 1)
        return getOperation().emitError()
               << "sizes must be name:N with a positive N, got: '" << text << "'";
      auto found = sizeOf.find(name);
      if (found == sizeOf.end())
        return getOperation().emitError()
               << "sizes must name entries of the module's mmc.sizes, which has no '" << name
               << "'";
      found->second = size;
    }
    return success();
  }

  /// Puts sizes where `dims` of a parameter says they stand.
  LogicalResult resolveDims(ParamOp param) {
    std::optional<ArrayAttr> dims = param.getDims();
    if (!dims)
      return success();
    auto type = cast<RankedTensorType>(param.getType());
    SmallVector<int64_t> shape;
    for (auto [text, written] : llvm::zip(dims->getAsValueRange<StringAttr>(), type.getShape())) {
      std::string error;
      std::optional<double> size = evaluate(text, sizeOf, error);
      if (!size)
        return param.emitOpError()
               << "dim '" << text << "' must follow from the module's mmc.sizes: " << error;
      if (*size < 1 || *size != std::floor(*size))
        return param.emitOpError()
               << "dim '" << text << "' must be a positive integer, got: " << *size;
      if (!ShapedType::isDynamic(written) && written != *size)
        return param.emitOpError()
               << "dim '" << text << "' must be as the type has it, got: " << int64_t(*size)
               << " != " << written;
      shape.push_back(*size);
    }
    param.removeDimsAttr();
    param.getResult().setType(type.clone(shape));
    return success();
  }

  LogicalResult checkOptions() {
    for (auto [name, size] : {std::pair("batch", int64_t(batch)),
                              {"seq-len", int64_t(seqLen)},
                              {"images", int64_t(images)}})
      if (size < 0)
        return getOperation().emitError() << name << " must be 1 or more, got: " << size << " < 1";
    if (dtype == "bf16" || dtype == "f32" || dtype == "f64")
      return success();
    return getOperation().emitError() << "dtype must be bf16, f32 or f64, got: '" << dtype << "'";
  }

  Type convert(Type type) {
    if (dtype == "f32" && type.isBF16())
      return Float32Type::get(type.getContext());
    if (dtype == "f64" && isa<FloatType>(type))
      return Float64Type::get(type.getContext());
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      return tensor.clone(convert(tensor.getElementType()));
    return type;
  }

  /// The size that the options give dimension `dim` of the argument, or 0.
  int64_t sizeFor(StringRef name, unsigned dim) {
    auto found = given.find(name);
    if (found != given.end())
      return dim < found->second.size() ? found->second[dim] : 0;
    bool tokens =
        llvm::StringSwitch<bool>(name)
            .Cases({"input_ids", "labels", "position_ids", "segment_ids", "image_slots"}, true)
            .Default(false);
    if (tokens && dim < 2)
      return dim == 0 ? batch : seqLen;
    if (name == "modality" && dim == 0)
      return batch;
    if (name == "pixel_values" && dim == 0)
      return images ? images : batch;
    return 0;
  }

  LogicalResult specializeArgument(func::FuncOp function, unsigned index) {
    BlockArgument argument = function.getArgument(index);
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    auto nameAttr = function.getArgAttrOfType<StringAttr>(index, "mmc.name");
    if (!type)
      return function.emitOpError()
             << "argument " << index << " must be a ranked tensor, got: " << argument.getType();
    StringRef name = nameAttr ? nameAttr.getValue() : "";
    SmallVector<int64_t> shape(type.getShape());
    auto found = given.find(name);
    if (found != given.end())
      used.insert(name);
    if (found != given.end() && found->second.size() != shape.size())
      return function.emitOpError() << "argument '" << name << "' must have rank " << shape.size()
                                    << ", got: " << found->second.size() << " != " << shape.size();
    for (auto [dim, size] : llvm::enumerate(shape)) {
      int64_t wanted = sizeFor(name, dim);
      if (ShapedType::isDynamic(size) && wanted == 0)
        return function.emitOpError()
               << "argument " << index << " '" << name << "' has no size for dim " << dim
               << "; give batch, seq-len, images or shapes=" << name << ":…";
      if (!ShapedType::isDynamic(size) && found != given.end() && wanted != size)
        return function.emitOpError()
               << "argument '" << name << "' dim " << dim
               << " must be as the model has it, got: " << wanted << " != " << size;
      if (ShapedType::isDynamic(size))
        size = wanted;
    }
    if (llvm::is_contained(shape, 0))
      return function.emitOpError()
             << "argument " << index << " '" << name << "' must have elements, got: "
             << RankedTensorType::get(shape, type.getElementType());
    argument.setType(RankedTensorType::get(shape, convert(type.getElementType())));
    return success();
  }

  /// What the other passes of the phase should have taken away.
  static LogicalResult checkFlat(func::FuncOp function) {
    if (!llvm::hasSingleElement(function.getBody()))
      return function.emitOpError("must have one block, got: ")
             << function.getBody().getBlocks().size();
    WalkResult walk = function.walk<WalkOrder::PreOrder>([](Operation *op) {
      if (isa<RepeatOp>(op))
        op->emitOpError("must be unrolled before shapes are specialized; run --mmc-unroll-repeats");
      else if (isa<func::CallOp>(op))
        op->emitOpError("must be inlined before shapes are specialized; run --inline (a recursive "
                        "call cannot be)");
      else if (!isa_and_present<MmcDialect, func::FuncDialect>(op->getDialect()))
        op->emitOpError("must be an op of the mmc dialect in a model");
      else
        return WalkResult::advance();
      return WalkResult::interrupt();
    });
    return failure(walk.wasInterrupted());
  }

  static LogicalResult checkResult(Operation *op, Type result) {
    auto tensor = cast<RankedTensorType>(result);
    if (!tensor.hasStaticShape())
      return op->emitOpError("must have a static shape after Specialize, got: ") << result;
    if (tensor.getNumElements() == 0)
      return op->emitOpError("must have elements, got: ") << result;
    return success();
  }

  LogicalResult specialize(func::FuncOp function) {
    if (failed(checkFlat(function)))
      return failure();
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (failed(specializeArgument(function, i)))
        return failure();
    WalkResult walk = function.walk([&](Operation *op) {
      if (op == function || isa<func::ReturnOp>(op))
        return WalkResult::advance();
      if (auto param = dyn_cast<ParamOp>(op); param && failed(resolveDims(param)))
        return WalkResult::interrupt();
      // Types that are written down: of parameters, fills, casts, gradients, …
      if (!isa<InferTypeOpInterface>(op))
        for (Value result : op->getResults())
          result.setType(convert(result.getType()));
      if (auto patches = dyn_cast<PatchesOp>(op)) // whose inference starts from a written type
        patches.setType(convert(patches.getType()));
      if (failed(refineResultTypes(op)))
        return WalkResult::interrupt();
      for (Type result : op->getResultTypes())
        if (failed(checkResult(op, result)))
          return WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return failure();
    Operation *terminator = function.getBody().front().getTerminator();
    function.setFunctionType(FunctionType::get(function.getContext(),
                                               function.getBody().getArgumentTypes(),
                                               terminator->getOperandTypes()));
    return success();
  }

  llvm::StringMap<SmallVector<int64_t>> given;
  Variables sizeOf;
  llvm::StringSet<> used;
};

} // namespace
