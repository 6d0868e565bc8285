// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Steps, epochs, checkpoints and resuming, on a model of two tensors.

#include "mmc/Runtime/Train/TrainLoop.h"
#include "../Core/TemporaryDirectory.h"
#include "BatchFiles.h"
#include "BigramModel.h"
#include "mmc/Runtime/Checkpoint/Checkpoint.h"
#include "mmc/Runtime/Train/BatchFile.h"
#include "mmc/Runtime/Train/Interrupt.h"
#include "mmc/Runtime/Train/ResumePlace.h"

#include <csignal>
#include <limits>
#include <sstream>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

namespace {

constexpr int64_t kVocabulary = 11;

/// One process's worth of training.
struct Session {
  BigramModel model{kVocabulary};
  std::unique_ptr<DataSource> source;
  TrainLoopOptions options;
  std::unique_ptr<Evaluation> evaluation;
  std::FILE *silence = std::fopen("/dev/null", "w");

  Session(const std::string &batches, const std::string &output) {
    auto file = BatchFile::open(batches);
    EXPECT_TRUE(file.isOk()) << file.status().message();
    source = std::move(*file);
    TrainSettings &s = options.settings;
    s.lr = 0.05;
    s.steps = 6;
    s.warmupSteps = 2;
    s.maxGradNorm = 0.5;
    s.keep = 0;
    options.output = output;
    options.progress = silence;
  }
  ~Session() { std::fclose(silence); }

  Status run() {
    options.identity = {toJson(options.settings), "hash", source->fingerprint()};
    return runTraining(model, *source, evaluation.get(), options);
  }
  Status resume() {
    options.settings.resume = "";
    options.settings.output = options.output;
    auto place = resumedCheckpoint(options.settings);
    EXPECT_TRUE(place.isOk());
    options.resumeFrom = *place;
    return run();
  }
  /// Bytes of all values and moments.
  std::string state() {
    std::string bytes;
    for (Trainable &t : model.trainables()) {
      size_t size = t.first.bytes();
      bytes.append(reinterpret_cast<char *>(t.value), size);
      bytes.append(t.first.as<char>(), size);
      bytes.append(t.second.as<char>(), size);
    }
    return bytes;
  }
};

struct TrainLoop : testing::Test {
  TemporaryDirectory directory;
  std::string batches = directory / "batches.safetensors";

  void SetUp() override { setInterrupt(0); }
  void TearDown() override { setInterrupt(0); }
  std::string output(const std::string &name) {
    std::filesystem::create_directory(directory / name);
    return directory / name;
  }
  /// metrics.jsonl of a run, without what a clock says.
  std::vector<json> metricsOf(const std::string &name) {
    std::istringstream in(readBytes(directory / name + "/metrics.jsonl"));
    std::vector<json> lines;
    for (std::string line; std::getline(in, line);) {
      lines.push_back(json::parse(line, nullptr, false));
      lines.back().erase("step_seconds");
      lines.back().erase("tokens_per_second");
    }
    return lines;
  }
};

TEST_F(TrainLoop, MicroBatchesAreOneBatch) {
  // The same rows: 6 steps of 1 batch of 4 rows, and of 2 micro-batches of 2 rows.
  TensorMap whole = randomBatches({6, 4, 5}, kVocabulary);
  writeBatches(batches, whole);
  Session one(batches, output("one"));
  ASSERT_TRUE(one.run().isOk());
  TensorMap halves;
  for (auto &[name, tensor] : whole) {
    halves[name] = Tensor(DType::I32, {6, 2, 2, 5});
    std::memcpy(halves[name].data(), tensor.data(), tensor.bytes());
  }
  writeBatches(batches, halves);
  Session two(batches, output("two"));
  ASSERT_TRUE(two.run().isOk());
  ASSERT_EQ(two.model.keys.size(), 12u);
  EXPECT_EQ(two.model.keys[7].step, 7) << "each micro-batch has its own dropout";
  for (size_t p = 0; p < 2; ++p)
    for (int64_t i = 0; i < one.model.trainables()[p].first.count(); ++i)
      ASSERT_NEAR(one.model.trainables()[p].value[i], two.model.trainables()[p].value[i], 1e-5);
  std::vector<json> a = metricsOf("one"), b = metricsOf("two");
  ASSERT_EQ(a.size(), 6u);
  ASSERT_EQ(b.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(a[i]["loss"], b[i]["loss"], 1e-5);
    EXPECT_EQ(a[i]["labels"], b[i]["labels"]);
    EXPECT_EQ(a[i]["step"], i + 1);
    EXPECT_EQ(a[i]["peak_bytes"], 4242);
    EXPECT_EQ(a[i]["tokens"], 20);
  }
  EXPECT_EQ(a[0]["lr"], 0) << "warm-up starts at 0";
  EXPECT_EQ(a[1]["lr"], 0.025);
  EXPECT_LT(a[5]["loss"], a[0]["loss"]);
  EXPECT_EQ(a[5]["epoch"], 1);
}

TEST_F(TrainLoop, TheFirstStepMovesOnlyTheMoments) {
  writeBatches(batches, randomBatches({6, 4, 5}, kVocabulary));
  Session session(batches, output("out"));
  const BigramModel fresh(kVocabulary);
  session.options.settings.steps = 1;
  ASSERT_TRUE(session.run().isOk());
  EXPECT_EQ(session.model.logit(3, 4), fresh.logit(3, 4));
  EXPECT_NE(session.model.trainables()[0].first.as<float>()[0], 0);
}

TEST_F(TrainLoop, ResumesBitForBit) {
  writeBatches(batches, randomBatches({4, 2, 2, 5}, kVocabulary));
  Session whole(batches, output("whole"));
  auto prepare = [](Session &session) {
    session.options.settings.steps = 0;
    session.options.settings.epochs = 3; // 12 steps: epochs wrap
    session.options.settings.saveEvery = 5;
  };
  prepare(whole);
  ASSERT_TRUE(whole.run().isOk());
  EXPECT_EQ(listCheckpoints(directory / "whole").size(), 3u) << "5, 10 and the last";
  for (int64_t stopAt : {1, 5, 7, 11}) {
    const std::string name = "stopped" + std::to_string(stopAt);
    {
      Session stopped(batches, output(name));
      prepare(stopped);
      stopped.model.afterGradients = [&](int64_t call, LossSum &, GradientSum &) {
        if (call == 2 * stopAt - 1)
          setInterrupt(SIGINT);
      };
      Status status = stopped.run();
      EXPECT_EQ(status.code(), StatusCode::Interrupted);
      EXPECT_NE(status.message().find("after step " + std::to_string(stopAt) + " of 12; go on with"),
                std::string::npos)
          << status.message();
      EXPECT_EQ(metricsOf(name).size(), static_cast<size_t>(stopAt)) << "the step was finished";
    }
    setInterrupt(0);
    Session resumed(batches, directory / name);
    prepare(resumed);
    Status status = resumed.resume();
    ASSERT_TRUE(status.isOk()) << status.message();
    EXPECT_EQ(resumed.state(), whole.state()) << stopAt;
    EXPECT_EQ(metricsOf(name), metricsOf("whole")) << stopAt;
    EXPECT_EQ(resumed.model.batches.size(), static_cast<size_t>(24 - 2 * stopAt));
  }
}

TEST_F(TrainLoop, GoesBackToTheLastCheckpointAfterAKill) {
  writeBatches(batches, randomBatches({8, 2, 5}, kVocabulary));
  Session whole(batches, output("whole"));
  whole.options.settings.steps = 8;
  ASSERT_TRUE(whole.run().isOk());
  {
    // A failure behind step 6 leaves what a kill leaves: a checkpoint of step 4 and 6 lines.
    Session killed(batches, output("killed"));
    killed.options.settings.steps = 8;
    killed.options.settings.saveEvery = 4;
    killed.model.afterGradients = [](int64_t call, LossSum &loss, GradientSum &) {
      if (call == 6)
        loss.sum = std::nan("");
    };
    ASSERT_FALSE(killed.run().isOk());
    ASSERT_EQ(metricsOf("killed").size(), 6u);
  }
  Session resumed(batches, directory / "killed");
  resumed.options.settings.steps = 8;
  resumed.options.settings.saveEvery = 4;
  ASSERT_TRUE(resumed.resume().isOk());
  EXPECT_EQ(resumed.model.batches.front().rfind("micro-batch 4", 0), 0u);
  EXPECT_EQ(resumed.state(), whole.state());
  EXPECT_EQ(metricsOf("killed"), metricsOf("whole"));
}

TEST_F(TrainLoop, ResumeRefusesAnotherTraining) {
  writeBatches(batches, randomBatches({8, 2, 5}, kVocabulary));
  {
    Session first(batches, output("run"));
    first.options.settings.saveEvery = 3;
    ASSERT_TRUE(first.run().isOk());
  }
  auto refuse = [&](const std::function<void(Session &)> &change) {
    Session other(batches, directory / "run");
    other.options.settings.saveEvery = 3;
    change(other);
    const std::string before = other.state();
    Status status = other.resume();
    EXPECT_EQ(status.code(), StatusCode::BadInput);
    EXPECT_EQ(other.state(), before);
    return status.message();
  };
  EXPECT_NE(refuse([](Session &s) { s.options.settings.lr = 0.1; }).find("lr: was 0.05, is 0.1"),
            std::string::npos);
  EXPECT_NE(refuse([](Session &s) { s.options.settings.steps = 7; }).find("steps: was 6, is 7"),
            std::string::npos);
  EXPECT_NE(refuse([&](Session &s) {
              writeBatches(directory / "other.safetensors",
                           randomBatches({8, 2, 5}, kVocabulary, 2));
              s.source = std::move(*BatchFile::open(directory / "other.safetensors"));
            }).find("data: was"),
            std::string::npos);
  EXPECT_NE(refuse([](Session &s) { s.model.trainables().pop_back(); }).find("trainable tensors"),
            std::string::npos);
  EXPECT_NE(refuse([](Session &s) { s.model.trainables()[0].name = "renamed"; })
                .find("renamed: the checkpoint does not have it"),
            std::string::npos);
  Session same(batches, directory / "run");
  same.options.settings.saveEvery = 1; // may change
  EXPECT_TRUE(same.resume().isOk());
  EXPECT_TRUE(same.model.batches.empty()) << "it was finished";
}

TEST_F(TrainLoop, NonFiniteStepsChangeNothing) {
  writeBatches(batches, randomBatches({8, 2, 5}, kVocabulary));
  for (bool inGradient : {false, true}) {
    Session session(batches, output(inGradient ? "gradient" : "loss"));
    std::string before;
    session.model.afterGradients = [&](int64_t call, LossSum &loss, GradientSum &sum) {
      if (call != 3)
        return;
      before = session.state();
      if (inGradient)
        static_cast<float *>(sum.gradient(1))[2] = std::numeric_limits<float>::infinity();
      else
        loss.sum = std::nan("");
    };
    Status status = session.run();
    EXPECT_EQ(status.code(), StatusCode::BadInput);
    EXPECT_EQ(status.message(),
              inGradient ? "step 4: the gradient of bigram.bias is not finite"
                         : "step 4: micro-batch 3 of " + batches + ": the loss is not finite, got: nan");
    EXPECT_EQ(session.state(), before);
    EXPECT_EQ(metricsOf(inGradient ? "gradient" : "loss").size(), 3u);
  }
}

TEST_F(TrainLoop, LengthOfATraining) {
  writeBatches(batches, randomBatches({7, 2, 5}, kVocabulary));
  auto file = BatchFile::open(batches);
  TrainSettings s;
  s.gradientAccumulation = 2;
  s.epochs = 2;
  auto length = runLength(s, **file);
  ASSERT_TRUE(length.isOk()) << length.status().message();
  EXPECT_EQ(length->steps, 6) << "three whole steps an epoch";
  EXPECT_EQ(length->perEpoch, 7);
  s.epochs = 1.5;
  EXPECT_EQ(runLength(s, **file)->steps, 4);
  s.steps = 3;
  EXPECT_EQ(runLength(s, **file)->steps, 3);
  EXPECT_EQ(runLength(s, **file)->epochs, 1.5) << "the schedule's own";
  s.steps = 4;
  EXPECT_NE(runLength(s, **file).status().message().find("has 3 steps of 2"), std::string::npos);
  s.gradientAccumulation = 8;
  EXPECT_NE(runLength(s, **file).status().message().find("do not fill a step of 8"),
            std::string::npos);
  writeBatches(batches, randomBatches({7, 3, 2, 5}, kVocabulary));
  file = BatchFile::open(batches);
  EXPECT_NE(runLength(s, **file).status().message().find("got: 8"), std::string::npos);
  s.gradientAccumulation = 0;
  s.microBatchesPerEpoch = 6;
  s.epochs = 3;
  s.steps = 7;
  EXPECT_EQ(runLength(s, **file)->perEpoch, 6);
  EXPECT_EQ(runLength(s, **file)->accumulation, 3);
}

TEST_F(TrainLoop, EpochsEndWithTheirLastWholeStep) {
  writeBatches(batches, randomBatches({5, 2, 5}, kVocabulary));
  Session session(batches, output("out"));
  session.options.settings.steps = 0;
  session.options.settings.epochs = 2;
  session.options.settings.gradientAccumulation = 2;
  ASSERT_TRUE(session.run().isOk());
  std::vector<std::string> numbers;
  for (const std::string &name : session.model.batches)
    numbers.push_back(name.substr(12, 1));
  EXPECT_EQ(numbers, (std::vector<std::string>{"0", "1", "2", "3", "0", "1", "2", "3"}));
}

TEST_F(TrainLoop, Evaluates) {
  writeBatches(batches, randomBatches({6, 2, 5}, kVocabulary));
  writeBatches(directory / "eval.safetensors", randomBatches({3, 2, 5}, kVocabulary, 9));
  Session session(batches, output("out"));
  session.options.settings.evalEvery = 4;
  session.evaluation = std::make_unique<Evaluation>();
  session.evaluation->source = std::move(*BatchFile::open(directory / "eval.safetensors"));
  ASSERT_TRUE(session.run().isOk());
  std::vector<json> lines = metricsOf("out");
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[4]["step"], 4);
  EXPECT_EQ(lines[7]["step"], 6) << "and at the end";
  // The last one again, by hand.
  double sum = 0;
  int64_t labels = 0;
  auto file = BatchFile::open(directory / "eval.safetensors");
  for (int i = 0; i < 3; ++i) {
    auto batch = (*file)->next();
    auto loss = session.model.loss(*batch);
    sum += loss->sum;
    labels += loss->labels;
  }
  EXPECT_NEAR(lines[7]["eval_loss"], sum / labels, 1e-12);
}

TEST_F(TrainLoop, WritesItsConfiguration) {
  writeBatches(batches, randomBatches({6, 2, 5}, kVocabulary));
  Session session(batches, output("out"));
  session.options.versions = {{"mmc", "1.2.3"}};
  ASSERT_TRUE(session.run().isOk());
  json config = json::parse(readBytes(directory / "out/config.json"), nullptr, false);
  EXPECT_EQ(config["lr"], 0.05);
  EXPECT_EQ(config["model_hash"], "hash");
  EXPECT_EQ(config["versions"]["mmc"], "1.2.3");
  TrainSettings again;
  ASSERT_TRUE(mergeJson(again, config, "config.json").isOk()) << "it is a config";
  EXPECT_EQ(again.maxGradNorm, 0.5);
}

TEST_F(TrainLoop, ReportsWhatCannotBeWritten) {
  writeBatches(batches, randomBatches({6, 2, 5}, kVocabulary));
  Session session(batches, directory / "absent");
  EXPECT_EQ(session.run().code(), StatusCode::Io);
  Session full(batches, output("full"));
  std::filesystem::create_symlink("/dev/full", directory / "full/metrics.jsonl");
  Status status = full.run();
  EXPECT_EQ(status.code(), StatusCode::Io);
  EXPECT_NE(status.message().find("metrics.jsonl"), std::string::npos) << status.message();
}

} // namespace
