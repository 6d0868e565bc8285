// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/ResumePlace.h"
#include "mmc/Runtime/Checkpoint/Checkpoint.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"

#include <filesystem>

using namespace mmc;
using nlohmann::json;

StatusOr<std::optional<std::string>> mmc::resumedCheckpoint(const TrainSettings &settings) {
  if (!settings.resume)
    return std::optional<std::string>();
  std::string directory = *settings.resume;
  bool named = !directory.empty();
  if (!named)
    directory = settings.output;
  while (directory.size() > 1 && directory.back() == '/')
    directory.pop_back();
  std::error_code failure;
  if (named && std::filesystem::exists(directory + "/manifest.json", failure))
    return std::optional<std::string>(directory);
  if (std::optional<CheckpointInfo> latest = latestComplete(directory))
    return std::optional<std::string>(latest->path);
  if (named)
    return Status::badInput("--resume: no complete checkpoint in " + directory);
  return std::optional<std::string>();
}

StatusOr<std::optional<json>> mmc::settingsOfResumed(const TrainSettings &settings) {
  MMC_ASSIGN_OR_RETURN(std::optional<std::string> path, resumedCheckpoint(settings));
  if (!path)
    return std::optional<json>();
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(*path + "/state.json"));
  json state = parseJson(text);
  if (!state.is_object() || !state.contains("settings"))
    return Status::badInput(*path + "/state.json: not the state of a training run");
  return std::optional<json>(state["settings"]);
}
