// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Train/RunState.h"
#include "mmc/Runtime/Checkpoint/Checkpoint.h"
#include "mmc/Runtime/Train/TrainSettings.h"

#include <cstring>

using namespace mmc;
using nlohmann::json;

/// The three tensors of a trainable by their names in a checkpoint.
static std::vector<std::pair<std::string, float *>> tensorsOf(Trainable &trainable) {
  return {{trainable.name, trainable.value},
          {"first:" + trainable.name, trainable.first.as<float>()},
          {"second:" + trainable.name, trainable.second.as<float>()}};
}

Status mmc::saveRun(const std::string &output, int64_t step, TrainModel &model,
                    const DataSource &source, const RunIdentity &identity, int64_t keep) {
  std::vector<NamedTensorView> tensors;
  for (Trainable &trainable : model.trainables())
    for (auto &[name, data] : tensorsOf(trainable))
      tensors.push_back({name, {DType::F32, trainable.shape, data}});
  const Cursor cursor = source.cursor();
  json state = {{"settings", identity.settings},
                {"model_hash", identity.modelHash},
                {"data", identity.data},
                {"cursor", {{"epoch", cursor.epoch}, {"batch", cursor.batch}}}};
  MMC_RETURN_IF_ERROR(writeCheckpoint(output, step, tensors, state));
  return keep > 0 ? pruneCheckpoints(output, keep) : Status::ok();
}

/// Whether a training that is given another length is the same up to here: no learning rate depends
/// on the length.
static bool mayBeLonger(const json &settings) {
  return settings.value("schedule", "") == "constant" &&
         settings.value("warmup_ratio", json(0)) == json(0);
}

static std::vector<std::string> compare(const json &state, const RunIdentity &identity) {
  json before = state.value("settings", json::object());
  if (mayBeLonger(before) && mayBeLonger(identity.settings))
    for (const char *length : {"steps", "epochs"})
      before[length] = identity.settings.value(length, json());
  std::vector<std::string> found = differences(before, identity.settings);
  for (std::string &problem : found)
    if (problem.rfind("steps: ", 0) == 0 || problem.rfind("epochs: ", 0) == 0)
      problem += "; learning rates depend on it, unless --schedule=constant";
  if (state.value("model_hash", "") != identity.modelHash)
    found.push_back("model file: was " + state.value("model_hash", "") + ", is " +
                    identity.modelHash);
  if (state.value("data", json()) != identity.data)
    found.push_back("data: was " + state.value("data", json()).dump() + ", is " +
                    identity.data.dump());
  return found;
}

StatusOr<int64_t> mmc::restoreRun(const std::string &checkpoint, TrainModel &model,
                                  DataSource &source, const RunIdentity &identity) {
  MMC_ASSIGN_OR_RETURN(Checkpoint saved, readCheckpoint(checkpoint));
  const json &state = saved.state;
  auto isCount = [](const json &value) { return value.is_number_integer(); };
  if (!state.is_object() || !state.value("settings", json()).is_object() ||
      !state.value("model_hash", json()).is_string() ||
      !state.value("cursor", json()).is_object() ||
      !isCount(state["cursor"].value("epoch", json())) ||
      !isCount(state["cursor"].value("batch", json())))
    return Status::badInput(checkpoint + ": not the state of a training run");
  std::vector<std::string> problems = compare(state, identity);
  size_t expected = 0;
  for (Trainable &trainable : model.trainables())
    for (auto &[name, data] : tensorsOf(trainable)) {
      ++expected;
      std::optional<TensorView> tensor = saved.tensors.find(name);
      if (!tensor)
        problems.push_back(name + ": the checkpoint does not have it");
      else if (tensor->dtype != DType::F32 || tensor->shape != trainable.shape)
        problems.push_back(name + ": was " + toString(tensor->shape) + ", is " +
                           toString(trainable.shape));
    }
  if (problems.empty() && saved.tensors.names().size() != expected)
    problems.push_back("trainable tensors: were " + std::to_string(saved.tensors.names().size()) +
                       ", are " + std::to_string(expected));
  if (!problems.empty()) {
    std::string text = checkpoint + ": belongs to another training:";
    for (const std::string &problem : problems)
      text += "\n  " + problem;
    return Status::badInput(text);
  }
  MMC_RETURN_IF_ERROR(
      source.seek({state["cursor"]["epoch"], state["cursor"]["batch"]}).context(checkpoint));
  for (Trainable &trainable : model.trainables())
    for (auto &[name, data] : tensorsOf(trainable)) {
      TensorView tensor = *saved.tensors.find(name);
      std::memcpy(data, tensor.data, tensor.bytes());
    }
  return saved.step;
}
