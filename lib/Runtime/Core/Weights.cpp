// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parameters behind `--weights`: files, directories and shards, the later argument winning.

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"
#include "mmc/Runtime/Core/Safetensors.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace mmc {

namespace fs = std::filesystem;

Status Weights::addFile(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(SafetensorsFile file, SafetensorsFile::open(path));
  for (const std::string &name : file.names())
    owners.insert_or_assign(name, file);
  return Status::ok();
}

Status Weights::addIndex(const std::string &directory, const std::string &index) {
  using nlohmann::json;
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(index));
  json parsed = parseJson(text);
  auto map = parsed.is_object() ? parsed.find("weight_map") : parsed.end();
  if (!parsed.is_object() || map == parsed.end() || !map->is_object())
    return Status::badInput(index + ": not a JSON object with an object weight_map");
  std::map<std::string, SafetensorsFile> shards;
  for (const auto &[name, value] : map->items()) {
    if (!value.is_string())
      return Status::badInput(index + ": the shard of '" + name + "' is not a file name");
    const std::string &shardName = value.get_ref<const std::string &>();
    // An index is somebody else's file: it names its neighbours and nothing further away.
    if (shardName.empty() || shardName.find('/') != std::string::npos)
      return Status::badInput(index + ": the shard of '" + name +
                              "' must be a plain file name, got: '" + shardName + "'");
    auto shard = shards.find(shardName);
    if (shard == shards.end()) {
      StatusOr<SafetensorsFile> file = SafetensorsFile::open(directory + "/" + shardName);
      if (!file.isOk())
        return file.status().context(index);
      shard = shards.emplace(shardName, *file).first;
    }
    if (!shard->second.contains(name))
      return Status::badInput(index + ": says that '" + name + "' lies in " + shardName +
                              ", which has no such tensor");
    owners.insert_or_assign(name, shard->second);
  }
  return Status::ok();
}

StatusOr<Weights> Weights::open(const std::vector<std::string> &arguments) {
  Weights weights;
  for (const std::string &argument : arguments) {
    std::error_code ignored;
    if (!fs::is_directory(argument, ignored)) {
      MMC_RETURN_IF_ERROR(weights.addFile(argument));
      continue;
    }
    std::string single = argument + "/model.safetensors";
    std::string index = single + ".index.json";
    if (fs::exists(single, ignored))
      MMC_RETURN_IF_ERROR(weights.addFile(single));
    else if (fs::exists(index, ignored))
      MMC_RETURN_IF_ERROR(weights.addIndex(argument, index));
    else
      return Status::badInput(argument +
                              ": has neither model.safetensors nor model.safetensors.index.json; "
                              "name the safetensors file itself if it is called otherwise");
  }
  return weights;
}

std::optional<TensorView> Weights::find(std::string_view name) const {
  auto owner = owners.find(name);
  return owner == owners.end() ? std::nullopt : owner->second.find(name);
}

std::optional<std::string> Weights::foreignDType(std::string_view name) const {
  auto owner = owners.find(name);
  return owner == owners.end() ? std::nullopt : owner->second.foreignDType(name);
}

std::string Weights::fileOf(std::string_view name) const {
  auto owner = owners.find(name);
  return owner == owners.end() ? std::string() : owner->second.path();
}

std::vector<std::string> Weights::names() const {
  std::vector<std::string> names;
  for (const auto &[name, file] : owners)
    names.push_back(name);
  return names;
}

} // namespace mmc
