// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Lifetimes.h"

using namespace mlir;
using namespace mmc;

int64_t mmc::bytesOf(Type type) {
  auto tensor = cast<ShapedType>(type);
  return tensor.getNumElements() * tensor.getElementType().getIntOrFloatBitWidth() / 8;
}

Value mmc::throughViews(Value value) {
  while (auto view = value.getDefiningOp<ReshapeOp>())
    value = view.getInput();
  return value;
}

Value mmc::takenOver(const LaunchValue &value) {
  LaunchOp launch = value.launch;
  auto inPlace = launch->getAttrOfType<DenseI64ArrayAttr>(kInPlaceAttr);
  if (!inPlace || value.result >= inPlace.size())
    return Value();
  int64_t operand = inPlace[value.result];
  return operand >= 0 && operand < launch.getNumOperands()
             ? throughViews(launch.getOperand(operand))
             : Value();
}

static int lastUse(Value value, const DenseMap<Operation *, int> &position, int from) {
  int last = from;
  for (Operation *user : value.getUsers()) {
    if (isa<ReshapeOp>(user))
      last = std::max(last, lastUse(user->getResult(0), position, from));
    else if (auto found = position.find(user); found != position.end())
      last = std::max(last, found->second);
  }
  return last;
}

Lifetimes::Lifetimes(func::FuncOp function) {
  Block &body = function.getBody().front();
  launches.assign(body.getOps<LaunchOp>().begin(), body.getOps<LaunchOp>().end());
  for (auto [i, launch] : llvm::enumerate(launches))
    position[launch] = i;
  DenseMap<Value, unsigned> outputs;
  for (OpOperand &operand : body.getTerminator()->getOpOperands())
    outputs[throughViews(operand.get())] = operand.getOperandNumber();
  for (auto [i, launch] : llvm::enumerate(launches))
    for (auto [r, result] : llvm::enumerate(launch.getResults())) {
      values.push_back({launch,
                        unsigned(r),
                        bytesOf(result.getType()),
                        int(i),
                        lastUse(result, position, i),
                        {}});
      if (auto found = outputs.find(result); found != outputs.end())
        values.back().output = found->second;
    }
}
