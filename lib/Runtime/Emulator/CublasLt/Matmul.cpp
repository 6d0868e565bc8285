// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cublasLtMatmul: addresses checked, the product put into the stream.

#include "../Driver/Driver.h"
#include "Algorithm.h"
#include "Handle.h"
#include "Log.h"
#include "Multiply.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <thread>

namespace mmc::emulator::cublaslt {
namespace {

using driver::Operation;

/// A buffer of a matmul: an address and the bytes around all that is accessed.
struct Buffer {
  const char *name;
  uint64_t address = 0, bytes = 0;
  size_t alignment = 1;
};

/// A matmul as it waits in a stream: it may run more than once, when it was captured.
struct QueuedMatmul {
  MatmulProblem problem;
  Buffer a{"A"}, b{"B"}, c{"C"}, d{"D"}, bias{"the bias"}, aux{"the auxiliary buffer"},
      alpha{"alpha"}, beta{"beta"};
  uint32_t hostAlpha = 0, hostBeta = 0; ///< the bits of scales on the host
  bool readsC = true;

  std::array<const Buffer *, 8> buffers() const {
    return {&a, &b, &c, &d, &bias, &aux, &alpha, &beta};
  }
};

uint64_t addressOf(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }

/// Bytes from a matrix's address to the end of its last element, in all batches.
uint64_t extentOf(const MatrixView &view, int64_t batches) {
  const int64_t last = (view.vectors() - 1) * view.leading() + view.contiguous();
  return bytesOf(view.type) * uint64_t((batches - 1) * view.batchStride + last);
}

void addRanges(std::vector<driver::ByteRange> &ranges, const Buffer &buffer, const MatrixView &view,
               int64_t batches) {
  for (const ByteRange &range : rangesOf(view, batches))
    ranges.push_back({buffer.address + range.begin, range.end - range.begin});
}

/// The auxiliary matrix as a view: of bytes when it is a mask.
MatrixView auxView(const MatmulProblem &problem) {
  MatrixView view;
  const int64_t unit = problem.auxIsMask() ? 8 : 1;
  view.type = problem.auxIsMask() ? Element::I8 : problem.d.type;
  view.rows = (problem.m + unit - 1) / unit;
  view.columns = problem.n;
  view.rowStride = 1;
  view.columnStride = problem.auxLd / unit;
  view.batchStride = problem.auxBatchStride / unit;
  return view;
}

MatrixView vectorView(Element type, int64_t length, int64_t batchStride) {
  MatrixView view;
  view.type = type;
  view.rows = length;
  view.columns = 1;
  view.rowStride = 1;
  view.columnStride = length;
  view.batchStride = batchStride;
  return view;
}

/// Finds the host's views of all buffers. Nothing, with the reason, when one is not in memory.
std::optional<std::string> findViews(const QueuedMatmul &matmul, std::array<MemoryView, 8> &views) {
  const auto buffers = matmul.buffers();
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i]->bytes == 0)
      continue;
    auto view = driver::bytesAt(buffers[i]->address, buffers[i]->bytes);
    if (!view.isOk())
      return std::string(buffers[i]->name) + ": " + view.status().message();
    views[i] = std::move(*view);
  }
  return std::nullopt;
}

void reportBadAddress(const std::string &message) {
  driver::Finding finding;
  finding.kind = "out-of-bounds";
  finding.message = message;
  finding.operation = "cublasLtMatmul";
  driver::report(finding);
}

CUresult run(const QueuedMatmul &matmul) {
  std::array<MemoryView, 8> views;
  // What was there at the call may have been freed since.
  if (auto failure = findViews(matmul, views)) {
    reportBadAddress(*failure);
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  }
  MatmulData data;
  data.a = views[0].data;
  data.b = views[1].data;
  data.c = views[2].data;
  data.d = views[3].data;
  data.bias = views[4].data;
  data.aux = views[5].data;
  data.alpha = views[6].data ? static_cast<const void *>(views[6].data) : &matmul.hostAlpha;
  data.beta = views[7].data ? static_cast<const void *>(views[7].data) : &matmul.hostBeta;
  const unsigned threads = driver::settings().threads;
  multiply(matmul.problem, data,
           threads ? threads : std::max(1u, std::thread::hardware_concurrency()));
  return CUDA_SUCCESS;
}

/// The rules of addresses: present, aligned, in place only as a whole.
std::optional<std::string> checkAddresses(const QueuedMatmul &matmul, const MatrixLayout &c,
                                          const MatrixLayout &d) {
  for (const Buffer *buffer : matmul.buffers()) {
    if (buffer->bytes == 0)
      continue;
    if (buffer->address == 0)
      return std::string(buffer->name) + " is null";
    if (buffer->address % buffer->alignment != 0)
      return std::string(buffer->name) + " must be at a multiple of " +
             std::to_string(buffer->alignment) + " bytes";
  }
  const bool sameLayout =
      c.order == d.order && c.ld == d.ld && c.type == d.type && c.batchStride == d.batchStride;
  if (matmul.readsC && matmul.c.address == matmul.d.address && !sameLayout)
    return "C is D, but their layouts differ";
  return std::nullopt;
}

Operation operationFor(const QueuedMatmul &matmul, uint64_t workspace, uint64_t workspaceBytes) {
  const MatmulProblem &problem = matmul.problem;
  const int64_t batches = problem.batches;
  Operation operation;
  operation.name = "cublasLtMatmul";
  addRanges(operation.reads, matmul.a, problem.a, batches);
  addRanges(operation.reads, matmul.b, problem.b, batches);
  if (matmul.readsC)
    addRanges(operation.reads, matmul.c, problem.c, batches);
  addRanges(operation.writes, matmul.d, problem.d, batches);
  if (problem.bias != BiasUse::None)
    addRanges(problem.bias == BiasUse::Add ? operation.reads : operation.writes, matmul.bias,
              vectorView(problem.d.type, problem.biasLength(), problem.biasBatchStride), batches);
  if (problem.auxOutput || problem.auxInput())
    addRanges(problem.auxOutput ? operation.writes : operation.reads, matmul.aux, auxView(problem),
              batches);
  for (const Buffer *scale : {&matmul.alpha, &matmul.beta})
    if (scale->bytes != 0)
      operation.reads.push_back({scale->address, scale->bytes});
  // The algorithm needs no workspace, but on a chip one that is given may be written to.
  if (workspaceBytes != 0)
    operation.writes.push_back({workspace, workspaceBytes});
  operation.work = [matmul](driver::Execution &) { return run(matmul); };
  return operation;
}

/// Fills in the scales: their addresses on the device, or their bits.
bool takeScales(QueuedMatmul &matmul, const void *alpha, const void *beta) {
  const MatmulProblem &problem = matmul.problem;
  if (!alpha || !beta)
    return false;
  const uint64_t scaleBytes = problem.scaleBytes();
  if (problem.scalesOnDevice || problem.alphaVector) {
    matmul.alpha.address = addressOf(alpha);
    matmul.alpha.bytes =
        problem.alphaVector
            ? extentOf(vectorView(Element::F32, problem.m, problem.alphaBatchStride),
                       problem.batches)
            : scaleBytes;
    matmul.alpha.alignment = scaleBytes;
  } else {
    std::memcpy(&matmul.hostAlpha, alpha, scaleBytes);
  }
  if (problem.scalesOnDevice) {
    matmul.beta.address = addressOf(beta);
    matmul.beta.bytes = scaleBytes;
    matmul.beta.alignment = scaleBytes;
    return true;
  }
  std::memcpy(&matmul.hostBeta, beta, scaleBytes);
  // Minus zero is zero too.
  matmul.readsC = problem.integerScale ? matmul.hostBeta != 0 : (matmul.hostBeta & 0x7fffffff) != 0;
  return true;
}

cublasStatus_t statusOf(CUresult result) {
  switch (result) {
  case CUDA_SUCCESS:
    return CUBLAS_STATUS_SUCCESS;
  case CUDA_ERROR_NOT_INITIALIZED:
  case CUDA_ERROR_DEINITIALIZED:
  case CUDA_ERROR_INVALID_CONTEXT:
    return CUBLAS_STATUS_NOT_INITIALIZED;
  case CUDA_ERROR_INVALID_HANDLE:
  case CUDA_ERROR_INVALID_VALUE:
    return CUBLAS_STATUS_INVALID_VALUE;
  default:
    return CUBLAS_STATUS_EXECUTION_FAILED;
  }
}

} // namespace
} // namespace mmc::emulator::cublaslt

using namespace mmc::emulator::cublaslt;
namespace driver = mmc::emulator::driver;

extern "C" cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                                         const void *alpha, const void *a,
                                         cublasLtMatrixLayout_t aLayout, const void *b,
                                         cublasLtMatrixLayout_t bLayout, const void *beta,
                                         const void *c, cublasLtMatrixLayout_t cLayout, void *d,
                                         cublasLtMatrixLayout_t dLayout,
                                         const cublasLtMatmulAlgo_t *algo, void *workspace,
                                         size_t workspaceSizeInBytes, cudaStream_t stream) {
  if (!isLive(handle))
    return refuse(CUBLAS_STATUS_NOT_INITIALIZED, __func__,
                  "the handle is none that cublasLtCreate gave");
  const MatmulDescriptors descriptors(operation, aLayout, bLayout, cLayout, dLayout);
  if (!descriptors.areComplete())
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "a descriptor is null or none");
  QueuedMatmul matmul;
  std::string reason;
  cublasStatus_t status = describeProblem(descriptors, matmul.problem, reason);
  if (!status && algo)
    status = checkAlgorithm(*algo, descriptors, reason);
  if (status)
    return refuse(status, __func__, reason);
  if (!takeScales(matmul, alpha, beta))
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, "alpha or beta is null");

  const MatmulProblem &problem = matmul.problem;
  const auto place = [&](Buffer &buffer, const void *pointer, const MatrixView &view) {
    buffer.address = addressOf(pointer);
    buffer.bytes = extentOf(view, problem.batches);
    buffer.alignment = problem.integer ? 4 : bytesOf(view.type);
  };
  place(matmul.a, a, problem.a);
  place(matmul.b, b, problem.b);
  place(matmul.d, d, problem.d);
  if (matmul.readsC)
    place(matmul.c, c, problem.c);
  if (problem.bias != BiasUse::None)
    place(matmul.bias, reinterpret_cast<const void *>(descriptors.operation->bias),
          vectorView(problem.d.type, problem.biasLength(), problem.biasBatchStride));
  if (problem.auxOutput || problem.auxInput())
    place(matmul.aux, reinterpret_cast<const void *>(descriptors.operation->aux), auxView(problem));
  if (auto failure = checkAddresses(matmul, *descriptors.layouts[2], *descriptors.layouts[3]))
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, *failure);
  if (!workspace && workspaceSizeInBytes != 0)
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__,
                  "the workspace is null, its size is not 0");

  std::array<mmc::emulator::MemoryView, 8> views;
  auto failure = findViews(matmul, views);
  if (!failure && workspaceSizeInBytes != 0) {
    auto view = driver::bytesAt(addressOf(workspace), workspaceSizeInBytes);
    if (!view.isOk())
      failure = "the workspace: " + view.status().message();
  }
  if (failure) {
    reportBadAddress(*failure);
    return refuse(CUBLAS_STATUS_INVALID_VALUE, __func__, *failure);
  }
  const CUresult result =
      driver::enqueue(stream, operationFor(matmul, addressOf(workspace), workspaceSizeInBytes));
  if (result != CUDA_SUCCESS)
    return refuse(statusOf(result), __func__,
                  "the stream did not take the product: CUresult " + std::to_string(result));
  return CUBLAS_STATUS_SUCCESS;
}
