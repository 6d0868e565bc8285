// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One rank as a process: SCENARIO ID RANK RANKS, the id in hexadecimal. Prints what the test
// compares.

#include "mmc/Runtime/Core/DType.h"
#include "mmc/Runtime/Emulator/Driver/Cuda.h"
#include "mmc/Runtime/Emulator/Nccl/Nccl.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

void require(bool condition, const char *what) {
  if (condition)
    return;
  std::printf("failed: %s: %s\n", what, ncclGetLastError(nullptr));
  std::fflush(stdout);
  _Exit(1);
}

struct Rank {
  int rank, ranks;
  ncclComm_t comm = nullptr;
  CUstream stream = nullptr;
};

CUdeviceptr upload(const std::vector<uint16_t> &values) {
  CUdeviceptr address = 0;
  require(cuMemAlloc_v2(&address, values.size() * 2) == CUDA_SUCCESS, "cuMemAlloc");
  require(cuMemcpyHtoD_v2(address, values.data(), values.size() * 2) == CUDA_SUCCESS,
          "cuMemcpyHtoD");
  return address;
}

/// A checksum of a sum in bf16, whose rounding depends on the order, after a turn round a ring.
int reduceAndPass(const Rank &r) {
  const size_t count = 100003;
  std::vector<uint16_t> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(
        mmc::bf16FromFloat(float((i * 2654435761u + size_t(r.rank) * 40503u) % 10007) / 1000 - 5));
  CUdeviceptr buffer = upload(values), passed = upload(values);
  void *at = reinterpret_cast<void *>(buffer), *to = reinterpret_cast<void *>(passed);
  require(ncclAllReduce(at, at, count, ncclBfloat16, ncclSum, r.comm, r.stream) == ncclSuccess,
          "ncclAllReduce");
  require(ncclGroupStart() == ncclSuccess, "ncclGroupStart");
  require(ncclSend(at, count, ncclBfloat16, (r.rank + 1) % r.ranks, r.comm, r.stream) ==
              ncclSuccess,
          "ncclSend");
  require(ncclRecv(to, count, ncclBfloat16, (r.rank + r.ranks - 1) % r.ranks, r.comm, r.stream) ==
              ncclSuccess,
          "ncclRecv");
  require(ncclGroupEnd() == ncclSuccess, "ncclGroupEnd");
  require(cuStreamSynchronize(r.stream) == CUDA_SUCCESS, "cuStreamSynchronize");
  require(cuMemcpyDtoH_v2(values.data(), passed, count * 2) == CUDA_SUCCESS, "cuMemcpyDtoH");
  uint64_t sum = 0;
  for (uint16_t value : values)
    sum = sum * 31 + value;
  std::printf("%llx\n", static_cast<unsigned long long>(sum));
  require(ncclCommDestroy(r.comm) == ncclSuccess, "ncclCommDestroy");
  require(cuMemFree_v2(buffer) == CUDA_SUCCESS && cuMemFree_v2(passed) == CUDA_SUCCESS,
          "cuMemFree");
  return 0;
}

/// Rank 1 is killed, before it calls or while it is at it; the others print the error that they
/// get.
int loseRank(const Rank &r, bool isBusy) {
  CUdeviceptr buffer = upload(std::vector<uint16_t>(isBusy ? 8000000 : 100));
  void *at = reinterpret_cast<void *>(buffer);
  if (r.rank == 1 && !isBusy)
    std::raise(SIGKILL);
  require(ncclAllReduce(at, at, isBusy ? 8000000 : 100, ncclBfloat16, ncclSum, r.comm, r.stream) ==
              ncclSuccess,
          "ncclAllReduce");
  if (r.rank == 1)
    std::raise(SIGKILL);
  require(cuStreamSynchronize(r.stream) == CUDA_SUCCESS, "cuStreamSynchronize");
  ncclResult_t error = ncclSuccess;
  require(ncclCommGetAsyncError(r.comm, &error) == ncclSuccess, "ncclCommGetAsyncError");
  std::printf("%d %s\n", error, ncclGetLastError(r.comm));
  require(ncclAllReduce(at, at, 100, ncclBfloat16, ncclSum, r.comm, r.stream) == ncclRemoteError,
          "a failed communicator");
  require(ncclCommAbort(r.comm) == ncclSuccess, "ncclCommAbort");
  require(cuMemFree_v2(buffer) == CUDA_SUCCESS, "cuMemFree");
  return 0;
}

} // namespace

int main(int count, char **arguments) {
  if (count != 5 || std::strlen(arguments[2]) != 2 * sizeof(ncclUniqueId))
    return 2;
  const std::string scenario = arguments[1];
  ncclUniqueId id;
  for (size_t i = 0; i < sizeof id; ++i)
    id.internal[i] = char(std::strtoul(std::string(arguments[2] + 2 * i, 2).c_str(), nullptr, 16));
  Rank rank{std::atoi(arguments[3]), std::atoi(arguments[4])};
  // Without a context: as with the CUDA runtime, device 0 becomes current.
  require(ncclCommInitRank(&rank.comm, rank.ranks, id, rank.rank) == ncclSuccess,
          "ncclCommInitRank");
  require(cuStreamCreate(&rank.stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS, "cuStreamCreate");
  return scenario == "reduce" ? reduceAndPass(rank) : loseRank(rank, scenario == "busy");
}
