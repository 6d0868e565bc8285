// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From descriptors to a problem: every rule of cublasLtMatmul that does not depend on addresses.

#include "Problem.h"

#include "DataTypes.h"

#include <algorithm>
#include <limits>

namespace mmc::emulator::cublaslt {
namespace {

Element elementOf(int type) {
  switch (type) {
  case CUDA_R_16F:
    return Element::F16;
  case CUDA_R_16BF:
    return Element::BF16;
  case CUDA_R_8I:
    return Element::I8;
  case CUDA_R_32I:
    return Element::I32;
  default:
    return Element::F32;
  }
}

/// Collects the first rule that is broken.
struct Checker {
  std::string &reason;
  cublasStatus_t status = CUBLAS_STATUS_SUCCESS;

  bool fail(cublasStatus_t code, std::string text) {
    status = code;
    reason = std::move(text);
    return false;
  }
  bool invalid(std::string text) { return fail(CUBLAS_STATUS_INVALID_VALUE, std::move(text)); }
  bool unsupported(std::string text) { return fail(CUBLAS_STATUS_NOT_SUPPORTED, std::move(text)); }
};

std::string difference(int64_t got, int64_t want) {
  return std::to_string(got) + " != " + std::to_string(want);
}

/// Whether `count` steps of `stride` elements, neither negative, stay within 58 bits: offsets in
/// bytes then do not overflow.
bool spansMemory(int64_t stride, int64_t count) { return stride <= (int64_t(1) << 58) / count; }

/// One layout by itself, and its view under `operation`.
bool viewOf(Checker &check, const char *name, const MatrixLayout &layout, int operation,
            MatrixView &view) {
  const std::string matrix = std::string("matrix ") + name;
  if (layout.order != CUBLASLT_ORDER_COL && layout.order != CUBLASLT_ORDER_ROW)
    return check.unsupported(matrix + " must be in column or row order, got: order " +
                             std::to_string(layout.order));
  if (layout.batchMode != 0 || layout.planeOffset != 0)
    return check.unsupported(
        matrix + ": batches of pointers and planes of complex numbers are not supported");
  if (layout.rows == 0 || layout.cols == 0 || layout.rows > std::numeric_limits<int32_t>::max() ||
      layout.cols > std::numeric_limits<int32_t>::max())
    return check.unsupported(matrix + " must have 1 to 2^31 - 1 rows and columns, got: " +
                             std::to_string(layout.rows) + " x " + std::to_string(layout.cols));
  const bool byColumns = layout.order == CUBLASLT_ORDER_COL;
  const int64_t rows = int64_t(layout.rows), columns = int64_t(layout.cols);
  if (layout.ld < (byColumns ? rows : columns))
    return check.invalid("the leading dimension of " + matrix +
                         ", got: " + std::to_string(layout.ld) + " < " +
                         std::to_string(byColumns ? rows : columns));
  if (layout.batchCount < 1)
    return check.invalid("the batch count of " + matrix +
                         ", got: " + std::to_string(layout.batchCount) + " < 1");
  if (layout.batchStride < 0)
    return check.invalid("the batch stride of " + matrix + " is negative");
  if (!spansMemory(layout.ld, byColumns ? columns : rows) ||
      !spansMemory(layout.batchStride, layout.batchCount))
    return check.invalid(matrix + " is larger than the address space");
  view.type = elementOf(layout.type);
  view.rows = rows;
  view.columns = columns;
  view.rowStride = byColumns ? 1 : layout.ld;
  view.columnStride = byColumns ? layout.ld : 1;
  view.batchStride = layout.batchCount > 1 ? layout.batchStride : 0;
  if (operation == CUBLAS_OP_N)
    return true;
  if (operation != CUBLAS_OP_T && operation != CUBLAS_OP_C)
    return check.invalid("the transposition of " + matrix +
                         " is no cublasOperation_t: " + std::to_string(operation));
  std::swap(view.rows, view.columns);
  std::swap(view.rowStride, view.columnStride);
  return true;
}

bool checkShapes(Checker &check, const MatmulDesc &operation, const MatrixLayout *const layouts[4],
                 MatmulProblem &problem) {
  if (!viewOf(check, "A", *layouts[0], operation.transA, problem.a) ||
      !viewOf(check, "B", *layouts[1], operation.transB, problem.b) ||
      !viewOf(check, "C", *layouts[2], CUBLAS_OP_N, problem.c) ||
      !viewOf(check, "D", *layouts[3], CUBLAS_OP_N, problem.d))
    return false;
  problem.m = problem.d.rows;
  problem.n = problem.d.columns;
  problem.k = problem.a.columns;
  problem.batches = layouts[3]->batchCount;
  if (problem.a.rows != problem.m)
    return check.invalid("rows of op(A) and of D, got: " + difference(problem.a.rows, problem.m));
  if (problem.b.columns != problem.n)
    return check.invalid("columns of op(B) and of D, got: " +
                         difference(problem.b.columns, problem.n));
  if (problem.b.rows != problem.k)
    return check.invalid("columns of op(A) and rows of op(B), got: " +
                         difference(problem.k, problem.b.rows));
  if (problem.c.rows != problem.m || problem.c.columns != problem.n)
    return check.invalid("C must be of D's shape, got: " + std::to_string(problem.c.rows) + " x " +
                         std::to_string(problem.c.columns) + " != " + std::to_string(problem.m) +
                         " x " + std::to_string(problem.n));
  for (int i = 0; i < 3; ++i)
    if (layouts[i]->batchCount != problem.batches)
      return check.invalid(std::string("batch counts of ") + "ABC"[i] +
                           " and D, got: " + difference(layouts[i]->batchCount, problem.batches));
  if (problem.batches > 1 && problem.d.batchStride == 0)
    return check.invalid("the matrices of D's batch lie on one another: its batch stride is 0");
  return true;
}

bool checkEpilogue(Checker &check, const MatmulDesc &operation, const MatrixLayout &d,
                   MatmulProblem &problem) {
  switch (operation.epilogue) {
  case CUBLASLT_EPILOGUE_DEFAULT:
    return true;
  case CUBLASLT_EPILOGUE_RELU:
  case CUBLASLT_EPILOGUE_BIAS:
  case CUBLASLT_EPILOGUE_RELU_BIAS:
  case CUBLASLT_EPILOGUE_GELU:
  case CUBLASLT_EPILOGUE_GELU_BIAS:
  case CUBLASLT_EPILOGUE_RELU_AUX:
  case CUBLASLT_EPILOGUE_RELU_AUX_BIAS:
  case CUBLASLT_EPILOGUE_GELU_AUX:
  case CUBLASLT_EPILOGUE_GELU_AUX_BIAS:
    problem.activation = operation.epilogue & CUBLASLT_EPILOGUE_RELU   ? Activation::Relu
                         : operation.epilogue & CUBLASLT_EPILOGUE_GELU ? Activation::Gelu
                                                                       : Activation::None;
    problem.auxOutput = operation.epilogue & 128;
    problem.bias = operation.epilogue & CUBLASLT_EPILOGUE_BIAS ? BiasUse::Add : BiasUse::None;
    break;
  case CUBLASLT_EPILOGUE_DRELU:
  case CUBLASLT_EPILOGUE_DRELU_BGRAD:
  case CUBLASLT_EPILOGUE_DGELU:
  case CUBLASLT_EPILOGUE_DGELU_BGRAD:
    problem.activation =
        operation.epilogue & 64 ? Activation::GeluGradient : Activation::ReluGradient;
    problem.bias = operation.epilogue & 16 ? BiasUse::OfResult : BiasUse::None;
    break;
  case CUBLASLT_EPILOGUE_BGRADA:
    problem.bias = BiasUse::OfA;
    break;
  case CUBLASLT_EPILOGUE_BGRADB:
    problem.bias = BiasUse::OfB;
    break;
  default:
    return check.invalid("no cublasLtEpilogue_t: " + std::to_string(operation.epilogue));
  }
  const bool plain =
      operation.epilogue == CUBLASLT_EPILOGUE_RELU || operation.epilogue == CUBLASLT_EPILOGUE_GELU;
  if (!plain && d.order != CUBLASLT_ORDER_COL)
    return check.unsupported("epilogue " + std::to_string(operation.epilogue) +
                             " needs D in column order");
  if (problem.bias != BiasUse::None) {
    if (operation.biasType != -1 && operation.biasType != d.type)
      return check.unsupported("the bias must have D's data type, got: " +
                               difference(operation.biasType, d.type));
    if (operation.biasBatchStride < 0 || !spansMemory(operation.biasBatchStride, problem.batches))
      return check.invalid("the bias's batch stride is out of range");
    problem.biasBatchStride = problem.batches > 1 ? operation.biasBatchStride : 0;
    if (problem.bias != BiasUse::Add && problem.batches > 1 &&
        problem.biasBatchStride < problem.biasLength())
      return check.invalid("bias gradients of the batch lie on one another, batch stride got: " +
                           std::to_string(operation.biasBatchStride) + " < " +
                           std::to_string(problem.biasLength()));
  }
  if (!problem.auxOutput && !problem.auxInput())
    return true;
  const int64_t unit = problem.auxIsMask() ? 128 : 8;
  if (!problem.auxIsMask() && operation.auxType != -1 && operation.auxType != d.type)
    return check.unsupported("the auxiliary matrix must have D's data type, got: " +
                             difference(operation.auxType, d.type));
  if (operation.auxLd < problem.m || operation.auxLd % unit != 0 ||
      !spansMemory(operation.auxLd, problem.n))
    return check.invalid(
        "the auxiliary leading dimension must be a multiple of " + std::to_string(unit) +
        " from D's rows (" + std::to_string(problem.m) +
        ") to what the address space has, got: " + std::to_string(operation.auxLd));
  if (operation.auxBatchStride < 0 || operation.auxBatchStride % unit != 0 ||
      !spansMemory(operation.auxBatchStride, problem.batches))
    return check.invalid(
        "the auxiliary batch stride must be a multiple of " + std::to_string(unit) +
        " within the address space, got: " + std::to_string(operation.auxBatchStride));
  problem.auxLd = operation.auxLd;
  problem.auxBatchStride = problem.batches > 1 ? operation.auxBatchStride : 0;
  if (problem.auxOutput && problem.batches > 1 && problem.auxBatchStride == 0)
    return check.invalid(
        "the auxiliary matrices of the batch lie on one another: the batch stride is 0");
  return true;
}

/// What NVIDIA asks of int8 products in regular layouts.
bool checkInteger(Checker &check, const MatmulDesc &operation, const MatrixLayout *const layouts[4],
                  const MatmulProblem &problem) {
  for (int i = 0; i < 4; ++i) {
    if (layouts[i]->order != CUBLASLT_ORDER_COL)
      return check.unsupported("int8 products need matrices in column order");
    if (layouts[i]->ld % 4 != 0)
      return check.unsupported(
          "int8 products need leading dimensions that are multiples of 4, got: " +
          std::to_string(layouts[i]->ld));
  }
  if (operation.transA == CUBLAS_OP_N || operation.transB != CUBLAS_OP_N)
    return check.unsupported("int8 products need A transposed and B not");
  if (problem.m % 4 != 0 || problem.k % 4 != 0)
    return check.unsupported("int8 products need m and k that are multiples of 4, got: " +
                             std::to_string(problem.m) + " and " + std::to_string(problem.k));
  return true;
}

bool checkModes(Checker &check, const MatmulDesc &operation, MatmulProblem &problem) {
  switch (operation.pointerMode) {
  case CUBLASLT_POINTER_MODE_HOST:
    break;
  case CUBLASLT_POINTER_MODE_DEVICE:
    problem.scalesOnDevice = true;
    break;
  case CUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_HOST:
    if (!problem.integer)
      return check.unsupported("a vector of alphas needs an int8 product accumulated in int32");
    if (operation.alphaBatchStride < 0 || !spansMemory(operation.alphaBatchStride, problem.batches))
      return check.invalid("the batch stride of the alphas is out of range");
    problem.alphaVector = true;
    problem.alphaBatchStride = problem.batches > 1 ? operation.alphaBatchStride : 0;
    break;
  case CUBLASLT_POINTER_MODE_DEVICE_VECTOR:
  case CUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_ZERO:
    return check.unsupported("pointer mode " + std::to_string(operation.pointerMode) +
                             " needs tiled int8 layouts");
  default:
    return check.invalid("no cublasLtPointerMode_t: " + std::to_string(operation.pointerMode));
  }
  if (operation.transC != CUBLAS_OP_N || operation.fillMode != CUBLAS_FILL_MODE_FULL)
    return check.unsupported("C must not be transposed, and D be filled in full");
  if (operation.aScale || operation.bScale || operation.cScale || operation.dScale ||
      operation.amaxD || operation.auxScale || operation.auxAmax)
    return check.invalid("scale and maximum pointers are for fp8, which these types are not");
  return true;
}

} // namespace

cublasStatus_t describeProblem(const MatmulDescriptors &descriptors, MatmulProblem &problem,
                               std::string &reason) {
  problem = MatmulProblem();
  Checker check{reason};
  const MatmulDesc &operation = *descriptors.operation;
  const MatrixLayout *const *layouts = descriptors.layouts;
  if (!checkShapes(check, operation, layouts, problem))
    return check.status;
  const MatmulTypes given = typesOf(descriptors);
  const TypeCombination *types = combinationOf(given);
  if (!types)
    return checkTypes(given, reason);
  problem.integer = types->computeType == CUBLAS_COMPUTE_32I;
  problem.integerScale = types->scaleType == CUDA_R_32I;
  problem.rounding = types->computeType == CUBLAS_COMPUTE_32F_FAST_16F    ? InputRounding::F16
                     : types->computeType == CUBLAS_COMPUTE_32F_FAST_16BF ? InputRounding::BF16
                     : types->computeType == CUBLAS_COMPUTE_32F_FAST_TF32 ? InputRounding::Tf32
                                                                          : InputRounding::None;
  if (!checkEpilogue(check, operation, *layouts[3], problem) ||
      !checkModes(check, operation, problem))
    return check.status;
  if (types->plainEpilogueOnly && operation.epilogue != CUBLASLT_EPILOGUE_DEFAULT)
    return check.unsupported("int8 products have no epilogue but the default"), check.status;
  if (problem.integer && !checkInteger(check, operation, layouts, problem))
    return check.status;
  return CUBLAS_STATUS_SUCCESS;
}

} // namespace mmc::emulator::cublaslt
