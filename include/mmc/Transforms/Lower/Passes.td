// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the Lower phase that both targets share: from kernels of mmc ops to functions of a tile.

#ifndef MMC_TRANSFORMS_LOWER_PASSES
#define MMC_TRANSFORMS_LOWER_PASSES

include "mlir/Pass/PassBase.td"

def TileKernelsPass : Pass<"mmc-tile-kernels", "::mlir::ModuleOp"> {
  let summary = "Turns a kernel into the function of one of its tiles";
  let description = [{
    The new function takes the index of a tile and a memref per input and output; it reads slices, computes
    the kernel's ops on them as tensors and writes its part of the outputs. The number of tiles is the
    attribute `mmc.tiles`. Tiles at an edge that are smaller have their own copy of the code: every shape is
    static. The parts of a kernel (linears that share an input) follow each other in the tile index. What has no elements is one
    tile, which reads and writes nothing.
  }];
  let options = [
    Option<"rows", "rows", "int64_t", "128", "rows of a contraction's tile">,
    Option<"columns", "columns", "int64_t", "128", "columns of a contraction's tile">,
    Option<"elements", "elements", "int64_t", "16384", "elements of any other tile, about">
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::bufferization::BufferizationDialect",
                           "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect", "::mlir::affine::AffineDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ConvertToLinalgPass : Pass<"mmc-convert-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "Writes mmc ops as linalg on tensors";
  let description = [{
    Element-wise maps, reductions and contractions; the scalars within are of the compute type (f32, or f64
    for f64), rounded where an op's result is.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def HoistScratchPass : Pass<"mmc-hoist-scratch", "::mlir::func::FuncOp"> {
  let summary = "Makes a tile's temporary buffers stack slots at the start of its function";
  let description = [{
    Shapes are static, so a buffer allocated in a loop can be the same in every iteration. Branches that
    exclude each other share slots of one type.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def FuseMapsPass : Pass<"mmc-fuse-maps", "::mlir::func::FuncOp"> {
  let summary = "Computes element-wise linalg where its elements are read, if that is once";
  let description = [{
    What a matrix product or a broadcast reads many times is computed ahead. Nothing is fused into a matrix product,
    whose body stays the one multiplication and addition that --mmc-lower-contractions looks for.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect"];
}

def ExpandCopiesPass : Pass<"mmc-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "Writes copies of buffers as linalg";
  let description = [{
    Upstream lowers a copy of a strided buffer to a call of its runtime library, which mmc does not have.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"];
}

def SeparateFillsPass : Pass<"mmc-separate-fills", "::mlir::func::FuncOp"> {
  let summary = "Gives every use of a filled tensor a fill of its own";
  let description = [{
    Two sums that start from one shared zero would be placed in one output's buffer by empty-tensor elimination,
    and the second destroy the first: bufferization does not see that outputs are written through memrefs.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def ExpandMathPass : Pass<"mmc-expand-math", "::mlir::func::FuncOp"> {
  let summary = "Writes exp, log, tanh and erf of f32 as polynomials";
  let description = [{
    Arithmetic that a loop vectoriser can widen, with errors of a few units in the last place; calls of a
    mathematical library, which f64 keeps, would leave every loop scalar.
  }];
  let dependentDialects = ["::mlir::math::MathDialect", "::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

def WidenBf16Pass : Pass<"mmc-widen-bf16", "::mlir::func::FuncOp"> {
  let summary = "Widens bf16 to f32 by a shift of its bits";
  let description = [{
    What the code generator makes of a widening anyway. As arithmetic of integers it leaves no loads of bf16
    to vectorise: for a processor with bf16 instructions LLVM 22 picks shuffles of them apart that it then
    has no instruction for, and aborts.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def LowerContractionsPass : Pass<"mmc-lower-contractions", "::mlir::func::FuncOp"> {
  let summary = "Writes matrix products as blocks of registers";
  let description = [{
    c += a·b on buffers becomes loops around a block of accumulators in vector registers, of the size that
    the instruction set has room for. An operand that does not lie as the block reads it, or is narrower than
    what is summed in, is packed into scratch first. Sizes are static: edges have their own, smaller blocks. Products
    of bf16 operands are dot products of pairs where the processor has them (avx512-bf16, amx).
  }];
  let options = [Option<"features", "features", "std::string", "\"avx2\"", "instruction set: avx2, avx512, avx512-bf16 or amx">];
  let dependentDialects = ["::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"];
}

def VectorizeLoopsPass : Pass<"mmc-vectorize-loops", "::mlir::func::FuncOp"> {
  let summary = "Writes element-wise and reducing linalg as loops over vectors";
  let description = [{
    Vectors lie along an op's last loop: its operands are contiguous there or do not depend on it, and an op that
    reduces along it adds up lane by lane first. What is left over is one masked vector, or ever shorter ones
    where the processor has no masks. An op that has no such form stays.
  }];
  let options = [Option<"features", "features", "std::string", "\"avx2\"", "instruction set: avx2, avx512, avx512-bf16 or amx">];
  let dependentDialects = ["::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::affine::AffineDialect"];
}

def LowerHostPass : Pass<"mmc-lower-host", "::mlir::ModuleOp"> {
  let summary = "Turns an entry function into a straight line of launches with constant offsets";
  let description = [{
    `void mmc_<name>(ptr context, ptr buffers)`: `buffers` is a table of pointers, the arena first, then the
    parameters, inputs and outputs in the order of the function. Every launch becomes a call of
    `mmc_rt_kernel_launch` with the tile function, the number of tiles and a table of pointers. The tile
    functions are declared here and defined by `--mmc-wrap-tiles`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def WrapTilesPass : Pass<"mmc-wrap-tiles", "::mlir::ModuleOp"> {
  let summary = "Gives every tile function the one signature that the runtime calls";
  let description = [{
    `void tile_<kernel>(i64 index, ptr arguments)` loads the pointers from the table and calls the kernel's
    function. Its buffers do not alias each other, and it is told so, except those that the caller may give twice
    (`mmc.may_alias`); a result in an operand's place (`mmc.in_place`) is written through the operand's pointer.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // MMC_TRANSFORMS_LOWER_PASSES
