// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is refused, and what happens when ranks do not do the same.

#include "NcclRanks.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace mmc::emulator::test {
namespace {

bool contains(const char *text, const char *part) { return std::strstr(text, part) != nullptr; }

TEST(NcclError, Mismatches) {
  struct Way {
    const char *name, *first, *second;
    std::function<ncclResult_t(Rank &, float *)> call;
  };
  const Way ways[] = {
      {"counts", "ncclAllReduce(count 4, ncclFloat32, ncclSum) on rank",
       "ncclAllReduce(count 5, ncclFloat32, ncclSum)",
       [](Rank &r, float *b) {
         return ncclAllReduce(b, b, size_t(4 + r.rank), ncclFloat32, ncclSum, r.comm, r.stream);
       }},
      {"operations", "ncclFloat32, ncclMax)", "ncclFloat32, ncclSum)",
       [](Rank &r, float *b) {
         return ncclAllReduce(b, b, 4, ncclFloat32, r.rank ? ncclMax : ncclSum, r.comm, r.stream);
       }},
      {"types", "ncclInt32", "ncclFloat32",
       [](Rank &r, float *b) {
         return ncclAllReduce(b, b, 4, r.rank ? ncclInt32 : ncclFloat32, ncclSum, r.comm, r.stream);
       }},
      {"roots", "root 0", "root 1",
       [](Rank &r, float *b) {
         return ncclBroadcast(b, b, 4, ncclFloat32, r.rank, r.comm, r.stream);
       }},
      {"functions", "ncclAllReduce", "ncclBroadcast",
       [](Rank &r, float *b) {
         return r.rank ? ncclAllReduce(b, b, 4, ncclFloat32, ncclSum, r.comm, r.stream)
                       : ncclBroadcast(b, b, 4, ncclFloat32, 0, r.comm, r.stream);
       }},
  };
  for (const Way &way : ways)
    runRanks(2, [&](Rank &rank) {
      SCOPED_TRACE(way.name);
      Buffer<float> buffer(16);
      ASSERT_EQ(way.call(rank, buffer.at()), ncclSuccess);
      EXPECT_EQ(rank.waitForError(), ncclInvalidUsage);
      const char *message = ncclGetLastError(rank.comm);
      EXPECT_TRUE(contains(message, way.first) && contains(message, way.second)) << message;
      EXPECT_TRUE(contains(message, "rank 0") && contains(message, "rank 1")) << message;
      EXPECT_EQ(way.call(rank, buffer.at()), ncclInvalidUsage) << "the communicator stays failed";
    });
}

TEST(NcclError, MessagesThatDoNotFit) {
  runRanks(2, [](Rank &rank) {
    Buffer<float> buffer(1000000);
    if (rank.rank == 0) {
      // Too much for the socket: it notices that the receiver gives up.
      ASSERT_EQ(ncclSend(buffer.at(), 1000000, ncclFloat32, 1, rank.comm, rank.stream),
                ncclSuccess);
      EXPECT_EQ(rank.waitForError(), ncclRemoteError);
    } else {
      ASSERT_EQ(ncclRecv(buffer.at(), 7, ncclFloat32, 0, rank.comm, rank.stream), ncclSuccess);
      EXPECT_EQ(rank.waitForError(), ncclInvalidUsage);
      EXPECT_STREQ(ncclGetLastError(rank.comm),
                   "ranks call different things, got: ncclRecv(count 7, ncclFloat32 from rank 0) "
                   "on rank 1 != "
                   "ncclSend(count 1000000, ncclFloat32 to rank 1) on rank 0");
    }
  });
}

TEST(NcclError, AbortEndsWhatWaits) {
  runRanks(3, [](Rank &rank) {
    Buffer<float> buffer(8);
    if (rank.rank == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      ASSERT_EQ(ncclCommAbort(rank.comm), ncclSuccess);
      EXPECT_EQ(ncclCommAbort(rank.comm), ncclInvalidArgument);
      rank.comm = nullptr;
      return;
    }
    ASSERT_EQ(
        ncclAllReduce(buffer.at(), buffer.at(), 8, ncclFloat32, ncclSum, rank.comm, rank.stream),
        ncclSuccess);
    EXPECT_EQ(rank.waitForError(), ncclRemoteError);
    EXPECT_TRUE(contains(ncclGetLastError(rank.comm), "has gone")) << ncclGetLastError(rank.comm);
  });
}

TEST(NcclError, AbortOfOnesOwnOperation) {
  runRanks(2, [](Rank &rank) {
    if (rank.rank == 1)
      return std::this_thread::sleep_for(std::chrono::milliseconds(100));
    Buffer<float> buffer(8);
    ASSERT_EQ(
        ncclAllReduce(buffer.at(), buffer.at(), 8, ncclFloat32, ncclSum, rank.comm, rank.stream),
        ncclSuccess);
    ASSERT_EQ(ncclCommAbort(rank.comm), ncclSuccess);
    rank.comm = nullptr;
    EXPECT_EQ(cuStreamSynchronize(rank.stream), CUDA_SUCCESS);
  });
}

TEST(NcclError, AbortOfAMeeting) {
  useDevice(0);
  const ncclUniqueId id = newId();
  ncclConfig_t config = inTheBackground();
  ncclComm_t comm = nullptr;
  for (int rank : {0, 1}) {
    ASSERT_EQ(ncclCommInitRankConfig(&comm, 2, id, rank, &config), ncclInProgress);
    float *none = nullptr;
    EXPECT_EQ(ncclAllReduce(none, none, 0, ncclFloat32, ncclSum, comm, nullptr),
              ncclInvalidArgument)
        << "not ready";
    EXPECT_EQ(ncclCommAbort(comm), ncclSuccess);
  }
}

TEST(NcclError, AbortBeforeItsTurn) {
  runRanks(2, [](Rank &rank) {
    // The stream does not get to the collective until the communicator is gone.
    std::atomic<bool> gate{false};
    Buffer<float> buffer(8);
    ASSERT_EQ(cuLaunchHostFunc(
                  rank.stream,
                  [](void *opened) {
                    while (!*static_cast<std::atomic<bool> *>(opened))
                      std::this_thread::yield();
                  },
                  &gate),
              CUDA_SUCCESS);
    ASSERT_EQ(
        ncclAllReduce(buffer.at(), buffer.at(), 8, ncclFloat32, ncclSum, rank.comm, rank.stream),
        ncclSuccess);
    ASSERT_EQ(ncclCommAbort(rank.comm), ncclSuccess);
    rank.comm = nullptr;
    gate = true;
    EXPECT_EQ(cuStreamSynchronize(rank.stream), CUDA_SUCCESS);
  });
}

TEST(NcclError, NobodyComes) {
  setenv("MMC_NCCL_TIMEOUT", "0.2", 1);
  runRanks(2, [](Rank &rank) {
    if (rank.rank == 1)
      return std::this_thread::sleep_for(std::chrono::milliseconds(600));
    Buffer<float> buffer(8);
    ASSERT_EQ(
        ncclAllReduce(buffer.at(), buffer.at(), 8, ncclFloat32, ncclSum, rank.comm, rank.stream),
        ncclSuccess);
    EXPECT_EQ(rank.waitForError(), ncclSystemError);
    EXPECT_STREQ(ncclGetLastError(rank.comm),
                 "rank 0 has waited for rank 1 longer than MMC_NCCL_TIMEOUT");
  });
  const ncclUniqueId id = newId();
  ncclComm_t comm = nullptr;
  EXPECT_EQ(ncclCommInitRank(&comm, 3, id, 0), ncclSystemError);
  EXPECT_EQ(comm, nullptr);
  EXPECT_STREQ(ncclGetLastError(nullptr),
               "ncclCommInitRank: rank 0: ranks that have not come within MMC_NCCL_TIMEOUT: 1, 2");
  EXPECT_EQ(ncclCommInitRank(&comm, 3, id, 1), ncclSystemError);
  for (const char *bad : {"soon", "0", "-1", "10s", "nan"}) {
    setenv("MMC_NCCL_TIMEOUT", bad, 1);
    EXPECT_EQ(ncclCommInitRank(&comm, 1, id, 0), ncclInvalidUsage);
    EXPECT_TRUE(contains(ncclGetLastError(nullptr),
                         "MMC_NCCL_TIMEOUT must be a number of seconds above 0, got: '"));
    EXPECT_TRUE(contains(ncclGetLastError(nullptr), bad)) << ncclGetLastError(nullptr);
  }
  unsetenv("MMC_NCCL_TIMEOUT");
}

TEST(NcclError, NumberOfRanks) {
  useDevice(0);
  const ncclUniqueId id = newId();
  std::thread other([&] {
    useDevice(1);
    ncclComm_t comm = nullptr;
    EXPECT_NE(ncclCommInitRank(&comm, 3, id, 1), ncclSuccess);
  });
  ncclComm_t comm = nullptr;
  EXPECT_EQ(ncclCommInitRank(&comm, 2, id, 0), ncclInvalidUsage);
  EXPECT_TRUE(contains(ncclGetLastError(nullptr), "got: 2 (rank 0) != 3 (rank 1)"))
      << ncclGetLastError(nullptr);
  other.join();
}

TEST(NcclError, Arguments) {
  runRanks(2, [](Rank &rank) {
    Buffer<float> buffer(8);
    Buffer<uint8_t> bytes(32);
    float *b = buffer.at();
    ncclComm_t comm = rank.comm;
    CUstream s = rank.stream;
    const ncclResult_t invalid = ncclInvalidArgument;
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclFloat32, ncclSum, nullptr, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclFloat32, ncclSum, reinterpret_cast<ncclComm_t>(&rank), s),
              invalid);
    EXPECT_EQ(ncclAllReduce(nullptr, b, 8, ncclFloat32, ncclSum, comm, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, nullptr, 8, ncclFloat32, ncclSum, comm, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, b, 9, ncclFloat32, ncclSum, comm, s), invalid)
        << "beyond the allocation";
    EXPECT_EQ(ncclAllReduce(b, b, size_t(1) << 62, ncclFloat32, ncclSum, comm, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclDataType_t(12), ncclSum, comm, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclDataType_t(-1), ncclSum, comm, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclFloat32, ncclRedOp_t(5), comm, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, b + 1, 4, ncclFloat32, ncclSum, comm, s), invalid) << "they overlap";
    EXPECT_EQ(ncclAllReduce(bytes.at(1), bytes.at(1), 2, ncclFloat32, ncclSum, comm, s), invalid)
        << "misaligned";
    EXPECT_EQ(ncclAlltoAll(b, b, 2, ncclFloat32, comm, s), invalid) << "in place";
    EXPECT_EQ(ncclBroadcast(b, b, 8, ncclFloat32, 2, comm, s), invalid);
    EXPECT_EQ(ncclSend(b, 8, ncclFloat32, -1, comm, s), invalid);
    EXPECT_EQ(
        ncclAllReduce(b, b, 8, ncclFloat32, ncclSum, comm, reinterpret_cast<CUstream>(0x1230)),
        invalid);
    useDevice(rank.rank + 2);
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclFloat32, ncclSum, comm, nullptr), ncclInvalidUsage)
        << "another device's stream";
    useDevice(rank.rank);
    EXPECT_EQ(ncclCommCount(comm, nullptr), invalid);
    EXPECT_EQ(ncclCommUserRank(nullptr, nullptr), invalid);
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    EXPECT_EQ(ncclAllReduce(nullptr, b, 8, ncclFloat32, ncclSum, comm, s), invalid);
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclFloat32, ncclSum, comm, s), ncclSuccess);
    EXPECT_EQ(ncclGroupEnd(), invalid) << "the error of the group; nothing was begun";
    EXPECT_EQ(ncclGroupEnd(), ncclInvalidUsage);
    // After all this the communicator still works.
    ASSERT_EQ(ncclAllReduce(b, b, 8, ncclFloat32, ncclSum, comm, s), ncclSuccess);
    rank.wait();
    EXPECT_EQ(ncclCommFinalize(comm), ncclSuccess);
    EXPECT_EQ(ncclAllReduce(b, b, 8, ncclFloat32, ncclSum, comm, s), invalid) << "finalized";
  });
  ncclUniqueId id{};
  ncclComm_t comm = nullptr;
  EXPECT_EQ(ncclGetUniqueId(nullptr), ncclInvalidArgument);
  EXPECT_EQ(ncclCommInitRank(&comm, 1, id, 0), ncclInvalidArgument) << "no id";
  ASSERT_EQ(ncclGetUniqueId(&id), ncclSuccess);
  EXPECT_EQ(ncclCommInitRank(nullptr, 1, id, 0), ncclInvalidArgument);
  EXPECT_EQ(ncclCommInitRank(&comm, 1, id, 1), ncclInvalidArgument);
  EXPECT_EQ(ncclCommInitRank(&comm, 0, id, 0), ncclInvalidArgument);
  ncclConfig_t config{};
  EXPECT_EQ(ncclCommInitRankConfig(&comm, 1, id, 0, &config), ncclInvalidArgument)
      << "no magic number";
  int devices[2] = {0, 0};
  ncclComm_t comms[2];
  EXPECT_EQ(ncclCommInitAll(comms, 2, devices), ncclInvalidUsage);
  EXPECT_EQ(ncclCommInitAll(comms, 99, nullptr), ncclInvalidArgument);
}

TEST(NcclLibrary, MemoryVersionAndNames) {
  useDevice(0);
  int version = 0;
  EXPECT_EQ(ncclGetVersion(&version), ncclSuccess);
  EXPECT_EQ(version, 23203);
  EXPECT_STREQ(ncclGetErrorString(ncclRemoteError),
               "remote process exited or there was a network error");
  EXPECT_STREQ(ncclGetErrorString(ncclResult_t(77)), "unknown result code");
  void *memory = nullptr;
  ASSERT_EQ(ncclMemAlloc(&memory, 64), ncclSuccess);
  EXPECT_EQ(cuMemsetD8_v2(reinterpret_cast<CUdeviceptr>(memory), 1, 64), CUDA_SUCCESS);
  EXPECT_EQ(ncclMemFree(memory), ncclSuccess);
  EXPECT_EQ(ncclMemFree(memory), ncclUnhandledCudaError);
  EXPECT_EQ(ncclMemAlloc(nullptr, 64), ncclInvalidArgument);
  EXPECT_EQ(&pncclGetVersion != nullptr && pncclGetVersion(&version) == ncclSuccess, true);
  runRanks(1, [](Rank &rank) {
    Buffer<float> buffer(8);
    void *handle = nullptr;
    ASSERT_EQ(ncclCommRegister(rank.comm, buffer.at(), 32, &handle), ncclSuccess);
    EXPECT_EQ(ncclCommRegister(rank.comm, buffer.at(), 33, &handle), ncclInvalidArgument);
    EXPECT_EQ(ncclCommDeregister(rank.comm, handle), ncclSuccess);
    EXPECT_EQ(ncclCommDeregister(rank.comm, handle), ncclInvalidArgument);
  });
}

} // namespace
} // namespace mmc::emulator::test
