// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The dialect, its tensor constraints and the base classes of its ops.

#ifndef MMC_DIALECT_BASE
#define MMC_DIALECT_BASE

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mmc/Dialect/Interfaces.td"

def Mmc_Dialect : Dialect {
  let name = "mmc";
  let cppNamespace = "::mmc";
  let summary = "Vision-language models, their adapters and their training step";
  let description = [{
    Ops at the level at which a model is written down: a linear layer, a norm, attention within
    segments. All work on ranked tensors; `?` dimensions (batch, sequence, images) become static in the
    Specialize phase. Floating types are f32, bf16, f16 and f64; reductions, softmax, norm statistics and
    the loss are computed in f32 (f64 for f64) whatever the type of the tensors.
  }];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::tensor::TensorDialect"];
}

def Mmc_Float : AnyTypeOf<[F32, BF16, F16, F64]>;
def Mmc_FloatTensor : RankedTensorOf<[Mmc_Float]>;
def Mmc_Ids : RankedTensorOf<[I32]>;
def Mmc_Tensor : RankedTensorOf<[Mmc_Float, I32, I64]>;

class Mmc_Op<string mnemonic, list<Trait> traits = []> : Op<Mmc_Dialect, mnemonic, traits>;

/// Result types follow from operands and attributes by the op's `inferReturnTypes(…, Adaptor, …)`. As upstream's
/// InferTypeOpAdaptor, but the rule only ever sees ranked tensors: the parser infers before operands are verified.
def Mmc_InferType : TraitList<[
  DeclareOpInterfaceMethods<InferTypeOpInterface>,
  NativeOpTrait<"InferTypeOpAdaptor", /*traits=*/[],
    /*extraOpDeclaration=*/[{
      static ::llvm::LogicalResult
      inferReturnTypes(::mlir::MLIRContext *context, std::optional<::mlir::Location> location, Adaptor adaptor,
                       ::llvm::SmallVectorImpl<::mlir::Type> &inferredReturnTypes);
    }],
    /*extraOpDefinition=*/[{
      ::llvm::LogicalResult
      $cppClass::inferReturnTypes(::mlir::MLIRContext *context, std::optional<::mlir::Location> location,
                                  ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
                                  ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
                                  ::llvm::SmallVectorImpl<::mlir::Type> &inferredReturnTypes) {
        if (::llvm::failed(::mmc::checkRankedTensors(getOperationName(), location, operands,
                                                       hasTrait<::mmc::OpTrait::TakesPlace>())))
          return ::llvm::failure();
        return inferReturnTypes(context, location, Adaptor(operands, attributes, properties, regions),
                                inferredReturnTypes);
      }
    }]>
]>;

/// An op without side effects whose result types follow from operands and attributes. The rule is one
/// function (lib/Dialect/Inference), which also serves as the op's shape verifier.
class Mmc_PureOp<string mnemonic, list<Trait> traits = []>
    : Mmc_Op<mnemonic, traits # [Pure, Mmc_InferType]>;

def Mmc_Differentiable : DeclareOpInterfaceMethods<DifferentiableOpInterface, ["buildAdjoint"]>;
def Mmc_DifferentiableWithSaved
    : DeclareOpInterfaceMethods<DifferentiableOpInterface, ["buildAdjoint", "withSavedResults"]>;
def Mmc_Fusible : DeclareOpInterfaceMethods<FusibleOpInterface, ["getTileSpace"]>;
/// A tile of it also has index operands, behind the first operand: where it lies in the whole.
def Mmc_TakesPlace : NativeOpTrait<"TakesPlace"> { let cppNamespace = "::mmc::OpTrait"; }
def Mmc_FusibleWithPlace
    : TraitList<[DeclareOpInterfaceMethods<FusibleOpInterface, ["getTileSpace", "placeTile"]>, Mmc_TakesPlace]>;
def Mmc_FusibleWithTile : DeclareOpInterfaceMethods<FusibleOpInterface, ["getTileSpace", "buildTile"]>;

#endif // MMC_DIALECT_BASE
