// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Round trip, every kind of damage, full disk, pruning, and a writer killed at random moments.

#include "mmc/Runtime/Checkpoint/Checkpoint.h"
#include "../Core/TemporaryDirectory.h"

#include <chrono>
#include <csignal>
#include <limits>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mmc;
using nlohmann::json;

namespace {

/// A state whose tensors can be told from those of every other step.
struct State {
  std::vector<int64_t> values;
  json other;
  explicit State(int64_t step, size_t count = 1000) : values(count), other({{"cursor", step}}) {
    for (size_t i = 0; i < count; ++i)
      values[i] = step * 1000003 + static_cast<int64_t>(i);
  }
  std::vector<NamedTensorView> views() const {
    return {{"b", {DType::I64, {int64_t(values.size())}, values.data()}},
            {"a", {DType::I32, {1}, values.data()}}};
  }
};

Status write(const std::string &output, int64_t step, size_t count = 1000) {
  State state(step, count);
  return writeCheckpoint(output, step, state.views(), state.other);
}

void expectContent(const Checkpoint &checkpoint, int64_t step, size_t count = 1000) {
  State expected(step, count);
  EXPECT_EQ(checkpoint.step, step);
  EXPECT_EQ(checkpoint.state, expected.other);
  std::optional<TensorView> values = checkpoint.tensors.find("b");
  ASSERT_TRUE(values);
  ASSERT_EQ(values->shape, Shape{int64_t(count)});
  for (size_t i = 0; i < count; ++i)
    ASSERT_EQ(values->as<int64_t>()[i], expected.values[i]);
}

std::vector<int64_t> stepsIn(const std::string &output) {
  std::vector<int64_t> steps;
  for (const CheckpointInfo &info : listCheckpoints(output))
    steps.push_back(info.step);
  return steps;
}

class CheckpointTest : public testing::Test {
protected:
  TemporaryDirectory directory;
  std::string output = directory.path();
};

TEST_F(CheckpointTest, RoundTrip) {
  EXPECT_FALSE(latestComplete(output));
  EXPECT_FALSE(latestComplete(directory / "absent"));
  ASSERT_TRUE(write(output, 9).isOk());
  ASSERT_TRUE(write(output, 10).isOk());
  ASSERT_TRUE(write(output, 0).isOk());
  EXPECT_EQ(stepsIn(output), (std::vector<int64_t>{0, 9, 10}));
  EXPECT_EQ(directory.names(),
            (std::vector<std::string>{"checkpoint-0", "checkpoint-10", "checkpoint-9"}));
  std::optional<CheckpointInfo> latest = latestComplete(output);
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->path, directory / "checkpoint-10");
  auto read = readCheckpoint(latest->path);
  ASSERT_TRUE(read.isOk()) << read.status().message();
  expectContent(*read, 10);
}

TEST_F(CheckpointTest, SameStepIsReplaced) {
  ASSERT_TRUE(write(output, 5, 10).isOk());
  ASSERT_TRUE(write(output, 5, 20).isOk());
  EXPECT_EQ(directory.names(), std::vector<std::string>{"checkpoint-5"});
  auto read = readCheckpoint(directory / "checkpoint-5");
  ASSERT_TRUE(read.isOk()) << read.status().message();
  expectContent(*read, 5, 20);
}

TEST_F(CheckpointTest, PruneKeepsTheLatest) {
  for (int step : {3, 1, 20, 10})
    ASSERT_TRUE(write(output, step).isOk());
  std::filesystem::create_directory(directory / "checkpoint-30"); // incomplete: does not count
  std::filesystem::create_directory(directory / "checkpoint-final");
  ASSERT_TRUE(pruneCheckpoints(output, 2).isOk());
  EXPECT_EQ(stepsIn(output), (std::vector<int64_t>{10, 20}));
  ASSERT_TRUE(pruneCheckpoints(output, 0).isOk());
  EXPECT_EQ(directory.names(),
            (std::vector<std::string>{"checkpoint-20", "checkpoint-30", "checkpoint-final"}));
}

TEST_F(CheckpointTest, EveryFlippedByteIsNoticed) {
  ASSERT_TRUE(write(output, 1, 4).isOk());
  for (const char *name : {"tensors.safetensors", "state.json"}) {
    std::string file = directory / "checkpoint-1/" + name, good = readBytes(file);
    for (size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] ^= 0x10;
      writeBytes(file, bad);
      auto read = readCheckpoint(directory / "checkpoint-1");
      ASSERT_EQ(read.status().code(), StatusCode::BadInput) << name << " " << i;
      ASSERT_EQ(read.status().message().find(file + ": damaged"), 0u) << read.status().message();
    }
    writeBytes(file, good);
  }
  EXPECT_TRUE(readCheckpoint(directory / "checkpoint-1").isOk());
}

TEST_F(CheckpointTest, IncompleteIsNotListed) {
  const std::string path = directory / "checkpoint-1";
  const std::string manifest = path + "/manifest.json";
  auto fresh = [&] {
    std::filesystem::remove_all(path);
    ASSERT_TRUE(write(output, 1).isOk());
    ASSERT_EQ(stepsIn(output), std::vector<int64_t>{1});
  };
  auto expectAbsent = [&](StatusCode code, const char *message) {
    EXPECT_TRUE(stepsIn(output).empty());
    Status status = readCheckpoint(path).status();
    EXPECT_EQ(status.code(), code) << status.message();
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
  };
  fresh();
  std::filesystem::remove(manifest);
  expectAbsent(StatusCode::Io, "manifest.json: No such file");
  fresh();
  std::filesystem::remove(path + "/state.json");
  expectAbsent(StatusCode::Io, "state.json: No such file");
  fresh();
  std::filesystem::resize_file(path + "/tensors.safetensors", 100);
  expectAbsent(StatusCode::BadInput, "got: 100");
  for (const char *text :
       {"", "[]", "{}", R"({"format":2,"step":1,"files":{}})",
        R"({"format":1,"step":1,"files":{}})", R"({"format":1,"step":-1,"files":{}})",
        R"({"format":1,"step":1,"files":{"a":1}})",
        R"({"format":1,"step":1,"files":{"a":{"bytes":1}}})",
        R"({"format":1,"step":1,"files":{"../a":{"bytes":1,"crc32c":1}}})"}) {
    fresh();
    writeBytes(manifest, text);
    expectAbsent(StatusCode::BadInput, "manifest.json");
  }
  fresh();
  std::filesystem::rename(path, directory / "checkpoint-2");
  EXPECT_TRUE(stepsIn(output).empty()) << "the manifest is of another step";
}

TEST_F(CheckpointTest, FullDiskLeavesTheOldOnes) {
  ASSERT_TRUE(write(output, 1).isOk());
  struct rlimit before, small;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 4096;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Status next = write(output, 2), same = write(output, 1, 2000);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(next.code(), StatusCode::Io);
  EXPECT_EQ(next.message().find("checkpoint of step 2: cannot write"), 0u) << next.message();
  EXPECT_EQ(same.code(), StatusCode::Io);
  EXPECT_EQ(directory.names(), std::vector<std::string>{"checkpoint-1"});
  EXPECT_TRUE(readCheckpoint(directory / "checkpoint-1").isOk());
  EXPECT_EQ(write(directory / "absent", 1).code(), StatusCode::Io);
}

TEST_F(CheckpointTest, RefusesStateThatIsNotText) {
  EXPECT_EQ(writeCheckpoint(output, 1, {}, json{{"a", "\xff"}}).code(), StatusCode::BadInput);
  EXPECT_EQ(writeCheckpoint(output, -1, {}, json::object()).code(), StatusCode::Internal);
  EXPECT_TRUE(directory.names().empty());
  // What JSON has no number for becomes null rather than an error.
  ASSERT_TRUE(
      writeCheckpoint(output, 1, {}, {{"loss", std::numeric_limits<double>::quiet_NaN()}}).isOk());
  EXPECT_TRUE(readCheckpoint(directory / "checkpoint-1")->state["loss"].is_null());
}

/// Writes checkpoints of growing steps until killed, telling how many are complete.
[[noreturn]] void writeForever(const std::string &output, int64_t firstStep, int pipe) {
  for (int64_t step = firstStep;; ++step) {
    // Now and then the same step again: replacing must be as safe.
    for (int repeat = 0; repeat < (step % 3 ? 1 : 2); ++repeat)
      if (!write(output, step, 20000).isOk())
        _exit(1);
    if (::write(pipe, &step, sizeof(step)) != sizeof(step))
      _exit(2);
    if (!pruneCheckpoints(output, 2).isOk())
      _exit(3);
  }
}

TEST_F(CheckpointTest, KilledAtAnyMoment) {
  // Kills come at any moment of the first few checkpoints, however slow the disk is.
  auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(write(output, 0, 20000).isOk());
  const int64_t microseconds = std::chrono::duration_cast<std::chrono::microseconds>(
                                   std::chrono::steady_clock::now() - start)
                                   .count();
  std::mt19937 random(1);
  int64_t announced = 0;
  int interrupted = 0;
  // On a machine that is busy with something else a writer gets little done in a round: then there are more.
  for (int round = 0; round < 60 || (round < 1200 && (announced <= 10 || interrupted <= 5)); ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      writeForever(output, announced + 1, ends[1]);
    }
    close(ends[1]);
    usleep(2000 + random() % (4 * microseconds + 1));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed: " << WEXITSTATUS(status);
    for (int64_t step; read(ends[0], &step, sizeof(step)) == sizeof(step);)
      announced = step;
    close(ends[0]);

    // Whatever looks like a checkpoint is one, and none that was announced is lost.
    for (const std::string &name : directory.names()) {
      if (name[0] == '.') {
        ++interrupted;
        continue;
      }
      auto found = readCheckpoint(directory / name);
      ASSERT_TRUE(found.isOk()) << found.status().message();
      EXPECT_EQ(name, "checkpoint-" + std::to_string(found->step));
      expectContent(*found, found->step, 20000);
    }
    std::optional<CheckpointInfo> latest = latestComplete(output);
    ASSERT_TRUE(latest);
    ASSERT_GE(latest->step, announced);
  }
  EXPECT_GT(announced, 10) << "too slow to test anything";
  EXPECT_GT(interrupted, 5) << "no kill came in the middle of a checkpoint";
  ASSERT_TRUE(write(output, announced + 10).isOk());
  for (const std::string &name : directory.names())
    EXPECT_NE(name[0], '.') << "left behind: " << name;
}

} // namespace
