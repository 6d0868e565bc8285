// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the phases ask of an op: its derivative, and how it may be cut into tiles.

#ifndef MMC_DIALECT_INTERFACES
#define MMC_DIALECT_INTERFACES

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::mmc";
  let description = [{
    Reverse-mode derivative of one op. Implemented by every op that may stand between a trainable
    parameter and the loss; called by Autodiff. An op without it on such a path is an error, so an op
    whose derivative is zero implements it and returns no gradient. An interface rather than a trait
    because the rules need code; they lie in lib/Dialect/Derivatives, a file per op family.
  }];
  let methods = [
    InterfaceMethod<[{
      The op with the further results that its adjoint reads (attention: the softmax's denominators). An op
      that lacks them builds its replacement at the builder's insertion point, whose first results are its
      own; the caller replaces it. The default needs nothing more than operands and results.
      }],
      "::mlir::Operation *", "withSavedResults", (ins "::mlir::OpBuilder &":$builder), /*methodBody=*/"",
      /*defaultImplementation=*/[{ return $_op.getOperation(); }]>,
    InterfaceMethod<[{
      Builds the adjoint at the builder's insertion point. `resultGradients` has one value per result,
      null where nothing flows back. `wanted` has one flag per operand; gradients of operands that are
      not wanted must not be computed. Fills `operandGradients` (one entry per operand, null: zero or
      not wanted), each with its operand's shape and, unless the rule says otherwise, element type.
      }],
      "::llvm::LogicalResult", "buildAdjoint",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$resultGradients,
           "::llvm::ArrayRef<bool>":$wanted,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$operandGradients)>
  ];
}

def FusibleOpInterface : OpInterface<"FusibleOpInterface"> {
  let cppNamespace = "::mmc";
  let description = [{
    How an op may be cut into tiles that are computed independently of each other, in any order. Called
    by Fuse (which ops may share a kernel) and Lower (what a tile reads and writes). A tile of an op is
    the same op on slices of its operands.
  }];
  let methods = [
    InterfaceMethod<"The parallel dimensions of the op and how operands and results lie along them.",
      "::mmc::TileSpace", "getTileSpace", (ins)>,
    InterfaceMethod<[{
      The op on slices: `operands` are slices of the operands for a tile with `tileSizes` units along
      each dimension of the tile space, `resultTypes` the types of the results' slices. The default
      clones the op; ops whose attributes speak of a tiled dimension (a number of heads) adjust them.
      }],
      "::mlir::Operation *", "buildTile",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
           "::mlir::TypeRange":$resultTypes, "::llvm::ArrayRef<int64_t>":$tileSizes), /*methodBody=*/"",
      /*defaultImplementation=*/[{
        return ::mmc::cloneWithOperands(builder, $_op.getOperation(), operands, resultTypes);
      }]>,
    InterfaceMethod<[{
      Tells a tile that buildTile() made of this op where it lies: its first element along each dimension of
      the tile space. Called where the tile space is `placed` and has more than one tile.
      }],
      "void", "placeTile", (ins "::mlir::Operation *":$tile, "::mlir::ValueRange":$place), /*methodBody=*/"",
      /*defaultImplementation=*/[{ (void)tile; }]>
  ];
}

#endif // MMC_DIALECT_INTERFACES
