// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of the layers; the formula stands above each rule. Only wanted gradients are built,
// so a frozen weight never has one.

#include "../Inference/Shapes.h"

using namespace mlir;
using namespace mmc;

// y = table[ids]:  dtable[v] = Σ dy over the tokens with id v
LogicalResult EmbeddingOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                        SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[1])
    grads[1] = EmbeddingGradOp::create(builder, getLoc(), getTable().getType(), getIds(), dy[0]);
  return success();
}

// y = x·Wᵀ + b:  dx = dy·W, dW = dyᵀ·x, db = Σ_rows dy
LogicalResult LinearOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                     SmallVectorImpl<Value> &grads) {
  grads.assign(getNumOperands(), {});
  if (wanted[0])
    grads[0] = LinearGradInputOp::create(builder, getLoc(), getInput().getType(), dy[0],
                                         getWeight(), getGroups());
  if (wanted[1])
    grads[1] = LinearGradWeightOp::create(builder, getLoc(), getWeight().getType(), dy[0],
                                          getInput(), getGroups());
  if (getBias() && wanted[2])
    grads[2] = SumRowsOp::create(builder, getLoc(), getBias().getType(), dy[0]);
  return success();
}

// y = γ·x̂, x̂ = x·ρ, ρ = 1/√(mean(x²) + eps):  dx = ρ(t − x̂·mean(t·x̂)) with t = γ·dy, dγ = Σ_rows
// dy·x̂
LogicalResult RmsNormOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                      SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[0])
    grads[0] = RmsNormGradOp::create(builder, getLoc(), getType(), getInput(), getWeight(), dy[0],
                                     getEpsAttr());
  if (wanted[1])
    grads[1] = RmsNormGradWeightOp::create(builder, getLoc(), getWeight().getType(), getInput(),
                                           dy[0], getEpsAttr());
  return success();
}

// y = γ·x̂ + β, x̂ = (x − mean)·ρ:  dx = ρ(t − mean(t) − x̂·mean(t·x̂)) with t = γ·dy, dγ = Σ dy·x̂, dβ
// = Σ dy
LogicalResult LayerNormOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                        SmallVectorImpl<Value> &grads) {
  grads.assign(3, {});
  if (wanted[0])
    grads[0] = LayerNormGradOp::create(builder, getLoc(), getType(), getInput(), getWeight(), dy[0],
                                       getEpsAttr());
  if (wanted[1])
    grads[1] = LayerNormGradWeightOp::create(builder, getLoc(), getWeight().getType(), getInput(),
                                             dy[0], getEpsAttr());
  if (wanted[2])
    grads[2] = SumRowsOp::create(builder, getLoc(), getBias().getType(), dy[0]);
  return success();
}

// A rotation: dx = dy rotated back. The table depends on integers only.
LogicalResult RotaryOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                     SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[0])
    grads[0] = RotaryOp::create(builder, getLoc(), dy[0], getTable(), getHeads(), !getInverse());
  return success();
}

Operation *AttentionOp::withSavedResults(OpBuilder &builder) {
  if (getLse())
    return *this;
  ArrayRef<int64_t> shape = shapeOf(getQuery());
  Type statistic = elementOf(getQuery()).isF64() ? elementOf(getQuery()) : builder.getF32Type();
  Type lse = tensorOf({shape[0], shape[1], int64_t(getHeads())}, statistic);
  return AttentionOp::create(builder, getLoc(), TypeRange{getType(0), lse}, getOperands(),
                             (*this)->getAttrs());
}

// P = softmax(scale·q·kᵀ), o = P·v; see mmc.attention_grad.
LogicalResult AttentionOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                        SmallVectorImpl<Value> &grads) {
  grads.assign(getNumOperands(), {});
  if (dy[1])
    return emitOpError(
        "has no derivative of its second result, lse; only the first may be differentiated");
  auto gradient = AttentionGradOp::create(
      builder, getLoc(), getQuery().getType(), getKey().getType(), getValue().getType(), getQuery(),
      getKey(), getValue(), getSegments(), getResult(), getLse(), dy[0], getHeads(), getKvHeads(),
      getCausal(), llvm::APFloat(getScoreScale()));
  for (int i = 0; i < 3; ++i)
    if (wanted[i])
      grads[i] = gradient->getResult(i);
  return success();
}

LogicalResult SiluOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                   SmallVectorImpl<Value> &grads) {
  grads.push_back(SiluGradOp::create(builder, getLoc(), getType(), getInput(), dy[0]));
  return success();
}

LogicalResult GeluOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                   SmallVectorImpl<Value> &grads) {
  grads.push_back(GeluGradOp::create(builder, getLoc(), getType(), getInput(), dy[0], getKind()));
  return success();
}

// y = softmax(x/τ):  dx = y∘(dy − ⟨y, dy⟩)/τ
LogicalResult SoftmaxOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                      SmallVectorImpl<Value> &grads) {
  grads.push_back(SoftmaxGradOp::create(builder, getLoc(), getType(), getResult(), dy[0],
                                        getTemperatureAttr()));
  return success();
}

// Patches do not overlap: each pixel's gradient is that of its one place.
LogicalResult PatchesOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool>,
                                      SmallVectorImpl<Value> &grads) {
  grads.push_back(
      PatchesGradOp::create(builder, getLoc(), getPixels().getType(), dy[0], getPatch()));
  return success();
}

// dtoken = Σ_samples dy[:, 0], dinput = dy[:, 1:]
LogicalResult PrependTokenOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                           SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[0]) {
    Value first = SliceOp::create(builder, getLoc(), dy[0], /*axis=*/1, /*start=*/0, /*size=*/1,
                                  /*drop=*/true);
    grads[0] = SumRowsOp::create(builder, getLoc(), getToken().getType(), first);
  }
  if (wanted[1])
    grads[1] =
        SliceOp::create(builder, getLoc(), dy[0], 1, 1, shapeOf(getInput())[1], /*drop=*/false);
  return success();
}

// dinput = dy at text tokens, dfeatures[r] = Σ dy over the tokens with slot r
LogicalResult FillSlotsOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                        SmallVectorImpl<Value> &grads) {
  grads.assign(3, {});
  if (wanted[0])
    grads[0] = MaskSlotsOp::create(builder, getLoc(), getType(), dy[0], getSlots());
  if (wanted[1])
    grads[1] =
        FillSlotsGradOp::create(builder, getLoc(), getFeatures().getType(), dy[0], getSlots());
  return success();
}

// dtoken = dy[:, at], dinput = dy with that token zero
LogicalResult ReplaceTokenOp::buildAdjoint(OpBuilder &builder, ValueRange dy, ArrayRef<bool> wanted,
                                           SmallVectorImpl<Value> &grads) {
  grads.assign(2, {});
  if (wanted[0]) {
    Value zero = FillOp::create(builder, getLoc(), cast<RankedTensorType>(getToken().getType()),
                                builder.getF64FloatAttr(0));
    grads[0] = ReplaceTokenOp::create(builder, getLoc(), dy[0], zero, getAt());
  }
  if (wanted[1])
    grads[1] =
        SliceOp::create(builder, getLoc(), dy[0], /*axis=*/1, getAt(), /*size=*/1, /*drop=*/true);
  return success();
}
