// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing, finding, verifying and removing checkpoints. Every name that others look for appears and
// disappears by one rename.

#include "mmc/Runtime/Checkpoint/Checkpoint.h"
#include "Manifest.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace mmc {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::string_view prefix = "checkpoint-";
/// Names of unfinished and of doomed directories; hidden, and never taken for a checkpoint.
constexpr std::string_view unfinishedPrefix = ".unfinished-checkpoint-";
constexpr std::string_view removedPrefix = ".removed-checkpoint-";

bool startsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// The step of "checkpoint-<step>", decimal digits without leading zeros only.
std::optional<int64_t> stepOf(const std::string &name) {
  if (!startsWith(name, prefix))
    return std::nullopt;
  std::string digits = name.substr(prefix.size());
  if (digits.empty() || digits.size() > 18 || (digits.size() > 1 && digits[0] == '0') ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoll(digits);
}

std::vector<std::string> namesIn(const std::string &directory) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end;
       it.increment(failure))
    names.push_back(it->path().filename());
  return names;
}

std::string removedName(const std::string &output, int64_t step) {
  return output + "/" + std::string(removedPrefix) + std::to_string(step);
}

/// Removes directories that a killed process was writing or removing.
void removeLeftovers(const std::string &output) {
  for (const std::string &name : namesIn(output))
    if (startsWith(name, unfinishedPrefix) || startsWith(name, removedPrefix)) {
      std::error_code ignored; // what cannot be removed now is tried again at the next checkpoint
      fs::remove_all(output + "/" + name, ignored);
    }
}

/// Gives `from` the name `to`. An older checkpoint there changes places with it, so that one of the
/// two always has the name, and is then removed.
Status publish(const std::string &from, const std::string &to) {
  if (rename(from.c_str(), to.c_str()) == 0)
    return Status::ok();
  if (errno != EEXIST && errno != ENOTEMPTY)
    return errnoStatus("rename " + from + " to", to);
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    std::error_code ignored;
    fs::remove_all(from, ignored);
    return Status::ok();
  }
  return errnoStatus("replace", to);
}

Status fillDirectory(const std::string &directory, int64_t step,
                     const std::vector<NamedTensorView> &tensors, const std::string &state) {
  Manifest manifest;
  manifest.step = step;
  MMC_RETURN_IF_ERROR(writeSafetensors(directory + "/" + tensorsName, tensors));
  MMC_RETURN_IF_ERROR(writeFile(directory + "/" + stateName, state));
  for (const char *name : {tensorsName, stateName}) {
    MMC_ASSIGN_OR_RETURN(manifest.files[name], summarize(directory + "/" + name));
  }
  MMC_RETURN_IF_ERROR(writeFile(directory + "/" + manifestName, toJson(manifest)));
  return syncDirectory(directory);
}

} // namespace

Status writeCheckpoint(const std::string &output, int64_t step,
                       const std::vector<NamedTensorView> &tensors, const json &state) {
  if (step < 0)
    return Status::internal("a checkpoint's step must not be negative, got: " +
                            std::to_string(step));
  // nlohmann would throw on text that is not UTF-8; with `ignore` that text does not come back.
  const std::string text = state.dump(2, ' ', false, json::error_handler_t::ignore) + "\n";
  if (json::parse(text, nullptr, false).dump() !=
      state.dump(-1, ' ', false, json::error_handler_t::replace))
    return Status::badInput("checkpoint state has text that is not UTF-8");
  removeLeftovers(output);
  const std::string name = std::to_string(step);
  const std::string unfinished =
      output + "/" + std::string(unfinishedPrefix) + name + "-" + std::to_string(getpid());
  if (mkdir(unfinished.c_str(), 0777) != 0)
    return errnoStatus("create", unfinished);
  const std::string path = output + "/" + std::string(prefix) + name;
  Status status = fillDirectory(unfinished, step, tensors, text);
  if (status.isOk())
    status = publish(unfinished, path);
  if (!status.isOk()) {
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    return status.context("checkpoint of step " + name);
  }
  return syncDirectory(output);
}

std::vector<CheckpointInfo> listCheckpoints(const std::string &output) {
  std::vector<CheckpointInfo> checkpoints;
  for (const std::string &name : namesIn(output)) {
    std::optional<int64_t> step = stepOf(name);
    if (!step)
      continue;
    CheckpointInfo info{*step, output + "/" + name};
    StatusOr<Manifest> manifest = readManifest(info.path);
    if (manifest.isOk() && manifest->step == info.step && checkSizes(*manifest, info.path).isOk())
      checkpoints.push_back(std::move(info));
  }
  std::sort(checkpoints.begin(), checkpoints.end(),
            [](const auto &a, const auto &b) { return a.step < b.step; });
  return checkpoints;
}

std::optional<CheckpointInfo> latestComplete(const std::string &output) {
  std::vector<CheckpointInfo> checkpoints = listCheckpoints(output);
  if (checkpoints.empty())
    return std::nullopt;
  return checkpoints.back();
}

StatusOr<Checkpoint> readCheckpoint(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(Manifest manifest, readManifest(path));
  MMC_RETURN_IF_ERROR(checkSizes(manifest, path));
  for (const auto &[name, expected] : manifest.files) {
    const std::string file = path + "/" + name;
    MMC_ASSIGN_OR_RETURN(Manifest::File got, summarize(file));
    if (got.crc != expected.crc)
      return Status::badInput(file + ": damaged: crc32c must be " + std::to_string(expected.crc) +
                              ", got: " + std::to_string(got.crc) +
                              "; resume from another checkpoint");
  }
  MMC_ASSIGN_OR_RETURN(SafetensorsFile tensors, SafetensorsFile::open(path + "/" + tensorsName));
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(path + "/" + stateName));
  json state = parseJson(text);
  if (state.is_discarded())
    return Status::badInput(path + "/" + stateName + ": not JSON");
  return Checkpoint{manifest.step, std::move(tensors), std::move(state)};
}

Status pruneCheckpoints(const std::string &output, size_t keep) {
  std::vector<CheckpointInfo> checkpoints = listCheckpoints(output);
  keep = std::max<size_t>(keep, 1);
  for (size_t i = 0; i + keep < checkpoints.size(); ++i) {
    const std::string doomed = removedName(output, checkpoints[i].step);
    std::error_code failure;
    fs::remove_all(doomed, failure);
    if (rename(checkpoints[i].path.c_str(), doomed.c_str()) != 0)
      return errnoStatus("remove", checkpoints[i].path);
    // The name must be gone for good before the files go: else a power cut could bring it back.
    MMC_RETURN_IF_ERROR(syncDirectory(output));
    fs::remove_all(doomed, failure);
    if (failure)
      return Status::io("cannot remove " + doomed + ": " + failure.message());
  }
  return Status::ok();
}

} // namespace mmc
