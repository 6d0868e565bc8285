// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The command line, JSON configs and their precedence.

#include "mmc/Runtime/Train/TrainSettings.h"
#include "../Core/TemporaryDirectory.h"
#include "mmc/Runtime/Checkpoint/Checkpoint.h"

#include <set>

using namespace mmc;
using nlohmann::json;

namespace {

const std::vector<std::string> kEnough = {"m.mlir", "--weights=w", "--data=d", "--output=o",
                                          "--steps=3"};

StatusOr<TrainCommand> parse(std::vector<std::string> more) {
  std::vector<std::string> all = kEnough;
  all.insert(all.end(), more.begin(), more.end());
  return parseCommandLine(all);
}

/// The message of a command line that is refused with this code.
std::string refusal(const std::vector<std::string> &more, StatusCode code) {
  StatusOr<TrainCommand> command = parse(more);
  EXPECT_FALSE(command.isOk());
  EXPECT_EQ(command.status().code(), code) << command.status().message();
  return command.status().message();
}

TEST(TrainSettings, CommandLine) {
  auto command = parse({"--lr=3e-4", "--betas=0.9,0.95", "--seq-len=128,256", "--dropout", "0.25",
                        "--pack", "--weights=second", "--resume", "--lr-scale=*lora_B*:16"});
  ASSERT_TRUE(command.isOk()) << command.status().message();
  const TrainSettings &s = command->settings;
  EXPECT_EQ(s.model, "m.mlir");
  EXPECT_EQ(s.weights, (std::vector<std::string>{"w", "second"}));
  EXPECT_EQ(s.lr, 3e-4);
  EXPECT_EQ(s.betas, (std::vector<double>{0.9, 0.95}));
  EXPECT_EQ(s.seqLen, (std::vector<int64_t>{128, 256}));
  EXPECT_EQ(s.dropout, 0.25);
  EXPECT_TRUE(s.pack);
  EXPECT_EQ(s.resume, "");
  EXPECT_EQ(s.lrScale, std::vector<std::string>{"*lora_B*:16"});
  EXPECT_EQ(s.schedule, "cosine") << "defaults stay";
  EXPECT_EQ(parse({"--resume=DIR/checkpoint-3"}).status().message(),
            "--resume: no complete checkpoint in DIR/checkpoint-3");
}

TEST(TrainSettings, WrongUsage) {
  EXPECT_EQ(refusal({"--warmup-step=3"}, StatusCode::BadUsage),
            "unknown flag '--warmup-step'; did you mean 'warmup-steps'?");
  EXPECT_EQ(refusal({"--steps=3.5"}, StatusCode::BadUsage), "--steps is given more than once, got: '3.5'");
  EXPECT_EQ(refusal({"--seed=3.5"}, StatusCode::BadUsage),
            "--seed must be a whole number, got: '3.5'");
  EXPECT_EQ(refusal({"--seed=99999999999999999999"}, StatusCode::BadUsage),
            "--seed must be a whole number, got: '99999999999999999999'");
  EXPECT_EQ(refusal({"--lr=nan"}, StatusCode::BadUsage), "--lr must be a finite number, got: 'nan'");
  EXPECT_EQ(refusal({"--lr=-1"}, StatusCode::BadUsage), "--lr must be at least 0, got: '-1'");
  EXPECT_EQ(refusal({"--batch-size=0"}, StatusCode::BadUsage),
            "--batch-size must be at least 1, got: '0'");
  EXPECT_EQ(refusal({"--schedule=cosin"}, StatusCode::BadUsage),
            "--schedule must be one of cosine|linear|constant|lavin, got: 'cosin'");
  EXPECT_EQ(refusal({"--device=cuda"}, StatusCode::BadUsage),
            "--device must be one of cpu, got: 'cuda'");
  EXPECT_EQ(refusal({"--pack=maybe"}, StatusCode::BadUsage),
            "--pack must be true or false, got: 'maybe'");
  EXPECT_EQ(refusal({"second.mlir"}, StatusCode::BadUsage),
            "one model file is expected, got: 'm.mlir' and 'second.mlir'");
  EXPECT_EQ(refusal({"--lr"}, StatusCode::BadUsage), "--lr needs a value: --lr=...");
  EXPECT_EQ(refusal({"--betas=0.9"}, StatusCode::BadUsage), "--betas must be two numbers below 1");
  EXPECT_EQ(refusal({"--betas=0.9,1"}, StatusCode::BadUsage), "--betas must be two numbers below 1");
  EXPECT_EQ(refusal({"--seq-len=256,128"}, StatusCode::BadUsage), "--seq-len must ascend");
  EXPECT_EQ(refusal({"--lr-scale=x"}, StatusCode::BadUsage),
            "--lr-scale must be PATTERN:X with X at least 0, got: 'x'");
  refusal({"--warmup-steps=2", "--warmup-ratio=0.1"}, StatusCode::BadUsage);
  refusal({"--eval-every=2"}, StatusCode::BadUsage);
  refusal({"--dropout=1"}, StatusCode::BadUsage);
  EXPECT_EQ(parseCommandLine({"--data=d"}).status().exitCode(), 2) << "no model";
  EXPECT_EQ(parseCommandLine({"m.mlir", "--data=d", "--output=o", "--weights=w"}).status().message(),
            "--epochs or --steps must be given");
}

TEST(TrainSettings, ConfigAndItsPrecedence) {
  TemporaryDirectory directory;
  std::string path = directory / "recipe.json";
  writeBytes(path, R"({"lr": 0.5, "weight_decay": 0.25, "betas": [0.8, 0.9], "weights": ["a", "b"],
                       "pack": true, "seq_len": 64, "lr_scale": [], "dropout": null,
                       "model": "other.mlir"})");
  auto command = parseCommandLine({"--config=" + path, "--data=d", "--output=o", "--steps=3",
                                   "--lr=0.125"});
  ASSERT_TRUE(command.isOk()) << command.status().message();
  const TrainSettings &s = command->settings;
  EXPECT_EQ(s.lr, 0.125) << "the command line wins";
  EXPECT_EQ(s.weightDecay, 0.25);
  EXPECT_EQ(s.betas, (std::vector<double>{0.8, 0.9}));
  EXPECT_EQ(s.weights, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(s.pack);
  EXPECT_EQ(s.seqLen, std::vector<int64_t>{64});
  EXPECT_EQ(s.model, "other.mlir");
  EXPECT_EQ(parse({"--config=" + path})->settings.model, "m.mlir");
}

TEST(TrainSettings, BadConfigs) {
  TemporaryDirectory directory;
  std::string path = directory / "recipe.json";
  auto refuse = [&](const std::string &text) {
    writeBytes(path, text);
    return refusal({"--config=" + path}, StatusCode::BadInput);
  };
  EXPECT_EQ(refuse(R"({"leraning_rate": 1})"), path + ": unknown setting 'leraning_rate'");
  EXPECT_EQ(refuse(R"({"warmup_step": 1})"),
            path + ": unknown setting 'warmup_step'; did you mean 'warmup_steps'?");
  EXPECT_EQ(refuse(R"({"max-grad-norm": 1})"),
            path + ": unknown setting 'max-grad-norm'; did you mean 'max_grad_norm'?");
  EXPECT_EQ(refuse(R"({"lr": "fast"})"), path + ": lr must be a finite number, got: 'fast'");
  EXPECT_EQ(refuse(R"({"lr": {"peak": 1}})"), path + ": lr cannot be {\"peak\":1}");
  EXPECT_EQ(refuse("[1]"), path + ": must be a JSON object of settings");
  EXPECT_EQ(refuse("{"), path + ": not JSON");
  refusal({"--config=" + directory.path() + "/none.json"}, StatusCode::Io);
}

TEST(TrainSettings, JsonIsARoundTrip) {
  auto command = parse({"--lr=0.1", "--betas=0.7,0.77", "--dropout=0.1", "--lr-scale=a:2",
                        "--seq-len=5,7", "--use-captions", "--shuffle=false"});
  ASSERT_TRUE(command.isOk());
  json written = toJson(command->settings);
  TrainSettings back;
  ASSERT_TRUE(mergeJson(back, written, "config.json").isOk());
  EXPECT_EQ(toJson(back), written);
  EXPECT_EQ(written["lr"], 0.1);
  EXPECT_EQ(written.size(), trainSettings().size() + 1) << "every flag and the model";
}

TEST(TrainSettings, DifferencesOfWhatMatters) {
  json before = toJson(TrainSettings()), now = before;
  now["threads"] = 7;
  now["output"] = "elsewhere";
  EXPECT_TRUE(differences(before, now).empty());
  now["lr"] = 0.5;
  now["betas"] = {0.5, 0.5};
  EXPECT_EQ(differences(before, now),
            (std::vector<std::string>{"lr: was 0.0001, is 0.5",
                                      "betas: was [0.9,0.999], is [0.5,0.5]"}));
}

TEST(TrainSettings, ResumedSettingsComeFromTheCheckpoint) {
  TemporaryDirectory directory;
  json state = {{"settings", toJson(parse({"--lr=0.5", "--seed=9", "--threads=3"})->settings)}};
  ASSERT_TRUE(writeCheckpoint(directory.path(), 4, {}, state).isOk());
  auto command = parseCommandLine({"--output=" + directory.path(), "--resume", "--threads=1"});
  ASSERT_TRUE(command.isOk()) << command.status().message();
  EXPECT_EQ(command->settings.lr, 0.5);
  EXPECT_EQ(command->settings.seed, 9);
  EXPECT_EQ(command->settings.model, "m.mlir");
  EXPECT_EQ(command->settings.threads, 1) << "the command line wins";
  EXPECT_EQ(command->settings.output, directory.path());
  EXPECT_EQ(command->settings.resume, "");
}

TEST(TrainSettings, HelpNamesEveryFlagOnce) {
  std::string help = helpText();
  std::set<std::string> names;
  for (const TrainSetting &setting : trainSettings()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name << " stands twice in the table";
    EXPECT_NE(help.find("\n  --" + std::string(setting.name)), std::string::npos) << setting.name;
  }
  for (size_t at = 0, end; at < help.size(); at = end + 1) {
    end = help.find('\n', at);
    EXPECT_LE(end - at, 100u) << help.substr(at, end - at);
  }
  EXPECT_EQ(parseCommandLine({"--help", "--nonsense"})->action, TrainCommand::Action::Help);
}

} // namespace
