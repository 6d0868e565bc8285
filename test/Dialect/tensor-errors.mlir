// RUN: mmc-opt %s -verify-diagnostics -split-input-file

func.func @add_rank(%x: tensor<4xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{'mmc.add' op rhs must have at most the rank of lhs, got: 2 > 1}}
  %0 = mmc.add %x, %y : tensor<4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @add_dims(%x: tensor<2x4xf32>, %y: tensor<5xf32>) {
  // expected-error @+1 {{'mmc.add' op lhs dim 1 must equal rhs dim 0, got: 4 != 5}}
  %0 = mmc.add %x, %y : tensor<2x4xf32>, tensor<5xf32>
  return
}

// -----

func.func @mul_element(%x: tensor<4xf32>, %y: tensor<4xbf16>) {
  // expected-error @+1 {{'mmc.mul' op operands must have one element type, got: 'f32' != 'bf16'}}
  %0 = mmc.mul %x, %y : tensor<4xf32>, tensor<4xbf16>
  return
}

// -----

// Types are inferred before they are verified: what is no ranked tensor must not reach the rules.
func.func @no_tensor(%x: f32) {
  // expected-error @+1 {{'mmc.add' op operand #0 must be a ranked tensor, got: 'f32'}}
  %0 = mmc.add %x, %x : f32, f32
  return
}

// -----

func.func @unranked(%x: tensor<4xf32>, %y: tensor<*xf32>) {
  // expected-error @+1 {{'mmc.mul' op operand #1 must be a ranked tensor, got: 'tensor<*xf32>'}}
  %0 = mmc.mul %x, %y : tensor<4xf32>, tensor<*xf32>
  return
}

// -----

func.func @integers(%x: tensor<4xi32>) {
  // expected-error @+1 {{'mmc.scale' op operand #0 must be ranked tensor of 32-bit float}}
  %0 = mmc.scale %x by(2.0) : tensor<4xi32>
  return
}

// -----

func.func @cast_shape(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{'mmc.cast' op requires the same shape for all operands and results}}
  %0 = mmc.cast %x : tensor<2x4xf32> to tensor<8xbf16>
  return
}

// -----

func.func @fill_dynamic() {
  // expected-error @+1 {{'mmc.fill' op must have a static shape, got: 'tensor<?xf32>'}}
  %0 = mmc.fill 0.0 : tensor<?xf32>
  return
}

// -----

func.func @fill_half_an_integer() {
  // expected-error @+1 {{'mmc.fill' op of integers must have a whole value, got: 5.000000e-01}}
  %0 = mmc.fill 0.5 : tensor<2xi32>
  return
}

// -----

func.func @reshape_count(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.reshape' op must keep the number of elements, got: 16 != 15}}
  %0 = mmc.reshape %x : tensor<2x8xf32> to tensor<15xf32>
  return
}

// -----

func.func @reshape_element(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.reshape' op must keep the element type, got: 'f32' != 'bf16'}}
  %0 = mmc.reshape %x : tensor<2x8xf32> to tensor<16xbf16>
  return
}

// -----

func.func @slice_axis(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.slice' op axis must be a dimension of the operand, got: -1 of 2}}
  %0 = mmc.slice %x axis(-1) at(0) size(1) : tensor<2x8xf32>
  return
}

// -----

func.func @slice_of_scalar(%x: tensor<f32>) {
  // expected-error @+1 {{'mmc.slice' op axis must be a dimension of the operand, got: 0 of 0}}
  %0 = mmc.slice %x axis(0) at(0) size(1) : tensor<f32>
  return
}

// -----

func.func @slice_empty(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.slice' op slice must start at 0 or later and have a size of 1 or more, got: at 1 size 0}}
  %0 = mmc.slice %x axis(1) at(1) size(0) : tensor<2x8xf32>
  return
}

// -----

func.func @slice_end(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.slice' op slice must end within dim 1, got: 7 + 2 > 8}}
  %0 = mmc.slice %x axis(1) at(7) size(2) : tensor<2x8xf32>
  return
}

// -----

func.func @slice_overflow(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.slice' op slice must end within dim 1, got: 9223372036854775807 + 1 > 8}}
  %0 = mmc.slice %x axis(1) at(9223372036854775807) size(1) : tensor<2x8xf32>
  return
}

// -----

func.func @slice_drop(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.slice' op a dropped dimension must have size 1, got: 2 != 1}}
  %0 = mmc.slice %x axis(1) at(0) size(2) drop : tensor<2x8xf32>
  return
}

// -----

func.func @pad_axis(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.pad' op axis must be a dimension of the operand, got: 2 of 2}}
  %0 = mmc.pad %x axis(2) at(0) size(1) : tensor<2x8xf32>
  return
}

// -----

func.func @pad_start(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.pad' op operand must start at 0 or later, got: -1 < 0}}
  %0 = mmc.pad %x axis(1) at(-1) size(9) : tensor<2x8xf32>
  return
}

// -----

func.func @pad_size(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.pad' op operand must fit into dim 1, got: 3 + 8 > 10}}
  %0 = mmc.pad %x axis(1) at(3) size(10) : tensor<2x8xf32>
  return
}

// -----

func.func @pad_unknown_size(%x: tensor<?xf32>) {
  // expected-error @+1 {{'mmc.pad' op operand must fit into dim 0, got: 3 + ? > 2}}
  %0 = mmc.pad %x axis(0) at(3) size(2) : tensor<?xf32>
  return
}

// -----

func.func @concat_axis(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.concat' op axis must be a dimension of the operands, got: 2 of 2}}
  %0 = mmc.concat %x, %x axis(2) : tensor<2x8xf32>, tensor<2x8xf32>
  return
}

// -----

func.func @concat_rank(%x: tensor<2x8xf32>, %y: tensor<8xf32>) {
  // expected-error @+1 {{'mmc.concat' op operand 1 must have rank 2, got: 1 != 2}}
  %0 = mmc.concat %x, %y axis(0) : tensor<2x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @concat_dims(%x: tensor<2x8xf32>, %y: tensor<2x7xf32>) {
  // expected-error @+1 {{'mmc.concat' op operand 1 dim 1 must equal that of operand 0, got: 7 != 8}}
  %0 = mmc.concat %x, %y axis(0) : tensor<2x8xf32>, tensor<2x7xf32>
  return
}

// -----

func.func @concat_element(%x: tensor<2xf32>, %y: tensor<2xf64>) {
  // expected-error @+1 {{'mmc.concat' op operands must have one element type, got: 'f32' != 'f64'}}
  %0 = mmc.concat %x, %y axis(0) : tensor<2xf32>, tensor<2xf64>
  return
}

// -----

func.func @concat_nothing() {
  // expected-error @+2 {{'mmc.concat' op needs at least one operand, got: 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "mmc.concat"() <{axis = 0 : i64}> : () -> tensor<2xf32>
  return
}

// -----

func.func @sum_rows_suffix(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.sum_rows' op result's shape must be a suffix of the operand's, got: 2 != 8}}
  %0 = mmc.sum_rows %x : tensor<2x8xf32> to tensor<2xf32>
  return
}

// -----

func.func @sum_rows_rank(%x: tensor<8xf32>) {
  // expected-error @+1 {{'mmc.sum_rows' op result's shape must be a suffix of the operand's, got: rank 2 > 1}}
  %0 = mmc.sum_rows %x : tensor<8xf32> to tensor<2x8xf32>
  return
}

// -----

func.func @sum_rows_element(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.sum_rows' op must keep the element type or widen it to f32, got: 'f32' != 'bf16'}}
  %0 = mmc.sum_rows %x : tensor<2x8xf32> to tensor<8xbf16>
  return
}

// -----

func.func @sum_rows_f64(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.sum_rows' op must keep the element type or widen it to f32, got: 'f32' != 'f64'}}
  %0 = mmc.sum_rows %x : tensor<2x8xf32> to tensor<8xf64>
  return
}

// -----

func.func @repeat_rows_suffix(%x: tensor<8xf32>) {
  // expected-error @+1 {{'mmc.repeat_rows' op operand's shape must be a suffix of the result's, got: 8 != 2}}
  %0 = mmc.repeat_rows %x : tensor<8xf32> to tensor<8x2xf32>
  return
}

// -----

func.func @repeat_rows_element(%x: tensor<8xf32>) {
  // expected-error @+1 {{'mmc.repeat_rows' op must keep the element type, got: 'f32' != 'f64'}}
  %0 = mmc.repeat_rows %x : tensor<8xf32> to tensor<2x8xf64>
  return
}

// -----

func.func @inner_product_rank(%x: tensor<2x8xf32>, %y: tensor<8xf32>) {
  // expected-error @+1 {{'mmc.inner_product' op rhs must have rank 2, got: 1 != 2}}
  %0 = mmc.inner_product %x, %y : tensor<2x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @inner_product_dims(%x: tensor<2x8xf32>, %y: tensor<2x7xf32>) {
  // expected-error @+1 {{'mmc.inner_product' op dim 1 of both operands must be equal, got: 8 != 7}}
  %0 = mmc.inner_product %x, %y : tensor<2x8xf32>, tensor<2x7xf32>
  return
}

// -----

func.func @inner_product_element(%x: tensor<8xf32>, %y: tensor<8xbf16>) {
  // expected-error @+1 {{'mmc.inner_product' op operands must have one element type, got: 'f32' != 'bf16'}}
  %0 = mmc.inner_product %x, %y : tensor<8xf32>, tensor<8xbf16>
  return
}

// -----

func.func @dim_size_axis(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{'mmc.dim_size' op axis must be a dimension of the operand, got: 2 of 2}}
  %0 = mmc.dim_size %x axis(2) : tensor<2x8xf32>
  return
}

// -----

// A written result type that does not follow from the operands.
func.func @generic_result(%x: tensor<2x8xf32>) {
  // expected-error @+2 {{'mmc.add' op inferred type(s) 'tensor<2x8xf32>' are incompatible with return type(s) of operation 'tensor<8x2xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "mmc.add"(%x, %x) : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<8x2xf32>
  return
}
