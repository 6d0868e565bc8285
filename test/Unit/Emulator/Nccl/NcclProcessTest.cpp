// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks that are processes: they agree, and they notice when one of them dies.

#include "mmc/Runtime/Emulator/Nccl/Nccl.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace mmc::emulator::test {
namespace {

struct Ended {
  int status;
  std::string output;
};

/// Runs a process for each rank, and gives how each ended and what it printed.
std::vector<Ended> runProcesses(const std::string &scenario, int ranks) {
  ncclUniqueId id;
  EXPECT_EQ(ncclGetUniqueId(&id), ncclSuccess);
  std::string hex;
  for (char byte : id.internal) {
    hex += "0123456789abcdef"[uint8_t(byte) >> 4];
    hex += "0123456789abcdef"[uint8_t(byte) & 15];
  }
  std::vector<pid_t> processes;
  std::vector<int> pipes;
  for (int rank = 0; rank < ranks; ++rank) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    std::string program = MMC_NCCL_RANK, mine = std::to_string(rank), all = std::to_string(ranks),
                what = scenario;
    char *arguments[] = {program.data(), what.data(), hex.data(), mine.data(), all.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    pid_t process = 0;
    EXPECT_EQ(posix_spawn(&process, program.c_str(), &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    processes.push_back(process);
    pipes.push_back(ends[0]);
  }
  std::vector<Ended> ended;
  for (int rank = 0; rank < ranks; ++rank) {
    Ended one{0, ""};
    char buffer[512];
    for (ssize_t bytes; (bytes = read(pipes[size_t(rank)], buffer, sizeof buffer)) > 0;)
      one.output.append(buffer, size_t(bytes));
    close(pipes[size_t(rank)]);
    EXPECT_EQ(waitpid(processes[size_t(rank)], &one.status, 0), processes[size_t(rank)]);
    ended.push_back(one);
  }
  return ended;
}

TEST(NcclProcesses, AgreeBitByBit) {
  for (int ranks : {2, 3, 4}) {
    std::string first;
    for (int run = 0; run < 3; ++run)
      for (const Ended &ended : runProcesses("reduce", ranks)) {
        EXPECT_EQ(ended.status, 0) << ended.output;
        if (first.empty())
          first = ended.output;
        EXPECT_EQ(ended.output, first) << ranks << " ranks, run " << run;
      }
  }
}

void expectLoss(const std::string &scenario) {
  for (int ranks : {2, 4}) {
    const std::vector<Ended> ended = runProcesses(scenario, ranks);
    for (int rank = 0; rank < ranks; ++rank) {
      const Ended &one = ended[size_t(rank)];
      if (rank == 1) {
        EXPECT_TRUE(WIFSIGNALED(one.status) && WTERMSIG(one.status) == SIGKILL);
        continue;
      }
      EXPECT_EQ(one.status, 0) << one.output;
      EXPECT_EQ(one.output.substr(0, 2), std::to_string(ncclRemoteError) + " ") << one.output;
      EXPECT_NE(one.output.find("has gone"), std::string::npos) << one.output;
    }
  }
}

TEST(NcclProcesses, NoticeADeathBefore) { expectLoss("early"); }
TEST(NcclProcesses, NoticeADeathDuring) { expectLoss("busy"); }

} // namespace
} // namespace mmc::emulator::test
