// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every collective, between ranks that are threads, against plain loops.

#include "NcclRanks.h"

#include "mmc/Runtime/Core/DType.h"

#include <cmath>
#include <cstring>

namespace mmc::emulator::test {
namespace {

struct Half {
  uint16_t bits;
  explicit operator float() const { return floatFromF16(bits); }
  static Half of(float value) { return {f16FromFloat(value)}; }
};
struct BFloat {
  uint16_t bits;
  explicit operator float() const { return floatFromBf16(bits); }
  static BFloat of(float value) { return {bf16FromFloat(value)}; }
};

/// What a type is reduced in, and how it is made of that.
template <typename T>
struct Model {
  using Wide = T;
  static T narrow(T value) { return value; }
};
template <>
struct Model<Half> {
  using Wide = float;
  static Half narrow(float value) { return Half::of(value); }
};
template <>
struct Model<BFloat> {
  using Wide = float;
  static BFloat narrow(float value) { return BFloat::of(value); }
};

template <typename T>
T element(int rank, size_t index) {
  uint32_t random = uint32_t(rank) * 2654435761u + uint32_t(index) * 2246822519u;
  random = (random ^ random >> 15) * 3266489917u;
  random ^= random >> 13;
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(random % 7) - static_cast<T>(std::is_signed_v<T> ? 3 : 0);
  else
    return Model<T>::narrow(
        static_cast<typename Model<T>::Wide>(double(random) / 2147483648.0 - 1.0));
}

template <typename T>
std::vector<T> elements(int rank, size_t count, size_t first = 0) {
  std::vector<T> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(element<T>(rank, first + i));
  return values;
}

template <typename T>
std::vector<T> reduced(ncclRedOp_t op, int ranks, size_t count) {
  using Wide = typename Model<T>::Wide;
  std::vector<T> values;
  for (size_t i = 0; i < count; ++i) {
    Wide sum = static_cast<Wide>(element<T>(0, i));
    for (int rank = 1; rank < ranks; ++rank) {
      const Wide next = static_cast<Wide>(element<T>(rank, i));
      sum = static_cast<Wide>(op == ncclProd  ? sum * next
                              : op == ncclMax ? std::max(sum, next)
                              : op == ncclMin ? std::min(sum, next)
                                              : sum + next);
    }
    if (op == ncclAvg)
      sum = static_cast<Wide>(sum / static_cast<Wide>(ranks));
    values.push_back(Model<T>::narrow(sum));
  }
  return values;
}

template <typename T>
void expectSame(const std::vector<T> &got, const std::vector<T> &want) {
  ASSERT_EQ(got.size(), want.size());
  if (!got.empty())
    EXPECT_EQ(std::memcmp(got.data(), want.data(), got.size() * sizeof(T)), 0)
        << "not the same bits";
}

template <typename T>
void checkReductions(Rank &rank, ncclDataType_t type) {
  SCOPED_TRACE("type " + std::to_string(type));
  for (ncclRedOp_t op : {ncclSum, ncclProd, ncclMax, ncclMin, ncclAvg})
    for (size_t count : {1u, 1500u}) {
      const std::vector<T> want = reduced<T>(op, rank.ranks, count);
      Buffer<T> send(elements<T>(rank.rank, count)), receive(count),
          inPlace(elements<T>(rank.rank, count)), rooted(count);
      ASSERT_EQ(ncclAllReduce(send.at(), receive.at(), count, type, op, rank.comm, rank.stream),
                ncclSuccess);
      ASSERT_EQ(ncclAllReduce(inPlace.at(), inPlace.at(), count, type, op, rank.comm, rank.stream),
                ncclSuccess);
      const int root = int(count) % rank.ranks;
      ASSERT_EQ(ncclReduce(send.at(), rank.rank == root ? rooted.at() : nullptr, count, type, op,
                           root, rank.comm, rank.stream),
                ncclSuccess);
      rank.wait();
      expectSame(receive.read(), want);
      expectSame(inPlace.read(), want);
      expectSame(send.read(), elements<T>(rank.rank, count));
      if (rank.rank == root)
        expectSame(rooted.read(), want);

      const size_t all = count * size_t(rank.ranks), own = count * size_t(rank.rank);
      const std::vector<T> wantAll = reduced<T>(op, rank.ranks, all);
      Buffer<T> blocks(elements<T>(rank.rank, all)), block(count);
      ASSERT_EQ(ncclReduceScatter(blocks.at(), block.at(), count, type, op, rank.comm, rank.stream),
                ncclSuccess);
      ASSERT_EQ(
          ncclReduceScatter(blocks.at(), blocks.at(own), count, type, op, rank.comm, rank.stream),
          ncclSuccess);
      rank.wait();
      const std::vector<T> wantBlock(wantAll.begin() + long(own),
                                     wantAll.begin() + long(own + count));
      expectSame(block.read(), wantBlock);
      const std::vector<T> after = blocks.read();
      expectSame(std::vector<T>(after.begin() + long(own), after.begin() + long(own + count)),
                 wantBlock);
    }
}

class NcclReductions : public testing::TestWithParam<int> {};
TEST_P(NcclReductions, EveryTypeAndOperation) {
  runRanks(GetParam(), [](Rank &rank) {
    checkReductions<int8_t>(rank, ncclInt8);
    checkReductions<uint8_t>(rank, ncclUint8);
    checkReductions<int32_t>(rank, ncclInt32);
    checkReductions<uint32_t>(rank, ncclUint32);
    checkReductions<int64_t>(rank, ncclInt64);
    checkReductions<uint64_t>(rank, ncclUint64);
    checkReductions<Half>(rank, ncclFloat16);
    checkReductions<float>(rank, ncclFloat32);
    checkReductions<double>(rank, ncclFloat64);
    checkReductions<BFloat>(rank, ncclBfloat16);
  });
}
INSTANTIATE_TEST_SUITE_P(Ranks, NcclReductions, testing::Values(1, 2, 3, 5));

TEST(NcclCollectives, MoveData) {
  runRanks(4, [](Rank &rank) {
    for (size_t count : {0u, 1u, 5u, 300000u}) {
      SCOPED_TRACE(count);
      const size_t ranks = size_t(rank.ranks), own = size_t(rank.rank), all = count * ranks;
      Buffer<float> send(elements<float>(rank.rank, all)), one(count), many(all), gathered(all),
          exchanged(all);
      const int root = 2;
      ASSERT_EQ(ncclBroadcast(rank.rank == root ? send.at() : nullptr, one.at(), count, ncclFloat32,
                              root, rank.comm, rank.stream),
                ncclSuccess);
      ASSERT_EQ(ncclAllGather(send.at(), many.at(), count, ncclFloat32, rank.comm, rank.stream),
                ncclSuccess);
      ASSERT_EQ(ncclGather(send.at(), rank.rank == root ? gathered.at() : nullptr, count,
                           ncclFloat32, root, rank.comm, rank.stream),
                ncclSuccess);
      ASSERT_EQ(ncclAlltoAll(send.at(), exchanged.at(), count, ncclFloat32, rank.comm, rank.stream),
                ncclSuccess);
      rank.wait();
      expectSame(one.read(), elements<float>(root, count));
      std::vector<float> wantGathered, wantExchanged;
      for (int peer = 0; peer < rank.ranks; ++peer) {
        for (float value : elements<float>(peer, count))
          wantGathered.push_back(value);
        for (float value : elements<float>(peer, count, own * count))
          wantExchanged.push_back(value);
      }
      expectSame(many.read(), wantGathered);
      expectSame(exchanged.read(), wantExchanged);
      if (rank.rank == root)
        expectSame(gathered.read(), wantGathered);
      ASSERT_EQ(ncclScatter(rank.rank == root ? send.at() : nullptr, one.at(), count, ncclFloat32,
                            root, rank.comm, rank.stream),
                ncclSuccess);
      rank.wait();
      expectSame(one.read(), elements<float>(root, count, own * count));
      // In place, as each function has it.
      Buffer<float> place(elements<float>(rank.rank, all));
      ASSERT_EQ(ncclBcast(place.at(), count, ncclFloat32, root, rank.comm, rank.stream),
                ncclSuccess);
      ASSERT_EQ(ncclAllGather(place.at(own * count), place.at(), count, ncclFloat32, rank.comm,
                              rank.stream),
                ncclSuccess);
      rank.wait();
      std::vector<float> wantPlace;
      for (int peer = 0; peer < rank.ranks; ++peer)
        for (float value : elements<float>(peer == 0 ? root : peer, count, size_t(peer) * count))
          wantPlace.push_back(value);
      expectSame(place.read(), wantPlace);
    }
  });
}

TEST(NcclCollectives, BytesOfAnyTypeMove) {
  runRanks(2, [](Rank &rank) {
    Buffer<uint8_t> send(elements<uint8_t>(rank.rank, 9)), receive(18);
    ASSERT_EQ(ncclAllGather(send.at(), receive.at(), 9, ncclFloat8e4m3, rank.comm, rank.stream),
              ncclSuccess);
    rank.wait();
    EXPECT_EQ(receive.read()[9], element<uint8_t>(1, 0));
    EXPECT_EQ(
        ncclAllReduce(send.at(), receive.at(), 9, ncclFloat8e4m3, ncclSum, rank.comm, rank.stream),
        ncclInvalidArgument);
    EXPECT_STREQ(ncclGetLastError(nullptr),
                 "ncclAllReduce: reductions of ncclFloat8e4m3 are not supported by the emulator");
  });
}

TEST(NcclCollectives, ScaledSums) {
  runRanks(3, [](Rank &rank) {
    for (bool onDevice : {false, true}) {
      float factor = 0.5f + float(rank.rank);
      Buffer<float> onDeviceFactor(std::vector<float>{factor});
      ncclRedOp_t op = ncclSum;
      ASSERT_EQ(ncclRedOpCreatePreMulSum(&op, onDevice ? onDeviceFactor.at() : &factor, ncclFloat32,
                                         onDevice ? ncclScalarDevice : ncclScalarHostImmediate,
                                         rank.comm),
                ncclSuccess);
      EXPECT_GE(op, ncclNumOps);
      Buffer<float> buffer(elements<float>(rank.rank, 100));
      ASSERT_EQ(
          ncclAllReduce(buffer.at(), buffer.at(), 100, ncclFloat32, op, rank.comm, rank.stream),
          ncclSuccess);
      EXPECT_EQ(
          ncclAllReduce(buffer.at(), buffer.at(), 25, ncclFloat64, op, rank.comm, rank.stream),
          ncclInvalidArgument);
      ASSERT_EQ(ncclRedOpDestroy(op, rank.comm), ncclSuccess);
      EXPECT_EQ(ncclRedOpDestroy(op, rank.comm), ncclInvalidArgument);
      rank.wait();
      std::vector<float> want;
      for (size_t i = 0; i < 100; ++i)
        want.push_back(0.5f * element<float>(0, i) + 1.5f * element<float>(1, i) +
                       2.5f * element<float>(2, i));
      expectSame(buffer.read(), want);
    }
  });
}

} // namespace
} // namespace mmc::emulator::test
