// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Dialect/Refinement.h"

#include "Inference/Shapes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mmc;

/// The one `?` of a reshape's result follows from the number of elements.
static LogicalResult refineReshape(ReshapeOp op) {
  Dims shape(shapeOf(op.getResult()));
  ArrayRef<int64_t> input = shapeOf(op.getInput());
  auto result = tensorOf(shape, elementOf(op.getInput()));
  if (llvm::none_of(input, ShapedType::isDynamic) &&
      llvm::count_if(shape, ShapedType::isDynamic) == 1) {
    int64_t total = 1, rest = 1;
    for (int64_t dim : input)
      total *= dim;
    for (int64_t dim : shape)
      rest *= ShapedType::isDynamic(dim) ? 1 : dim;
    if (rest == 0 || total % rest != 0)
      return op.emitOpError("must keep the number of elements, got: ")
             << total << " % " << rest << " != 0";
    *llvm::find_if(shape, ShapedType::isDynamic) = total / rest;
    result = tensorOf(shape, elementOf(op.getInput()));
  } else if (llvm::none_of(input, ShapedType::isDynamic) && !result.hasStaticShape() &&
             input.size() > shape.size()) {
    // Several `?`: only dropping dimensions of size 1 is unambiguous, the last ones before others.
    size_t excess = input.size() - shape.size();
    if (llvm::all_of(input.take_back(excess), [](int64_t dim) { return dim == 1; })) {
      shape.assign(input.drop_back(excess).begin(), input.drop_back(excess).end());
    } else if (llvm::count(input, 1) == static_cast<int64_t>(excess)) {
      shape.clear();
      llvm::copy_if(input, std::back_inserter(shape), [](int64_t dim) { return dim != 1; });
    }
    result = tensorOf(shape, elementOf(op.getInput()));
  }
  op.getResult().setType(result);
  return op.verify();
}

LogicalResult mmc::refineResultTypes(Operation *op) {
  if (auto inference = dyn_cast<InferTypeOpInterface>(op)) {
    SmallVector<Type> types;
    if (failed(inference.inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(),
                                          op->getAttrDictionary(), op->getPropertiesStorage(),
                                          op->getRegions(), types)))
      return failure();
    for (auto [result, type] : llvm::zip(op->getResults(), types))
      result.setType(type);
    return success();
  }
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([](ReshapeOp reshape) { return refineReshape(reshape); })
      .Case([](CastOp cast) {
        cast.getResult().setType(tensorOf(shapeOf(cast.getInput()), elementOf(cast.getResult())));
        return success();
      })
      .Case([](AttentionOp attention) {
        attention.getResult().setType(cast<RankedTensorType>(attention.getQuery().getType()));
        return attention.verify();
      })
      .Default(success());
}
