// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hazards: programs that commit them, and ones that are almost the same and do not
// (Driver…Programs.cpp).

#include "Driver.h"

namespace mmc::emulator::test {

using Kinds = std::set<std::string>;

struct Case {
  const char *program;
  Kinds kinds;
};
static void PrintTo(const Case &one, std::ostream *out) { *out << one.program; }

class DriverHazard : public ::testing::TestWithParam<Case> {};

TEST_P(DriverHazard, IsReported) {
  Outcome outcome = runProgram(GetParam().program);
  EXPECT_EQ(outcome.status, 0) << outcome.error;
  EXPECT_EQ(outcome.kinds, GetParam().kinds) << outcome.report;
}

INSTANTIATE_TEST_SUITE_P(
    Programs, DriverHazard,
    ::testing::Values(
        Case{"copiesRace", {"stream-race"}}, Case{"copiesOrderedByEvent", {}},
        Case{"copiesOrderedByHost", {}}, Case{"copiesOrderedByQuery", {}},
        Case{"copiesWithTheEventRecordedTooEarly", {"stream-race"}},
        Case{"copiesOrderedByDefaultStream", {}},
        Case{"copiesNotOrderedByDefaultStream", {"stream-race"}},
        Case{"copiesOrderedByHostWhenTheStreamHasEnded", {}}, Case{"copiesOfDifferentBytes", {}},
        Case{"readsInTwoStreams", {}}, Case{"kernelsRace", {"stream-race"}},
        Case{"kernelsOrdered", {}}, Case{"hostReadsTooEarly", {"host-access-in-flight"}},
        Case{"hostReadsAfterWaiting", {}}, Case{"hostWritesTooEarly", {"host-access-in-flight"}},
        Case{"hostWritesAfterWaiting", {}}, Case{"hostUsesTheOtherHalf", {}},
        Case{"pinnedFreedTooEarly", {"free-in-flight"}}, Case{"pinnedFreedAfterWaiting", {}},
        Case{"asyncCopyOfPageable", {"pageable-async-copy"}}, Case{"asyncCopyOfRegistered", {}},
        Case{"memoryLeaks", {"leak"}}, Case{"streamLeaksWithItsContext", {"leak"}},
        Case{"everythingGivenBack", {}}, Case{"branchesRace", {"stream-race"}},
        Case{"branchesOrdered", {}}, Case{"memoryUsedBeforeItsAllocation", {"stream-race"}},
        Case{"memoryUsedAfterItsAllocation", {}},
        Case{"kernelReadsUninitialized", {"uninitialized"}},
        Case{"kernelFaults", {"out-of-bounds"}}, Case{"launchRefused", {"launch-configuration"}},
        Case{"forkedChildHasNoDriver", {}}, Case{"memoryFreedByDestructors", {}}),
    [](const auto &info) { return std::string(info.param.program); });

TEST(DriverReport, NamesBothParties) {
  Outcome outcome = runProgram("copiesRace");
  EXPECT_NE(
      outcome.error.find(
          "stream-race: cuMemcpyDtoDAsync: in stream 2 reads 4096 bytes at byte 0 of 'cuMemAlloc 1'"
          " (4096 bytes at 0x2000000000"),
      std::string::npos)
      << outcome.error;
  EXPECT_NE(outcome.error.find("which cuMemsetD8Async in stream 1 writes"), std::string::npos)
      << outcome.error;
}

TEST(DriverReport, HasTheKernelsLine) {
  Outcome outcome = runProgram("kernelFaultsAndGoesOn", {"MMC_EMULATOR_STICKY=0"});
  EXPECT_EQ(outcome.status, 0) << outcome.error;
  EXPECT_EQ(outcome.kinds, Kinds{"out-of-bounds"});
  EXPECT_NE(outcome.report.find("st.global.u32"), std::string::npos) << outcome.report;
}

TEST(DriverReport, SetsTheExitStatusWhereAsked) {
  EXPECT_EQ(runProgram("memoryLeaks", {"MMC_EMULATOR_EXIT_STATUS=3"}).status, 3);
  EXPECT_EQ(runProgram("everythingGivenBack", {"MMC_EMULATOR_EXIT_STATUS=3"}).status, 0);
}

TEST(DriverReport, IsSilentWhenNothingIsWrong) {
  EXPECT_EQ(runProgram("everythingGivenBack").error, "");
  EXPECT_EQ(runProgram("memoryLeaks", {"MMC_EMULATOR_QUIET=1"}).error, "");
}

TEST(DriverReport, HazardsCanBeSwitchedOff) {
  EXPECT_EQ(runProgram("copiesRace", {"MMC_EMULATOR_HAZARDS=0"}).kinds, Kinds{});
  EXPECT_EQ(runProgram("hostReadsTooEarly", {"MMC_EMULATOR_WATCH_HOST=0"}).kinds, Kinds{});
}

TEST(DriverReport, NothingWorksBeforeInit) {
  EXPECT_EQ(runProgram("bareWithoutInit").status, 0);
  EXPECT_EQ(runProgram("bareWithoutDevices", {"MMC_EMULATOR_DEVICES=0"}).status, 0);
}

TEST(DriverReport, RefusesBadSettings) {
  for (const std::string setting : {"MMC_EMULATOR_CHIP=sm_1", "MMC_EMULATOR_MEMORY=many",
                                    "MMC_EMULATOR_DEVICES=-1", "MMC_EMULATOR_MAX_INSTRUCTIONS= -1",
                                    "MMC_EMULATOR_SCHEDULE=+1", "MMC_EMULATOR_MEMORY=8E"}) {
    Outcome outcome = runProgram("bareWithBadSettings", {setting});
    EXPECT_EQ(outcome.status, 0) << setting;
    size_t equals = setting.find('=');
    EXPECT_NE(outcome.error.find("mmc-cuda-emulator: " + setting.substr(0, equals)),
              std::string::npos)
        << outcome.error;
    EXPECT_NE(outcome.error.find("'" + setting.substr(equals + 1) + "'"), std::string::npos)
        << outcome.error;
  }
}

} // namespace mmc::emulator::test
