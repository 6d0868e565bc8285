// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every function of NCCL with bad arguments: it returns, in a group too.

#include "../BadArguments.h"
#include "NcclRanks.h"

namespace mmc::emulator::test {
namespace {

void callAll(BadArguments &bad) {
#define MMC_NCCL_FUNCTION(result, name, parameters)                                                \
  if (std::string(#name).find("ncclGroup") != 0) {                                                 \
    SCOPED_TRACE(#name);                                                                           \
    (void)bad.call(&name);                                                                         \
  }
#include "mmc/Runtime/Emulator/Nccl/Functions.def"
}

TEST(NcclArguments, BadOnesDoNoHarm) {
  runRanks(1, [](Rank &rank) {
    BadArguments bad;
    for (int round = 0; round < 200; ++round) {
      callAll(bad);
      ASSERT_EQ(ncclGroupStart(), ncclSuccess);
      callAll(bad);
      EXPECT_NE(ncclGroupEnd(), ncclSuccess) << "some were refused";
    }
    Buffer<int> buffer(4);
    ASSERT_EQ(
        ncclAllReduce(buffer.at(), buffer.at(), 4, ncclInt32, ncclSum, rank.comm, rank.stream),
        ncclSuccess);
    rank.wait();
  });
}

} // namespace
} // namespace mmc::emulator::test
