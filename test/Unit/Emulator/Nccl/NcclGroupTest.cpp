// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Groups, Send and Recv, several communicators of one thread, splits.

#include "NcclRanks.h"

#include <numeric>

namespace mmc::emulator::test {
namespace {

std::vector<int> countFrom(int first, size_t count) {
  std::vector<int> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

TEST(NcclGroup, Ring) {
  runRanks(4, [](Rank &rank) {
    // More than a socket holds: without a group nobody would get on.
    for (size_t count : {0u, 1u, 500000u}) {
      Buffer<int> send(countFrom(1000 * rank.rank, count)), receive(count);
      const int next = (rank.rank + 1) % rank.ranks,
                before = (rank.rank + rank.ranks - 1) % rank.ranks;
      ASSERT_EQ(ncclGroupStart(), ncclSuccess);
      ASSERT_EQ(ncclSend(send.at(), count, ncclInt32, next, rank.comm, rank.stream), ncclSuccess);
      ASSERT_EQ(ncclRecv(receive.at(), count, ncclInt32, before, rank.comm, rank.stream),
                ncclSuccess);
      ASSERT_EQ(ncclGroupEnd(), ncclSuccess);
      rank.wait();
      EXPECT_EQ(receive.read(), countFrom(1000 * before, count));
    }
  });
}

TEST(NcclGroup, EverybodyToEverybodyTwice) {
  runRanks(3, [](Rank &rank) {
    Buffer<int> send(countFrom(100 * rank.rank, 12)), receive(12);
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    for (size_t round = 0; round < 2; ++round)
      for (int peer = 0; peer < rank.ranks; ++peer) {
        const size_t at = round * 6 + size_t(peer) * 2;
        ASSERT_EQ(ncclRecv(receive.at(at), 2, ncclInt32, peer, rank.comm, rank.stream),
                  ncclSuccess);
        ASSERT_EQ(ncclSend(send.at(at), 2, ncclInt32, peer, rank.comm, rank.stream), ncclSuccess);
      }
    ASSERT_EQ(ncclGroupEnd(), ncclSuccess);
    rank.wait();
    std::vector<int> want;
    for (int round = 0; round < 2; ++round)
      for (int peer = 0; peer < rank.ranks; ++peer)
        for (int i = 0; i < 2; ++i)
          want.push_back(100 * peer + round * 6 + rank.rank * 2 + i);
    EXPECT_EQ(receive.read(), want);
  });
}

TEST(NcclGroup, ToOneselfNeedsBoth) {
  runRanks(1, [](Rank &rank) {
    Buffer<int> buffer(countFrom(0, 4));
    EXPECT_EQ(ncclSend(buffer.at(), 1, ncclInt32, 0, rank.comm, rank.stream), ncclInvalidUsage);
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    EXPECT_EQ(ncclSend(buffer.at(), 1, ncclInt32, 0, rank.comm, rank.stream), ncclSuccess);
    EXPECT_EQ(ncclRecv(buffer.at(2), 2, ncclInt32, 0, rank.comm, rank.stream), ncclSuccess);
    EXPECT_EQ(ncclGroupEnd(), ncclInvalidUsage) << "counts differ";
    EXPECT_EQ(rank.waitForError(), ncclSuccess) << "nothing was begun";
  });
}

TEST(NcclGroup, OneThreadManyRanks) {
  useDevice(0);
  ncclComm_t comms[ncclDevices];
  ASSERT_EQ(ncclCommInitAll(comms, ncclDevices, nullptr), ncclSuccess);
  std::vector<CUstream> streams(ncclDevices);
  std::vector<std::unique_ptr<Buffer<int>>> buffers;
  for (int i = 0; i < ncclDevices; ++i) {
    useDevice(i);
    int rank = -1, count = 0, device = -1;
    EXPECT_EQ(ncclCommUserRank(comms[i], &rank), ncclSuccess);
    EXPECT_EQ(ncclCommCount(comms[i], &count), ncclSuccess);
    EXPECT_EQ(ncclCommCuDevice(comms[i], &device), ncclSuccess);
    EXPECT_EQ(std::vector<int>({rank, count, device}), std::vector<int>({i, ncclDevices, i}));
    ASSERT_EQ(cuStreamCreate(&streams[size_t(i)], 0), CUDA_SUCCESS);
    buffers.push_back(std::make_unique<Buffer<int>>(countFrom(i, 10)));
  }
  for (bool named : {true, false}) {
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    ASSERT_EQ(ncclGroupStart(), ncclSuccess) << "groups nest";
    for (int i = 0; i < ncclDevices; ++i) {
      // The default stream is that of the device that is current at the call.
      useDevice(i);
      ASSERT_EQ(ncclAllReduce(buffers[size_t(i)]->at(), buffers[size_t(i)]->at(), 10, ncclInt32,
                              ncclSum, comms[i], named ? streams[size_t(i)] : nullptr),
                ncclSuccess);
    }
    ASSERT_EQ(ncclGroupEnd(), ncclSuccess);
    ASSERT_EQ(ncclGroupEnd(), ncclSuccess);
  }
  for (int i = 0; i < ncclDevices; ++i) {
    useDevice(i);
    ASSERT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
    std::vector<int> want;
    for (int j = 0; j < 10; ++j)
      want.push_back(ncclDevices * (ncclDevices * (ncclDevices - 1) / 2 + ncclDevices * j));
    EXPECT_EQ(buffers[size_t(i)]->read(), want);
    buffers[size_t(i)].reset();
    EXPECT_EQ(cuStreamDestroy_v2(streams[size_t(i)]), CUDA_SUCCESS);
    EXPECT_EQ(ncclCommDestroy(comms[i]), ncclSuccess);
  }
  useDevice(0);
}

TEST(NcclGroup, RanksThatShareAStream) {
  useDevice(0);
  const ncclUniqueId id = newId();
  ncclComm_t comms[2];
  ASSERT_EQ(ncclGroupStart(), ncclSuccess);
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(ncclCommInitRank(&comms[i], 2, id, i), ncclSuccess);
  ASSERT_EQ(ncclGroupEnd(), ncclSuccess);
  CUstream stream = nullptr;
  ASSERT_EQ(cuStreamCreate(&stream, 0), CUDA_SUCCESS);
  {
    Buffer<int> one(countFrom(1, 5)), two(countFrom(10, 5));
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    ASSERT_EQ(ncclAllReduce(one.at(), one.at(), 5, ncclInt32, ncclSum, comms[0], stream),
              ncclSuccess);
    ASSERT_EQ(ncclAllReduce(two.at(), two.at(), 5, ncclInt32, ncclSum, comms[1], stream),
              ncclSuccess);
    ASSERT_EQ(ncclGroupEnd(), ncclSuccess);
    ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(one.read(), (std::vector<int>{11, 13, 15, 17, 19}));
    EXPECT_EQ(two.read(), one.read());
  }
  EXPECT_EQ(cuStreamDestroy_v2(stream), CUDA_SUCCESS);
  for (ncclComm_t comm : comms)
    EXPECT_EQ(ncclCommDestroy(comm), ncclSuccess);
}

TEST(NcclGroup, StreamsOfOneCommunicator) {
  runRanks(2, [](Rank &rank) {
    CUstream other = nullptr;
    ASSERT_EQ(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
    Buffer<int> send(countFrom(100 * rank.rank, 6)), receive(6);
    const int peer = 1 - rank.rank;
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    ASSERT_EQ(ncclSend(send.at(), 6, ncclInt32, peer, rank.comm, rank.stream), ncclSuccess);
    ASSERT_EQ(ncclRecv(receive.at(), 6, ncclInt32, peer, rank.comm, other), ncclSuccess);
    ASSERT_EQ(ncclGroupEnd(), ncclSuccess);
    ASSERT_EQ(cuStreamSynchronize(other), CUDA_SUCCESS);
    EXPECT_EQ(receive.read(), countFrom(100 * peer, 6));
    // Calls run in the order in which they were made, whatever their streams.
    for (int i = 0; i < 20; ++i)
      ASSERT_EQ(ncclAllReduce(send.at(), receive.at(), size_t(1 + i % 6), ncclInt32, ncclSum,
                              rank.comm, (i + rank.rank) % 2 ? other : rank.stream),
                ncclSuccess);
    ASSERT_EQ(cuStreamSynchronize(other), CUDA_SUCCESS);
    rank.wait();
    ASSERT_EQ(cuStreamDestroy_v2(other), CUDA_SUCCESS);
  });
}

TEST(NcclGroup, Split) {
  runRanks(5, [](Rank &rank) {
    // Ranks 0, 2, 4 in reverse order; 1 alone; 3 nowhere.
    ncclComm_t part = nullptr;
    const int color = rank.rank == 3 ? -1 : rank.rank % 2;
    ASSERT_EQ(ncclCommSplit(rank.comm, color, -rank.rank, &part, nullptr), ncclSuccess)
        << ncclGetLastError(nullptr);
    if (rank.rank == 3) {
      EXPECT_EQ(part, nullptr);
      return;
    }
    int count = 0, own = -1;
    EXPECT_EQ(ncclCommCount(part, &count), ncclSuccess);
    EXPECT_EQ(ncclCommUserRank(part, &own), ncclSuccess);
    EXPECT_EQ(count, rank.rank == 1 ? 1 : 3);
    EXPECT_EQ(own, rank.rank == 1 ? 0 : (4 - rank.rank) / 2);
    Buffer<int> buffer(countFrom(rank.rank, 3));
    ASSERT_EQ(ncclAllReduce(buffer.at(), buffer.at(), 3, ncclInt32, ncclSum, part, rank.stream),
              ncclSuccess);
    ASSERT_EQ(cuStreamSynchronize(rank.stream), CUDA_SUCCESS);
    EXPECT_EQ(buffer.read(), rank.rank == 1 ? countFrom(1, 3) : (std::vector<int>{6, 9, 12}));
    EXPECT_EQ(ncclCommDestroy(part), ncclSuccess);
  });
}

TEST(NcclGroup, ASplitOfAnAbortedCommunicator) {
  runRanks(1, [](Rank &rank) {
    ncclComm_t part = nullptr;
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    ASSERT_EQ(ncclCommSplit(rank.comm, 1, 0, &part, nullptr), ncclSuccess);
    ASSERT_EQ(ncclCommAbort(std::exchange(rank.comm, nullptr)), ncclSuccess);
    EXPECT_EQ(ncclGroupEnd(), ncclInternalError);
    EXPECT_EQ(part, nullptr);
  });
}

/// The split never comes: nobody waits for it, neither here nor at the other rank.
TEST(NcclGroup, ASplitInAGroupThatFails) {
  runRanks(2, [](Rank &rank) {
    ncclComm_t part = nullptr;
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    ASSERT_EQ(ncclCommSplit(rank.comm, 0, 0, &part, nullptr), ncclSuccess);
    if (rank.rank == 0)
      EXPECT_EQ(ncclSend(nullptr, 4, ncclFloat32, 1, rank.comm, rank.stream), ncclInvalidArgument);
    EXPECT_EQ(ncclGroupEnd(), rank.rank == 0 ? ncclInvalidArgument : ncclRemoteError);
    EXPECT_EQ(part, nullptr);
    EXPECT_EQ(rank.waitForError(), rank.rank == 0 ? ncclUnhandledCudaError : ncclRemoteError);
  });
}

/// Whoever waits for the split would wait for itself.
TEST(NcclGroup, ASplitMustComeBeforeTheEnd) {
  runRanks(1, [](Rank &rank) {
    ncclComm_t part = nullptr, unrelated = nullptr;
    ASSERT_EQ(ncclCommInitRank(&unrelated, 1, newId(), 0), ncclSuccess);
    for (auto end : {ncclCommDestroy, ncclCommFinalize}) {
      ASSERT_EQ(ncclCommSplit(rank.comm, 0, 0, &part, nullptr), ncclSuccess);
      ncclComm_t parent = part;
      ASSERT_EQ(ncclGroupStart(), ncclSuccess);
      ASSERT_EQ(ncclCommSplit(parent, 0, 0, &part, nullptr), ncclSuccess);
      EXPECT_EQ(end(parent), ncclInvalidUsage);
      EXPECT_EQ(ncclGroupEnd(), ncclInvalidUsage);
      EXPECT_EQ(ncclCommAbort(parent), ncclSuccess);
    }
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    ASSERT_EQ(ncclCommSplit(rank.comm, 0, 0, &part, nullptr), ncclSuccess);
    EXPECT_EQ(ncclCommDestroy(unrelated), ncclSuccess);
    EXPECT_EQ(ncclGroupEnd(), ncclSuccess);
    EXPECT_EQ(ncclCommDestroy(part), ncclSuccess);
  });
}

TEST(NcclGroup, ACommunicatorOfAGroupThatFails) {
  useDevice(0);
  ncclComm_t comm = nullptr;
  ASSERT_EQ(ncclGroupStart(), ncclSuccess);
  ASSERT_EQ(ncclCommInitRank(&comm, 1, newId(), 0), ncclSuccess);
  const ncclComm_t given = comm;
  EXPECT_EQ(ncclCommCount(nullptr, nullptr), ncclInvalidArgument);
  EXPECT_EQ(ncclGroupEnd(), ncclInvalidArgument);
  EXPECT_EQ(comm, nullptr);
  EXPECT_EQ(ncclCommDestroy(given), ncclInvalidArgument) << "it is gone";
}

TEST(NcclGroup, CallsBesideOneThatIsInProgress) {
  runRanks(1, [](Rank &rank) {
    Buffer<int> send(countFrom(1, 4)), receive(4);
    ncclConfig_t config = inTheBackground();
    ncclComm_t later = nullptr;
    ASSERT_EQ(ncclGroupStart(), ncclSuccess);
    ASSERT_EQ(ncclCommInitRankConfig(&later, 1, newId(), 0, &config), ncclSuccess);
    ASSERT_EQ(ncclAllReduce(send.at(), receive.at(), 4, ncclInt32, ncclSum, rank.comm, rank.stream),
              ncclSuccess);
    EXPECT_EQ(ncclGroupEnd(), ncclInProgress);
    rank.wait();
    EXPECT_EQ(receive.read(), send.read());
    EXPECT_EQ(waitUntilMade(later), ncclSuccess);
    EXPECT_EQ(ncclCommDestroy(later), ncclSuccess);
  });
}

TEST(NcclGroup, InTheBackground) {
  useDevice(0);
  const ncclUniqueId id = newId();
  ncclConfig_t config = inTheBackground();
  ncclComm_t comms[2];
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(ncclCommInitRankConfig(&comms[i], 2, id, i, &config), ncclInProgress);
  for (ncclComm_t comm : comms)
    EXPECT_EQ(waitUntilMade(comm), ncclSuccess);
  for (ncclComm_t comm : comms) {
    EXPECT_EQ(ncclCommFinalize(comm), ncclSuccess);
    EXPECT_EQ(ncclCommDestroy(comm), ncclSuccess);
  }
}

} // namespace
} // namespace mmc::emulator::test
