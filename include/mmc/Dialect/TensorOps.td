// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element-wise arithmetic and the few shape changes that models need.

#ifndef MMC_DIALECT_TENSOR_OPS
#define MMC_DIALECT_TENSOR_OPS

include "mmc/Dialect/MmcBase.td"

class Mmc_BinaryOp<string mnemonic, list<Trait> traits = []>
    : Mmc_PureOp<mnemonic, [Mmc_Differentiable, Mmc_Fusible] # traits> {
  let arguments = (ins Mmc_FloatTensor:$lhs, Mmc_FloatTensor:$rhs);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type(operands)";
}

def AddOp : Mmc_BinaryOp<"add"> {
  let summary = "Sum, element by element";
  let description = [{
    The shape of `rhs` is that of `lhs` or a suffix of it; a suffix is repeated along the leading
    dimensions (a position embedding [T, D] added to [N, T, D]).
    ```mlir
    %y = mmc.add %x, %r : tensor<2x8x64xf32>, tensor<2x8x64xf32>
    ```
  }];
  let hasFolder = 1;
}

def MulOp : Mmc_BinaryOp<"mul"> {
  let summary = "Product, element by element";
  let description = [{
    Shapes as for `mmc.add`.
    ```mlir
    %y = mmc.mul %x, %g : tensor<2x8x64xf32>, tensor<2x8x64xf32>
    ```
  }];
}

def ScaleOp : Mmc_PureOp<"scale", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Product with a constant";
  let description = [{
    ```mlir
    %y = mmc.scale %x by(2.0) : tensor<2x8x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, F64Attr:$factor);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input `by` `(` $factor `)` attr-dict `:` type($input)";
  let hasFolder = 1;
}

def CastOp : Mmc_Op<"cast", [Pure, Mmc_Differentiable, Mmc_Fusible, SameOperandsAndResultShape]> {
  let summary = "Conversion between floating types, rounding to nearest even";
  let description = [{
    ```mlir
    %y = mmc.cast %x : tensor<64x64xf32> to tensor<64x64xbf16>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasFolder = 1;
}

def CopyOp : Mmc_PureOp<"copy", [Mmc_Fusible]> {
  let summary = "The same tensor in memory of its own";
  let description = [{
    Made by Fuse for what a function returns without computing it: an argument, a parameter, a value that
    is returned twice. Never folded.
    ```mlir
    %y = mmc.copy %x : tensor<64x64xf32>
    ```
  }];
  let arguments = (ins Mmc_Tensor:$input);
  let results = (outs Mmc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def FillOp : Mmc_Op<"fill", [Pure, Mmc_Fusible]> {
  let summary = "A tensor with one value everywhere";
  let description = [{
    ```mlir
    %z = mmc.fill 0.0 : tensor<2x64xf32>
    ```
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs Mmc_Tensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def ReshapeOp : Mmc_Op<"reshape", [Pure, Mmc_Differentiable]> {
  let summary = "The same elements, in row-major order, under another shape";
  let description = [{
    Never moves data: a kernel sees the operand's buffer.
    ```mlir
    %w = mmc.reshape %p : tensor<8x64x1xf32> to tensor<8x64xf32>
    ```
  }];
  let arguments = (ins Mmc_Tensor:$input);
  let results = (outs Mmc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def SliceOp : Mmc_PureOp<"slice", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Elements `start` to `start + size` of one dimension";
  let description = [{
    With `drop` the dimension (then of size 1) is removed.
    ```mlir
    %cls = mmc.slice %x axis(1) at(0) size(1) drop : tensor<2x50x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, I64Attr:$axis, I64Attr:$start, I64Attr:$size, UnitAttr:$drop);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = [{
    $input `axis` `(` $axis `)` `at` `(` $start `)` `size` `(` $size `)` (`drop` $drop^)? attr-dict `:` type($input)
  }];
}

def PadOp : Mmc_PureOp<"pad", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Zeros before and after along one dimension";
  let description = [{
    The adjoint of `mmc.slice`: the operand lies at `start` of a dimension of `size` elements.
    ```mlir
    %d = mmc.pad %g axis(1) at(0) size(50) : tensor<2x1x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input, I64Attr:$axis, I64Attr:$start, I64Attr:$size);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = [{
    $input `axis` `(` $axis `)` `at` `(` $start `)` `size` `(` $size `)` attr-dict `:` type($input)
  }];
}

def ConcatOp : Mmc_PureOp<"concat", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Tensors one after the other along one dimension";
  let description = [{
    ```mlir
    %y = mmc.concat %a, %b axis(1) : tensor<2x1x64xf32>, tensor<2x49x64xf32>
    ```
  }];
  let arguments = (ins Variadic<Mmc_FloatTensor>:$inputs, I64Attr:$axis);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$inputs `axis` `(` $axis `)` attr-dict `:` type($inputs)";
}

def SumRowsOp : Mmc_Op<"sum_rows", [Pure, Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Sum over the leading dimensions";
  let description = [{
    The result's shape is a suffix of the operand's, its element type the operand's, or f32 where that is
    narrower; summed in f32 (f64 for f64) in ascending order of the rows.
    The adjoint of an operand that was repeated along the leading dimensions (a bias).
    ```mlir
    %db = mmc.sum_rows %dy : tensor<2x8x64xf32> to tensor<64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
}

def RepeatRowsOp : Mmc_Op<"repeat_rows", [Pure, Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Repeats a tensor along new leading dimensions";
  let description = [{
    The operand's shape is a suffix of the result's. The adjoint of `mmc.sum_rows`.
    ```mlir
    %y = mmc.repeat_rows %c : tensor<64xf32> to tensor<2x1x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$input);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
}

def InnerProductOp : Mmc_PureOp<"inner_product", [Mmc_Differentiable, Mmc_Fusible]> {
  let summary = "Sum of the products of all elements, a scalar";
  let description = [{
    ```mlir
    %s = mmc.inner_product %h, %cotangent : tensor<2x50x64xf32>, tensor<2x50x64xf32>
    ```
  }];
  let arguments = (ins Mmc_FloatTensor:$lhs, Mmc_FloatTensor:$rhs);
  let results = (outs Mmc_FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type(operands)";
}

def DimSizeOp : Mmc_PureOp<"dim_size"> {
  let summary = "The size of a dimension, as an i32 scalar";
  let description = [{
    Known, and folded, once shapes are static.
    ```mlir
    %n = mmc.dim_size %pixels axis(0) : tensor<?x3x224x224xf32>
    ```
  }];
  let arguments = (ins Mmc_Tensor:$input, I64Attr:$axis);
  let results = (outs Mmc_Ids:$result);
  let assemblyFormat = "$input `axis` `(` $axis `)` attr-dict `:` type($input)";
  let hasCanonicalizeMethod = 1;
}

#endif // MMC_DIALECT_TENSOR_OPS
