// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an AtomicFile replaces and what it must not.

#include "mmc/Runtime/Core/File.h"

#include "TemporaryDirectory.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mmc;

TEST(File, ReplacesARegularFile) {
  TemporaryDirectory directory;
  writeBytes(directory / "a", "old and longer");
  ASSERT_TRUE(writeFile(directory / "a", "new").isOk());
  EXPECT_EQ(readBytes(directory / "a"), "new");
  EXPECT_EQ(directory.names(), std::vector<std::string>{"a"});
}

TEST(File, LeavesWhatIsNoRegularFile) {
  TemporaryDirectory directory;
  ASSERT_EQ(mkfifo((directory / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(mkdir((directory / "folder").c_str(), 0700), 0);
  for (const char *name : {"pipe", "folder"}) {
    Status status = writeFile(directory / name, "text");
    EXPECT_EQ(status.code(), StatusCode::Io);
    EXPECT_NE(status.message().find("is no regular file"), std::string::npos) << status.message();
  }
  struct stat status;
  ASSERT_EQ(stat((directory / "pipe").c_str(), &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode));
  EXPECT_EQ(directory.names(), (std::vector<std::string>{"folder", "pipe"}));
}

TEST(File, NothingIsLeftOfAnInterruptedWrite) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action{};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN)
      continue; // the shell's wish for what runs in the background
    TemporaryDirectory directory;
    pid_t child = fork();
    if (child == 0) {
      auto kept = AtomicFile::create(directory / "kept"),
           file = AtomicFile::create(directory / "a");
      if (kept.isOk() && file.isOk() && kept->commit().isOk() && file->write("half").isOk())
        raise(signal);
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
    EXPECT_EQ(directory.names(), std::vector<std::string>{"kept"});
  }
}
