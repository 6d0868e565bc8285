// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What communicators are asked; memory, registration, custom reductions, names of errors.
#include "Group.h"

#include <cstring>

namespace mmc::emulator::nccl {
namespace {

constexpr int version = 23203; // NCCL_VERSION_CODE of the header that Types.h follows

/// A number of a communicator.
Outcome query(ncclComm_t comm, int *place, const int Communicator::*field) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(comm, communicator));
  if (!place)
    return invalid("the place for the number is null");
  *place = communicator.get()->*field;
  return {};
}

Outcome asyncError(ncclComm_t comm, ncclResult_t *error) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(comm, communicator));
  if (!error)
    return invalid("the place for the error is null");
  *error = communicator->state();
  return {};
}

Outcome cudaFailure(CUresult result) {
  return {ncclUnhandledCudaError, "the driver refuses, CUresult " + std::to_string(result)};
}

Outcome registerBuffer(ncclComm_t comm, void *buffer, size_t size, void **handle) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(comm, communicator));
  MMC_NCCL_TRY(communicator->checkUsable());
  if (!handle || size == 0)
    return invalid("the place for the handle is null, or the size 0");
  auto view = driver::bytesAt(reinterpret_cast<uint64_t>(buffer), size);
  if (!view.isOk())
    return invalid(view.status().message());
  *handle = communicator->addRegistration();
  return {};
}

Outcome deregisterBuffer(ncclComm_t comm, void *handle) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(comm, communicator));
  return communicator->removeRegistration(handle) ? Outcome()
                                                  : invalid("no handle that ncclCommRegister gave");
}

Outcome createReduction(ncclRedOp_t *op, const void *scalar, ncclDataType_t type,
                        ncclScalarResidence_t residence, ncclComm_t comm) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(comm, communicator));
  const size_t bytes = bytesOf(type);
  if (!op || !scalar)
    return invalid("the place for the operation, or the scalar, is null");
  if (bytes == 0 || type == ncclFloat8e4m3 || type == ncclFloat8e5m2)
    return invalid("no reduction of " + nameOf(type));
  ScaledSum sum;
  sum.type = type;
  if (residence == ncclScalarHostImmediate) {
    std::memcpy(&sum.factor, scalar, bytes);
  } else if (residence == ncclScalarDevice) {
    sum.address = reinterpret_cast<uint64_t>(scalar);
    auto view = driver::bytesAt(sum.address, bytes);
    if (!view.isOk() || sum.address % bytes != 0)
      return invalid("the scalar: " + (view.isOk() ? "it is misaligned" : view.status().message()));
  } else {
    return invalid("no ncclScalarResidence_t: " + std::to_string(residence));
  }
  *op = communicator->addReduction(sum);
  return {};
}

Outcome destroyReduction(ncclRedOp_t op, ncclComm_t comm) {
  CommunicatorRef communicator;
  MMC_NCCL_TRY(findCommunicator(comm, communicator));
  return communicator->removeReduction(op)
             ? Outcome()
             : invalid("no reduction that ncclRedOpCreatePreMulSum gave");
}

Outcome allocate(void **pointer, size_t size) {
  if (!pointer || size == 0)
    return invalid("the place for the pointer is null, or the size 0");
  CUdeviceptr address = 0;
  if (CUresult result = cuMemAlloc_v2(&address, size))
    return cudaFailure(result);
  *pointer = reinterpret_cast<void *>(address);
  return {};
}

Outcome release(void *pointer) {
  if (!pointer)
    return {};
  CUresult result = cuMemFree_v2(reinterpret_cast<CUdeviceptr>(pointer));
  return result == CUDA_SUCCESS ? Outcome() : cudaFailure(result);
}

} // namespace
} // namespace mmc::emulator::nccl

using namespace mmc::emulator::nccl;

extern "C" {

ncclResult_t ncclGetVersion(int *place) {
  if (!place)
    return finish(__func__, invalid("the place for the version is null"));
  *place = version;
  return ncclSuccess;
}

const char *ncclGetErrorString(ncclResult_t result) {
  switch (result) {
  case ncclSuccess:
    return "no error";
  case ncclUnhandledCudaError:
    return "unhandled cuda error (run with NCCL_DEBUG=WARN for details)";
  case ncclSystemError:
    return "unhandled system error (run with NCCL_DEBUG=WARN for details)";
  case ncclInternalError:
    return "internal error";
  case ncclInvalidArgument:
    return "invalid argument (run with NCCL_DEBUG=WARN for details)";
  case ncclInvalidUsage:
    return "invalid usage (run with NCCL_DEBUG=WARN for details)";
  case ncclRemoteError:
    return "remote process exited or there was a network error";
  case ncclInProgress:
    return "NCCL operation in progress";
  case ncclTimeout:
    return "timeout";
  case ncclNumResults:
    break;
  }
  return "unknown result code";
}

const char *ncclGetLastError(ncclComm_t comm) {
  const CommunicatorRef communicator = communicators().find(comm);
  if (communicator && !communicator->lastError().empty())
    setLastMessage(communicator->lastError());
  return lastMessage();
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *error) {
  return finish(__func__, asyncError(comm, error));
}
ncclResult_t ncclCommCount(ncclComm_t comm, int *count) {
  return finish(__func__, query(comm, count, &Communicator::ranks));
}
ncclResult_t ncclCommCuDevice(ncclComm_t comm, int *device) {
  return finish(__func__, query(comm, device, &Communicator::device));
}
ncclResult_t ncclCommUserRank(ncclComm_t comm, int *rank) {
  return finish(__func__, query(comm, rank, &Communicator::rank));
}
ncclResult_t ncclCommRegister(ncclComm_t comm, void *buffer, size_t size, void **handle) {
  return finish(__func__, registerBuffer(comm, buffer, size, handle));
}
ncclResult_t ncclCommDeregister(ncclComm_t comm, void *handle) {
  return finish(__func__, deregisterBuffer(comm, handle));
}
ncclResult_t ncclRedOpCreatePreMulSum(ncclRedOp_t *op, void *scalar, ncclDataType_t type,
                                      ncclScalarResidence_t residence, ncclComm_t comm) {
  return finish(__func__, createReduction(op, scalar, type, residence, comm));
}
ncclResult_t ncclRedOpDestroy(ncclRedOp_t op, ncclComm_t comm) {
  return finish(__func__, destroyReduction(op, comm));
}
ncclResult_t ncclMemAlloc(void **pointer, size_t size) {
  return finish(__func__, allocate(pointer, size));
}
ncclResult_t ncclMemFree(void *pointer) { return finish(__func__, release(pointer)); }
}

MMC_NCCL_ALIAS(ncclGetVersion)
MMC_NCCL_ALIAS(ncclGetErrorString)
MMC_NCCL_ALIAS(ncclGetLastError)
MMC_NCCL_ALIAS(ncclCommGetAsyncError)
MMC_NCCL_ALIAS(ncclCommCount)
MMC_NCCL_ALIAS(ncclCommCuDevice)
MMC_NCCL_ALIAS(ncclCommUserRank)
MMC_NCCL_ALIAS(ncclCommRegister)
MMC_NCCL_ALIAS(ncclCommDeregister)
MMC_NCCL_ALIAS(ncclRedOpCreatePreMulSum)
MMC_NCCL_ALIAS(ncclRedOpDestroy)
MMC_NCCL_ALIAS(ncclMemAlloc)
MMC_NCCL_ALIAS(ncclMemFree)
