// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json of a Hugging Face model directory, read with types, bounds and defaults.

#include "Config.h"

#include "mmc/Runtime/Core/Log.h"
#include "mmc/Runtime/Data/JsonFile.h"

#include <cmath>
#include <map>

using nlohmann::json;

namespace mmc::import {

std::string ModelDirectory::architecture() const {
  if (auto list = config.find("architectures"); list != config.end() && !list->empty())
    return list->front().get<std::string>();
  static const std::map<std::string, std::string> classes = {
      {"llama", "LlamaForCausalLM"},
      {"clip", "CLIPModel"},
      {"clip_vision_model", "CLIPVisionModel"}};
  std::string type = config.at("model_type").get<std::string>();
  auto found = classes.find(type);
  return found == classes.end() ? type : found->second;
}

StatusOr<ModelDirectory> openModel(const std::string &path) {
  if (path.empty())
    return Status::badUsage("a model directory must be named, got: ''");
  ModelDirectory model;
  model.path = path;
  while (model.path.size() > 1 && model.path.back() == '/')
    model.path.pop_back();
  MMC_RETURN_IF_ERROR(readJsonFile(model.configPath(), model.config));
  if (!model.config.is_object())
    return Status::badInput(model.configPath() +
                            ": must be a JSON object, got: " + model.config.type_name());
  auto list = model.config.find("architectures");
  bool named =
      list != model.config.end() && !list->is_null() && !(list->is_array() && list->empty());
  if (named && !(list->is_array() && list->front().is_string()))
    return Status::badInput(model.configPath() +
                            ": architectures must be a list of names, got: " + list->dump());
  if (list != model.config.end() && !named)
    model.config.erase(list);
  if (named)
    return model;
  auto type = model.config.find("model_type");
  if (type == model.config.end() || !type->is_string())
    return Status::badInput(
        model.configPath() +
        ": architectures or model_type must say what the model is; it has neither");
  return model;
}

void ConfigReader::require(bool holds, const std::string &message) {
  if (!holds && failure.isOk())
    failure = Status::badInput(where + ": " + message);
}

void ConfigReader::noteDefaults() const {
  if (!defaults.empty())
    note(where + " lacks sizes; transformers' defaults are taken: " + defaults);
}

int64_t ConfigReader::size(const char *key, int64_t fallback, int64_t most) {
  if (!has(key))
    defaults +=
        (defaults.empty() ? "" : ", ") + std::string(key) + " = " + std::to_string(fallback);
  return derivedSize(key, fallback, most);
}

int64_t ConfigReader::derivedSize(const char *key, int64_t fallback, int64_t most) {
  if (!has(key))
    return fallback;
  const json &field = object[key];
  bool fits =
      field.is_number_integer() && field.get<double>() >= 1 && field.get<double>() <= double(most);
  require(fits, std::string(key) + " must be a whole number from 1 to " + std::to_string(most) +
                    ", got: " + field.dump());
  return fits ? field.get<int64_t>() : fallback;
}

double ConfigReader::positive(const char *key, double fallback) {
  if (!has(key))
    return fallback;
  const json &field = object[key];
  bool fits = field.is_number() && std::isfinite(field.get<double>()) && field.get<double>() > 0;
  require(fits, std::string(key) + " must be a number above 0, got: " + field.dump());
  return fits ? field.get<double>() : fallback;
}

bool ConfigReader::flag(const char *key, bool fallback) {
  if (!has(key))
    return fallback;
  const json &field = object[key];
  require(field.is_boolean(), std::string(key) + " must be true or false, got: " + field.dump());
  return field.is_boolean() ? field.get<bool>() : fallback;
}

std::string ConfigReader::text(const char *key, const std::string &fallback) {
  if (!has(key))
    return fallback;
  const json &field = object[key];
  require(field.is_string(), std::string(key) + " must be a string, got: " + field.dump());
  return field.is_string() ? field.get<std::string>() : fallback;
}

} // namespace mmc::import
