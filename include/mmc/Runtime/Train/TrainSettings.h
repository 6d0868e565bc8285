// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything mmc-train can be told: one table serves the command line, the JSON config, --help, the
// run's config.json and the comparison of a checkpoint with the run that resumes it.

#ifndef MMC_RUNTIME_TRAIN_TRAINSETTINGS_H
#define MMC_RUNTIME_TRAIN_TRAINSETTINGS_H

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mmc {

/// One member per flag, of the same name; what each means stands in the table (trainSettings()).
/// Empty text and 0 mean "not given" where a flag has no default.
struct TrainSettings {
  std::string model; ///< the model file, which is no flag

  std::vector<std::string> weights;
  std::string adapter, train, dtype = "bf16";
  std::optional<double> dropout;

  std::string data, templateName = "auto", tokenizer, imageFolder, preprocess;
  std::string split, promptFormat = "QCM-ALE", onBadImage = "stop";
  bool useCaptions = false, imageStartEnd = false;
  bool pack = false, groupByModality = false, shuffle = true;
  int64_t batchSize = 1, imageTokens = 0, imagesPerRow = 1, prefetch = 256;
  std::vector<int64_t> seqLen = {512};

  int64_t steps = 0;
  double epochs = 0;
  double lr = 1e-4, minLr = 0;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8, weightDecay = 0, maxGradNorm = 0;
  std::string schedule = "cosine";
  int64_t warmupSteps = 0;
  double warmupRatio = 0, warmupEpochs = 0;
  int64_t gradientAccumulation = 0, microBatchesPerEpoch = 0;
  std::string microBatchAverage = "labels";
  std::vector<std::string> lrScale;
  int64_t seed = 0;

  std::string evalData, evalSplit;
  int64_t evalEvery = 0, evalBatches = 0;
  bool evalOnly = false, evalBlankImages = false;

  std::string output;
  int64_t saveEvery = 0, keep = 2;
  std::optional<std::string> resume; ///< an empty text: the output directory

  std::string device = "cpu", cpuFeatures = "native", cacheDir, dumpDir;
  int64_t threads = 0;
  bool explain = false;
};

/// One flag. Its key in JSON is the name with underscores for dashes.
struct TrainSetting {
  using Field =
      std::variant<std::string TrainSettings::*, std::optional<std::string> TrainSettings::*,
                   std::vector<std::string> TrainSettings::*, int64_t TrainSettings::*,
                   std::vector<int64_t> TrainSettings::*, double TrainSettings::*,
                   std::optional<double> TrainSettings::*, std::vector<double> TrainSettings::*,
                   bool TrainSettings::*>;
  const char *section; ///< of the help text
  const char *name;
  Field field;
  const char *value; ///< what the help calls its value; "a|b|c" lists all that are allowed
  const char *help;
  /// Whether a resumed run may have another value: it changes no number of the result.
  bool mayChange = false;
  /// Least value of a number.
  double lowest = 0;

  std::string key() const;
};

/// All flags, in the order of the help text.
const std::vector<TrainSetting> &trainSettings();

/// Sets one flag from the texts given for it (several where it may be repeated). BadInput names the
/// flag and what is allowed.
Status setSetting(TrainSettings &settings, const TrainSetting &setting,
                  const std::vector<std::string> &texts);

/// All settings by key; null: not given.
nlohmann::json toJson(const TrainSettings &settings);

/// Takes the keys of `config` over. Besides the flags' keys it may have `model`, and the keys
/// `model_hash` and `versions` that a run's config.json adds. BadInput for any other key, naming
/// the nearest, and for a value of the wrong kind. `origin` is the file's name, for messages.
Status mergeJson(TrainSettings &settings, const nlohmann::json &config, const std::string &origin);

/// What a resumed run may not change, one line each: "lr: was 0.1, is 0.2".
std::vector<std::string> differences(const nlohmann::json &before, const nlohmann::json &now);

/// BadUsage for settings that are missing or contradict each other.
Status checkSettings(const TrainSettings &settings);

/// What a command line asks for.
struct TrainCommand {
  enum class Action { Run, Help, Version } action = Action::Run;
  TrainSettings settings;
};

/// Reads `--name=value`, `--name value`, `--flag` and one model file; `--config=FILE` is read
/// first, and, with --resume, the settings of the checkpoint that is resumed before that: the
/// command line wins over the config, the config over the checkpoint.
StatusOr<TrainCommand> parseCommandLine(const std::vector<std::string> &arguments);

/// The text of --help.
std::string helpText();

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_TRAINSETTINGS_H
